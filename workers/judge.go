package workers

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/moderation"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// objection is what people's standing and the rules have against a wish. The zero value is nothing.
type objection struct {
	banned  bool
	wait    time.Duration // until the next request is taken, after many strikes
	verdict moderation.Verdict
	strikes []storage.Strike
}

// objectionTo finds out, before anything is charged.
func (w *Workers) objectionTo(ctx context.Context, p storage.Person, a ask) (o objection, err error) {
	o.verdict.Action = moderation.Pass
	now := time.Now()
	if o.banned = p.Ban.Active(now); o.banned {
		return o, nil
	}
	if o.strikes, err = w.Store.Strikes(ctx, p.ID); err != nil {
		return o, err
	}
	if o.wait = pause(o.strikes, now); o.wait > 0 {
		return o, nil
	}
	v := w.Rules.Prompt(a.request.Prompt, a.request.Negative)
	if v.Action == moderation.Refuse {
		if ok, err := w.Store.Pardoned(ctx, p.ID, a.request.Prompt); ok || err != nil {
			return o, err
		}
	}
	o.verdict = v
	return o, nil
}

// permitted reports whether a wish may be fulfilled as far as people's standing and the rules go, before anything is charged.
// If not, it says why, and commits that.
func (w *Workers) permitted(ctx context.Context, in *incoming, a ask) (bool, error) {
	o, err := w.objectionTo(ctx, in.person, a)
	switch {
	case err != nil:
		return false, err
	case o.banned:
		w.Metrics.refused(rejectedBanned)
		return false, w.turnAway(ctx, in, a)
	case o.wait > 0:
		w.slowed()
		w.say(in, texts.MessageStrikes, strikesData(o.wait))
		return false, w.judged(ctx, in, a)
	case o.verdict.Action != moderation.Pass:
		return false, w.refuse(ctx, in, a, o)
	}
	return true, nil
}

// slowed counts a wish that came too soon after many strikes.
func (w *Workers) slowed() {
	w.Metrics.slowed.Inc()
	w.Metrics.refused(rejectedSlowed)
}

// strikesData says when the next one is taken, in whole minutes.
func strikesData(wait time.Duration) map[string]any {
	return map[string]any{"Until": (wait + time.Minute - 1).Truncate(time.Minute)}
}

// judged commits what was said instead of painting. The button that asked is not used up.
func (w *Workers) judged(ctx context.Context, in *incoming, a ask) error {
	w.unused(in, a)
	return w.done(ctx, in)
}

// unused keeps what a wish would have used up: the button that made it, and the reference that waits for it.
func (w *Workers) unused(in *incoming, a ask) {
	in.effect.Nonce = ""
	if a.waits != nil {
		a.waits()
	}
}

// refuse says what the rules object to, offers the appeal, and counts.
func (w *Workers) refuse(ctx context.Context, in *incoming, a ask, o objection) error {
	v, absolute := o.verdict, o.verdict.Action == moderation.Block
	c, err := w.newCase(storage.CasePrompt, in.person.ID, v.Rule)
	if err != nil {
		return err
	}
	c.Category, c.Absolute = string(v.Category), absolute
	c.CaseBody = storage.CaseBody{Prompt: a.request.Prompt, Negative: a.request.Negative, Chat: in.chat.ID}
	r := storage.Refusal{Case: c, Strike: newStrike(absolute, time.Now())}
	w.sayRefusal(in, c)
	until, cause := sentence(o.strikes, r.Strike)
	if cause != "" {
		ban, err := w.newCase(storage.CaseBan, in.person.ID, cause)
		if err != nil {
			return err
		}
		ban.CaseBody = c.CaseBody
		ban.Chat = in.person.TelegramID
		r.Ban, r.Until = &ban, until
		w.sayBan(in, ban, until)
	}
	w.unused(in, a)
	out, err := w.Store.Refuse(ctx, in.effect, r)
	if err != nil {
		return err
	}
	w.Metrics.refused(rejectedRules)
	w.Metrics.struck.WithLabelValues(string(r.Strike.Cause)).Inc()
	if r.Ban != nil {
		w.Metrics.banned.WithLabelValues(cause).Inc()
		w.Log.WarnContext(ctx, "person banned", "person", w.personHash(in.person.ID), "cause", cause)
	}
	w.post(ctx, out)
	return nil
}

func (w *Workers) newCase(kind storage.CaseKind, user int64, cause string) (storage.Case, error) {
	id, err := w.Store.NewID()
	return storage.Case{ID: id, User: user, Kind: kind, Cause: cause, Status: storage.CaseOpen}, err
}

// sayRefusal names the reason.
func (w *Workers) sayRefusal(in *incoming, c storage.Case) {
	key := refusalKey(c.Absolute, c.Category)
	if c.Absolute {
		w.say(in, key, nil)
		return
	}
	w.say(in, key, refusalData(in.texts, key, c.Category), w.appealButton(in, c))
}

// refusalKey is the text that names the reason.
func refusalKey(absolute bool, category string) texts.Key {
	switch {
	case absolute:
		return texts.MessageRefusedAbsolute
	case providers.Category(category) == providers.SelfHarm:
		return texts.MessageRefusedSelfHarm
	}
	return texts.MessageRefusedRule
}

// refusalData are the placeholders of a refusal's text.
func refusalData(p texts.Printer, key texts.Key, category string) map[string]any {
	if key != texts.MessageRefusedRule {
		return nil
	}
	return map[string]any{"Reason": p.Plain(reasonNote(providers.Category(category)), nil)}
}

