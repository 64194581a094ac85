package texts

import (
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"text/template/parse"
	"time"
	"unicode/utf16"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/feature/plural"
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

// pluralForms asks CLDR which forms a language has for whole numbers.
func pluralForms(tag language.Tag) []string {
	names := map[plural.Form]string{
		plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
	}
	found := map[string]bool{"other": true}
	for n := range 1000 {
		found[names[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestEveryConstantIsInTheTable(t *testing.T) {
	t.Parallel()
	file, err := goparser.ParseFile(token.NewFileSet(), "keys.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []Key
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
		forms := pluralForms(tag)
		for key, m := range messages {
			want := []string{"other"}
			if slices.Contains(key.Placeholders(), count) {
				want = forms
			}
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(sources(m)))); diff != "" {
				t.Errorf("%s: %s: plural forms (-want +got):\n%s", tag, key, diff)
			}
			checkPlaceholders(t, tag, key, m)
		}
	}
}

// checkPlaceholders holds what the forms of a text use against the table. The form for one may leave the number out.
func checkPlaceholders(t *testing.T, tag language.Tag, key Key, m *i18n.Message) {
	t.Helper()
	for form, src := range sources(m) {
		used := fields(t, src)
		want := key.Placeholders()
		if form != "other" && !slices.Contains(used, count) {
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
	trees, err := parse.Parse("x", src, "", "", functions(language.English))
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
		case count, "Held", "Balance", "Position", "Length", "Max":
			data[name] = n
		case "Commands":
			data[name] = strings.Repeat(s+"\n", 10)
		case "From", "Until":
			data[name] = time.Duration(n) * time.Second
		case "When":
			data[name] = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
		case "PolicyURL":
			data[name] = "https://example.org/privacy?a=1&b=2"
		case "Rows":
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
	long := strings.Repeat("an unusually long prompt ", 100)
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
				if _, free := data["Prompt"]; free {
					data["Prompt"] = long
				}
				checkLength(t, p, key, form, data)
			}
		}
	}
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
	p := newCatalog(t).For("en")
	for _, key := range Keys() {
		form, _ := key.Form()
		if !form.HTML {
			continue
		}
		got := p.HTML(key, sample(key, 3, nasty))
		if err := balanced(got); err != nil {
			t.Errorf("%s: %v in %q", key, err, got)
		}
		if strings.Contains(got, "<script") {
			t.Errorf("%s does not escape: %q", key, got)
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

func TestOtherLanguages(t *testing.T) {
	t.Parallel()
	english, err := files.ReadFile("active.en.toml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := load(fstest.MapFS{
		"active.en.toml": {Data: english},
		"active.ru.toml": {Data: []byte(`
[answer]
done = "Уже сделано."
[message.canceled]
one = "Отменена {{num .Count}} картинка."
few = "Отменены {{num .Count}} картинки."
many = "Отменено {{num .Count}} картинок."
other = "Отменено {{num .Count}} картинки."
`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"en", "ru"}, c.Languages()); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct {
		lang, want string
		n          int
	}{
		{"ru", "Отменена 21 картинка.", 21},
		{"ru-RU", "Отменены 3 картинки.", 3},
		{"ru", "Отменено 5 картинок.", 5},
		{"", "Canceled. Nothing was charged.", 1},
		{"tlh", "Canceled 3 pictures. Nothing was charged.", 3},
		{"not a tag!", "Canceled 1,234 pictures. Nothing was charged.", 1234},
	} {
		if got := c.For(tt.lang).HTML(MessageCanceled, map[string]any{"Count": tt.n}); got != tt.want {
			t.Errorf("%q, %d: got %q, want %q", tt.lang, tt.n, got, tt.want)
		}
	}
	if got := c.For("ru").Plain(AnswerKept, nil); got != "Kept." {
		t.Errorf("a text the language lacks: %q, want English", got)
	}
}

func TestMistakesAreReportedAndStillPrint(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		print func(Printer) string
		want  string
	}{
		{"missing placeholder", func(p Printer) string { return p.HTML(MessageUnknownCommand, nil) }, "I don't know /. Just"},
		{"plain as HTML", func(p Printer) string { return p.HTML(ButtonCancel, nil) }, "Cancel"},
		{"HTML as plain", func(p Printer) string { return p.Plain(MessageNothingToCancel, nil) }, "Nothing is waiting"},
		{"unknown key", func(p Printer) string { return p.Plain("button.nonsense", nil) }, ""},
	} {
		c := newCatalog(t)
		var reported []error
		c.OnError = func(_ Key, err error) { reported = append(reported, err) }
		if got := tt.print(c.For("en")); !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want it to contain %q", tt.name, got, tt.want)
		}
		if len(reported) == 0 {
			t.Errorf("%s: nothing was reported", tt.name)
		}
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		limit    int
		in, want string
	}{
		{10, "short", "short"},
		{10, "ten chars!", "ten chars!"},
		{10, "eleven char", "eleven ch…"},
		{8, "a b c d e", "a b c d…"},
		{5, "line\nbreak", "line…"},
		{4, "𝔘𝔘𝔘", "𝔘…"},
		{5, "  a \n\t b ", "a b"},
		{3, "", ""},
	} {
		if got := Clip(tt.limit, tt.in); got != tt.want {
			t.Errorf("Clip(%d, %q) = %q, want %q", tt.limit, tt.in, got, tt.want)
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "1 s", time.Second: "1 s", 59 * time.Second: "59 s", 59*time.Second + 1: "1 min", 61 * time.Second: "2 min",
		time.Hour: "1 h", 80 * time.Minute: "1 h 20 min", 1500 * time.Millisecond: "2 s",
	} {
		if got := Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
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
