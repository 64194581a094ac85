package texts

import (
	"fmt"
	htmltemplate "html/template"
	"io"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode/utf16"

	i18ntemplate "github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// parser makes go-i18n's templates: html/template for HTML, text/template for the rest.
type parser struct {
	html  bool
	funcs map[string]any
}

var _ i18ntemplate.Parser = parser{}

// Cacheable implements go-i18n's Parser: a parsed text may be used again, because each bundle has one kind of parser
// and each language its own texts.
func (parser) Cacheable() bool { return true }

// Parse implements go-i18n's Parser. Its delimiters are never set here.
func (p parser) Parse(src, _, _ string) (i18ntemplate.ParsedTemplate, error) {
	if p.html {
		t, err := htmltemplate.New("").Funcs(p.funcs).Parse(src)
		return parsed{t}, err
	}
	t, err := texttemplate.New("").Funcs(p.funcs).Parse(src)
	return parsed{t}, err
}

// parsed is a template of either kind.
type parsed struct {
	executor interface {
		Execute(w io.Writer, data any) error
	}
}

// Execute implements go-i18n's ParsedTemplate.
func (p parsed) Execute(data any) (string, error) {
	var b strings.Builder
	err := p.executor.Execute(&b, data)
	return b.String(), err
}

// functions are what a text can say of its placeholders. Each prints nothing for a value it cannot read, a missing one
// above all.
func functions(tag language.Tag) map[string]any {
	p := message.NewPrinter(tag)
	return map[string]any{
		"num": func(v any) string {
			if n, ok := whole(v); ok {
				return p.Sprint(number.Decimal(n))
			}
			return ""
		},
		"span": func(v any) string {
			if d, ok := v.(time.Duration); ok {
				return Span(d)
			}
			return ""
		},
		"date": func(v any) string {
			if t, ok := v.(time.Time); ok {
				return t.UTC().Format("2006-01-02 15:04 UTC")
			}
			return ""
		},
		"clip": func(limit int, v any) string {
			if s, ok := v.(string); ok {
				return Clip(limit, s)
			}
			return ""
		},
	}
}

// whole reads a number of any of the widths in use.
func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	case int64:
		return n, true
	}
	return 0, false
}

// Span writes a duration the way people say it: "40 s", "3 min", "1 h 20 min". It rounds up, and never says 0.
func Span(d time.Duration) string {
	seconds := max(int((d+time.Second-1)/time.Second), 1)
	if seconds < 60 {
		return fmt.Sprintf("%d s", seconds)
	}
	minutes := (seconds + 59) / 60
	switch {
	case minutes < 60:
		return fmt.Sprintf("%d min", minutes)
	case minutes%60 == 0:
		return fmt.Sprintf("%d h", minutes/60)
	}
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}

// Clip shortens s to limit UTF-16 units, the last of them an ellipsis, and puts it on one line.
func Clip(limit int, s string) string {
	s = strings.Join(strings.Fields(s), " ")
	units, cut := 0, 0
	for i, r := range s {
		units += max(utf16.RuneLen(r), 1)
		if units <= limit-1 {
			cut = i + len(string(r))
		}
		if units > limit {
			return strings.TrimRight(s[:cut], " ") + "…"
		}
	}
	return s
}
