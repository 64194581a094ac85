package workers

import (
	"context"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// describeCommand turns a picture into a prompt: the message's own, or the one it replies to.
func (w *Workers) describeCommand(ctx context.Context, in *incoming, _ string) error {
	if w.nobodyWrites(in, providers.Describe) {
		return w.done(ctx, in)
	}
	src, err := w.repliedTo(ctx, in)
	if err != nil {
		return err
	}
	if own, has := in.message.Picture(); has {
		src = source{parentN: -1, files: []storage.Picture{fileOf(own)}}
	}
	r := storage.WritingRequest{Generation: src.parent, N: max(src.parentN, 0), Language: in.texts.Language()}
	switch {
	case src.count() == 0:
		w.say(in, texts.MessageDescribeWhat, nil)
		return w.done(ctx, in)
	case src.tooBig():
		w.say(in, texts.MessagePictureTooBig, map[string]any{"Count": MaxPictureBytes >> 20})
		return w.done(ctx, in)
	case src.parent == "":
		r.Picture = src.files[0].ID
	}
	return w.beginWriting(ctx, in, providers.Describe, r)
}

// improveCommand makes a prompt richer.
func (w *Workers) improveCommand(ctx context.Context, in *incoming, args string) error {
	return w.reword(ctx, in, providers.Improve, args, texts.MessageImproveWhat)
}

// translateCommand puts a prompt into English, or into the language named at its end.
func (w *Workers) translateCommand(ctx context.Context, in *incoming, args string) error {
	return w.reword(ctx, in, providers.Translate, args, texts.MessageTranslateWhat)
}

// reword is about words after the command, or those of the message it replies to. Flags behind them are kept for the
// painting.
func (w *Workers) reword(ctx context.Context, in *incoming, kind providers.Writing, args string, empty texts.Key) error {
	if w.nobodyWrites(in, kind) {
		return w.done(ctx, in)
	}
	words := clean(args)
	r := storage.WritingRequest{}
	if kind == providers.Translate {
		words, r.Language = w.target(words)
	}
	if words == "" && in.message.ReplyTo != nil {
		words = clean(in.message.ReplyTo.Words())
	}
	if before, _, _, ok := nextFlag(words); ok && strings.TrimSpace(before) != "" {
		words, r.Flags = strings.TrimSpace(before), strings.TrimSpace(words[len(before):])
	}
	if !telling(words) {
		w.say(in, empty, nil)
		return w.done(ctx, in)
	}
	if err := checkLength(words, words, w.Settings.PromptMax); err != nil {
		return w.refuseWords(ctx, in, err)
	}
	r.Text = words
	return w.beginWriting(ctx, in, kind, r)
}

// target takes a language from the end of the words; without one it is English.
func (w *Workers) target(words string) (rest, language string) {
	at := strings.LastIndexAny(words, " \n")
	if p, ok := w.Texts.Named(words[at+1:]); ok && at < len(words)-1 {
		return strings.TrimSpace(words[:at+1]), p.Language()
	}
	return words, "en"
}

// nobodyWrites says so, if that is how it is. Whoever asks is told before they are asked what it is about.
func (w *Workers) nobodyWrites(in *incoming, kind providers.Writing) bool {
	if len(w.Router.Writers(kind, in.person.Settings.Without)) > 0 {
		return false
	}
	in.effect.Nonce = ""
	w.say(in, texts.MessageWordsNone, nil)
	return true
}

// beginWriting commits the wish and enqueues it, if the person may have one more.
func (w *Workers) beginWriting(ctx context.Context, in *incoming, kind providers.Writing, r storage.WritingRequest) error {
	if w.nobodyWrites(in, kind) {
		return w.done(ctx, in)
	}
	if ok, err := w.permitted(ctx, in, ask{request: storage.Request{Prompt: r.Text}}); err != nil || !ok {
		return err
	}
	every := time.Hour / time.Duration(w.Settings.Words)
	if wait, ok, err := w.Limits.Reserve(ctx, "words:"+w.safety(in.person.ID), every, w.Settings.Words, 0); err != nil {
		return err
	} else if !ok {
		in.effect.Nonce = ""
		w.say(in, texts.MessageWordsLimit, map[string]any{"Until": round(max(wait, time.Second))})
		return w.done(ctx, in)
	}
	id, err := w.Store.NewID()
	if err != nil {
		return err
	}
	r.Chat, r.Thread, r.Seed, r.Without = in.chat.ID, in.thread(), newSeed(), in.person.Settings.Without
	if in.message != nil {
		r.Message = in.message.ID
	}
	ref, out, err := w.Store.AskWords(ctx, in.effect, storage.Writing{ID: id, User: in.person.ID, Kind: string(kind), Request: r})
	if err != nil {
		return err
	}
	w.post(ctx, out)
	w.enqueue(ctx, queue.NewPromptWriteTask(ref.ID, ref.Epoch))
	return nil
}

// pressWords does what the buttons under a proposal say.
func (w *Workers) pressWords(ctx context.Context, in *incoming, p press) error {
	if ok, err := w.agreed(ctx, in); err != nil || !ok {
		return err
	}
	one, err := w.Store.OwnWriting(ctx, in.person.ID, p.Object)
	if err != nil {
		if err = ignore(err, storage.ErrNotFound); err != nil {
			return err
		}
		in.effect.Nonce = ""
		w.answer(in, p, texts.AnswerExpired)
		return w.done(ctx, in)
	}
	switch p.Op {
	case telegram.OpWordsAnother:
		w.answer(in, p, texts.AnswerWorking)
		return w.beginWriting(ctx, in, providers.Writing(one.Kind), one.Request)
	case telegram.OpWordsChange:
		w.answer(in, p, "")
		body := w.body(in, texts.MessageWordsChange, nil)
		body.ReplyTo, body.Asks = p.messageID(), true
		w.tell(in, body)
		return w.done(ctx, in)
	}
	return w.paintWords(ctx, in, p, one)
}

// paintWords paints exactly the prompt that was proposed, with the flags that were typed.
func (w *Workers) paintWords(ctx context.Context, in *incoming, p press, one storage.Writing) error {
	a, err := w.ask(strings.TrimSpace(one.Answer+" "+one.Request.Flags), in.person.Settings, providers.Generate)
	if err != nil {
		w.answer(in, p, "")
		return w.refuseWords(ctx, in, err)
	}
	a.request.Message, a.request.Lang = p.messageID(), in.texts.Language()
	a.done = func() {
		w.answer(in, p, texts.AnswerWorking)
		w.edit(in, p, "", w.wordsButtons(in.texts, in.person.TelegramID, one.ID)) // fresh nonces
	}
	a.refused = func() { w.answer(in, p, texts.AnswerNoCredits) }
	a.waits = func() { w.answer(in, p, "") }
	return w.reserve(ctx, in, a)
}

// wordsButtons stand under a proposal.
func (w *Workers) wordsButtons(p texts.Printer, owner int64, id string) [][]telegram.Button {
	b := func(key texts.Key, op telegram.Op, nonce string) telegram.Button {
		return telegram.Button{Text: p.Plain(key, nil), Data: w.signer.Data(op, id, owner, nonce)}
	}
	return [][]telegram.Button{
		telegram.Row(b(texts.ButtonWordsPaint, telegram.OpWordsPaint, newNonce())),
		telegram.Row(b(texts.ButtonWordsChange, telegram.OpWordsChange, ""), b(texts.ButtonWordsAnother, telegram.OpWordsAnother, newNonce())),
	}
}
