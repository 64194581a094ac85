package workers

import (
	"context"
	"errors"
	"slices"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// How far a variation goes from its image.
const (
	strengthSubtle = 0.2
	strengthUsual  = 0.35
	strengthStrong = 0.6
)

// act does what the buttons under a result say.
func (w *Workers) act(ctx context.Context, in *incoming, p press, b board, t target) error {
	switch p.Op {
	case telegram.OpAgain, telegram.OpVary, telegram.OpUpscale, telegram.OpExpand:
		return w.paintMore(ctx, in, p, b, t)
	case telegram.OpOriginal:
		return w.resend(ctx, in, p, b.g, asOriginal)
	case telegram.OpEdit, telegram.OpRemix:
		return w.askWords(ctx, in, p, b, t)
	case telegram.OpFavorite:
		return w.favorite(ctx, in, p, b, t)
	case telegram.OpCompare:
		return w.showRivals(ctx, in, p, b)
	case telegram.OpCompareWith:
		return w.compare(ctx, in, p, b, t)
	case telegram.OpRelayShare:
		return w.pressShare(ctx, in, p, b, t)
	case telegram.OpReference:
		return w.keepReference(ctx, in, p, b, t)
	case telegram.OpNoReference:
		return w.dropReference(ctx, in, p)
	case telegram.OpDetails:
		return w.details(ctx, in, p, b)
	case telegram.OpReport:
		return w.report(ctx, in, p, b)
	case telegram.OpReportAs:
		return w.reportAs(ctx, in, p, b, t)
	case telegram.OpDeleteYes:
		return w.delete(ctx, in, p, b.g)
	}
	return w.turnBoard(ctx, in, p, b)
}

// turnBoard shows other buttons under the same result.
func (w *Workers) turnBoard(ctx context.Context, in *incoming, p press, b board) error {
	var answer texts.Key
	rows := b.page("")
	switch p.Op {
	case telegram.OpMore:
		rows = b.page("more")
	case telegram.OpActions:
	case telegram.OpDelete:
		rows = b.confirm()
	case telegram.OpDeleteNo:
		answer = texts.AnswerKept
	default:
		return w.expired(ctx, in, p)
	}
	w.answer(in, p, answer)
	w.edit(in, p, "", rows)
	return w.done(ctx, in)
}

// paintMore is a press that spends: the same again, or something made of one of the images.
func (w *Workers) paintMore(ctx context.Context, in *incoming, p press, b board, t target) error {
	a, ok := repeated(b.g), true
	if p.Op != telegram.OpAgain {
		a, ok = w.operation(b.g, b.images, t, p.Op)
	}
	if !ok {
		return w.expired(ctx, in, p)
	}
	return w.spend(ctx, in, p, a, func() [][]telegram.Button { return b.page(t.how) })
}

// spend reserves what a press asks for. The buttons are made anew, so that they can be pressed again.
func (w *Workers) spend(ctx context.Context, in *incoming, p press, a ask, rows func() [][]telegram.Button) error {
	if ok, err := w.agreed(ctx, in); err != nil || !ok {
		return err
	}
	a.request.Message, a.request.Lang = p.messageID(), in.texts.Language()
	a.done = func() {
		w.answer(in, p, texts.AnswerWorking)
		w.edit(in, p, "", rows())
	}
	a.refused = func() { w.answer(in, p, texts.AnswerNoCredits) }
	a.waits = func() { // a message says why; where that is a quote, the button is used up
		w.answer(in, p, "")
		w.edit(in, p, "", rows())
	}
	return w.reserve(ctx, in, a)
}

// repeated asks for the same with another seed.
func repeated(g storage.Generation) ask {
	a := ask{request: g.Request, params: g.Params, model: g.Model, operation: g.Operation, parent: g.Parent, parentN: g.ParentN}
	a.params.Seed, a.params.Beside, a.params.BesideN = newSeed(), "", 0
	a.request.Digest, a.request.Webhook, a.request.Token = "", "", ""
	for n := range a.params.Refs { // they came with the wish and lie with its generation
		a.request.References = append(a.request.References, keptReference(g.ID, n))
	}
	a.params.Refs = 0
	return a
}

// operation asks for what a button makes of an image. It reports false where nobody can do it.
func (w *Workers) operation(g storage.Generation, images []storage.Image, t target, op telegram.Op) (ask, bool) {
	switch op {
	case telegram.OpVary:
		a, ok := w.onImage(g, images, t, providers.Vary)
		a.params.Strength = map[string]float64{"": strengthUsual, subtly: strengthSubtle, strongly: strengthStrong}[t.how]
		return a, ok && a.params.Strength > 0
	case telegram.OpUpscale:
		return w.onImage(g, images, t, providers.Upscale)
	case telegram.OpExpand:
		a, ok := w.onImage(g, images, t, providers.Expand)
		return a, ok && a.params.Margins != [4]float64{}
	}
	return ask{}, false
}

// onImage asks for an operation on one image of a result: of whoever made it, where that one can do it, else of the
// cheapest that can.
func (w *Workers) onImage(g storage.Generation, images []storage.Image, t target, op providers.Operation) (ask, bool) {
	if t.n >= len(images) {
		return ask{}, false
	}
	a := ask{
		request: storage.Request{Prompt: g.Request.Prompt, Negative: g.Request.Negative, Without: g.Request.Without},
		params: storage.Params{
			Width: images[t.n].Width, Height: images[t.n].Height, Count: 1, Seed: newSeed(), Style: g.Params.Style,
		},
		model: g.Model, operation: string(op), parent: g.ID, parentN: t.n,
	}
	a.scale(t.how)
	if a.price = w.price(a.model, a.operation, a.params); w.possible(a) {
		return a, true
	}
	best, found := a, false
	for _, o := range w.Router.Offers() {
		a.model = o.Name
		a.price = w.price(a.model, a.operation, a.params)
		if w.possible(a) && (!found || a.price < best.price) {
			best, found = a, true
		}
	}
	return best, found
}

// scale sets what an upscale or an expansion needs to know.
func (a *ask) scale(how string) {
	size := providers.Size{Width: a.params.Width, Height: a.params.Height}
	switch providers.Operation(a.operation) {
	case providers.Upscale:
		a.params.Scale = 2
		if how == fourTimes {
			a.params.Scale = 4
		}
		size = providers.Size{Width: size.Width * a.params.Scale, Height: size.Height * a.params.Scale}
	case providers.Expand:
		m := map[string][4]float64{zoomOut: {0.25, 0.25, 0.25, 0.25}, panLeft: {0.5}, panUp: {0, 0.5}, panRight: {0, 0, 0.5}, panDown: {0, 0, 0, 0.5}}[how]
		a.params.Margins = m
		size = providers.Expanded(size, providers.Margins{Left: m[0], Top: m[1], Right: m[2], Bottom: m[3]}, providers.Size{})
	}
	a.params.Width, a.params.Height = size.Width, size.Height
}

// resend sends a stored result again: as it was shown, or as the original files. It costs nothing.
func (w *Workers) resend(ctx context.Context, in *incoming, p press, g storage.Generation, as string) error {
	w.answer(in, p, texts.AnswerWorking)
	if g.Status.Open() {
		return w.done(ctx, in)
	}
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		Key: as + ":" + in.effect.Update, User: in.person.ID, Generation: g.ID, Kind: storage.SendResult,
		Body: resultBody{As: as, Chat: in.chat.ID}, // where the button is, not where it was asked for
	})
	return w.done(ctx, in)
}

