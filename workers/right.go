package workers

import (
	"context"
	"fmt"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
)

// What people ask about their data is a row in rights first, then a task that works through steps: each is done again after
// a crash, or was noted as finished in the transaction of its effect. What is answered at once (restrict, object, correct)
// is a row too, done from the first, so that it can be shown that it was asked and when it was answered.

// serveRight works on a request about somebody's data until it is over, or waits.
func (w *Workers) serveRight(ctx context.Context, p queue.RightServe) error {
	r, err := w.Store.ClaimRight(ctx, p.ID)
	if err != nil {
		return err
	}
	w.Step("right")
	ctx, stop := whileClaimed(ctx, func(ctx context.Context) error { return w.Store.RenewRight(ctx, r) })
	defer stop()
	serve, ok := w.rightKinds()[r.Kind]
	if !ok {
		return fmt.Errorf("a request of kind %s is answered at once, not by a task", r.Kind)
	}
	return serve(ctx, r)
}

// rightKinds is the table of what is worked on by tasks.
func (w *Workers) rightKinds() map[storage.RightKind]func(context.Context, storage.Right) error {
	return map[storage.RightKind]func(context.Context, storage.Right) error{
		storage.RightErase:  w.erase,
		storage.RightExport: w.serveExport,
		storage.RightPort:   w.servePort,
	}
}
