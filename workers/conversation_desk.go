package workers

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// ChatReportView is a partner who was reported. It does not say by whom.
type ChatReportView struct {
	ID           string               `json:"id"`
	Conversation string               `json:"conversation"`
	Accused      string               `json:"accused"` // hashed, as in logs
	Reason       string               `json:"reason"`
	Status       storage.ReportStatus `json:"status"`
	Pauses       int64                `json:"pauses"` // of the accused so far
	Evidence     []storage.Evidence   `json:"evidence,omitempty"`
	Made         time.Time            `json:"made"`
	Decided      time.Time            `json:"decided,omitzero"`
}

// pauseAfter is how long somebody is kept out of conversations who was kept out that often before; zero is until an operator
// lifts it.
func pauseAfter(pauses int64) time.Duration {
	steps := []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}
	if pauses < int64(len(steps)) {
		return steps[pauses]
	}
	return 0
}

// ChatReports lists reports that wait for an operator, the longest waiting first; or all, the newest first.
func (d *Desk) ChatReports(ctx context.Context, all bool) ([]ChatReportView, error) {
	list, err := d.Store.ChatReports(ctx, all, deskRows)
	views := make([]ChatReportView, 0, len(list))
	for _, r := range list {
		v, err := d.chatReport(ctx, r)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, err
}

// ChatReport opens one.
func (d *Desk) ChatReport(ctx context.Context, id string) (ChatReportView, error) {
	r, err := d.Store.ChatReport(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"there is no report " + id}
	}
	if err != nil {
		return ChatReportView{}, err
	}
	return d.chatReport(ctx, r)
}

func (d *Desk) chatReport(ctx context.Context, r storage.ChatReport) (ChatReportView, error) {
	v, err := d.Store.ChatStanding(ctx, r.Accused)
	return ChatReportView{
		ID: r.ID, Conversation: r.Conversation, Accused: d.personHash(r.Accused), Reason: r.Reason, Status: r.Status, Pauses: v.Pauses,
		Evidence: r.Evidence, Made: r.Created, Decided: r.Decided,
	}, err
}

// DecideChatReport keeps the accused of a report out of conversations, longer each time, and tells them; or decides that
// nothing follows. It returns for how long, zero for until it is lifted.
func (d *Desk) DecideChatReport(ctx context.Context, by storage.By, id string, pause bool) (time.Duration, error) {
	length, _, err := d.decideChatReport(ctx, storage.Effect{}, by, id, pause)
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"no report " + id + " is waiting; imagika admin conversations reports lists those that are"}
	}
	return length, err
}

func (d *Desk) decideChatReport(ctx context.Context, e storage.Effect, by storage.By, id string, pause bool) (time.Duration, storage.Outbox, error) {
	r, err := d.Store.ChatReport(ctx, id)
	if err != nil {
		return 0, nil, err
	}
	if !pause {
		out, err := d.Store.DismissReport(ctx, e, storage.Act{By: by, What: "report dismiss", Object: id}, id)
		return 0, out, err
	}
	p, err := d.Store.PersonByID(ctx, r.Accused)
	if err != nil {
		return 0, nil, err
	}
	standing, err := d.Store.ChatStanding(ctx, r.Accused)
	if err != nil {
		return 0, nil, err
	}
	c, err := d.newPause(p)
	if err != nil {
		return 0, nil, err
	}
	length, until := pauseAfter(standing.Pauses), storage.Forever
	if length > 0 {
		until = time.Now().Add(length)
	}
	e.Sends = append(e.Sends, d.tell(p, 0, texts.MessageChatPaused, map[string]any{"When": endOf(storage.Ban{Until: until})}, d.appealButton(p, c.ID)))
	out, err := d.Store.PauseReported(ctx, e, storage.Act{By: by, What: "report pause", Object: id}, r, c, until)
	return length, out, err
}

// newPause is the case of somebody who is kept out.
func (d *Desk) newPause(p storage.Person) (storage.Case, error) {
	id, err := d.Store.NewID()
	return storage.Case{
		ID: id, User: p.ID, Kind: storage.CaseBan, Cause: storage.BanConversation, CaseBody: storage.CaseBody{Chat: p.TelegramID},
	}, err
}

// reportSends tell the operators of a report.
func (w *Workers) reportSends(ctx context.Context, r storage.ChatReport) ([]storage.Send, error) {
	v, err := w.Desk().chatReport(ctx, r)
	if err != nil {
		return nil, err
	}
	desk, err := w.operatorAccount(ctx)
	return w.toOperators(desk, texts.MessageDeskChatReport, w.reportData(desk, v), w.reportDeskButtons(desk, r.ID)...), err
}

func (w *Workers) reportDeskButtons(desk storage.Person, id string) [][]telegram.Button {
	p := w.printer(desk.Lang)
	return rowsOf(
		row(w.deskButton(p, texts.ButtonDeskEvidence, nil, telegram.OpDeskReport, id, "")),
		row(w.deskButton(p, texts.ButtonDeskPause, nil, telegram.OpDeskPause, id, newNonce()), w.deskButton(p, texts.ButtonDeskDismiss, nil, telegram.OpDeskDismiss, id, newNonce())),
	)
}

func (w *Workers) reportData(desk storage.Person, v ChatReportView) map[string]any {
	reason := texts.ButtonChatOther
	for _, r := range chatReasons() {
		if r.name == v.Reason {
			reason = r.text
		}
	}
	p := w.printer(desk.Lang)
	data := map[string]any{"Report": v.ID, "Person": v.Accused, "Reason": p.Plain(reason, nil), "Pauses": v.Pauses, "Words": "", "Until": nil}
	if next := pauseAfter(v.Pauses); next > 0 {
		data["Until"] = next
	}
	return data
}

// pressReportDesk is a press of an operator about a report.
func (w *Workers) pressReportDesk(ctx context.Context, in *incoming, p press) error {
	if !w.operators(in.chat.ID) {
		return w.expired(ctx, in, p)
	}
	r, err := w.Store.ChatReport(ctx, p.Object)
	if errors.Is(err, storage.ErrNotFound) {
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	if p.Op == telegram.OpDeskReport {
		return w.showEvidence(ctx, in, p, r)
	}
	w.answer(in, p, "")
	w.edit(in, p, "", nil)
	pause := p.Op == telegram.OpDeskPause
	_, out, err := w.Desk().decideChatReport(ctx, in.effect, w.presser(in), r.ID, pause)
	if errors.Is(err, storage.ErrNotFound) { // decided before
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	outcome := "nothing"
	if pause {
		outcome = "pause"
	}
	w.Metrics.decided.WithLabelValues(outcome).Inc()
	w.post(ctx, out)
	return nil
}

// showEvidence shows the operators what was sent with a report so far.
func (w *Workers) showEvidence(ctx context.Context, in *incoming, p press, r storage.ChatReport) error {
	v, err := w.Desk().chatReport(ctx, r)
	if err != nil {
		return err
	}
	w.answer(in, p, "")
	data := w.reportData(in.person, v)
	var lines []string
	for _, one := range v.Evidence {
		lines = append(lines, "["+one.Kind+"] "+texts.Clip(600, one.Text))
	}
	if lines == nil {
		lines = []string{"–"}
	}
	data["Words"] = texts.Keep(3000, strings.Join(lines, "\n"))
	w.say(in, texts.MessageDeskChatReport, data, w.reportDeskButtons(in.person, r.ID)[1:]...)
	return w.done(ctx, in)
}
