package texts

import (
	htmltemplate "html/template"
	"io"
	"strings"
	texttemplate "text/template"
	"time"

	i18ntemplate "github.com/nicksnyder/go-i18n/v2/i18n/template"
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

// functions are what a text can say of its placeholders, in p's language. Each prints nothing for a value it cannot read,
// a missing one above all.
func functions(p Printer) map[string]any {
	return map[string]any{
		"num": func(v any) string {
			if n, ok := whole(v); ok {
				return p.number(n)
			}
			return ""
		},
		"span": func(v any) string {
			if d, ok := v.(time.Duration); ok {
				return p.span(d)
			}
			return ""
		},
		"between": func(v, w any) string {
			from, ok := v.(time.Duration)
			until, too := w.(time.Duration)
			if ok && too {
				return p.between(from, until)
			}
			return ""
		},
		"date": func(v any) string {
			if t, ok := v.(time.Time); ok {
				return p.date(t)
			}
			return ""
		},
		"day": func(v any) string {
			if t, ok := v.(time.Time); ok {
				return p.day(t)
			}
			return ""
		},
		"clip": func(limit int, v any) string {
			if s, ok := v.(string); ok {
				return Clip(limit, s)
			}
			return ""
		},
		"keep": func(limit int, v any) string {
			if s, ok := v.(string); ok {
				return Keep(limit, s)
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
