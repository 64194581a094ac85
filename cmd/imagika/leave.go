package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/imagika/imagika/cmd/internal/term"
	"github.com/imagika/imagika/workers"
)

// leave takes back what is not over, because of an interruption or of an error, and says what became of it. What was
// painted nevertheless is paid for, so it is saved.
func (p *painting) leave(ctx context.Context, because error) error {
	interrupted := ctx.Err() != nil
	ctx = context.WithoutCancel(ctx)
	for _, a := range p.asked {
		if err := p.studio.Cancel(ctx, p.account, a.view.ID); err != nil {
			return errors.Join(because, fmt.Errorf("cancel: %w", err))
		}
	}
	saved := 0
	for _, a := range p.asked {
		v, err := p.settled(ctx, a.view)
		if err == nil && outcome(v) == nil {
			a.view = v
			saved++
			err = p.save(ctx, a)
		}
		if err != nil {
			return errors.Join(because, err)
		}
	}
	if !interrupted {
		return because
	}
	text := "interrupted; nothing was charged"
	if saved > 0 {
		text = fmt.Sprintf("interrupted; %s done before it could be canceled, and charged", wereDone(saved))
	}
	return &exitError{exitInterrupted, errors.New(text), ""}
}

func wereDone(n int) string {
	if n == 1 {
		return "1 prompt was"
	}
	return term.Count(n, "prompt") + " were"
}

// settled waits for the end of what was canceled. A call that cannot be taken back is waited for: then it is known
// whether it is to be paid.
func (p *painting) settled(ctx context.Context, v workers.View) (workers.View, error) {
	turn := time.NewTicker(spin)
	defer turn.Stop()
	for {
		var err error
		if v, err = p.studio.Look(ctx, p.account, v.ID); err != nil || !v.Status.Open() {
			return v, err
		}
		p.show("canceling…", p.err.Dim(" Ctrl-C again leaves it to itself"))
		<-turn.C
	}
}
