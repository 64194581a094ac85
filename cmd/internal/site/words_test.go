package site

import (
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/status"
	"github.com/imagika/imagika/workers/texts"
)

var (
	placed = regexp.MustCompile(`\{\{.*?\}\}`)
	entry  = regexp.MustCompile(`^([a-z0-9_]+) = "(.*)"$`)
	group  = regexp.MustCompile(`^\[([a-z0-9_.]+)\]$`)
)

// readWords reads a file of words, which has no more than groups and lines.
func readWords(t *testing.T, lang string) map[string]string {
	t.Helper()
	text, err := wordFiles.ReadFile("words/active." + lang + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	all, in := map[string]string{}, ""
	for line := range strings.SplitSeq(string(text), "\n") {
		if m := group.FindStringSubmatch(line); m != nil {
			in = m[1] + "."
		} else if m := entry.FindStringSubmatch(line); m != nil {
			all[in+m[1]] = strings.ReplaceAll(m[2], `\"`, `"`)
		} else if line != "" && !strings.HasPrefix(line, "#") {
			t.Errorf("%s: %q is no text", lang, line)
		}
	}
	return all
}

// plural drops the forms of a number.
func plural(key string) string {
	for _, form := range []string{".one", ".few", ".many", ".other"} {
		if k, ok := strings.CutSuffix(key, form); ok {
			return k
		}
	}
	return key
}

// TestWordsAreComplete holds every language against English, and English against the templates and the code.
func TestWordsAreComplete(t *testing.T) {
	t.Parallel()
	english := readWords(t, "en")
	keys := func(words map[string]string) []string {
		return slices.Compact(slices.Sorted(maps.Keys(maps.Collect(func(yield func(string, bool) bool) {
			for k := range words {
				if !yield(plural(k), true) {
					return
				}
			}
		}))))
	}
	if diff := cmp.Diff(keys(english), usedKeys(t)); diff != "" {
		t.Errorf("texts and what uses them (-words +used):\n%s", diff)
	}
	forms := map[string][]string{"en": {"one", "other"}, "de": {"one", "other"}, "tr": {"one", "other"}, "ru": {"few", "many", "one", "other"}, "es": {"many", "one", "other"}}
	for _, tongue := range tongues() {
		words := readWords(t, tongue.Tag)
		if diff := cmp.Diff(keys(english), keys(words)); diff != "" {
			t.Errorf("%s (-en):\n%s", tongue.Tag, diff)
		}
		for key, said := range words {
			twin, ok := english[key]
			if !ok {
				twin = english[plural(key)+".other"]
			}
			if diff := cmp.Diff(placeholders(twin), placeholders(said)); diff != "" {
				t.Errorf("%s: %s: placeholders %s", tongue.Tag, key, diff)
			}
			if _, counted := english[plural(key)+".other"]; counted {
				for _, form := range forms[tongue.Tag] {
					if words[plural(key)+"."+form] == "" {
						t.Errorf("%s: %s lacks the form %s", tongue.Tag, key, form)
					}
				}
			}
		}
	}
}

func placeholders(said string) []string {
	all := placed.FindAllString(said, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

var uses = regexp.MustCompile(`(?:\.T|\.Rich|Plain\() ?\(?"([a-z]+\.[a-z0-9_]+)"|"((?:home|help|prices|stats|lost|document|page|status|security|requests|developers)\.[a-z0-9_]+)"`)

// usedKeys are those that templates and code name, and those that rates put together.
func usedKeys(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{
		"prices.on_generate": true, "prices.on_edit": true, "prices.on_upscale": true, "prices.on_expand": true,
		"prices.low": true, "prices.medium": true, "prices.high": true,
		"stats.on_phone": true, "stats.on_tablet": true, "stats.on_desktop": true, "stats.on_other": true,
	}
	for _, c := range storage.PageViewColumns() {
		found["stats."+string(c)+"_is"] = true
	}
	for _, name := range []string{"prices.go", "priced.go", "pages.go", "document.go", "stats.go", "status.go", "status_view.go", "status_feed.go"} {
		collect(t, os.DirFS("."), name, found)
	}
	for _, key := range judged() {
		found[key] = true
	}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		collect(t, files, name, found)
	}
	return slices.Sorted(maps.Keys(found))
}

// judged are the texts of the status page that are put together of what it shows.
func judged() []string {
	all := []string{"status.impact_none", "status.impact_notice", "status.impact_degraded", "status.impact_outage", "status.stage_announced"}
	for _, s := range status.States() {
		all = append(all, "status."+string(s), "status.word_"+string(s))
	}
	for _, p := range status.Parts() {
		all = append(all, "status.part_"+string(p))
		if !server(p) && p != status.Website {
			all = append(all, "status.line_"+string(p))
		}
	}
	for _, stage := range []string{"investigating", "identified", "monitoring", status.Resolved} {
		all = append(all, "status.stage_"+stage)
	}
	return all
}

func collect(t *testing.T, from fs.FS, name string, found map[string]bool) {
	t.Helper()
	text, err := fs.ReadFile(from, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range uses.FindAllStringSubmatch(string(text), -1) {
		key := m[1] + m[2]
		if !strings.HasSuffix(key, ".html") && !strings.HasSuffix(key, "_") && key != "status." {
			found[key] = true
		}
	}
}

// TestWordsAreSetWell wants the marks of print, and each language its own.
func TestWordsAreSetWell(t *testing.T) {
	t.Parallel()
	quotes := map[string]string{"en": "“”", "de": "„“", "ru": "«»", "tr": "“”", "es": "«»"}
	for _, tongue := range tongues() {
		for key, said := range readWords(t, tongue.Tag) {
			plain := placed.ReplaceAllString(said, "x")
			for _, bad := range []string{"'", "...", "  ", " - ", " ,", " .", "--"} {
				if strings.Contains(plain, bad) {
					t.Errorf("%s: %s has %q: %s", tongue.Tag, key, bad, said)
				}
			}
			for _, r := range plain {
				if strings.ContainsRune("“”„«»\"", r) && !strings.ContainsRune(quotes[tongue.Tag], r) {
					t.Errorf("%s: %s has the mark %c: %s", tongue.Tag, key, r, said)
				}
			}
			if strings.HasPrefix(key, "rich.") != strings.Contains(said, "<") {
				t.Errorf("%s: %s: only texts of the group rich have markup: %s", tongue.Tag, key, said)
			}
		}
	}
}

// TestCommandsAreSaid wants a text for each command that the help may list.
func TestCommandsAreSaid(t *testing.T) {
	t.Parallel()
	c, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	if c.For("de").Plain(texts.CommandHelp, nil) != (view{printer: c.For("de")}).Command("help") {
		t.Error("the help does not say what the bot says")
	}
}
