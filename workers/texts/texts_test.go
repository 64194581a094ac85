package texts

import (
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
	"time"
	"unicode/utf16"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// catalogs returns the messages of every language file.
func catalogs(t *testing.T) map[language.Tag]map[Key]*i18n.Message {
	t.Helper()
	names, err := fs.Glob(files, "active.*.toml")
	if err != nil || len(names) == 0 {
		t.Fatalf("language files: %v, %v", names, err)
	}
	all := map[language.Tag]map[Key]*i18n.Message{}
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := i18n.ParseMessageFileBytes(raw, name, map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
		if err != nil {
			t.Fatal(err)
		}
		all[f.Tag] = map[Key]*i18n.Message{}
		for _, m := range f.Messages {
			all[f.Tag][Key(m.ID)] = m
		}
	}
	return all
}

// sources returns a message's plural forms that are there, by CLDR name.
func sources(m *i18n.Message) map[string]string {
	forms := map[string]string{"zero": m.Zero, "one": m.One, "two": m.Two, "few": m.Few, "many": m.Many, "other": m.Other}
	maps.DeleteFunc(forms, func(_, src string) bool { return src == "" })
	return forms
}

// pluralForms asks the library that prints which forms a language has for whole numbers: x/text knows less of CLDR.
func pluralForms(t *testing.T, tag language.Tag) []string {
	t.Helper()
	b := i18n.NewBundle(tag)
	if err := b.AddMessages(tag, &i18n.Message{
		ID: "n", Zero: "zero", One: "one", Two: "two", Few: "few", Many: "many", Other: "other",
	}); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{"other": true}
	for n := range 1001 {
		for _, n := range []int{n, n * 1_000_000} {
			form, err := i18n.NewLocalizer(b, tag.String()).Localize(&i18n.LocalizeConfig{MessageID: "n", PluralCount: n})
			if err != nil {
				t.Fatal(err)
			}
			found[form] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func TestPluralForms(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string][]string{
		"en": {"one", "other"}, "de": {"one", "other"}, "tr": {"one", "other"},
		"ru": {"few", "many", "one", "other"}, "es": {"many", "one", "other"},
	} {
		if diff := cmp.Diff(want, pluralForms(t, language.MustParse(lang))); diff != "" {
			t.Errorf("%s: %s", lang, diff)
		}
	}
}

// keyFiles are the files that declare keys.
func keyFiles(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("keys*.go")
	if err != nil || len(names) < 2 {
		t.Fatalf("files of keys: %v, %v", names, err)
	}
	return append(names, "parts.go")
}

func TestEveryConstantIsInTheTable(t *testing.T) {
	t.Parallel()
	var declared []Key
	for _, name := range keyFiles(t) {
		file, err := goparser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := spec.Type.(*ast.Ident); !ok || id.Name != "Key" {
				t.Errorf("%s is not typed Key", spec.Names[0].Name)
			}
			for _, v := range spec.Values {
				s, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				declared = append(declared, Key(s))
			}
			return true
		})
	}
	slices.Sort(declared)
	if diff := cmp.Diff(declared, Keys()); diff != "" {
		t.Errorf("constants and table differ (-constants +table):\n%s", diff)
	}
}

func TestEveryLanguageIsComplete(t *testing.T) {
	t.Parallel()
	for tag, messages := range catalogs(t) {
		if diff := cmp.Diff(Keys(), slices.Sorted(maps.Keys(messages))); diff != "" {
			t.Errorf("%s: keys differ (-table +file):\n%s", tag, diff)
		}
		forms := pluralForms(t, tag)
		for key, m := range messages {
			want := []string{"other"}
			if slices.Contains(key.Placeholders(), count) {
				want = forms
			}
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(sources(m)))); diff != "" {
				t.Errorf("%s: %s: plural forms (-want +got):\n%s", tag, key, diff)
			}
			checkPlaceholders(t, tag, key, m, slices.Contains(forms, "few"))
		}
	}
}

// checkPlaceholders holds what the forms of a text use against the table. The form for one may leave the number out,
// unless the language has it for 21 too.
func checkPlaceholders(t *testing.T, tag language.Tag, key Key, m *i18n.Message, also21 bool) {
	t.Helper()
	for form, src := range sources(m) {
		used := fields(t, src)
		want := key.Placeholders()
		if form == "one" && !also21 && !slices.Contains(used, count) {
			want = slices.DeleteFunc(want, func(s string) bool { return s == count })
		}
		if diff := cmp.Diff(want, used, cmpEmpty); diff != "" {
			t.Errorf("%s: %s (%s): placeholders (-table +text):\n%s", tag, key, form, diff)
		}
	}
}

var cmpEmpty = cmp.Transformer("empty", func(s []string) []string { return append([]string{}, s...) })

