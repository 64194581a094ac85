package config

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
)

// botToken is a bot token wherever it stands: the Bot API has it in the path of
// every address, so it is in the text of every network error. One may stand right
// behind something that looks like another.
var botToken = regexp.MustCompile(`\d+((:|%3[Aa])[A-Za-z0-9_-]{30,})+`)

// botPath is the part of an address that holds a token, even one of odd form.
var botPath = regexp.MustCompile(`/bot[^/\s"?]+/`)

// Redact replaces bot tokens in a text.
func Redact(text string) string {
	text = botPath.ReplaceAllString(text, "/bot<token>/")
	return botToken.ReplaceAllString(text, "<token>")
}

// NewLogger writes lines of at least level to w, in [FormatText] or
// [FormatJSON], with bot tokens redacted from messages and values.
func NewLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: redactAttr}
	if format == FormatJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func redactAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(Redact(a.Value.String()))
	case slog.KindAny:
		a.Value = redactAny(a.Value)
	default: // numbers, times and the like hold no token
	}
	return a
}

// redactAny looks at the text a value would have. Errors become that text, which
// is what both handlers write of them; others keep their form unless a token is
// in it.
func redactAny(v slog.Value) slog.Value {
	value := v.Any()
	if err, ok := value.(error); ok && err != nil {
		return slog.StringValue(Redact(err.Error()))
	}
	text := fmt.Sprintf("%+v", value)
	if clean := Redact(text); clean != text {
		return slog.StringValue(clean)
	}
	return v
}
