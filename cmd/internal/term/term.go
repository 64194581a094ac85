// Package term writes to terminals, and to files as if none of it existed.
//
// What a terminal can do is found once, by [Detect], from its size and from the variables that terminals set of
// themselves, and is then a plain value: everything else is a function of [Settings], so tests force them and compare
// what is written. A terminal is never asked by an escape sequence: one that does not know the question would show it,
// and its answer would be typed into the next command.
//
// Invariants:
//   - What is no terminal gets no escape sequence, unless colors or a picture were forced by name.
//   - There is at most one live line, the last one. Whatever else is written appears above it, whole, from any goroutine.
//   - Callers write with typographic characters; a terminal whose locale has none gets ASCII for those it is known for.
//   - An unknown terminal is taken for a simple one: a link or a picture that is not there is better than noise.
package term

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	xterm "golang.org/x/term"
)

// fallbackWidth and fallbackHeight are the size of what has none, in cells.
const (
	fallbackWidth  = 80
	fallbackHeight = 24
)

// Terminal is a writer with one live line at its end. It is safe for concurrent use.
type Terminal struct {
	Settings
	mu   sync.Mutex
	w    io.Writer
	size func() (width, height int) // nil where Settings say it
	live string
}

var _ io.Writer = (*Terminal)(nil)

// New returns a terminal with forced settings.
func New(w io.Writer, s Settings) *Terminal { return &Terminal{Settings: s, w: w} }

// Open finds out what w is. A terminal stays what it is; anything that is no file is no terminal. lookup returns a
// variable of the environment, "" for one that is not set.
func Open(w io.Writer, lookup func(string) string) *Terminal {
	if t, ok := w.(*Terminal); ok {
		return t
	}
	f, ok := w.(*os.File)
	if !ok || !xterm.IsTerminal(int(f.Fd())) {
		return New(w, Detect(lookup, false))
	}
	t := New(w, Detect(lookup, true))
	t.size = func() (width, height int) {
		if width, height, err := xterm.GetSize(int(f.Fd())); err == nil {
			return width, height
		}
		return 0, 0 // it has just been closed
	}
	return t
}

// IsTerminal reports whether somebody types into f.
func IsTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && xterm.IsTerminal(int(file.Fd()))
}

// Size is how many columns and rows there are now: people resize windows.
func (t *Terminal) Size() (columns, rows int) {
	columns, rows = t.Width, t.Height
	if t.size != nil {
		columns, rows = t.size()
	}
	if columns <= 0 {
		columns = fallbackWidth
	}
	if rows <= 0 {
		rows = fallbackHeight
	}
	return columns, rows
}

// Columns is the width of a line.
func (t *Terminal) Columns() int {
	columns, _ := t.Size()
	return columns
}

// Write writes whole lines, above the live one.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.ascii(string(p))
	if t.live != "" {
		text = eraseLine + text + t.live
	}
	if _, err := io.WriteString(t.w, text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Printf writes lines. A terminal that has gone is nobody's to tell.
func (t *Terminal) Printf(format string, args ...any) { _, _ = fmt.Fprintf(t, format, args...) }

// eraseLine goes to the begin of the line and empties it.
const eraseLine = "\r\x1b[K"

// show makes line the live one, cut to the width; "" takes it away. Only where it can be redrawn.
func (t *Terminal) show(line string) {
	line = t.ascii(Truncate(line, t.Columns()-1)) // the last column would start a new line
	t.mu.Lock()
	defer t.mu.Unlock()
	if line == t.live {
		return
	}
	t.live = line
	_, _ = io.WriteString(t.w, eraseLine+line)
}

// ascii replaces the characters that a locale without them would show as something else.
func (t *Terminal) ascii(text string) string {
	if t.Unicode {
		return text
	}
	return typography.Replace(text)
}

var typography = strings.NewReplacer(
	"…", "...", "–", "-", "—", "-", "“", `"`, "”", `"`, "’", "'", "×", "x", "·", "-", "→", "->", "✓", "+", "✗", "x", "●", "*", "○", "o",
	"━", "=", "─", "-", "╸", ">", "⠋", "|", "⠙", "/", "⠹", "-", "⠸", `\`, "⠼", "|", "⠴", "/", "⠦", "-", "⠧", `\`, "⠇", "|", "⠏", "/",
)
