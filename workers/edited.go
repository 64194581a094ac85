package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// edited answers an edited prompt: what was sent first is painted, and a button paints the new words too. Edits of other
// messages are of no interest.
func (w *Workers) edited(ctx context.Context, in *incoming, m *telegram.Message) error {
	in.message = m
	if in.talking() {
		if done, err := w.relayEdit(ctx, in); done || err != nil {
			return err
		}
		if _, _, command := m.Command(""); !command { // what stands in a conversation is no prompt
			return w.done(ctx, in)
		}
	}
	if !fresh(in) {
		return w.done(ctx, in)
	}
	words, ok := editedWords(m)
	if _, _, command := m.Slashed(); !ok && command && !in.talking() {
		w.sayAbout(in, m.ID, texts.MessageEditedCommand, nil)
		return w.done(ctx, in)
	}
	if !ok {
		return w.done(ctx, in)
	}
	src, err := w.source(ctx, in)
	if err != nil {
		return err
	}
	about := src.about()
	about.Words = words
	body := w.body(in, texts.MessageEdited, nil, telegram.Row(w.button(in, texts.ButtonPaintEdited, telegram.OpPaint, "", newNonce())))
	body.ReplyTo, body.About = m.ID, &about
	w.tell(in, body)
	return w.done(ctx, in)
}

// fresh reports whether an edit is of what people send to be painted, not too long ago.
func fresh(in *incoming) bool {
	m := in.message
	kind := m.Kind()
	return in.chat.Type == telegram.ChatPrivate && m.MediaGroupID == "" && (kind == telegram.KindText || kind == telegram.KindPhoto) &&
		time.Since(time.Unix(m.Date, 0)) <= time.Hour
}

// editedWords are the words of an edited prompt, and false for what is none.
func editedWords(m *telegram.Message) (string, bool) {
	words := m.Words()
	if name, args, ok := m.Slashed(); ok {
		if name != "imagine" {
			return "", false
		}
		words = args
	}
	return words, telling(words)
}

// pressPaint paints the words that the message with the button is about: those of an edited prompt, or those about an album,
// of which the first pictures are taken if it has too many.
func (w *Workers) pressPaint(ctx context.Context, in *incoming, p press) error {
	about, err := w.Store.NoteOn(ctx, in.person.ID, in.chat.ID, p.messageID())
	if errors.Is(err, storage.ErrNotFound) || err == nil && about.Words == "" {
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	src, err := w.sourceOf(ctx, in, about, nil)
	if err != nil {
		return err
	}
	in.message = asked(p.query.Message, src)
	in.use(src)
	return w.pressWish(ctx, in, p, about.Words, src)
}

// asked is the message that asked for what a button paints.
func asked(pressed *telegram.Message, src source) *telegram.Message {
	if src.album != nil {
		return messageOf(*src.album)
	}
	m := &telegram.Message{ThreadID: pressed.ThreadID, IsTopic: pressed.IsTopic}
	if pressed.ReplyTo != nil {
		m.ID = pressed.ReplyTo.ID
	}
	return m
}

// pressWish paints words about pictures because a button was pressed, which goes away then.
func (w *Workers) pressWish(ctx context.Context, in *incoming, p press, words string, src source) error {
	if ok, err := w.agreed(ctx, in); err != nil || !ok {
		return err
	}
	a, most, err := w.askOf(in, words, src)
	if err != nil {
		in.effect.Nonce = ""
		w.answer(in, p, "")
		return w.refuseWords(ctx, in, err)
	}
	if src.album != nil {
		a.request.References = a.request.References[:min(len(a.request.References), most)]
	}
	a.done = func() {
		w.answer(in, p, texts.AnswerWorking)
		w.edit(in, p, "", nil)
	}
	a.refused = func() { w.answer(in, p, texts.AnswerNoCredits) }
	a.waits = func() { w.answer(in, p, "") } // the message says it
	return w.reserve(ctx, in, a)
}

// expired says that a button leads nowhere any more.
func (w *Workers) expired(ctx context.Context, in *incoming, p press) error {
	in.effect.Nonce = ""
	w.answer(in, p, texts.AnswerExpired)
	return w.done(ctx, in)
}
