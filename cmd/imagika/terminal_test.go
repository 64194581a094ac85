package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/term"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// screen is a terminal that remembers what it was sent.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // after each write, if somebody waits
}

func newScreen() *screen { return &screen{more: make(chan struct{}, 1)} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// patience is for machines that do much else at the same time.
const patience = 4 * time.Minute

// wait waits until something was shown.
func (s *screen) wait(t *testing.T, what string) {
	t.Helper()
	late := time.After(patience)
	for !strings.Contains(s.String(), what) {
		select {
		case <-s.more:
		case <-late:
			t.Fatalf("%q is not shown:\n%s", what, s)
		}
	}
}

// session is a command at a terminal.
type session struct {
	out, err *screen
	ctrlC    context.CancelFunc
	ended    chan int
}

func begin(t *testing.T, env map[string]string, width int, args ...string) *session {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	se := &session{newScreen(), newScreen(), cancel, make(chan int, 1)}
	s := newStreams(nil, se.out, se.err, environ(env))
	settings := term.Settings{Live: true, Unicode: true, Width: width, Height: 40, Color: term.TrueColor, Links: true, Pictures: term.Blocks}
	s.out, s.err = term.New(se.out, settings), term.New(se.err, settings)
	go func() { se.ended <- run(ctx, s, args...) }()
	t.Cleanup(cancel)
	return se
}

func (se *session) end(t *testing.T, want int) {
	t.Helper()
	select {
	case code := <-se.ended:
		if code != want {
			t.Errorf("exit code %d, want %d; it said\n%s", code, want, se.err)
		}
	case <-time.After(patience):
		t.Fatalf("it does not end:\n%s%s", se.out, se.err)
	}
}

// A process that runs, asked by a second one, both interrupted.
func TestRunAndImagineTogether(t *testing.T) {
	if testing.Short() {
		t.Skip("starts every embedded server")
	}
	env, dir := quiet(t), t.TempDir()
	env["IMAGIKA_LOCAL_DELAY"] = "1s"
	server := begin(t, env, 80, "run")
	server.out.wait(t, "and say hello")
	if s := server.out.String(); !strings.Contains(s, "\x1b[1mOpen ") || !strings.Contains(s, "\x1b]8;;http://127.0.0.1:") || !strings.Contains(s, "playground") {
		t.Errorf("the start shows %q", s)
	}
	if r := execute(t.Context(), env, nil, "run"); r.code != exitUsage || !strings.Contains(r.err, "the data folder is in use") || !strings.Contains(r.err, "--data ./data2") {
		t.Errorf("a second run: %+v", r)
	}
	if r := execute(t.Context(), env, nil, "imagine", "a fox", "--model", "nobody"); r.code != exitRefused || !strings.Contains(r.err, "--model") || !strings.Contains(r.err, "nobody") {
		t.Errorf("an unknown model: %+v", r)
	}

	seen := begin(t, env, 80, "imagine", "a fox by a lake", "--model", "Local", "--style", "oil painting", "--no", "text, boats", "-o", dir)
	seen.end(t, exitOK)
	if s := seen.err.String(); !strings.Contains(s, "painting") || !strings.HasSuffix(s, "\r\x1b[K") || strings.Contains(s, "\n") {
		t.Errorf("the progress was %q", s)
	}
	if s := seen.out.String(); !strings.Contains(s, "✓") || strings.Count(s, "▀") != 44*22 || !strings.Contains(s, "file://") {
		t.Errorf("the picture is %q", s)
	}

	early := begin(t, env, 80, "imagine", "a fox", "a cat", "a dog -- no", "-o", dir)
	early.err.wait(t, "painting")
	early.ctrlC()
	early.end(t, exitInterrupted)
	if s := early.err.String(); !strings.Contains(s, "interrupted; ") || !strings.Contains(s, "charged") {
		t.Errorf("interrupted: %q", s)
	}

	last := begin(t, env, 80, "imagine", "a fox --seed 1", "-o", dir)
	last.err.wait(t, "painting")
	server.ctrlC()
	server.end(t, exitOK)
	if s := server.err.String(); !strings.Contains(s, "finishing 1 picture…") || !strings.Contains(s, "Ctrl-C again") || !strings.HasSuffix(s, "Stopped in good order.\n") {
		t.Errorf("the stop shows %q", s)
	}
	<-last.ended // it may have seen the picture before the process ended, or not
	if r := execute(t.Context(), env, nil, "admin", "ledger", "verify"); r.code != exitOK {
		t.Errorf("verify: %+v", r)
	}
}

// A canceled command leaves no half-written file and says what it cost.
func TestImagineInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("starts every embedded server")
	}
	for _, tt := range []struct{ desc, model, said string }{
		{"a call that can be taken back", "local-async", "interrupted; nothing was charged"},
		{"a call that cannot", "local", "interrupted; 1 prompt was done before it could be canceled, and charged"},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			env, dir := quiet(t), t.TempDir()
			env["IMAGIKA_LOCAL_DELAY"] = "1s"
			se := begin(t, env, 60, "imagine", "a fox", "--model", tt.model, "-o", dir)
			se.err.wait(t, "painting")
			se.ctrlC()
			se.end(t, exitInterrupted)
			if !strings.Contains(se.err.String(), tt.said) {
				t.Errorf("it said %q", se.err)
			}
			files, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil || (len(files) > 0) == strings.Contains(tt.said, "nothing") {
				t.Errorf("left %v, %v", files, err)
			}
			if r := execute(t.Context(), env, nil, "admin", "ledger", "verify"); r.code != exitOK {
				t.Errorf("verify: %+v", r)
			}
		})
	}
}

