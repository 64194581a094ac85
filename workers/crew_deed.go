package workers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// The deeds, as they stand in buttons and notes.
const (
	deedBan    = "ban"
	deedUnban  = "unban"
	deedRefund = "refund"
	deedPause  = "pause"
	deedResume = "resume"
	deedOff    = "off"
	deedOn     = "on"
	deedTell   = "tell"
	deedSay    = "say"
)

// deedKind is one of the things operators do in Telegram: who may, how it reads, and the reasons that are mostly given.
type deedKind struct {
	role    Role
	text    texts.Key
	reasons []string
	// public says that everybody is told of it, in the words that the operator wrote before. What they are asked for is then not why.
	public bool
	do     func(w *Workers, ctx context.Context, in *incoming, by storage.By, d storage.Deed) (storage.Outbox, error)
}

func deeds() map[string]deedKind {
	trouble := []string{"incident", "maintenance", "cost"}
	return map[string]deedKind{
		deedBan:    {RoleSupport, texts.NoteCrewBan, []string{"spam", "abuse", "fraud"}, false, (*Workers).banDeed},
		deedUnban:  {RoleSupport, texts.NoteCrewUnban, []string{"mistake", "goodwill"}, false, (*Workers).unbanDeed},
		deedRefund: {RoleSupport, texts.NoteCrewRefund, []string{"mistake", "goodwill", "fraud"}, false, (*Workers).refundDeed},
		deedPause:  {RoleOperator, texts.NoteCrewPause, trouble[:2], false, (*Workers).queueDeed},
		deedResume: {RoleOperator, texts.NoteCrewResume, trouble[:2], false, (*Workers).queueDeed},
		deedOff:    {RoleOperator, texts.NoteCrewOff, trouble, false, (*Workers).providerDeed},
		deedOn:     {RoleOperator, texts.NoteCrewOn, trouble, false, (*Workers).providerDeed},
		deedTell:   {RoleOperator, texts.NoteCrewTell, codes(storage.Impacts()), true, (*Workers).incidentDeed},
		deedSay:    {RoleOperator, texts.NoteCrewSay, codes(storage.IncidentStages()), true, (*Workers).incidentDeed},
	}
}

// reasonKeys name the reasons for people, and what an incident can be; the audit log has the code.
func reasonKeys() map[string]texts.Key {
	return map[string]texts.Key{
		"spam": texts.ButtonCrewSpam, "abuse": texts.ButtonCrewAbuse, "fraud": texts.ButtonCrewFraud, "mistake": texts.ButtonCrewMistake,
		"goodwill": texts.ButtonCrewGoodwill, "incident": texts.ButtonCrewIncident, "maintenance": texts.ButtonCrewMaintenance, "cost": texts.ButtonCrewCost,
		"notice": texts.ButtonCrewNotice, "degraded": texts.ButtonCrewDegraded, "outage": texts.ButtonCrewOutage,
		"investigating": texts.ButtonCrewInvestigating, "identified": texts.ButtonCrewIdentified, "monitoring": texts.ButtonCrewMonitoring, "resolved": texts.ButtonCrewResolved,
	}
}

// deedNo is the button that leaves things as they are.
const deedNo = "no"

// inWords says what a deed is.
func (w *Workers) inWords(p texts.Printer, d storage.Deed) string {
	length := ""
	if d.For > 0 {
		length = d.For.String()
	}
	return p.Plain(deeds()[d.What].text, map[string]any{"Name": d.Shown, "Term": length})
}

// askDeed asks an operator for the reason, which is also the yes.
func (w *Workers) askDeed(in *incoming, d storage.Deed) {
	w.askAbout(in, d, texts.MessageCrewAsk, map[string]any{"What": w.inWords(in.texts, d)})
}

// askAbout asks for the yes to a deed, which says something about it.
func (w *Workers) askAbout(in *incoming, d storage.Deed, key texts.Key, data map[string]any) {
	all := deeds()[d.What].reasons
	var reasons []telegram.Button
	for _, code := range all {
		reasons = append(reasons, w.button(in, reasonKeys()[code], telegram.OpCrewDo, code, newNonce()))
	}
	columns := 3
	if len(all) == 4 {
		columns = 2
	}
	no := w.button(in, texts.ButtonNotNow, telegram.OpCrewDo, deedNo, "")
	body := w.body(in, key, data, append(grid(reasons, columns), telegram.Row(no))...)
	body.About = &storage.About{Deed: &d}
	w.tell(in, body)
}

// askedDeed is askDeed for a command.
func (w *Workers) askedDeed(ctx context.Context, in *incoming, d storage.Deed) error {
	w.askDeed(in, d)
	return w.done(ctx, in)
}

