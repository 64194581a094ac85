package site

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/texts"
)

//go:embed words/active.*.toml
var wordFiles embed.FS

// tongue is a language of the pages, by the name it has for those who speak it.
type tongue struct{ Tag, Name string }

// tongues are all of them, in the order of the switch. The first is that of addresses without a language.
func tongues() []tongue {
	return []tongue{{policy.Fallback, "English"}, {"ru", "Русский"}, {"de", "Deutsch"}, {"tr", "Türkçe"}, {"es", "Español"}}
}

// at is the address of a page in a language: "/prices" in English, "/de/prices" in German.
func at(lang, path string) string {
	if lang == policy.Fallback {
		return path
	}
	return "/" + lang + path
}

// spoken is the language of an address, English where it names none.
func spoken(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	for _, t := range tongues() {
		if t.Tag == first {
			return first
		}
	}
	return policy.Fallback
}

// acceptMost is the longest Accept-Language that is read.
const acceptMost = 300

// offered is the language that a visitor of a page would rather read, as the browser says; empty where it is the page's own or
// one that there is not. Nobody is sent there: addresses mean the same for everybody.
func offered(accept, lang string) string {
	if accept == "" || len(accept) > acceptMost {
		return ""
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return ""
	}
	for _, tag := range tags {
		base, sure := tag.Base()
		if base.String() == lang {
			return ""
		}
		for _, t := range tongues() {
			if sure == language.Exact && t.Tag == base.String() {
				return t.Tag
			}
		}
	}
	return ""
}

// words are all texts of the pages. Whatever cannot be printed is kept for those who start the site.
type words struct {
	catalog *texts.Catalog
	mu      sync.Mutex
	wrong   []error
}

var newWords = sync.OnceValues(func() (*words, error) {
	ours, err := fs.Sub(wordFiles, "words")
	if err != nil {
		return nil, err
	}
	c, err := texts.With(ours)
	if err != nil {
		return nil, err
	}
	w := &words{catalog: c}
	c.OnError = func(key texts.Key, err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.wrong = append(w.wrong, fmt.Errorf("text %s: %w", key, err))
	}
	return w, nil
})

// err says what could not be printed since it was asked last.
func (w *words) err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := errors.Join(w.wrong...)
	w.wrong = nil
	return err
}

// T prints a text: v.T "home.lead", v.T "page.credits" "Count" 3. The name of the bot is known to all of them.
func (v view) T(key string, pairs ...any) string {
	return v.printer.Plain(texts.Key(key), v.data(pairs))
}

// Rich prints a text with markup.
func (v view) Rich(key string, pairs ...any) template.HTML {
	return v.printer.Rich(texts.Key(key), v.data(pairs))
}

func (v view) data(pairs []any) map[string]any {
	data := map[string]any{"Name": v.Name, "Bot": v.BotUsername}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		data[name] = pairs[i+1]
	}
	return data
}

// Command is what a command does, as the bot says it.
func (v view) Command(name string) string { return v.printer.Plain(texts.Key("command."+name), nil) }

// Spoken are a catalogue's words in the language of the page, or in English.
func (v view) Spoken(words map[string]string) string {
	if said := words[v.Lang]; said != "" {
		return said
	}
	return words[policy.Fallback]
}