// delete removes a result from the history, the store and the chat.
func (w *Workers) delete(ctx context.Context, in *incoming, p press, g storage.Generation) error {
	w.answer(in, p, texts.AnswerDeleted)
	var also []int64
	if id := p.messageID(); id != 0 {
		also = append(also, id)
	}
	err := w.deleteAll(ctx, in, []storage.Generation{g}, deleteBody{Chat: in.chat.ID, Messages: also})
	if errors.Is(err, storage.ErrNotFound) {
		in.effect.Sends = nil
		return w.expired(ctx, in, p)
	}
	return err
}

// deleteAll removes results and the messages that showed them. The rows go first: an object that is left behind belongs
// to nobody and cannot be opened by anyone.
func (w *Workers) deleteAll(ctx context.Context, in *incoming, all []storage.Generation, also deleteBody) error {
	var ids []string
	for _, g := range all {
		ids = append(ids, g.ID)
		for _, chat := range slices.Compact([]int64{also.Chat, g.Request.Chat}) {
			// Whoever removes them looks again; one of an earlier release does not.
			messages, err := w.Store.ResultMessages(ctx, in.person.ID, chat, g.ID)
			if err != nil {
				return err
			}
			if chat == also.Chat {
				also.Messages, also.Results = append(also.Messages, messages...), append(also.Results, g.ID)
			} else {
				w.remove(in, deleteBody{Chat: chat, Messages: messages, Results: []string{g.ID}})
			}
		}
	}
	w.remove(in, also)
	objects, out, err := w.Store.DeleteResults(ctx, in.effect, in.person.ID, ids)
	if err != nil {
		return err
	}
	w.post(ctx, out)
	w.removeObjects(ctx, objects)
	return nil
}

// remove owes the removal of messages, if there are any.
func (w *Workers) remove(in *incoming, b deleteBody) {
	if len(b.Messages)+len(b.Results) > 0 && b.Chat != 0 {
		in.effect.Sends = append(in.effect.Sends, storage.Send{User: in.person.ID, Kind: storage.SendDelete, Body: b})
	}
}
