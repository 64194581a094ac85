package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
)

// Migrate brings the databases up to date and names the engine.
func Migrate(ctx context.Context, c config.Config, log *slog.Logger) (engine string, err error) {
	err = withStore(ctx, c, log, func(s *storage.Store) error {
		engine = s.Engine()
		return nil
	})
	return engine, err
}

// ErrBooks says that an invariant is broken.
var ErrBooks = errors.New("the books do not agree")

// Verify checks every invariant and prints what contradicts one.
func Verify(ctx context.Context, c config.Config, log *slog.Logger, out io.Writer) error {
	return withStore(ctx, c, log, func(s *storage.Store) error {
		bad, err := s.Verify(ctx)
		if err != nil {
			return err
		}
		for _, v := range bad {
			if _, err := fmt.Fprintf(out, "broken: %s: %s\n", v.Invariant, v.Row); err != nil {
				return err
			}
		}
		if len(bad) > 0 {
			return ErrBooks
		}
		_, err = fmt.Fprintln(out, "every invariant holds")
		return err
	})
}

// withStore opens the databases alone.
func withStore(ctx context.Context, c config.Config, log *slog.Logger, f func(*storage.Store) error) (err error) {
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return err
	}
	a := &App{options: Options{Config: c, Log: log}, servers: servers{
		dir: dir, database: c.DatabaseURL.Reveal(), keys: c.KeysDatabaseURL.Reveal(), embedded: map[string]bool{},
	}}
	defer func() { err = errors.Join(err, a.stack.unwind(log)) }()
	if err := errors.Join(a.openMasterKey(ctx), a.openDatabases(ctx)); err != nil {
		return err
	}
	core := &core{}
	if err := a.openPeople(ctx, core); err != nil {
		return err
	}
	return f(core.store)
}

// WithPainter hands f whoever can paint: the process that owns the data folder, or the deployment that the settings
// name, or a process of its own that lives as long as f.
func WithPainter(ctx context.Context, c config.Config, log *slog.Logger, f func(context.Context, Painter) error) error {
	if c.RedisURL == "" {
		if remote := Dial(ctx, c.Data); remote != nil {
			return f(ctx, remote)
		}
		c.Role = config.RoleRun
		c.Playground = config.PlaygroundOff
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	err := Run(ctx, Options{Config: c, Log: log, Quiet: true, Started: func(a *App) {
		go func() {
			done <- f(ctx, a.Painter())
			stop()
		}()
	}})
	select {
	case ferr := <-done:
		return errors.Join(ferr, err)
	default:
		return errors.Join(err, context.Cause(ctx))
	}
}
