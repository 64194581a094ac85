// Package app puts the program together: which servers are embedded and which are real, who gets whom as a
// collaborator, and in which order everything starts and stops.
//
// Construction is one straight list (Run); each step pushes its end onto a stack of named closers that is unwound in
// reverse. Nothing else knows the settings: every package gets plain values.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/ops"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
)

// Options are what a process is to do.
type Options struct {
	Config config.Config
	Log    *slog.Logger
	// Out gets the table of servers and addresses; nil shows none.
	Out io.Writer
	// Quiet starts no listener for people or operators: the process only works.
	Quiet bool
	// Providers replaces the table of providers; tests and benchmarks bring their own.
	Providers []providers.Provider
	// Started is called once everything runs.
	Started func(*App)
	// Step is called before and after effects; tests end the process there.
	Step func(string)
	// EraseSettle is how long an erasure gives what is under way to end; zero is long enough. Tests are less patient.
	EraseSettle time.Duration
	// Traces follow updates in place of what the settings say; tests bring their own.
	Traces *queue.Traces
}

// App is a process that runs.
type App struct {
	options Options
	servers servers
	core    *core
	admin   *ops.Server // nil where operators have no listener
	stack   stack
	traces  *queue.Traces // nil for none
	group   *errgroup.Group
	begun   time.Time
	// unchanged leaves the schema of the database as it is.
	unchanged bool

	// WebAddr and AdminAddr are where the listeners listen, empty if there is none.
	WebAddr, AdminAddr string
}

// Run starts what the settings ask for, blocks until ctx ends or a part fails, and stops everything in reverse. A
// second signal is the caller's business.
func Run(ctx context.Context, o Options) (err error) {
	a := &App{options: o, begun: time.Now()}
	defer func() { err = errors.Join(err, a.stack.unwind(o.Log)) }()
	base := context.WithoutCancel(ctx) // what is being stopped still needs its connections
	group, ctx := errgroup.WithContext(ctx)
	a.group = group

	if err := a.openTraces(base); err != nil {
		return err
	}
	if err := a.openServers(ctx); err != nil { // a start that waits for a server ends with ctx
		return err
	}
	if a.core, err = a.openCore(ctx); err != nil {
		return err
	}
	if err := a.startAdmin(ctx, base); err != nil {
		return err
	}
	if o.Config.Role == config.RoleRun || o.Config.Role == config.RoleWorker {
		if err := a.startWorkers(ctx, base); err != nil {
			return err
		}
	}
	if err := a.startControl(ctx); err != nil {
		return err
	}
	if err := a.startFront(ctx); err != nil {
		return err
	}
	a.tendRouter(ctx)
	a.tendRules(ctx)
	a.tendShop(ctx)
	if o.Out != nil {
		a.table(o.Out)
	}
	if o.Started != nil {
		o.Started(a)
	}
	group.Go(func() error { <-ctx.Done(); return nil })
	return group.Wait()
}

// stack is the order of stopping: the last that started ends first.
type stack []closer

type closer struct {
	name  string
	close func() error
}

func (s *stack) push(name string, f func() error) { *s = append(*s, closer{name, f}) }

// unwind closes everything, whatever fails on the way.
func (s *stack) unwind(log *slog.Logger) error {
	var errs []error
	for _, c := range slices.Backward(*s) {
		if err := c.close(); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", c.name, err))
		}
		log.Debug("closed", "part", c.name)
	}
	*s = nil
	return errors.Join(errs...)
}

// nothing adapts a close function without an error.
func nothing(f func()) func() error { return func() error { f(); return nil } }
