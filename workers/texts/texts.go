// Package texts holds everything the bot says, in every language it speaks.
//
// A language is one file, active.<tag>.toml, read by go-i18n; nothing about a language stands elsewhere, units and months
// included (parts.go). A text is a key (keys.go) of a closed table (table.go). Tests hold every language against that
// table and against English: no key missing or unknown, the same placeholders, markup and commands, all plural forms of
// the language, its own alphabet, quotation marks and form of address, and no text longer than the place it is shown in.
// How it all reads stands in testdata/phrases.<tag>.txt, written by `go test ./workers/texts -update`.
//
// Two invariants matter. What a person wrote is always escaped in an HTML text, because the parser is html/template;
// and the HTML and the plain rendering of a text never share a parsed template, which is why there are two bundles:
// go-i18n caches a text's first parse whatever the parser.
//
// Printing never fails: a placeholder that is not given is left blank and reported through OnError, since a person is
// waiting for an answer and a gap is better than silence.
package texts

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed active.*.toml
var files embed.FS

// Catalog holds all languages. It is safe for concurrent use.
type Catalog struct {
	// OnError, if set before the first print, hears of texts that could not be printed as they should: an unknown key,
	// a missing placeholder, a plain text printed as HTML.
	OnError func(Key, error)

	table    map[Key][]string
	matcher  language.Matcher
	tags     []language.Tag
	printers []Printer
}

// New returns the embedded catalogues.
func New() (*Catalog, error) {
	own, err := embedded()
	if err != nil {
		return nil, err
	}
	return assemble(own)
}

// With returns the embedded catalogues and those of another place beside them, such as the website: a file of the same name and
// form for each language. What its texts need to be printed is what the English ones name; those of the group rich may have
// markup, see [Printer.Rich].
func With(others fs.FS) (*Catalog, error) {
	own, err := embedded()
	if err != nil {
		return nil, err
	}
	more, err := read(others)
	if err != nil {
		return nil, err
	}
	c, err := assemble(slices.Concat(own, more))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(more, func(f *i18n.MessageFile) bool { return f.Tag == language.English })
	if i < 0 {
		return nil, errors.New("texts: there are no English ones beside ours")
	}
	maps.Copy(c.table, needs(more[i].Messages))
	return c, nil
}

// embedded reads the files that are part of the program, which takes longer than all the rest, once.
var embedded = sync.OnceValues(func() ([]*i18n.MessageFile, error) { return read(files) })

// read reads every file of a place.
func read(fsys fs.FS) ([]*i18n.MessageFile, error) {
	names, err := fs.Glob(fsys, "active.*.toml")
	if err != nil {
		return nil, fmt.Errorf("texts: %w", err)
	}
	all := make([]*i18n.MessageFile, len(names))
	for i, name := range names {
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("texts: %w", err)
		}
		if all[i], err = i18n.ParseMessageFileBytes(raw, name, map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal}); err != nil {
			return nil, fmt.Errorf("texts: %s: %w", name, err)
		}
	}
	return all, nil
}

// placed finds the placeholders of a text.
var placed = regexp.MustCompile(`\{\{[^}]*?\.([A-Z][A-Za-z]*)[^}]*\}\}`)

// needs are the placeholders of every text of an English file.
func needs(messages []*i18n.Message) map[Key][]string {
	table := make(map[Key][]string)
	for _, m := range messages {
		var names []string
		for _, found := range placed.FindAllStringSubmatch(m.Other, -1) {
			if !slices.Contains(names, found[1]) {
				names = append(names, found[1])
			}
		}
		if m.One != "" && !slices.Contains(names, count) { // the number chooses the words without standing in them
			names = append(names, count)
		}
		table[Key(m.ID)] = names
	}
	return table
}

func assemble(all []*i18n.MessageFile) (*Catalog, error) {
	html, tags, err := bundle(all)
	if err != nil {
		return nil, err
	}
	plain, _, err := bundle(all)
	if err != nil {
		return nil, err
	}
	c := &Catalog{table: maps.Clone(placeholders()), tags: tags, matcher: language.NewMatcher(tags)}
	for _, tag := range tags {
		c.printers = append(c.printers, newPrinter(c, tag, html, plain))
	}
	return c, nil
}

// bundle takes what was read. English comes first: it is the default, for people and for texts a language lacks.
func bundle(all []*i18n.MessageFile) (*i18n.Bundle, []language.Tag, error) {
	b := i18n.NewBundle(language.English)
	tags := []language.Tag{language.English}
	for _, f := range all {
		if err := b.AddMessages(f.Tag, f.Messages...); err != nil {
			return nil, nil, fmt.Errorf("texts: %s: %w", f.Path, err)
		}
		if !slices.Contains(tags, f.Tag) {
			tags = append(tags, f.Tag)
		}
	}
	return b, tags, nil
}

