package workers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Asking from outside a chat: the Mini App, the website, the public API. A wish is judged, priced and reserved by the rules of
// a chat; what a chat is told in words is a [Refusal] here. Nothing is charged with one.

// Wish is what somebody asks for from outside a chat. What is empty is left open.
type Wish struct {
	Origin storage.Origin
	// Key is the asker's own: the same key asks once. With another wish it is refused as a conflict. Empty asks each time.
	Key                           string
	Prompt, Negative              string
	Model, Style, Quality, Aspect string // as after the flags of a prompt
	Width, Height                 int    // in pixels, the nearest of the model's is taken; zero leaves it to Aspect
	Count                         int
	Seed                          *int64
	References                    [][]byte // pictures to change, as files
	Parent                        string   // a result of the asker's own whose image ParentN, from zero, is to be changed
	ParentN                       int
	Form                          storage.Form
	Webhook                       string // https, told when it is over; empty for none. Needs a Token
	Token                         string // of the API that it came with; empty for none
}

// digest tells wishes apart that come with the same key.
func (d Wish) digest() string {
	d.Key, d.Token = "", ""
	b, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings, numbers and bytes
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// request is the key of the generation. What people choose for one is theirs, and stands nowhere as it is.
func (d Wish) request(user int64) string {
	if d.Key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(d.Key))
	return string(d.Origin) + ":" + strconv.FormatInt(user, 10) + ":" + hex.EncodeToString(sum[:16])
}

// visitor is somebody who asks from outside a chat. What has to be told in a chat is told in their own.
func (w *Workers) visitor(p storage.Person, from storage.Origin) *incoming {
	lang := p.Lang
	if from == storage.OriginAPI {
		lang = "en" // programs read it
	}
	return &incoming{
		person: p, chat: telegram.Chat{ID: p.TelegramID, Type: telegram.ChatPrivate}, texts: w.printer(lang), effect: storage.Effect{User: p.ID},
	}
}

// Request reserves and starts what a person wishes for, or returns a [*Refusal]; storage.ErrNotFound for a parent that is not theirs.
func (w *Workers) Request(ctx context.Context, p storage.Person, wish Wish) (View, error) {
	g, err := w.requested(ctx, p, wish, w.askFor)
	if err != nil {
		return View{}, err
	}
	return w.view(ctx, g)
}

// reading makes an ask of a wish.
type reading func(ctx context.Context, in *incoming, wish Wish) (ask, error)

func (w *Workers) requested(ctx context.Context, p storage.Person, wish Wish, read reading) (storage.Generation, error) {
	in, key := w.visitor(p, wish.Origin), wish.request(p.ID)
	if key != "" {
		if g, err := w.Store.Requested(ctx, p.ID, key); err == nil {
			return g, same(in, wish, g)
		} else if !errors.Is(err, storage.ErrNotFound) {
			return g, err
		}
	}
	id, err := w.Store.NewID()
	if err != nil {
		return storage.Generation{}, err
	}
	if key == "" {
		key = string(wish.Origin) + ":" + id
	}
	ctx, end := w.Traces.Begin(ctx, key, "ask", time.Now())
	g, err := w.fulfill(ctx, in, wish, read, storage.NewGeneration{ID: id, Origin: wish.Origin, RequestKey: key, Form: wish.Form, Token: wish.Token})
	end(err)
	if err == nil && g.ID != id { // asked twice at once
		err = same(in, wish, g)
	}
	return g, err
}

// same refuses a wish whose key came before with another one.
func same(in *incoming, wish Wish, g storage.Generation) error {
	if g.Request.Digest != "" && g.Request.Digest != wish.digest() {
		return &Refusal{Code: RefusedConflict, Text: in.texts.Plain(texts.NoteKeyConflict, nil)}
	}
	return nil
}

// fulfill makes a generation of a wish.
func (w *Workers) fulfill(ctx context.Context, in *incoming, wish Wish, read reading, n storage.NewGeneration) (storage.Generation, error) {
	if err := w.mayAsk(ctx, in); err != nil {
		return storage.Generation{}, err
	}
	a, err := read(ctx, in, wish)
	if err != nil {
		return storage.Generation{}, err
	}
	if err := w.allowed(ctx, in, wish, a); err != nil {
		return storage.Generation{}, err
	}
	if n.References, err = w.keepReferences(ctx, in, n.ID, wish.References); err != nil {
		return storage.Generation{}, err
	}
	a.request.Digest, a.request.Webhook, a.request.Token = wish.digest(), wish.Webhook, wish.Token
	if wish.Form == storage.FormChat {
		in.effect.Sends = append(in.effect.Sends, statusSend(in.person.ID, in.chat.ID, n.ID))
	}
	g, err := w.place(ctx, in, a, n)
	if err == nil && g.ID == n.ID {
		return g, nil
	}
	if err != nil {
		w.turnedDown(err)
		err = w.refusal(ctx, in, a, err)
	}
	// Whatever else went wrong may have been committed, and needs its pictures then. If not, removeOrphans finds them.
	if _, refused := errors.AsType[*Refusal](err); refused || err == nil {
		for _, unused := range n.References {
			w.removeObjects(context.WithoutCancel(ctx), []string{unused.Key})
		}
	}
	return g, err
}

// keepReferences checks the pictures of a wish, takes away what a camera wrote into them, and stores them sealed.
func (w *Workers) keepReferences(ctx context.Context, in *incoming, generation string, files [][]byte) (refs []storage.Image, err error) {
	g := storage.Generation{ID: generation, User: in.person.ID}
	for n, file := range files {
		ref, err := w.keepPicture(ctx, g, bytes.NewReader(file), n)
		if errors.Is(err, errNoPicture) {
			bad := w.refused(in, RefusedInvalid, texts.MessageFailedPicture, nil)
			bad.Param = "image"
			return nil, bad
		}
		if err != nil {
			return nil, fmt.Errorf("keep reference: %w", err)
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

// Stop cancels an open generation of a person's as far as that is possible, and returns how it stands then.
func (w *Workers) Stop(ctx context.Context, p storage.Person, id string) (View, error) {
	if _, _, err := w.stop(ctx, w.visitor(p, storage.OriginApp), id); err != nil {
		return View{}, err
	}
	return w.View(ctx, p.ID, id)
}

// stop cancels one of a person's, and returns how it stood before and what came of it.
func (w *Workers) stop(ctx context.Context, in *incoming, id string) (g storage.Generation, c cancellation, err error) {
	if g, err = w.Store.OwnGeneration(ctx, in.person.ID, id); err != nil {
		return g, c, err
	}
	err = w.cancel(ctx, in, only(id), func(found cancellation) error { c = found; return nil })
	return g, c, err
}

// Picture opens the n-th image of a person's result, from zero. Reading to io.EOF proves that it is whole. What is fetched, and not
// sent to a chat, is delivered by that.
func (w *Workers) Picture(ctx context.Context, user int64, id string, n int) (io.ReadCloser, error) {
	f, err := w.openOwn(ctx, user, id, n)
	if err != nil {
		return nil, err
	}
	if err := w.Store.Pulled(ctx, user, id); err != nil {
		_ = f.Body.Close()
		return nil, err
	}
	return f.Body, nil
}

// Price is what an image of the usual kind costs of a model, in credits.
func (w *Workers) Price(model string) int64 {
	m, _ := w.Router.Model(model)
	size, op := m.Nearest(providers.Size{}), providers.Generate
	if !m.Can(op) {
		op = providers.Edit
	}
	return w.price(model, string(op), storage.Params{Width: size.Width, Height: size.Height, Count: 1})
}
