package workers

import (
	"context"
	"slices"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Somebody may have their account frozen: what is theirs is kept, and nothing else is done with it (storage/restrict.go). Whatever
// they ask for meanwhile is answered with how to end that, but for what is about the data itself, about money that is theirs
// already, or takes something back. The door below is for their sake; that nothing is done the transactions see to.

var (
	restingCommands = []string{
		"help", "start", "language", "privacy", "mydata", "rights", "terms", "providers", "balance", "ledger", "check", "subscription", "paysupport",
		"cancel", "queue", "exit_chat", "stop", "cancel_find", "report", "about", "api", "app",
	}
	restingButtons = []telegram.Op{
		telegram.OpPrivacy, telegram.OpRestrict, telegram.OpProvider, telegram.OpNews, telegram.OpLanguage, telegram.OpAgree, telegram.OpAppeal,
		telegram.OpAge, telegram.OpWithdraw, telegram.OpPolicy,
		telegram.OpCancel, telegram.OpQueue, telegram.OpQueueCancel, telegram.OpQueueAll, telegram.OpQueueAllYes, telegram.OpDrop,
		telegram.OpShow, telegram.OpMissed, telegram.OpDelete, telegram.OpDeleteYes, telegram.OpDeleteNo,
		telegram.OpLedger, telegram.OpGiftCancel, telegram.OpSubscription, telegram.OpPaysupport, telegram.OpRefund, telegram.OpRefundYes, telegram.OpHelpdesk,
		telegram.OpChatLeave, telegram.OpChatBlock, telegram.OpChatReport, telegram.OpChatReportAs,
		telegram.OpMail, telegram.OpMailRemove, telegram.OpMailPort, telegram.OpToken, telegram.OpTokenRevoke,
		telegram.OpCrewDo, telegram.OpCrewChoose,
		telegram.OpErase, telegram.OpEraseNo, telegram.OpEraseYes, telegram.OpEraseKeep, telegram.OpEraseNow,
	}
)

// rests reports whether an update is answered with its person's account being frozen.
func (w *Workers) rests(in *incoming) bool {
	if !in.person.Restricted {
		return false
	}
	switch u := in.update; {
	case u.MyChatMember != nil:
		return false
	case u.CallbackQuery != nil:
		p, err := w.signer.Parse(u.CallbackQuery.Data, in.person.TelegramID)
		return err == nil && !slices.Contains(restingButtons, p.Op)
	case u.Message == nil:
		return true
	}
	name, _, command := in.update.Message.Command("")
	switch in.update.Message.Kind() {
	case telegram.KindService, telegram.KindPayment, telegram.KindRefund:
		return false
	}
	if _, crew := w.crewCommand(in, name); command && crew {
		return false
	}
	return !command || !slices.Contains(restingCommands, name)
}

// rest answers it. An edit or a reaction needs no words.
func (w *Workers) rest(ctx context.Context, in *incoming) error {
	switch u := in.update; {
	case u.CallbackQuery != nil:
		w.answer(in, press{query: u.CallbackQuery}, texts.AnswerRestricted)
	case u.Message == nil:
		return w.done(ctx, in)
	}
	in.message = in.update.Message
	w.say(in, texts.MessageRestricted, nil, w.restrictedButtons(in)...)
	if in.message != nil {
		sayOnce(in, "restricted")
	}
	return w.done(ctx, in)
}

// restNow answers an update whose transaction found out that nothing is done with the person's data since just now.
func (w *Workers) restNow(ctx context.Context, in *incoming) error {
	in.effect = storage.Effect{Update: in.effect.Update, Body: in.effect.Body, User: in.effect.User}
	p, err := w.Store.PersonByID(ctx, in.person.ID)
	if err != nil {
		return err
	}
	if in.person = p; p.Restricted {
		return w.rest(ctx, in)
	}
	if q := in.update.CallbackQuery; q != nil { // is being erased
		w.answer(in, press{query: q}, "")
	}
	return w.done(ctx, in)
}

// restricted answers a wish that was not taken for that reason.
func (w *Workers) restricted(ctx context.Context, in *incoming, a ask) error {
	w.say(in, texts.MessageRestricted, nil, w.restrictedButtons(in)...)
	w.unused(in, a)
	return w.done(ctx, in)
}

func (w *Workers) restrictedButtons(in *incoming) [][]telegram.Button {
	if in.chat.Type != telegram.ChatPrivate {
		return nil
	}
	return rowsOf(row(w.button(in, texts.ButtonUnrestrict, telegram.OpRestrict, restrictOff, "")))
}

// The objects of the button.
const (
	restrictOff = "0"
	restrictOn  = "1"
)

// restrictPage is its page at /privacy, for as long as the account is not frozen.
const restrictPage = "freeze"

// showRestrict asks whether to freeze the account, or shows that it is.
func (w *Workers) showRestrict(ctx context.Context, in *incoming, p press) error {
	if in.person.Restricted {
		return w.privacyTurn(ctx, in, p, texts.MessageRestricted, nil, w.restrictedButtons(in)...)
	}
	return w.privacyTurn(ctx, in, p, texts.MessageRestrict, nil, row(w.button(in, texts.ButtonRestrictYes, telegram.OpRestrict, restrictOn, newNonce())))
}

// pressRestrict freezes the account, or ends that.
func (w *Workers) pressRestrict(ctx context.Context, in *incoming, p press) error {
	if p.Object == restrictOn {
		return w.restrict(ctx, in, p)
	}
	w.answer(in, p, texts.AnswerUnrestricted)
	w.edit(in, p, in.texts.HTML(texts.MessageUnrestricted, nil), rowsOf(row(w.privacyBack(in))))
	return w.thaw(ctx, in)
}

// thaw ends that an account is frozen. What waits for its turn may go on.
func (w *Workers) thaw(ctx context.Context, in *incoming) error {
	out, err := w.Store.Unrestrict(ctx, in.effect, in.person.ID)
	if err != nil {
		return err
	}
	w.post(ctx, out)
	w.promote(ctx, in.person.ID)
	return nil
}

// restrict freezes it.
func (w *Workers) restrict(ctx context.Context, in *incoming, p press) error {
	return w.freeze(ctx, in, func() {
		w.answer(in, p, texts.AnswerRestricted)
		w.edit(in, p, in.texts.HTML(texts.MessageRestricted, nil), append(w.restrictedButtons(in), row(w.privacyBack(in))))
	})
}

// freeze commits that nothing is done with the person's data. What they have open is canceled as they could themselves: what can be
// stopped is, and what cannot comes to its end and to them, because it is paid for.
func (w *Workers) freeze(ctx context.Context, in *incoming, tell func()) error {
	everything := func(storage.OpenGeneration) bool { return true }
	err := w.cancelBy(ctx, in, w.Store.Restrict, everything, func(cancellation) error { tell(); return nil })
	if err != nil {
		return err
	}
	return w.endTalk(ctx, in.person.ID, storage.EndBarred)
}
