package term

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden holds what was written against a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// full is a terminal that can do everything.
func full(width int) Settings {
	return Settings{Live: true, Width: width, Height: 40, Color: TrueColor, Unicode: true, Links: true}
}

func TestRows(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Settings{
		"40": full(40), "80": full(80), "120": full(120),
		"no-color": {Live: true, Width: 80, Unicode: true}, "file": {Unicode: true}, "ascii": {Live: true, Width: 60, Color: Basic},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			term := New(&b, s)
			term.Printf("%s", term.Rows([][]string{
				{term.Bold("Redis"), term.Cyan("○") + " embedded", "in this process, holds nothing that cannot be lost"},
				{term.Bold("Key store"), term.Green("●") + " real", "Postgres at keys.example:5432/keys"},
				{term.Bold("日本語"), "●", "wide characters take two cells, and the columns stay aligned"},
				{term.Bold("Website"), "", term.Link("http://127.0.0.1:8080/", term.Cyan("http://127.0.0.1:8080/"))},
				{term.Bold("Last"), "✗ gone", term.Red("…")},
			}))
			if s.Width > 0 {
				for line := range strings.Lines(b.String()) {
					if Width(strings.TrimSuffix(line, "\n")) > s.Width {
						t.Errorf("line of %d cells: %q", Width(line), line)
					}
				}
			}
			golden(t, "rows-"+name+".txt", b.String())
		})
	}
}

func TestNoTerminalNoEscapes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	term := Open(&b, func(name string) string { return map[string]string{"TERM": "xterm-kitty"}[name] })
	p := term.NewProgress()
	for range 3 {
		p.Show("in line", " 3 s left")
	}
	p.Show("painting", term.Bar(0.5, 4))
	p.End()
	if err := term.Picture(gradient(8, 8)); err != nil {
		t.Fatal(err)
	}
	term.Printf("%s\n", term.Bold(term.Link("http://x/", term.Red("done"))))
	if want := "in line\npainting\ndone\n"; b.String() != want {
		t.Errorf("wrote %q, want %q", b.String(), want)
	}
	if columns, rows := term.Size(); columns != 80 || rows != 24 {
		t.Errorf("size %d×%d", columns, rows)
	}
	if again := Open(term, nil); again != term {
		t.Error("a terminal opened again is another one")
	}
}

func TestLiveLineStaysLast(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	term := New(&b, Settings{Live: true, Width: 20, Unicode: true})
	p := term.NewProgress()
	p.Show("painting", " about twelve seconds left")
	term.Printf("a log line\n")
	p.Show("painting", "")
	p.End()
	p.End()
	term.Printf("after\n")
	want := "\r\x1b[K⠋ painting about t…" + "\r\x1b[Ka log line\n⠋ painting about t…" + "\r\x1b[K⠙ painting" + "\r\x1b[K" + "after\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("wrote (-want +got):\n%s", diff)
	}
}

func TestConcurrentWrites(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	term := New(&b, full(80))
	p := term.NewProgress()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 50 {
				term.Printf("line %d of %d\n", n, i)
			}
		})
	}
	for range 50 {
		p.Show("working", "")
	}
	wg.Wait()
	p.End()
	if n := strings.Count(b.String(), "\n"); n != 200 {
		t.Errorf("%d lines, want 200", n)
	}
	for line := range strings.SplitSeq(b.String(), "\n") {
		if i := strings.LastIndex(line, eraseLine); i >= 0 && strings.Contains(line[i:], "working") && strings.Contains(line[i:], "line ") {
			t.Fatalf("a line was written into the live one: %q", line)
		}
	}
}

func TestASCII(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	term := New(&b, Settings{Live: true, Width: 40})
	p := term.NewProgress()
	p.Show("painting…", " "+term.Bar(0.5, 8)+" · soon")
	p.End()
	term.Printf("✓ fox.png  1024×1024 — “done” → é\n")
	want := "\r\x1b[K| painting... ====---- - soon\r\x1b[K+ fox.png  1024x1024 - \"done\" -> é\n"
	if b.String() != want {
		t.Errorf("wrote %q,\nwant  %q", b.String(), want)
	}
}