// Languages returns the tags of all languages, the default first.
func (c *Catalog) Languages() []string {
	names := make([]string, 0, len(c.tags))
	for _, t := range c.tags {
		names = append(names, t.String())
	}
	return names
}

// For returns the printer for the best match of a tag like "pt-br"; the default's for "" and for nonsense.
func (c *Catalog) For(lang string) Printer {
	tag, err := language.Parse(lang)
	if err != nil {
		return c.printers[0]
	}
	_, i, confidence := c.matcher.Match(tag)
	if confidence == language.No {
		return c.printers[0]
	}
	return c.printers[i]
}

// Named returns the printer of the language a person calls by name, whichever of the catalogue's languages the name is
// in, or by a tag like "de" or "es-MX". It reports false for anything else, related languages included: what a person
// asks for by name, they get or they do not.
func (c *Catalog) Named(name string) (Printer, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, p := range c.printers {
		if slices.Contains(strings.Split(p.Plain(partNames, nil), ", "), name) {
			return p, true
		}
	}
	tag, err := language.Parse(name)
	if err != nil {
		return Printer{}, false
	}
	base, _ := tag.Base()
	for _, p := range c.printers {
		if own, _ := p.tag.Base(); own == base && tag != language.Und {
			return p, true
		}
	}
	return Printer{}, false
}

// Printer prints in one language.
type Printer struct {
	catalog      *Catalog
	tag          language.Tag
	numbers      *message.Printer
	html, plain  *i18n.Localizer
	asHTML, asIs parser
}

func newPrinter(c *Catalog, tag language.Tag, html, plain *i18n.Bundle) Printer {
	funcs := make(map[string]any)
	p := Printer{
		catalog: c, tag: tag, numbers: message.NewPrinter(tag),
		html: i18n.NewLocalizer(html, tag.String()), plain: i18n.NewLocalizer(plain, tag.String()),
		asHTML: parser{html: true, funcs: funcs}, asIs: parser{funcs: funcs},
	}
	maps.Copy(funcs, functions(p)) // they print parts themselves
	return p
}

// Language returns the printer's language tag.
func (p Printer) Language() string { return p.tag.String() }

// HTML prints a text for parse_mode HTML, with everything in data escaped, except values of type Markup, which are
// HTML already. "Count" in data chooses the plural form.
func (p Printer) HTML(key Key, data map[string]any) string {
	if f, _ := key.Form(); !f.HTML {
		p.report(key, errors.New("a plain text was printed as HTML"))
		return template.HTMLEscapeString(p.Plain(key, data))
	}
	return p.print(p.html, p.asHTML, key, data)
}

// Markup prints a text like HTML does, for use inside another one.
func (p Printer) Markup(key Key, data map[string]any) Markup { return Markup(p.HTML(key, data)) }

// Markup is HTML made by a Printer: it is put into another text as it is. Never make one of what a person wrote.
type Markup = template.HTML

// Plain prints a text as it is: for buttons, answers and commands, and as words inside another text.
func (p Printer) Plain(key Key, data map[string]any) string {
	if f, _ := key.Form(); f.HTML {
		p.report(key, errors.New("an HTML text was printed as plain"))
		return p.print(p.html, p.asHTML, key, data)
	}
	return p.print(p.plain, p.asIs, key, data)
}

// Rich prints a text of the group rich of a catalogue made by [With], for a page: everything in data is escaped.
func (p Printer) Rich(key Key, data map[string]any) Markup {
	return Markup(p.print(p.html, p.asHTML, key, data)) //nolint:gosec // made by html/template
}

func (p Printer) print(l *i18n.Localizer, parse parser, key Key, data map[string]any) string {
	cfg := &i18n.LocalizeConfig{MessageID: string(key), TemplateData: data, TemplateParser: parse}
	if data == nil {
		cfg.TemplateData = map[string]any{}
	}
	for _, name := range p.catalog.table[key] {
		if _, given := data[name]; !given {
			p.report(key, fmt.Errorf("placeholder %s is missing", name))
		}
		if name == count {
			n, _ := whole(data[count])
			cfg.PluralCount = n
		}
	}
	text, err := l.Localize(cfg)
	if err != nil {
		p.report(key, err)
	}
	return text
}

func (p Printer) report(key Key, err error) {
	if p.catalog.OnError != nil {
		p.catalog.OnError(key, err)
	}
}
