package workers

import (
	"context"
	"slices"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// Card is a generation as the Mini App shows it.
type Card struct {
	ID          string         `json:"id"`
	Status      storage.Status `json:"status"`
	Reason      storage.Reason `json:"reason,omitempty"`
	Message     string         `json:"message,omitempty"` // why there is no image
	Operation   string         `json:"operation"`
	Prompt      string         `json:"prompt"`
	Negative    string         `json:"negative,omitempty"`
	Model       string         `json:"model"`
	ModelName   string         `json:"model_name"`
	Aspect      string         `json:"aspect,omitempty"`
	Quality     string         `json:"quality,omitempty"`
	Style       string         `json:"style,omitempty"`
	Seed        int64          `json:"seed"`
	Count       int            `json:"count"`
	Width       int            `json:"width"`
	Height      int            `json:"height"`
	Price       int64          `json:"price"`
	Charged     int64          `json:"charged"`
	Favorite    bool           `json:"favorite"`
	Parent      *CardParent    `json:"parent,omitempty"`
	Created     time.Time      `json:"created_at"`
	Position    int            `json:"position,omitempty"` // in line, from 1
	ETA         *Span          `json:"eta,omitempty"`
	Progress    float64        `json:"progress,omitempty"` // 0 to 1
	Cancelable  bool           `json:"cancelable"`
	CancelAsked bool           `json:"cancel_asked"`
	Repeatable  bool           `json:"repeatable"`
	Images      []CardImage    `json:"images"`
}

// CardParent is the image that a generation is made of.
type CardParent struct {
	ID string `json:"id"`
	N  int    `json:"n"`
}

// CardImage is an image, with links that work for minutes: below the site's own address.
type CardImage struct {
	N         int    `json:"n"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	MediaType string `json:"media_type"`
	Bytes     int64  `json:"bytes"`
	Seed      int64  `json:"seed"`
	Thumb     string `json:"thumb"`
	Preview   string `json:"preview"`
	URL       string `json:"url"`
	Download  string `json:"download"`
}

// CardPage is a page of cards, and where the next one goes on: empty at the end.
type CardPage struct {
	Items []Card `json:"items"`
	Next  string `json:"next"`
}

// cardPrompts is how many sealed prompts one request of a search opens.
const cardPrompts = 400

// Cards is a page of a person's history, newest first.
func (w *Workers) Cards(ctx context.Context, p storage.Person, f storage.Filter, before string, limit int) (CardPage, error) {
	f.Words = texts.Clip(historyWords, clean(f.Words))
	found, next, err := w.Store.SearchOn(ctx, p.ID, f, before, limit, cardPrompts)
	if err != nil {
		return CardPage{}, err
	}
	items, err := w.cards(ctx, p, found)
	return CardPage{items, next}, err
}

// Card is one of a person's generations.
func (w *Workers) Card(ctx context.Context, p storage.Person, id string) (Card, error) {
	return w.card(ctx, p)(w.Store.OwnGeneration(ctx, p.ID, id))
}

// card returns what shows a generation, or its error.
func (w *Workers) card(ctx context.Context, p storage.Person) func(storage.Generation, error) (Card, error) {
	return func(g storage.Generation, err error) (Card, error) {
		if err != nil {
			return Card{}, err
		}
		all, err := w.cards(ctx, p, []storage.Generation{g})
		if err != nil {
			return Card{}, err
		}
		return all[0], nil
	}
}

// Paint reserves and starts what a person wishes for, as [Workers.Request] does.
func (w *Workers) Paint(ctx context.Context, p storage.Person, wish Wish) (Card, error) {
	return w.card(ctx, p)(w.requested(ctx, p, wish, w.askFor))
}

func (w *Workers) cards(ctx context.Context, p storage.Person, all []storage.Generation) ([]Card, error) {
	cards, ids := make([]Card, 0, len(all)), make([]string, 0, len(all))
	for _, g := range all {
		ids = append(ids, g.ID)
	}
	images, err := w.Store.ImagesOf(ctx, p.ID, ids)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		c := w.cardOf(p, g, images[g.ID])
		if g.Status.Open() {
			if err := w.cardProgress(ctx, &c, g); err != nil {
				return nil, err
			}
		}
		cards = append(cards, c)
	}
	return cards, nil
}

func (w *Workers) cardOf(p storage.Person, g storage.Generation, images []storage.Image) Card {
	print := w.printer(p.Lang)
	c := Card{
		ID: g.ID, Status: g.Status, Reason: g.Reason, Operation: g.Operation, Prompt: g.Request.Prompt, Negative: g.Request.Negative,
		Model: g.Model, ModelName: w.title(g.Model, print), Quality: g.Params.Quality, Style: g.Params.Style, Seed: g.Params.Seed, Count: g.Params.Count,
		Width: g.Params.Width, Height: g.Params.Height, Price: g.Price, Charged: charged(g, len(images)), Favorite: g.Favorite, Created: g.Created.UTC(),
		CancelAsked: g.CancelAsked, Images: []CardImage{},
	}
	if c.Width > 0 && c.Height > 0 {
		c.Aspect = nearest(providers.Size{Width: c.Width, Height: c.Height})
	}
	if g.Parent != "" && g.ParentN >= 0 {
		c.Parent = &CardParent{g.Parent, g.ParentN}
	}
	if g.Status.Open() {
		return c
	}
	g.Request.Without = p.Settings.Without
	c.Repeatable = w.possible(repeated(g))
	for _, i := range images {
		c.Images = append(c.Images, w.cardImage(i))
	}
	if len(c.Images) == 0 {
		c.Message = stripTags(print.HTML(endText(g), map[string]any{"Count": g.Price}))
	}
	return c
}

func (w *Workers) cardImage(i storage.Image) CardImage {
	return CardImage{
		N: i.N, Width: i.Width, Height: i.Height, MediaType: i.MediaType, Bytes: i.Bytes, Seed: i.Seed,
		Thumb: w.shownURL(i, linkThumb), Preview: w.shownURL(i, linkPreview), URL: w.shownURL(i, linkInline), Download: w.shownURL(i, linkFile),
	}
}

// cardProgress adds where an open generation stands.
func (w *Workers) cardProgress(ctx context.Context, c *Card, g storage.Generation) error {
	s, err := w.standing(ctx, g)
	if err != nil {
		return err
	}
	c.ETA, c.Progress, c.Cancelable = new(spanOf(s.from, s.until)), min(s.done, 1), s.stops && !g.CancelAsked
	switch {
	case s.call != nil:
	case s.Promoted:
		c.Position = s.line.Waiting() + 1
	default:
		c.Position = s.line.Waiting() + s.line.Own + 1
	}
	return nil
}

// Again has the same painted with another seed; the same key asks once. It can be refused as every wish.
func (w *Workers) Again(ctx context.Context, p storage.Person, id, key string) (Card, error) {
	g, err := w.Store.OwnGeneration(ctx, p.ID, id)
	if err != nil {
		return Card{}, err
	}
	wish := Wish{Origin: storage.OriginApp, Key: key, Parent: id, ParentN: -1, Form: storage.FormChat}
	return w.card(ctx, p)(w.requested(ctx, p, wish, func(_ context.Context, in *incoming, _ Wish) (ask, error) {
		a := repeated(g)
		a.request.Chat, a.request.Message, a.request.Thread = in.chat.ID, 0, 0
		a.request.Lang, a.request.Without, a.price = in.texts.Language(), p.Settings.Without, w.price(a.model, a.operation, a.params)
		return a, nil
	}))
}

// Cancel cancels an open generation as far as that is possible. Where it is too late, that is a Refusal.
func (w *Workers) Cancel(ctx context.Context, p storage.Person, id string) (Card, error) {
	in := w.visitor(p, storage.OriginApp)
	g, c, err := w.stop(ctx, in, id)
	switch {
	case err != nil:
		return Card{}, err
	case len(c.late) > 0:
		return Card{}, w.refused(in, RefusedConflict, texts.MessageCancelTooLate, map[string]any{"Count": credits(c.late)})
	case !g.Status.Open() && g.Status != storage.StatusCanceled:
		return Card{}, &Refusal{Code: RefusedConflict, Text: in.texts.Plain(texts.AnswerDone, nil)}
	}
	return w.Card(ctx, p, id)
}

// Delete removes a finished generation from the history, the store and the chat; the same key does it once.
func (w *Workers) Delete(ctx context.Context, p storage.Person, id, key string) error {
	in := w.doing(p, "delete", id, key)
	used, err := w.Store.Consumed(ctx, in.effect.Nonce)
	if used || err != nil {
		return err
	}
	g, err := w.Store.OwnGeneration(ctx, p.ID, id)
	if err != nil {
		return err
	}
	if g.Status.Open() {
		return &Refusal{Code: RefusedConflict, Text: in.texts.Plain(texts.NoteStillPainting, nil)}
	}
	return once(w.deleteAll(ctx, in, []storage.Generation{g}, deleteBody{Chat: in.chat.ID}))
}

// SendToChat sends the results of a generation into the person's chat, or the n-th of them, from zero, where n is not negative: as
// photos, or as the original files. The same key does it once.
func (w *Workers) SendToChat(ctx context.Context, p storage.Person, id string, n int, files bool, key string) error {
	in := w.doing(p, "send", id, key)
	g, _, err := w.withImage(ctx, in, id, max(n, 0))
	if err != nil {
		return err
	}
	body := resultBody{As: asShow, Chat: in.chat.ID, Only: n + 1}
	if files {
		body.As = asOriginal
	}
	in.effect.Sends = append(in.effect.Sends, storage.Send{Key: body.As + ":" + in.effect.Nonce, User: p.ID, Generation: g.ID, Kind: storage.SendResult, Body: body})
	return once(w.done(ctx, in))
}

// withImage returns a generation of the person's that has an n-th image, and that image.
func (w *Workers) withImage(ctx context.Context, in *incoming, id string, n int) (g storage.Generation, i storage.Image, err error) {
	if g, err = w.Store.OwnGeneration(ctx, in.person.ID, id); err != nil {
		return g, i, err
	}
	images, err := w.Store.Images(ctx, id, true)
	switch {
	case err != nil:
		return g, i, err
	case len(images) == 0 || g.Status.Open():
		return g, i, &Refusal{Code: RefusedConflict, Text: in.texts.Plain(texts.NoteNoImage, nil)}
	}
	at := slices.IndexFunc(images, func(i storage.Image) bool { return i.N == n })
	if at < 0 {
		return g, i, storage.ErrNotFound
	}
	return g, images[at], nil
}

// Link is a link to an image for whoever has it.
type Link struct {
	URL     string    `json:"url"`
	Expires time.Time `json:"expires_at"`
}