func fields(t *testing.T, src string) []string {
	t.Helper()
	trees, err := parse.Parse("x", src, "", "", functions(Printer{}), map[string]any{"eq": true})
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`\.([A-Z][A-Za-z]*)`).FindAllStringSubmatch(actions(trees["x"].Root), -1) {
		found[m[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// actions returns what stands between the braces.
func actions(root parse.Node) string {
	return strings.Join(regexp.MustCompile(`\{\{.*?\}\}`).FindAllString(root.String(), -1), " ")
}

const nasty = `<b>&"'</b> & 𝔘nicode <script>`

// sample gives every placeholder a value; text placeholders get s.
func sample(key Key, n int, s string) map[string]any {
	data := map[string]any{}
	for _, name := range key.Placeholders() {
		switch name {
		case count, "Held", "Balance", "Position", "Length", "Max", "Made", "Wanted", "Number", "Megabytes", "Spent", "Cap", "Left", "Credits", "Stars", "Bonus", "Percent",
			"Streak", "Next", "Joined", "Earned", "Sent", "Blocked", "Failed", "Uncertain", "Deleted", "Kept", "Place", "People", "Lobby", "Live", "Ever", "Mine", "Pauses",
			"Active", "New", "Refused", "Open", "Back":
			data[name] = n
		case "Images", "Lost", "Payments", "Records", "Running", "Files":
			data[name] = n
		case "Asked":
			data[name] = time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
		case "Wait":
			data[name] = time.Duration(n) * time.Second
		case "Commands":
			data[name] = strings.Repeat(s+"\n", 10)
		case "Favorites", "Own", "Talking", "Chats", "Wide", "Changed", "Withdrawn":
			data[name] = n == 1
		case "Took":
			data[name] = time.Duration(n) * time.Second
		case "From", "Life", "Speed", "Typical":
			data[name] = time.Duration(n) * time.Second
		case "Until":
			data[name] = time.Duration(2*n) * time.Second
		case "When", "Created", "Used":
			data[name] = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
		case "PolicyURL", "URL", "Docs":
			data[name] = "https://example.org/privacy?a=1&b=2"
		case "Rows", "Models":
			data[name] = []Markup{"• one", "• two"}
		default:
			data[name] = s
		}
	}
	return data
}

var tagForm = regexp.MustCompile(`</?[a-z-]+( href="[^"<>]*")?>`)

func TestEveryTextPrintsAndFits(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	long := strings.Repeat("Ein ungewöhnlich langer Wunsch 👩‍👩‍👧‍👦 ", 100)
	for _, lang := range c.Languages() {
		p := c.For(lang)
		for _, key := range Keys() {
			form, ok := key.Form()
			if !ok {
				t.Errorf("%s has no form", key)
				continue
			}
			for _, n := range []int{0, 1, 2, 5, 11, 21, 1000, 4294967295} {
				data := sample(key, n, "a word or three")
				for _, name := range []string{"Prompt", "Negative", "Typed", "Command", "Words"} { // what people write has no limit
					if _, free := data[name]; free {
						data[name] = long
					}
				}
				if _, noted := data["Note"]; noted {
					data["Note"] = longestNote(p)
				}
				checkLength(t, p, key, form, data)
			}
		}
	}
}

// longestNote is the most that stands under a picture.
func longestNote(p Printer) string {
	model := p.Plain(NoteModel, map[string]any{"Model": strings.Repeat("m", 64)})
	return slices.MaxFunc([]string{model, p.Plain(NoteBuiltin, nil)}, func(a, b string) int { return len(a) - len(b) })
}

func checkLength(t *testing.T, p Printer, key Key, form Form, data map[string]any) {
	t.Helper()
	text := p.Plain
	if form.HTML {
		text = p.HTML
	}
	got := text(key, data)
	if strings.TrimSpace(got) == "" || strings.Contains(got, "<no value>") || strings.Contains(got, "{{") {
		t.Errorf("%s: %s printed %q", p.Language(), key, got)
	}
	shown := got
	if form.HTML {
		shown = tagForm.ReplaceAllString(got, "")
	}
	if n := len(utf16.Encode([]rune(shown))); n > form.Limit {
		t.Errorf("%s: %s is %d units long, over %d: %.200q", p.Language(), key, n, form.Limit, got)
	}
}

func TestWhatPeopleWroteIsEscaped(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	for _, lang := range c.Languages() {
		for _, key := range Keys() {
			form, _ := key.Form()
			if !form.HTML {
				continue
			}
			for _, n := range samples(lang) {
				got := c.For(lang).HTML(key, sample(key, n, nasty))
				if err := balanced(got); err != nil {
					t.Errorf("%s: %s: %v in %q", lang, key, err, got)
				}
				if strings.Contains(got, "<script") {
					t.Errorf("%s: %s does not escape: %q", lang, key, got)
				}
			}
		}
	}
}

func TestPlainTextsAreNotEscaped(t *testing.T) {
	t.Parallel()
	p := newCatalog(t).For("en")
	if got, want := p.Plain(NoteModel, map[string]any{"Model": `A&B's "<x>"`}), `Painted by A&B's "<x>".`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got := p.HTML(CaptionResult, map[string]any{"Prompt": "x", "Note": "A&B"})
	if !strings.Contains(got, "A&amp;B") {
		t.Errorf("a plain text put into HTML is not escaped: %q", got)
	}
}

// balanced checks tags the way Telegram does: known ones, closed in order.
func balanced(html string) error {
	var open []string
	for _, tag := range regexp.MustCompile(`</?[^>]*>?`).FindAllString(html, -1) {
		if !tagForm.MatchString(tag) {
			return fmt.Errorf("odd tag %q", tag)
		}
		name := strings.Trim(strings.Fields(tag)[0], "</>")
		switch {
		case !slices.Contains([]string{"b", "i", "code", "a"}, name):
			return fmt.Errorf("tag %q", tag)
		case !strings.HasPrefix(tag, "</"):
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			return fmt.Errorf("%q closes nothing", tag)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%v stay open", open)
	}
	return nil
}

// newCatalog fails the test on anything that cannot be printed as it should.
func newCatalog(t *testing.T) *Catalog {
	t.Helper()
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	c.OnError = func(k Key, err error) { t.Errorf("%s: %v", k, err) }
	return c
}
