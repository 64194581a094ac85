// Package apptest runs the program in processes of their own for tests: the test binary is the program when it is started with
// a role in its environment. So nothing has to be built beside the tests, the race detector sees every process, and a test
// can kill one at a named step.
//
// A test package that starts processes calls Main in its TestMain. Between the program and its servers it can put a Line, which
// it cuts, slows down or makes lose answers.
package apptest

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/local"
)

// Variables that a process reads beside the settings.
const (
	// Steps makes the test binary be the program, and does at the named step what it says: "kill:claimed:1" ends the process at
	// its first claim, as kill -9 does, "freeze:put:1" stops it there until somebody continues it. With the name of a file
	// after a fourth colon steps count from when there is such a file. Empty does nothing.
	Steps = "E2E_CHILD_STEP"
	// Settle is how long an erasure gives what was under way to end.
	Settle = "E2E_CHILD_SETTLE"
	// Flat gives the process the painter that takes no processor's time; its value is how long a call takes nevertheless.
	Flat = "E2E_CHILD_FLAT"

	role = "E2E_CHILD_ROLE"
)

// Main runs the tests, or the program where this process is to be it.
func Main(m *testing.M) {
	vars := variables()
	if _, child := vars[Steps]; child {
		os.Exit(program(vars))
	}
	os.Exit(m.Run())
}

// variables are those that are ours.
func variables() map[string]string {
	all := map[string]string{}
	for _, e := range config.Environ() {
		if name, value, ok := strings.Cut(e, "="); ok && strings.HasPrefix(name, "E2E_CHILD_") {
			all[name] = value
		}
	}
	return all
}

// program is the program, until it is told to stop.
func program(vars map[string]string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() { // whoever started us is gone
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	if err := run(ctx, vars); err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

func run(ctx context.Context, vars map[string]string) error {
	var environ []string
	for _, e := range config.Environ() {
		if strings.HasPrefix(e, "IMAGIKA_") {
			environ = append(environ, e)
		}
	}
	cfg, err := config.Load(config.Role(vars[role]), environ)
	if err != nil {
		return err
	}
	settle, _ := time.ParseDuration(vars[Settle]) // none is the default
	return app.Run(ctx, app.Options{
		Config: cfg, Log: config.NewLogger(os.Stderr, cfg.LogLevel, cfg.LogFormat), Providers: painter(vars[Flat]), EraseSettle: settle,
		Step: step(vars[Steps]), Started: func(a *app.App) { _, _ = os.Stdout.WriteString("started " + a.WebAddr + "\n") },
	})
}

// painter is the painter that takes no time of a processor, or nil for the providers of the settings.
func painter(delay string) []providers.Provider {
	d, err := time.ParseDuration(delay)
	if err != nil {
		return nil
	}
	return []providers.Provider{local.New(local.Options{Flat: true, Delay: d})}
}

// step returns what to do at a step.
func step(spec string) func(string) {
	parts := strings.SplitN(spec, ":", 4)
	if len(parts) < 3 {
		return nil
	}
	armed := func() bool { return true }
	if len(parts) == 4 {
		armed = func() bool { _, err := os.Stat(parts[3]); return err == nil }
	}
	nth, _ := strconv.Atoi(parts[2])
	sig := syscall.SIGKILL
	if parts[0] == "freeze" {
		sig = syscall.SIGSTOP
	}
	var seen atomic.Int64
	return func(name string) {
		if name == parts[1] && armed() && seen.Add(1) == int64(nth) {
			_ = syscall.Kill(os.Getpid(), sig)
			time.Sleep(50 * time.Millisecond) // a stop takes effect when it is scheduled
		}
	}
}
