package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/term"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// painting has the prompts of a wish painted, in their order, with the next one asked for already: it waits in line
// while this one is worked on.
type painting struct {
	streams
	wish
	studio   *app.Studio
	progress *term.Progress
	asked    []asked // not over yet, in order
	next     int     // prompt to ask for
}

// asked is a generation on its way.
type asked struct {
	n     int // of the prompt
	view  workers.View
	begun time.Time
}

// ahead is how many prompts are asked for at once.
const ahead = 2

func newPainting(s streams, w wish, studio *app.Studio) *painting {
	return &painting{streams: s, wish: w, studio: studio, progress: s.err.NewProgress()}
}

// run goes on after a prompt that fails or is refused, but not after one that cannot even be asked for.
func (p *painting) run(ctx context.Context) (err error) {
	defer p.progress.End()
	var errs []error
	for {
		if err := p.ask(ctx); err != nil {
			return errors.Join(append(errs, p.leave(ctx, err))...)
		}
		if len(p.asked) == 0 {
			return errors.Join(errs...)
		}
		v, err := p.watch(ctx, p.asked[0])
		if ctx.Err() != nil {
			return errors.Join(append(errs, p.leave(ctx, err))...)
		}
		done := p.asked[0]
		p.asked = p.asked[1:]
		if err == nil {
			done.view = v
			err = p.save(ctx, done)
		}
		if err != nil && len(p.prompts) > 1 {
			err = fmt.Errorf("prompt %d: %w", done.n+1, err)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
}

// ask asks for the next prompts.
func (p *painting) ask(ctx context.Context) error {
	for p.next < len(p.prompts) && len(p.asked) < ahead {
		v, err := p.studio.Ask(ctx, p.account, rand.Text(), p.prompts[p.next]+p.flags)
		if err != nil {
			return err
		}
		p.asked = append(p.asked, asked{p.next, v, time.Now()})
		p.next++
	}
	return nil
}

// look is how often a generation is looked at; the spinner turns in between.
const look = 2

// watch shows where a generation stands until it is over.
func (p *painting) watch(ctx context.Context, a asked) (workers.View, error) {
	turn := time.NewTicker(spin)
	defer turn.Stop()
	v := a.view
	for i := 1; v.Status.Open(); i++ {
		stage, details := p.describe(v)
		if len(p.prompts) > 1 {
			stage = fmt.Sprintf("%d/%d %s", a.n+1, len(p.prompts), stage)
		}
		p.show(stage, details+p.err.Dim(" · Ctrl-C cancels"))
		select {
		case <-turn.C:
		case <-ctx.Done():
			return v, ctx.Err()
		}
		if i%look != 0 {
			v.Spent += spin
			continue
		}
		var err error
		if v, err = p.studio.Look(ctx, p.account, v.ID); err != nil && ctx.Err() == nil {
			return v, &exitError{exitFailed, err, "What was asked for is kept, and goes on when that process runs again."}
		}
	}
	return v, outcome(v)
}

func (p *painting) show(stage, details string) {
	if !p.quiet && (p.err.Live || !p.asJSON) {
		p.progress.Show(stage, details)
	}
}

// describe says in words where an open generation stands, and what is known beyond that.
func (p *painting) describe(v workers.View) (stage, details string) {
	if v.Status == storage.StatusHeld {
		if v.Position > 1 {
			return fmt.Sprintf("in line, number %d", v.Position), ""
		}
		return "in line", ""
	}
	half, most := max(v.P50, time.Second), max(v.P90, 2*time.Second)
	const cells = 24
	bar := " " + p.err.Bar(share(v.Spent, half, most), min(cells, p.err.Columns()/3)) + " "
	switch left := half - v.Spent; {
	case v.Spent > 2*most:
		return "painting", bar + "longer than usual, " + seconds(v.Spent)
	case left < time.Second:
		return "painting", bar + "any moment now"
	default:
		return "painting", bar + "about " + seconds(left) + " left"
	}
}

// share is how much of the work is done, as far as anybody knows: most of it when half of all are done, and never all.
func share(spent, half, most time.Duration) float64 {
	const then, end = 0.8, 0.97
	if spent < half {
		return then * float64(spent) / float64(half)
	}
	return min(end, then+(end-then)*float64(spent-half)/float64(max(most-half, 1)))
}

// seconds is a duration as people say it.
func seconds(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Round(time.Second)/time.Second))
	}
	return fmt.Sprintf("%d min %d s", int(d/time.Minute), int(d%time.Minute/time.Second))
}

// outcome is why there is no picture, nil if there is one.
func outcome(v workers.View) error {
	switch v.Status {
	case storage.StatusStored, storage.StatusDelivered:
		return nil
	case storage.StatusCanceled:
		return &exitError{exitInterrupted, errors.New("canceled; nothing was charged"), ""}
	case storage.StatusRefused:
		return &exitError{exitRefused, errors.New("refused; nothing was charged"), refusedHint(v.Reason)}
	default:
		text, hint := failure(v.Reason)
		return &exitError{exitFailed, errors.New(text + "; nothing was charged"), hint}
	}
}

func refusedHint(r storage.Reason) string {
	if r == storage.ReasonOutput {
		return "What was painted was not accepted. Another --seed or other words may do."
	}
	return "The prompt was not accepted. Say it in other words."
}

// failure says why a generation failed, and what can be done.
func failure(r storage.Reason) (text, hint string) {
	const again = "Try again in a while; the log of the process says more."
	switch r {
	case storage.ReasonTimeout:
		return "it took too long", "Try again, or raise IMAGIKA_CALL_TIMEOUT."
	case storage.ReasonUnsupported:
		return "the model cannot do this", "Choose another with --model."
	case storage.ReasonBadImage:
		return "what came back was no picture", "Try again; another --model may help."
	case storage.ReasonProvider:
		return "the model's provider failed again and again", again
	case storage.ReasonUnjudged:
		return "the moderator does not answer, and IMAGIKA_MODERATION_CLOSED lets nothing pass without", again
	case storage.ReasonUnknown:
		return "nobody knows what became of the call to the model, so it is not repeated", again
	case storage.ReasonQuarantined:
		return "it broke the worker again and again", again
	case storage.ReasonNone:
		return "it failed", again
	default:
		return fmt.Sprintf("it failed (%s)", r), again
	}
}