func TestWidthAndTruncate(t *testing.T) {
	t.Parallel()
	red := New(nil, full(80)).Red
	link := New(nil, full(80)).Link("http://long.example/", "here")
	for _, tt := range []struct {
		in    string
		width int
		cut   string // to 6 cells
	}{
		{"", 0, ""},
		{"fox", 3, "fox"},
		{"a red fox", 9, "a red…"},
		{red("a red fox"), 9, "\x1b[31ma red…\x1b[39m"},
		{link, 4, link},
		{"日本語です", 10, "日本…"},
		{"e\u0301te\u0301", 3, "e\u0301te\u0301"},
		{"🦊🦊🦊🦊", 8, "🦊🦊…"},
		{"\x1b[31", 0, "\x1b[31"},
		{"\x1b]8;;", 0, "\x1b]8;;"},
	} {
		if got := Width(tt.in); got != tt.width {
			t.Errorf("Width(%q) = %d, want %d", tt.in, got, tt.width)
		}
		if got := Truncate(tt.in, 6); got != tt.cut || Width(got) > 6 {
			t.Errorf("Truncate(%q) = %q, want %q", tt.in, got, tt.cut)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	got := Wrap("a red fox under\n\n  two boats and a lighthouse-of-great-height", 12)
	want := []string{"a red fox", "under", "", "  two boats", "  and a", "  lighthouse-of-great-height"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Settings{"color": full(80), "no-color": {Live: true, Width: 80, Unicode: true}} {
		var b bytes.Buffer
		term := New(&b, s)
		h := term.NewLogHandler(slog.LevelInfo, func(text string) string { return strings.ReplaceAll(text, "hunter2", "<secret>") })
		log := slog.New(h).With("pool", "generate").WithGroup("call")
		at := time.Date(2026, 11, 21, 12, 4, 5, 0, time.UTC)
		for _, r := range []slog.Record{
			slog.NewRecord(at, slog.LevelDebug, "not important", 0),
			slog.NewRecord(at, slog.LevelInfo, "the queue holds nothing", 0),
			slog.NewRecord(at, slog.LevelWarn, "slow", 0),
			slog.NewRecord(at, slog.LevelError, "password hunter2 \x1b[31m", 0),
		} {
			r.Add("n", 3, "error", errors.New("dial \"x\": hunter2"), "empty", "", "took", 1500*time.Millisecond, slog.Group("in", "a", "b\nc"))
			if log.Handler().Enabled(t.Context(), r.Level) {
				if err := log.Handler().Handle(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
		}
		golden(t, "log-"+name+".txt", b.String())
	}
}

// The standard library's own test of handlers reads the lines back.
func TestLogHandlerIsOne(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		b.Reset()
		return New(&b, Settings{Unicode: true}).NewLogHandler(slog.LevelDebug, strings.TrimSpace)
	}, func(t *testing.T) map[string]any {
		t.Helper()
		m, err := readLine(strings.TrimSpace(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		return m
	})
}

// readLine reads a line whose values have no spaces: time if any, level, message, attributes.
func readLine(line string) (map[string]any, error) {
	m := map[string]any{}
	words := strings.Fields(line)
	if _, err := time.Parse(time.TimeOnly, words[0]); err == nil {
		m[slog.TimeKey], words = words[0], words[1:]
	}
	m[slog.LevelKey], m[slog.MessageKey] = words[0], words[1]
	for _, w := range words[2:] {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			return nil, fmt.Errorf("%q has no value", w)
		}
		in := m
		groups := strings.Split(key, ".")
		for _, g := range groups[:len(groups)-1] {
			next, ok := in[g].(map[string]any)
			if !ok {
				next = map[string]any{}
				in[g] = next
			}
			in = next
		}
		in[groups[len(groups)-1]] = value
	}
	return m, nil
}
