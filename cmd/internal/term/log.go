package term

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
)

// LogHandler writes log lines for people who look on: time, level, message, key=value.
type LogHandler struct {
	t      *Terminal
	level  slog.Leveler
	redact func(string) string
	prefix string // of the keys: groups, each with a dot
	attrs  string // written already
}

var _ slog.Handler = (*LogHandler)(nil)

// NewLogHandler writes lines of at least level to t. redact takes from every text what must not be shown.
func (t *Terminal) NewLogHandler(level slog.Leveler, redact func(string) string) *LogHandler {
	return &LogHandler{t: t, level: level, redact: redact}
}

// Enabled implements slog.Handler.
func (h *LogHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

// Handle implements slog.Handler.
func (h *LogHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	if !r.Time.IsZero() {
		b.WriteString(h.t.Dim(r.Time.Format(time.TimeOnly)) + " ")
	}
	b.WriteString(h.levelText(r.Level) + " " + printable(h.redact(r.Message)) + h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(h.attr(h.prefix, a))
		return true
	})
	_, err := h.t.Write([]byte(b.String() + "\n"))
	return err
}

// WithAttrs implements slog.Handler.
func (h *LogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	for _, a := range attrs {
		c.attrs += h.attr(h.prefix, a)
	}
	return &c
}

// WithGroup implements slog.Handler.
func (h *LogHandler) WithGroup(name string) slog.Handler {
	c := *h
	if name != "" {
		c.prefix += name + "."
	}
	return &c
}

func (h *LogHandler) levelText(l slog.Level) string {
	name := Pad(l.String(), 5)
	switch {
	case l >= slog.LevelError:
		return h.t.Bold(h.t.Red(name))
	case l >= slog.LevelWarn:
		return h.t.Yellow(name)
	case l >= slog.LevelInfo:
		return h.t.Cyan(name)
	default:
		return h.t.Dim(name)
	}
}

// attr is " key=value", or one for each attribute of a group.
func (h *LogHandler) attr(prefix string, a slog.Attr) string {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		var b strings.Builder
		for _, member := range v.Group() {
			b.WriteString(h.attr(prefix, member))
		}
		return b.String()
	}
	if a.Equal(slog.Attr{}) {
		return ""
	}
	text := h.redact(v.String())
	if text == "" || strings.ContainsAny(text, " \"=") || printable(text) != text {
		text = strconv.Quote(text)
	}
	return " " + h.t.Dim(prefix+a.Key+"=") + text
}

// printable shows what would move the cursor or color the rest instead of doing it.
func printable(text string) string {
	if !slices.ContainsFunc([]rune(text), func(r rune) bool { return !strconv.IsPrint(r) }) {
		return text
	}
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
