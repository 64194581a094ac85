package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/term"
	"github.com/imagika/imagika/queue"
)

// streams are what a command reads and writes: results to out, everything that is about them to err.
type streams struct {
	in       io.Reader
	out, err *term.Terminal
	environ  []string
	asks     bool  // somebody can be asked
	screen   bool  // out is a terminal
	machine  *bool // what admin prints is for a program: --json
}

func newStreams(in io.Reader, out, errOut io.Writer, environ []string) streams {
	lookup := func(name string) string {
		for _, item := range environ {
			if value, ok := strings.CutPrefix(item, name+"="); ok {
				return value
			}
		}
		return ""
	}
	s := streams{in: in, out: term.Open(out, lookup), err: term.Open(errOut, lookup), environ: environ, machine: new(bool)}
	s.asks, s.screen = s.err.Live && term.IsTerminal(in), term.IsTerminal(out)
	return s
}

// interruptible is canceled by the first signal, so that everything ends in good order. The second one ends the process
// at once; what was under way then is taken up by the next, because all of it is in the database.
func (s streams) interruptible(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		if s.err.Live {
			s.err.NewProgress().End()
			s.err.Printf("Stopped at once. Nothing is lost: what was under way goes on when Imagika runs again.\n")
		}
		os.Exit(exitInterrupted)
	}()
	return ctx
}

// settingFlags are the flags that stand for a setting, with its variable.
func settingFlags() map[string]string {
	return map[string]string{"data": "IMAGIKA_DATA", "pools": "IMAGIKA_POOLS", "queues": "IMAGIKA_QUEUES", "model": "IMAGIKA_MODEL"}
}

// load reads the settings; a flag that is given stands for its variable.
func (s streams) load(cmd *cobra.Command, role config.Role) (config.Config, *slog.Logger, error) {
	environ := s.environ
	for flag, name := range settingFlags() {
		if f := cmd.Flags().Lookup(flag); f != nil && f.Changed {
			environ = append(slices.Clip(environ), name+"="+f.Value.String()) // the last one counts
		}
	}
	cfg, err := config.Load(role, environ)
	if err != nil {
		return cfg, nil, settingError(cmd, err)
	}
	return cfg, s.logger(cfg), nil
}

// logger writes for people where they look on, and otherwise in the form that is set.
func (s streams) logger(cfg config.Config) *slog.Logger {
	log := config.NewLogger(s.err, cfg.LogLevel, cfg.LogFormat)
	if s.err.Live && cfg.LogFormat == config.FormatText {
		log = slog.New(s.err.NewLogHandler(cfg.LogLevel, config.Redact))
	}
	queue.RedirectLogs(log)
	return log
}
