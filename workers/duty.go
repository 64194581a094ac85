package workers

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
)

const (
	dutyEvery = time.Minute
	dutyLease = 3 * time.Minute
)

// duty is what one process of all does at a time, every minute.
type duty struct {
	name   string
	failed func(context.Context, error) // says so in the log, in words that runbooks name
	turn   func(context.Context) error
	other  func() // another process has it; nil is no matter
}

// onDuty does it until ctx ends, first after a minute. A process stays the one that does it however long a turn takes.
func (w *Workers) onDuty(ctx context.Context, d duty) {
	holder := rand.Text()
	claim := func(ctx context.Context) error {
		held, err := w.Store.Lease(ctx, d.name, holder, dutyLease)
		if err == nil && !held {
			return storage.ErrFenced
		}
		return err
	}
	tick := time.NewTicker(dutyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := claim(ctx)
		switch {
		case errors.Is(err, storage.ErrFenced):
			err = nil
			if d.other != nil {
				d.other()
			}
		case err == nil:
			err = d.do(ctx, claim)
		}
		if err != nil && ctx.Err() == nil {
			d.failed(ctx, err)
		}
	}
}

func (d duty) do(ctx context.Context, claim func(context.Context) error) error {
	ctx, stop := whileClaimed(ctx, claim)
	defer stop()
	return d.turn(ctx)
}
