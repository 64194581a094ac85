package workers

import (
	"context"
	"errors"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// press is a button somebody pressed.
type press struct {
	telegram.Press
	query *telegram.CallbackQuery
}

// press routes a button to what it does. The data is believed only if it was signed for the person who pressed; every
// press is answered, so that the button stops waiting.
func (w *Workers) press(ctx context.Context, in *incoming, q *telegram.CallbackQuery) error {
	signed, err := w.signer.Parse(q.Data, in.person.TelegramID)
	if err != nil && w.operators(in.chat.ID) {
		signed, err = w.signer.Parse(q.Data, in.chat.ID)
	}
	p := press{Press: signed, query: q}
	if err != nil {
		w.answer(in, p, texts.AnswerForeign)
		return w.done(ctx, in)
	}
	in.effect.Nonce = p.Nonce
	err = w.pressed(ctx, in, p)
	if errors.Is(err, storage.ErrConsumed) {
		in.effect.Nonce, in.effect.Sends = "", nil
		w.answer(in, p, texts.AnswerDone)
		return w.done(ctx, in)
	}
	return err
}

func (w *Workers) pressed(ctx context.Context, in *incoming, p press) error {
	switch p.Op {
	case telegram.OpAgree:
		return w.agree(ctx, in, p)
	case telegram.OpAge, telegram.OpWithdraw, telegram.OpPolicy:
		return w.pressTerms(ctx, in, p)
	case telegram.OpBrowse, telegram.OpBrowseDelete:
		return w.leaf(ctx, in, p)
	case telegram.OpCancel:
		return w.pressCancel(ctx, in, p)
	case telegram.OpQueue, telegram.OpQueueCancel, telegram.OpQueueAll, telegram.OpQueueAllYes:
		return w.pressQueue(ctx, in, p)
	case telegram.OpShow:
		return w.show(ctx, in, p)
	case telegram.OpMissed:
		return w.showMissed(ctx, in, p)
	case telegram.OpModel:
		return w.pressModel(ctx, in, p)
	case telegram.OpStart:
		return w.pressStart(ctx, in, p)
	case telegram.OpDrop:
		return w.pressDrop(ctx, in, p)
	case telegram.OpSetting:
		return w.pressSetting(ctx, in, p)
	case telegram.OpPreset, telegram.OpPresetDelete:
		return w.pressPreset(ctx, in, p)
	case telegram.OpProvider:
		return w.pressProvider(ctx, in, p)
	case telegram.OpBuy:
		return w.pressBuy(ctx, in, p)
	case telegram.OpSubscription:
		return w.pressSubscription(ctx, in, p)
	case telegram.OpDaily, telegram.OpInvite, telegram.OpLedger, telegram.OpGiftCancel, telegram.OpLink:
		return w.pressGiven(ctx, in, p)
	case telegram.OpCrewDo, telegram.OpCrewChoose:
		return w.pressCrew(ctx, in, p)
	case telegram.OpNews:
		return w.pressNews(ctx, in, p)
	case telegram.OpRelaySend, telegram.OpRelayKeep, telegram.OpRelayAlways:
		return w.pressRelay(ctx, in, p)
	case telegram.OpChat, telegram.OpChatLeave, telegram.OpChatBlock, telegram.OpChatReport, telegram.OpChatReportAs,
		telegram.OpDeskReport, telegram.OpDeskPause, telegram.OpDeskDismiss:
		return w.pressConversation(ctx, in, p)
	case telegram.OpPrivacy:
		return w.pressPrivacy(ctx, in, p)
	case telegram.OpRestrict:
		return w.pressRestrict(ctx, in, p)
	case telegram.OpErase, telegram.OpEraseNo, telegram.OpEraseYes, telegram.OpEraseKeep, telegram.OpEraseNow:
		return w.pressErase(ctx, in, p)
	case telegram.OpLanguage:
		return w.pressLanguage(ctx, in, p)
	case telegram.OpMail, telegram.OpMailRemove, telegram.OpMailPort:
		return w.pressMail(ctx, in, p)
	case telegram.OpToken, telegram.OpTokenRevoke:
		return w.pressToken(ctx, in, p)
	case telegram.OpAppeal:
		return w.appeal(ctx, in, p)
	case telegram.OpWordsPaint, telegram.OpWordsChange, telegram.OpWordsAnother:
		return w.pressWords(ctx, in, p)
	case telegram.OpPaint:
		return w.pressPaint(ctx, in, p)
	case telegram.OpPaysupport, telegram.OpRefund, telegram.OpRefundYes, telegram.OpHelpdesk:
		return w.pressPaysupport(ctx, in, p)
	case telegram.OpDeskRefund, telegram.OpDeskRefundYes, telegram.OpDeskReply, telegram.OpDeskClose:
		return w.pressDesk(ctx, in, p)
	}
	t := parseTarget(p.Object)
	b, err := w.boardOf(ctx, in, t)
	if errors.Is(err, storage.ErrNotFound) {
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	return w.act(ctx, in, p, b, t)
}

// boardOf reads the result that a button is about.
func (w *Workers) boardOf(ctx context.Context, in *incoming, t target) (board, error) {
	g, err := w.Store.OwnGeneration(ctx, in.person.ID, t.generation)
	if err != nil {
		return board{}, err
	}
	images, err := w.Store.Images(ctx, g.ID, true)
	return w.board(in.chat.ID, in.texts, in.person, g, images, t.n), err
}

func (p press) messageID() int64 {
	if p.query.Message == nil {
		return 0
	}
	return p.query.Message.ID
}

// show sends again what may not have reached the person: a message, or a result.
func (w *Workers) show(ctx context.Context, in *incoming, p press) error {
	kind, generation, body, err := w.Store.UncertainBody(ctx, in.person.ID, p.Object)
	if err == nil && kind == storage.SendMessage {
		var again messageBody
		if err := (storage.Delivery{Body: body}).Decode(&again); err != nil {
			return err
		}
		w.answer(in, p, "")
		in.effect.Sends = append(in.effect.Sends, storage.Send{
			Key: "again:" + p.Object, User: in.person.ID, Kind: storage.SendMessage, Body: again,
		})
		return w.done(ctx, in)
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if generation == "" {
		generation = p.Object
	}
	b, err := w.boardOf(ctx, in, target{generation: generation})
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return w.expired(ctx, in, p)
	case err != nil:
		return err
	case len(b.images) == 0 && !b.g.Status.Open():
		return w.showEnd(ctx, in, p, b)
	}
	return w.resend(ctx, in, p, b.g, asShow)
}

// showEnd says what was asked for and why there is no image, and offers to try again.
func (w *Workers) showEnd(ctx context.Context, in *incoming, p press, b board) error {
	w.answer(in, p, "")
	w.say(in, texts.MessageEnded, map[string]any{"Prompt": b.g.Request.Prompt, "End": in.texts.Markup(endText(b.g), nil)}, b.ended()...)
	return w.done(ctx, in)
}