// reasonNote names what a category objects to.
func reasonNote(c providers.Category) texts.Key {
	switch c {
	case providers.Violence:
		return texts.NoteReasonViolence
	case providers.SelfHarm:
		return texts.NoteReasonSelfHarm
	case providers.Hate:
		return texts.NoteReasonHate
	case providers.Harassment:
		return texts.NoteReasonHarassment
	case providers.Illicit:
		return texts.NoteReasonIllicit
	}
	return texts.NoteReasonSexual
}

// appealButton has a case looked at, by one tap.
func (w *Workers) appealButton(in *incoming, c storage.Case) []telegram.Button {
	if c.Status != storage.CaseOpen || c.Absolute {
		return nil
	}
	return telegram.Row(w.button(in, texts.ButtonMistake, telegram.OpAppeal, c.ID, ""))
}

// sayBan says why a person is banned and until when, always in private: it is nobody else's business.
func (w *Workers) sayBan(in *incoming, c storage.Case, until time.Time) {
	body := messageBody{Chat: in.person.TelegramID, Text: in.texts.HTML(texts.MessageBanned, banData(in.texts, c, until))}
	if row := w.appealButton(in, c); row != nil {
		body.Keyboard = [][]telegram.Button{row}
	}
	in.effect.Sends = append(in.effect.Sends, storage.Send{User: in.person.ID, Kind: storage.SendMessage, Body: body})
}

// banData are the placeholders of the text that says so.
func banData(p texts.Printer, c storage.Case, until time.Time) map[string]any {
	data := map[string]any{"Reason": p.Plain(banNote(c.Cause), nil), "Note": c.Note, "When": nil}
	if until.Before(storage.Forever) {
		data["When"] = until
	}
	return data
}

func banNote(cause string) texts.Key {
	switch cause {
	case storage.BanAbsolute:
		return texts.NoteBanAbsolute
	case storage.BanStrikes:
		return texts.NoteBanStrikes
	}
	return texts.NoteBanOperator
}

// turnAway tells a banned person that they are.
func (w *Workers) turnAway(ctx context.Context, in *incoming, a ask) error {
	c, err := w.Store.Case(ctx, in.person.Ban.Case)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	w.sayBan(in, c, in.person.Ban.Until)
	return w.judged(ctx, in, a)
}

// The commands and buttons that a ban leaves: a person's rights, their money, and what they have.
var (
	leftCommands = []string{
		"help", "start", "language", "balance", "ledger", "check", "subscription", "paysupport", "terms", "privacy", "mydata", "export", "delete", "rights", "providers", "history", "cancel", "queue",
		"exit_chat", "stop", "cancel_find", "report", "about", "api",
	}
	leftButtons = []telegram.Op{
		telegram.OpAppeal, telegram.OpLanguage, telegram.OpAgree, telegram.OpAge, telegram.OpWithdraw, telegram.OpPolicy, telegram.OpCancel, telegram.OpShow, telegram.OpOriginal, telegram.OpHistory,
		telegram.OpDelete, telegram.OpDeleteYes, telegram.OpDeleteNo, telegram.OpActions, telegram.OpMore, telegram.OpDetails, telegram.OpFavorite,
		telegram.OpReport, telegram.OpReportAs, telegram.OpBrowse, telegram.OpBrowseDelete, telegram.OpMissed, telegram.OpQueue,
		telegram.OpQueueCancel, telegram.OpQueueAll, telegram.OpQueueAllYes, telegram.OpSubscription, telegram.OpPaysupport, telegram.OpRefund,
		telegram.OpRefundYes, telegram.OpHelpdesk,
		telegram.OpPrivacy, telegram.OpRestrict, telegram.OpProvider, telegram.OpNews, telegram.OpMail, telegram.OpMailRemove, telegram.OpMailPort, telegram.OpToken, telegram.OpTokenRevoke,
		telegram.OpLedger, telegram.OpGiftCancel, telegram.OpChatLeave, telegram.OpChatBlock, telegram.OpChatReport, telegram.OpChatReportAs,
		telegram.OpErase, telegram.OpEraseNo, telegram.OpEraseYes, telegram.OpEraseKeep, telegram.OpEraseNow,
	}
)

// barred reports whether an update is answered with its person's ban.
func (w *Workers) barred(in *incoming) bool {
	if !in.person.Ban.Active(time.Now()) {
		return false
	}
	switch u := in.update; {
	case u.CallbackQuery != nil:
		p, err := w.signer.Parse(u.CallbackQuery.Data, in.person.TelegramID)
		return err == nil && !slices.Contains(leftButtons, p.Op)
	case u.Message != nil:
		name, _, command := u.Message.Command("")
		kind := u.Message.Kind()
		left := command && slices.Contains(leftCommands, name) || kind == telegram.KindService || kind == telegram.KindPayment || kind == telegram.KindRefund
		return !left
	}
	return false
}

// bar answers an update with its person's ban.
func (w *Workers) bar(ctx context.Context, in *incoming) error {
	a := ask{}
	if q := in.update.CallbackQuery; q != nil {
		a.waits = func() { w.answer(in, press{query: q}, "") }
	}
	return w.turnAway(ctx, in, a)
}

// appeal has a case looked at by an operator: once.
func (w *Workers) appeal(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, texts.AnswerAppealed)
	w.edit(in, p, "", nil)
	out, err := w.Store.Appeal(ctx, in.effect, in.person.ID, p.Object)
	if errors.Is(err, storage.ErrNotFound) {
		in.effect.Sends = nil
		w.answer(in, p, texts.AnswerDone)
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	w.Metrics.appeals.WithLabelValues("made").Inc()
	w.post(ctx, out)
	return nil
}