// pressCrew is a press of an operator's: what to do, or why.
func (w *Workers) pressCrew(ctx context.Context, in *incoming, p press) error {
	if p.Op == telegram.OpCrewChoose {
		return w.chooseDeed(ctx, in, p)
	}
	about, err := w.Store.NoteOn(ctx, in.person.ID, in.chat.ID, p.messageID())
	if errors.Is(err, storage.ErrNotFound) || err == nil && about.Deed == nil {
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	if p.Object == deedNo {
		w.answer(in, p, "")
		w.unsay(in, p)
		return w.done(ctx, in)
	}
	w.answer(in, p, "")
	w.edit(in, p, "", nil)
	return w.doDeed(ctx, in, *about.Deed, p.Object)
}

// chooseDeed is a press under a list.
func (w *Workers) chooseDeed(ctx context.Context, in *incoming, p press) error {
	what, name, _ := strings.Cut(p.Object, "-")
	d := storage.Deed{What: what, Object: name, Shown: name}
	if kind, ok := deeds()[what]; !ok || !w.role(in).covers(kind.role) {
		return w.expired(ctx, in, p)
	}
	w.answer(in, p, "")
	if what == deedSay {
		return w.askMore(ctx, in, p, d)
	}
	return w.askedDeed(ctx, in, d)
}

// replyDeed is what an operator writes instead of pressing a button: the reason, or what everybody is to read.
func (w *Workers) replyDeed(ctx context.Context, in *incoming, d storage.Deed, words string) error {
	if kind := deeds()[d.What]; !kind.public || !w.role(in).covers(kind.role) {
		return w.doDeed(ctx, in, d, words)
	}
	d.Words = words
	return w.askIncident(ctx, in, d)
}

// doDeed does what an operator gave the reason for, and says so. The role counts that they have now.
func (w *Workers) doDeed(ctx context.Context, in *incoming, d storage.Deed, why string) error {
	kind, ok := deeds()[d.What]
	if !ok || !w.role(in).covers(kind.role) {
		w.say(in, texts.MessageCrewNot, map[string]any{"Reason": "your role does not allow it"})
		return w.done(ctx, in)
	}
	said, nonce := len(in.effect.Sends), in.effect.Nonce
	if done := w.inWords(in.texts, d); kind.public {
		w.say(in, texts.MessageCrewTold, map[string]any{"What": done, "How": in.texts.Plain(reasonKeys()[why], nil)})
	} else {
		w.say(in, texts.MessageCrewDone, map[string]any{"What": done, "Why": why})
	}
	by := w.presser(in)
	by.Why = why
	out, err := kind.do(w, ctx, in, by, d)
	if refused, ok := errors.AsType[*OperatorError](err); ok {
		in.effect.Sends, in.effect.Nonce = in.effect.Sends[:said], nonce
		w.say(in, texts.MessageCrewNot, map[string]any{"Reason": refused.Text})
		return w.done(ctx, in)
	}
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// crewHow says how a command is written.
func (w *Workers) crewHow(ctx context.Context, in *incoming, example string) error {
	w.say(in, texts.MessageCrewHow, map[string]any{"Example": example})
	return w.done(ctx, in)
}

// crewNot says why not.
func (w *Workers) crewNot(ctx context.Context, in *incoming, err error) error {
	refused, ok := errors.AsType[*OperatorError](err)
	if !ok {
		return err
	}
	w.say(in, texts.MessageCrewNot, map[string]any{"Reason": refused.Text})
	return w.done(ctx, in)
}

const examplePerson = "4f1c8a90b2d3e657"

// banCommand asks whether to ban a person, named by the hash of lists and tickets, for a while or until it is lifted.
func (w *Workers) banCommand(ctx context.Context, in *incoming, args string) error {
	name, rest, _ := strings.Cut(args, " ")
	var length time.Duration
	if rest = strings.TrimSpace(rest); rest != "" {
		var err error
		if length, err = time.ParseDuration(rest); err != nil || length <= 0 {
			return w.crewHow(ctx, in, "/ban "+examplePerson+" 72h")
		}
	}
	return w.askAboutPerson(ctx, in, storage.Deed{What: deedBan, Object: name, For: length})
}

func (w *Workers) unbanCommand(ctx context.Context, in *incoming, args string) error {
	return w.askAboutPerson(ctx, in, storage.Deed{What: deedUnban, Object: args})
}

func (w *Workers) askAboutPerson(ctx context.Context, in *incoming, d storage.Deed) error {
	if d.Object == "" {
		return w.crewHow(ctx, in, "/"+d.What+" "+examplePerson)
	}
	p, err := w.Desk().person(ctx, d.Object)
	if err == nil && w.Settings.Crew[p.TelegramID] != "" {
		err = &OperatorError{"this person is an operator"}
	}
	if err != nil {
		return w.crewNot(ctx, in, err)
	}
	d.Object = w.personHash(p.ID) // a Telegram id is not kept
	d.Shown = d.Object
	return w.askedDeed(ctx, in, d)
}

func (w *Workers) banDeed(ctx context.Context, in *incoming, by storage.By, d storage.Deed) (storage.Outbox, error) {
	p, err := w.Desk().person(ctx, d.Object)
	if err != nil {
		return nil, err
	}
	return w.Desk().ban(ctx, in.effect, by, p, d.For, "")
}

func (w *Workers) unbanDeed(ctx context.Context, in *incoming, by storage.By, d storage.Deed) (storage.Outbox, error) {
	p, err := w.Desk().person(ctx, d.Object)
	if err != nil {
		return nil, err
	}
	return w.Desk().unban(ctx, in.effect, by, p)
}

// refundCommand asks whether to give a payment back, named by its charge.
func (w *Workers) refundCommand(ctx context.Context, in *incoming, args string) error {
	if args == "" {
		return w.crewHow(ctx, in, "/refund stxK3Jq81xW0aZ")
	}
	v, err := w.Desk().Payment(ctx, args)
	if err == nil && v.Status != storage.PaymentPaid {
		err = &OperatorError{"this payment went back, or is on its way back"}
	}
	if err != nil {
		return w.crewNot(ctx, in, err)
	}
	return w.askedDeed(ctx, in, storage.Deed{What: deedRefund, Object: args, Shown: shortCharge(args)})
}

func (w *Workers) refundDeed(ctx context.Context, in *incoming, by storage.By, d storage.Deed) (storage.Outbox, error) {
	act := storage.Act{By: by, What: "refund", Object: d.Object}
	_, ref, out, err := w.Store.AskRefund(ctx, in.effect, &act, 0, d.Object, storage.RefundByOperator)
	if err != nil {
		return nil, refundError(err, d.Object)
	}
	w.Metrics.refunds.WithLabelValues("asked").Inc()
	w.enqueue(ctx, queue.NewPaymentRefundTask(ref.ID, ref.Epoch))
	return out, nil
}

// pauseCommand asks whether to pause a queue, or which.
func (w *Workers) pauseCommand(ctx context.Context, in *incoming, args string) error {
	return w.askQueue(ctx, in, deedPause, args)
}

func (w *Workers) resumeCommand(ctx context.Context, in *incoming, args string) error {
	return w.askQueue(ctx, in, deedResume, args)
}

func (w *Workers) askQueue(ctx context.Context, in *incoming, what, name string) error {
	if slices.Contains(queue.Queues(), name) {
		return w.askedDeed(ctx, in, storage.Deed{What: what, Object: name, Shown: name})
	}
	depth, err := w.depth(ctx)
	if err != nil {
		return err
	}
	var all []telegram.Button
	for _, q := range queue.Queues() {
		if depth[q].Paused == (what == deedResume) {
			all = append(all, telegram.Button{Text: q, Data: w.signer.Data(telegram.OpCrewChoose, what+"-"+q, in.person.TelegramID, "")})
		}
	}
	key := texts.MessageCrewQueues
	if len(all) == 0 {
		key = texts.MessageCrewNoQueue
	}
	w.say(in, key, nil, grid(all, 3)...)
	return w.done(ctx, in)
}

// queueDeed pauses or resumes before it is written down: doing it twice is doing it once.
func (w *Workers) queueDeed(ctx context.Context, in *incoming, by storage.By, d storage.Deed) (storage.Outbox, error) {
	if w.Queues == nil || !slices.Contains(queue.Queues(), d.Object) {
		return nil, &OperatorError{"there is no queue " + d.Object}
	}
	move := w.Queues.Pause
	if d.What == deedResume {
		move = w.Queues.Resume
	}
	if err := move(d.Object); err != nil {
		return nil, later(err, time.Second)
	}
	return w.Store.Acted(ctx, in.effect, storage.Act{By: by, What: "queue " + d.What, Object: d.Object})
}

// providerDeed switches a provider off or on.
func (w *Workers) providerDeed(ctx context.Context, in *incoming, by storage.By, d storage.Deed) (storage.Outbox, error) {
	if _, ok := w.Router.Provider(d.Object); !ok {
		return nil, &OperatorError{"there is no provider " + d.Object}
	}
	if d.What == deedOff {
		return w.Desk().hold(ctx, in.effect, by, storage.Hold{Provider: d.Object})
	}
	if err := w.Router.Enable(ctx, d.Object); err != nil {
		return nil, err
	}
	return w.Desk().release(ctx, in.effect, by, d.Object, "")
}
