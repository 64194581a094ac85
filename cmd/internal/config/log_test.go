package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"plain 12:34 words", "plain 12:34 words"},
		{token, "<token>"},
		{"Post \"https://api.telegram.org/bot" + token + "/getMe\": EOF", "Post \"https://api.telegram.org/bot<token>/getMe\": EOF"},
		{"/file/bot" + token + "/photos/1.jpg", "/file/bot<token>/photos/1.jpg"},
		{strings.Replace(token, ":", "%3A", 1), "<token>"},
		{"/bot123:short/getMe", "/bot<token>/getMe"},
		{"lane:ab12cd:3", "lane:ab12cd:3"},
	}
	for _, tt := range tests {
		if got := Redact(tt.in); got != tt.want {
			t.Errorf("Redact(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestOneLine: whatever somebody is called or wrote, an event is one line, and nobody's words look like another event or color a terminal.
func TestOneLine(t *testing.T) {
	t.Parallel()
	const hostile = "x\nlevel=ERROR msg=\"forged\" user=1\r\n\x1b[31m\u2028\"}\n{\"level\":\"ERROR\"\x00\u202e"
	for _, format := range []string{FormatText, FormatJSON} {
		var b strings.Builder
		NewLogger(&b, slog.LevelInfo, format).Info(hostile, "key", hostile, hostile, "value", "error", errors.New(hostile), "any", []string{hostile}) //nolint:sloglint // a hostile key
		line, rest, _ := strings.Cut(b.String(), "\n")
		if rest != "" || strings.ContainsAny(line, "\r\x1b\x00\u2028") {
			t.Errorf("%s: %q", format, b.String())
		}
		if format == FormatJSON && !json.Valid([]byte(line)) {
			t.Errorf("%s: %q is no JSON", format, line)
		}
	}
}

func TestLogger(t *testing.T) {
	t.Parallel()
	address := &url.URL{Scheme: "https", Host: "h", Path: "/bot" + token + "/getMe"}
	cause := &url.Error{Op: "Post", URL: address.String(), Err: errors.New("refused")}
	for _, format := range []string{FormatText, FormatJSON} {
		var b strings.Builder
		log := NewLogger(&b, slog.LevelInfo, format).With("bound", token)
		log.Debug("below the level")
		log.Info("in the message "+token,
			"text", token, "wrapped", fmt.Errorf("send: %w", cause), "stringer", address,
			"list", []string{token}, slog.Group("group", "inside", token), "count", 3)
		if strings.Contains(b.String(), token[8:]) {
			t.Errorf("%s: a token shows: %s", format, b.String())
		}
		if n := strings.Count(b.String(), "\n"); n != 1 {
			t.Errorf("%s: got %d lines, want 1", format, n)
		}
		if n := strings.Count(b.String(), "token"); n != 7 {
			t.Errorf("%s: got %d redactions, want 7: %s", format, n, b.String())
		}
	}
}
