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
	a.price = w.price(a.model, a.operation, a.params)
	g, err := w.place(ctx, &incoming{person: op}, a, storage.NewGeneration{
		ID: id, Origin: storage.OriginCLI, RequestKey: request, Form: storage.FormPull, TopUp: true,
	})
	if errors.Is(err, storage.ErrTooMany) {
		return View{}, &OperatorError{"too many generations of this account are waiting; try again when one is done"}
	}
	if err != nil {
		return View{}, err
	}
	return w.view(ctx, g)
}

// Look returns where a generation of an operator's account stands.
func (w *Workers) Look(ctx context.Context, account, id string) (View, error) {
	op, err := w.Store.Operator(ctx, account)
	if err != nil {
		return View{}, err
	}
	return w.View(ctx, op.ID, id)
}

// Fetch opens an image of an operator's generation. Reading to io.EOF proves that it is whole.
func (w *Workers) Fetch(ctx context.Context, account, id string, n int) (io.ReadCloser, error) {
	op, err := w.Store.Operator(ctx, account)
	if err != nil {
		return nil, err
	}
	return w.Picture(ctx, op.ID, id, n)
}