func TestRefusedStart(t *testing.T) {
	if testing.Short() {
		t.Skip("starts every embedded server")
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, name := range []string{"IMAGIKA_WEB_ADDR", "IMAGIKA_ADMIN_ADDR"} {
		env := quiet(t)
		env[name] = l.Addr().String()
		r := execute(t.Context(), env, nil, "run")
		want := fmt.Sprintf("imagika: port %s is taken: another program listens at %s\n→ End that program, or choose another port: %s=127.0.0.1:0 takes any that is free.\n",
			port, l.Addr(), name)
		if r.code != exitUsage || r.err != want {
			t.Errorf("code %d, said %q", r.code, r.err)
		}
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status storage.Status
		reason storage.Reason
		code   int
		want   string
	}{
		{storage.StatusStored, storage.ReasonNone, exitOK, ""},
		{storage.StatusDelivered, storage.ReasonNone, exitOK, ""},
		{storage.StatusCanceled, storage.ReasonPerson, exitInterrupted, "canceled; nothing was charged"},
		{storage.StatusRefused, storage.ReasonInput, exitRefused, "refused; nothing was charged"},
		{storage.StatusRefused, storage.ReasonOutput, exitRefused, "What was painted was not accepted"},
		{storage.StatusFailed, storage.ReasonTimeout, exitFailed, "it took too long; nothing was charged"},
		{storage.StatusFailed, storage.ReasonUnsupported, exitFailed, "--model"},
		{storage.StatusFailed, storage.ReasonProvider, exitFailed, "failed again and again"},
		{storage.StatusFailed, storage.ReasonUnknown, exitFailed, "not repeated"},
		{storage.StatusFailed, storage.ReasonBadImage, exitFailed, "no picture"},
		{storage.StatusFailed, storage.ReasonQuarantined, exitFailed, "broke the worker"},
		{storage.StatusFailed, storage.ReasonNone, exitFailed, "it failed; nothing"},
		{storage.StatusFailed, "new", exitFailed, "it failed (new)"},
	} {
		var b bytes.Buffer
		s := newStreams(nil, nil, &b, nil)
		if code := s.report(outcome(workers.View{Status: tt.status, Reason: tt.reason})); code != tt.code || !strings.Contains(b.String(), tt.want) {
			t.Errorf("%s %s: code %d, said %q", tt.status, tt.reason, code, b.String())
		}
	}
	if e := judge(errors.Join(errors.New("x"), context.Canceled)); e.code != exitInterrupted {
		t.Errorf("canceled: %+v", e)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for prompt, want := range map[string]string{
		"a red fox under a full moon":                   "a-red-fox-under-a-full-moon",
		"  ../../etc/passwd \x00":                       "etc-passwd",
		"Über den Wolken, 5 & 6":                        "über-den-wolken-5-6",
		"a very long prompt that goes on and on and on": "a-very-long-prompt-that-goes-on-and-on",
		"…!?":                    "picture",
		strings.Repeat("狐", 200): strings.Repeat("狐", 26),
	} {
		if got := slug(prompt); got != want || strings.Trim(got, "-./") != got {
			t.Errorf("slug(%q) = %q, want %q", prompt, got, want)
		}
	}
	v := workers.View{ID: "01M80D80V6PK5BQHPEP2YRRGFQ", Prompt: "a fox", Images: []workers.ViewImage{{MediaType: "image/png"}, {MediaType: "image/jpeg"}, {MediaType: "image/webp"}}}
	if p, err := newPlace("", 1); err != nil || p.shown(p.name(v, 0)) != "a-fox-rrgfq.png" || !filepath.IsAbs(p.name(v, 0)) {
		t.Errorf("beside whoever asks: %+v, %v", p, err)
	}
	if got := (place{from: "/a/b"}).shown("/a/c.png"); got != "/a/c.png" {
		t.Errorf("elsewhere: %q", got)
	}
	p := place{folder: "x"}
	for n, want := range []string{"x/a-fox-rrgfq.png", "x/a-fox-rrgfq-2.jpg", "x/a-fox-rrgfq-3.webp"} {
		if got := p.name(v, n); got != want {
			t.Errorf("name %d is %q", n, got)
		}
	}
}

func TestMoveToTakesNoName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, to := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for _, name := range []string{from, to} {
		if err := os.WriteFile(name, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := moveTo(from, to); !errors.Is(err, os.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	if b, err := os.ReadFile(to); err != nil || string(b) != to {
		t.Errorf("it has %q now, %v", b, err)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	p := &painting{streams: streams{err: term.New(nil, term.Settings{Unicode: true, Width: 60})}}
	for _, tt := range []struct {
		view           workers.View
		stage, details string
	}{
		{workers.View{Status: storage.StatusHeld, Position: 1}, "in line", ""},
		{workers.View{Status: storage.StatusHeld, Position: 3}, "in line, number 3", ""},
		{workers.View{Status: storage.StatusGenerating, P50: 10 * time.Second, P90: 20 * time.Second}, "painting", " ···················· about 10 s left"},
		{
			workers.View{Status: storage.StatusGenerating, Spent: 5 * time.Second, P50: 10 * time.Second, P90: 20 * time.Second},
			"painting", " ━━━━━━━━············ about 5 s left",
		},
		{
			workers.View{Status: storage.StatusGenerating, Spent: 10 * time.Second, P50: 10 * time.Second, P90: 20 * time.Second},
			"painting", " ━━━━━━━━━━━━━━━━···· any moment now",
		},
		{
			workers.View{Status: storage.StatusGenerating, Spent: 75 * time.Second, P50: 10 * time.Second, P90: 20 * time.Second},
			"painting", " ━━━━━━━━━━━━━━━━━━━· longer than usual, 1 min 15 s",
		},
	} {
		if stage, details := p.describe(tt.view); stage != tt.stage || details != tt.details {
			t.Errorf("%+v: %q %q, want %q", tt.view, stage, details, tt.details)
		}
	}
}

func TestOpenFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"xdg-open", "open"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho \"$1\" > "+dir+"/opened\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	path := os.Getenv("PATH")
	t.Setenv("PATH", dir+":"+path)
	if err := openFile(t.Context(), "fox.png"); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "opened")); err != nil || string(b) != "fox.png\n" {
		t.Errorf("opened %q, %v", b, err)
	}
	t.Setenv("PATH", filepath.Join(dir, "none"))
	if err := openFile(t.Context(), "fox.png"); err == nil || !strings.Contains(judge(err).hint, "is saved") {
		t.Errorf("without a viewer: %v", err)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	got := describe(&debug.BuildInfo{GoVersion: "go1.26", Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"},
	}})
	if !strings.HasPrefix(got, "imagika v1.2.3 (") || !strings.HasSuffix(got, ", go1.26, commit 0123456789ab with changes)") {
		t.Errorf("version %q", got)
	}
}
