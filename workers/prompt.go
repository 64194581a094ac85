package workers

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// MaxPictureBytes is the largest picture a person can send: what a bot can download.
const MaxPictureBytes = telegram.MaxDownloadBytes

// newSeed picks a seed that people can type.
func newSeed() int64 { return int64(rand.Int32()) }

// imagineCommand is a prompt after a command.
func (w *Workers) imagineCommand(ctx context.Context, in *incoming, args string) error {
	return w.prompt(ctx, in, args)
}

// prompt makes a generation of a message: words, or words about pictures.
func (w *Workers) prompt(ctx context.Context, in *incoming, typed string) error {
	if in.message.Kind() == telegram.KindDocument {
		if key, data := unreadable(in.message); key != "" {
			w.say(in, key, data)
			sayOnce(in, "document")
			return w.done(ctx, in)
		}
	}
	if w.ours(in.message.Forward) {
		typed = "" // the caption is what we wrote, not a wish
	}
	if _, has := in.message.Picture(); has && in.message.MediaGroupID != "" {
		return w.collect(ctx, in, typed)
	}
	if b, ok, err := w.remixed(ctx, in); err != nil {
		return err
	} else if ok {
		return w.remix(ctx, in, b, typed)
	}
	src, err := w.source(ctx, in)
	if err == nil && src.count() == 0 && strings.TrimSpace(typed) != "" {
		src, err = w.reference(ctx, in)
	}
	if err != nil {
		return err
	}
	return w.wish(ctx, in, typed, src)
}

// ours reports whether a forwarded message is the bot's own.
func (w *Workers) ours(o *telegram.Origin) bool {
	return o != nil && o.Sender != nil && o.Sender.IsBot && strings.EqualFold(o.Sender.Username, w.BotName)
}

// unreadable says why a file is no picture that can be opened; the key is empty for one that may be.
func unreadable(m *telegram.Message) (texts.Key, map[string]any) {
	if _, ok := m.Picture(); !ok {
		return texts.MessageUnsupportedDocument, nil
	}
	format := strings.ToUpper(m.Document.MediaType[len("image/"):])
	switch format {
	case "JPEG", "JPG", "PNG", "WEBP", "GIF":
		return "", nil
	}
	format, _, _ = strings.Cut(strings.TrimPrefix(format, "X-"), "+")
	return texts.MessagePictureFormat, map[string]any{"Format": format}
}

// wish makes a generation of words about pictures, or says what is missing.
func (w *Workers) wish(ctx context.Context, in *incoming, typed string, src source) error {
	switch {
	case src.count() > 0 && !telling(typed):
		return w.wonder(ctx, in, src)
	case src.tooBig():
		w.say(in, texts.MessagePictureTooBig, map[string]any{"Count": MaxPictureBytes >> 20})
		return w.done(ctx, in)
	}
	a, most, err := w.askOf(in, typed, src)
	if bad, ok := errors.AsType[*wordsError](err); ok && bad.key == texts.MessagePromptEmpty && src.count() > 0 { // flags alone
		return w.wonder(ctx, in, src)
	}
	if err != nil {
		return w.refuseWords(ctx, in, err)
	}
	if src.count() > most && most > 0 && src.album != nil {
		w.offerFirst(in, typed, src, most)
		return w.done(ctx, in)
	}
	return w.reserve(ctx, in, a)
}

// wonder asks what to do with pictures.
func (w *Workers) wonder(ctx context.Context, in *incoming, src source) error {
	in.effect.Nonce = "" // a reference still waits
	w.askWhat(in, src)
	return w.done(ctx, in)
}

// askOf is the wish of an incoming message, and how many pictures its model takes.
func (w *Workers) askOf(in *incoming, typed string, src source) (a ask, most int, err error) {
	settings, op := in.person.Settings, providers.Generate
	if src.count() > 0 {
		settings.Model, op = w.painter(in.person, src.count()).Name, providers.Edit
	}
	if a, err = w.ask(typed, settings, op); err != nil {
		return a, 0, err
	}
	a.request.Message, a.request.Lang = in.message.ID, in.texts.Language()
	if op == providers.Generate {
		return a, 0, nil
	}
	a.parent, a.parentN = src.parent, src.parentN
	for _, f := range src.files {
		a.request.References = append(a.request.References, f.ID)
	}
	w.keepShape(&a, src.size())
	m, _ := w.Router.Model(a.model)
	return a, m.MaxRefs, nil
}

// painter is the model of the person's choice, or, where it does not take that many pictures, the first that does; if there
// is none, the one that takes most.
func (w *Workers) painter(p storage.Person, pictures int) providers.Model {
	best := w.modelFor(p, providers.Edit)
	for _, o := range w.Router.Offers() {
		if best.MaxRefs >= pictures {
			break
		}
		if m, ok := w.Router.Model(o.Name); ok && m.Can(providers.Edit) && m.MaxRefs > best.MaxRefs {
			best = m
		}
	}
	return best
}

// keepShape leaves an edit in the shape of its picture, unless another was typed. Telegram does not tell that of files.
func (w *Workers) keepShape(a *ask, picture providers.Size) {
	if a.shaped {
		return
	}
	a.params.AsIs = true
	if m, ok := w.Router.Model(a.model); ok && picture.Width > 0 && picture.Height > 0 {
		size := m.Nearest(picture)
		a.params.Width, a.params.Height = size.Width, size.Height
	}
}

// refuseWords says what is wrong with the words.
func (w *Workers) refuseWords(ctx context.Context, in *incoming, err error) error {
	var bad *wordsError
	if !errors.As(err, &bad) {
		return err
	}
	in.effect.Nonce = "" // a reference still waits
	w.say(in, bad.key, bad.in(in.texts))
	if bad.key == texts.MessagePromptTooLong && in.message != nil {
		return w.noteLong(ctx, in)
	}
	return w.done(ctx, in)
}

// cutFrom is how long a piece of a text is at least, in UTF-16 units: apps send a text that is longer than a message can be in pieces, at
// once, and cut between words, so a piece is as long as a message can be or a little shorter.
const cutFrom = 3500

// rest reports whether a text may be the end of a longer one: it was sent right after a piece, and the two did not fit into one
// message. Apps reply with the first piece only.
func (in *incoming) rest() bool {
	m, own := in.message, in.person.Settings
	plain := m.Kind() == telegram.KindText && m.ReplyTo == nil && m.External == nil && m.Forward == nil
	since := m.Date - own.Long
	return plain && since >= 0 && since <= 2 && own.LongUnits+telegram.Units(m.Text) >= maxMessage
}

// offerRest does not paint what may be the end of a longer text: nobody wants to pay for that. A button paints it all the same,
// because it may as well be a wish of its own, held up together with the long one by an app that was offline.
func (w *Workers) offerRest(ctx context.Context, in *incoming, words string) error {
	body := w.body(in, texts.MessagePromptRest, nil, row(w.button(in, texts.ButtonWordsPaint, telegram.OpPaint, "", newNonce())))
	body.ReplyTo, body.About = in.message.ID, &storage.About{Words: words}
	w.tell(in, body)
	return w.noteLong(ctx, in)
}

// noteLong remembers a message that an app may have cut off.
func (w *Workers) noteLong(ctx context.Context, in *incoming) error {
	own := &in.person.Settings
	own.Long, own.LongUnits = 0, 0
	if n := telegram.Units(in.message.Text); n >= cutFrom {
		own.Long, own.LongUnits = in.message.Date, n
	}
	return w.saveSettings(ctx, in)
}
