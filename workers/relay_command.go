package workers

import (
	"context"
	"errors"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// unsendCommand takes back the message it replies to, or the last one, on both sides.
func (w *Workers) unsendCommand(ctx context.Context, in *incoming, _ string) error {
	if !in.talking() {
		return w.sayIdle(ctx, in)
	}
	r, err := w.toUnsend(ctx, in)
	if errors.Is(err, storage.ErrNotFound) || err == nil && (r.Status == storage.RelayDropped || r.Taken) {
		w.say(in, texts.MessageUnsendNone, nil)
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	w.remove(in, deleteBody{Chat: in.chat.ID, Messages: []int64{in.message.ID}})
	told := in.effect.Sends
	if r.Status == storage.RelayAsked || r.Status == storage.RelayWaiting || r.Status == storage.RelayPending {
		if r.Kind != storage.RelayShare { // the picture itself is theirs
			w.remove(in, deleteBody{Chat: in.chat.ID, Messages: r.Sources})
		}
		out, err := w.Store.TakeRelay(ctx, in.effect, in.person.ID, r.Key)
		if err == nil {
			w.post(ctx, out)
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		in.effect.Sends = told // it is on its way just now
	}
	if r.Status == storage.RelayUncertain {
		in.effect.Sends = nil
		w.say(in, texts.MessageUnsendOld, nil)
		return w.done(ctx, in)
	}
	return w.pass(ctx, in, storage.NewRelay{User: in.person.ID, Key: in.effect.Update, Kind: storage.RelayUnsend, Sources: r.Sources})
}

func (w *Workers) toUnsend(ctx context.Context, in *incoming) (storage.Relayed, error) {
	if in.message.ReplyTo != nil {
		return w.Store.Relayed(ctx, in.person.ID, in.message.ReplyTo.ID)
	}
	return w.Store.LastRelayed(ctx, in.person.ID)
}

// shareCommand shows the partner the picture that it replies to, without the words it was made of.
func (w *Workers) shareCommand(ctx context.Context, in *incoming, _ string) error {
	if !in.talking() {
		return w.sayIdle(ctx, in)
	}
	if m := in.message.ReplyTo; m != nil {
		about, err := w.Store.NoteOn(ctx, in.person.ID, in.chat.ID, m.ID)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if _, has := m.Picture(); has && about.Generation != "" {
			w.remove(in, deleteBody{Chat: in.chat.ID, Messages: []int64{in.message.ID}})
			return w.showPartner(ctx, in, m.ID)
		}
	}
	w.say(in, texts.MessageShareHow, nil)
	return w.done(ctx, in)
}

// showPartner shows the partner a message with a picture of one's own. It is one's own message then: it can be replied to, reacted
// to and taken back.
func (w *Workers) showPartner(ctx context.Context, in *incoming, message int64) error {
	return w.pass(ctx, in, storage.NewRelay{User: in.person.ID, Key: in.effect.Update, Kind: storage.RelayShare, Sources: []int64{message}})
}

// pressShare is showPartner by a button under the picture.
func (w *Workers) pressShare(ctx context.Context, in *incoming, p press, b board, t target) error {
	if !in.talking() {
		return w.expired(ctx, in, p)
	}
	message, err := w.pictureOf(ctx, in, p, t)
	if err != nil {
		return err
	}
	if message == 0 {
		return w.expired(ctx, in, p)
	}
	w.answer(in, p, texts.AnswerRelaySent)
	w.edit(in, p, "", b.page(""))
	return w.showPartner(ctx, in, message)
}

// pictureOf is the message that shows the picture a button is about, zero if it is not there any more.
func (w *Workers) pictureOf(ctx context.Context, in *incoming, p press, t target) (int64, error) {
	if m := p.query.Message; m != nil {
		if _, has := m.Picture(); has {
			return m.ID, nil
		}
	}
	all, err := w.Store.ResultMessages(ctx, in.person.ID, in.chat.ID, t.generation)
	if err != nil {
		return 0, err
	}
	for _, id := range all {
		about, err := w.Store.NoteOn(ctx, in.person.ID, in.chat.ID, id)
		if err == nil && about.Generation == t.generation && about.N == t.n {
			return id, nil
		}
		if ignore(err, storage.ErrNotFound) != nil {
			return 0, err
		}
	}
	return 0, nil
}

// share is shown in a conversation, for what was painted in the private chat.
func (b board) share() telegram.Button {
	if !b.owner.Talking || b.g.Request.Chat != b.owner.TelegramID {
		return telegram.Button{}
	}
	return b.free(texts.ButtonRelayShare, telegram.OpRelayShare, "")
}
