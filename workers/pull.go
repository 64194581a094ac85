package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/moderation"
)

// View is how a generation that is fetched, rather than sent to a chat, looks from outside.
type View struct {
	ID       string         `json:"id"`
	Status   storage.Status `json:"status"`
	Reason   storage.Reason `json:"reason,omitempty"`
	Prompt   string         `json:"prompt"`
	Model    string         `json:"model"`
	Seed     int64          `json:"seed"`
	Position int            `json:"position,omitempty"` // in line, from 1; 0 if it is worked on
	Spent    time.Duration  `json:"spent,omitempty"`    // since it is worked on, ns
	P50      time.Duration  `json:"p50,omitempty"`      // how long such a one takes, ns
	P90      time.Duration  `json:"p90,omitempty"`
	Images   []ViewImage    `json:"images,omitempty"` // in order, once they are stored
}

// ViewImage describes a stored image.
type ViewImage struct {
	MediaType string `json:"media_type"`
	Bytes     int64  `json:"bytes"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	Note      string `json:"note,omitempty"`
}

// OperatorError is a wish of an operator that cannot be fulfilled, in words for a terminal.
type OperatorError struct{ Text string }

func (e *OperatorError) Error() string { return e.Text }

// Ask reserves a generation for an operator's account, paid by the house, and enqueues it. The same key asks once.
func (w *Workers) Ask(ctx context.Context, account, key, words string) (View, error) {
	a, err := w.ask(words, storage.Settings{}, providers.Generate)
	if bad, ok := errors.AsType[*wordsError](err); ok {
		p := w.printer("en")
		return View{}, &OperatorError{stripTags(p.HTML(bad.key, bad.in(p)))}
	}
	if err != nil {
		return View{}, err
	}
	if v := w.Rules.Prompt(a.request.Prompt, a.request.Negative); v.Action != moderation.Pass {
		return View{}, &OperatorError{"the rules refuse this prompt: " + w.printer("en").Plain(reasonNote(v.Category), nil) + " (rule " + v.Rule + ")"}
	}
	op, err := w.Store.Operator(ctx, account)
	if err != nil {
		return View{}, err
	}
	id, err := w.Store.NewID()
	if err != nil {
		return View{}, err
	}
	request := fmt.Sprintf("cli:%d:%s", op.ID, key)
	ctx, end := w.Traces.Begin(ctx, request, "ask", time.Now(), "operation", a.operation)
	defer end(nil)
	g, ref, _, err := w.Store.Reserve(ctx, storage.Effect{}, storage.NewGeneration{
		ID: id, User: op.ID, Origin: storage.OriginCLI, RequestKey: request, Form: storage.FormPull, ParentN: -1,
		Model: a.model, Operation: a.operation, Request: a.request, Params: a.params, Price: w.price(a.model, a.operation, a.params),
		Parallel: w.Settings.Parallel, Waiting: w.Settings.Waiting, TopUp: true,
	})
	if errors.Is(err, storage.ErrTooMany) {
		return View{}, &OperatorError{"too many generations of this account are waiting; try again when one is done"}
	}
	if err != nil {
		return View{}, err
	}
	w.Metrics.taken(a.operation, tierOperator)
	if ref != nil {
		w.enqueue(ctx, startTask(*ref, false))
	}
	return w.Look(ctx, account, g.ID)
}

// Look returns where a generation of an operator's account stands.
func (w *Workers) Look(ctx context.Context, account, id string) (View, error) {
	op, err := w.Store.Operator(ctx, account)
	if err != nil {
		return View{}, err
	}
	g, err := w.Store.OwnGeneration(ctx, op.ID, id)
	if err != nil {
		return View{}, err
	}
	v := View{ID: g.ID, Status: g.Status, Reason: g.Reason, Prompt: g.Request.Prompt, Model: g.Model, Seed: g.Params.Seed}
	t, err := w.timing(ctx, g.Model)
	if err != nil {
		return v, err
	}
	v.P50, v.P90 = t.P50, t.P90
	switch g.Status {
	case storage.StatusHeld:
		line, err := w.Store.Line(ctx, g)
		v.Position = line.Waiting() + line.Own + 1
		return v, err
	case storage.StatusGenerating:
		v.Spent = time.Since(g.Started)
		return v, nil
	}
	images, err := w.Store.Images(ctx, g.ID, true)
	for _, i := range images {
		v.Images = append(v.Images, ViewImage{i.MediaType, i.Bytes, i.Width, i.Height, i.Note})
	}
	return v, err
}

// Fetch opens an image of an operator's generation. Reading to io.EOF proves that it is whole.
func (w *Workers) Fetch(ctx context.Context, account, id string, n int) (io.ReadCloser, error) {
	op, err := w.Store.Operator(ctx, account)
	if err != nil {
		return nil, err
	}
	if _, err := w.Store.OwnGeneration(ctx, op.ID, id); err != nil {
		return nil, err
	}
	images, err := w.Store.Images(ctx, id, true)
	if err != nil {
		return nil, err
	}
	if n < 0 || n >= len(images) {
		return nil, storage.ErrNotFound
	}
	if err := w.Store.Pulled(ctx, op.ID, id); err != nil {
		return nil, err
	}
	return w.open(ctx, images[n])
}
