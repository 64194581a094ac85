package texts

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestOtherLanguages(t *testing.T) {
	t.Parallel()
	english, err := files.ReadFile("active.en.toml")
	if err != nil {
		t.Fatal(err)
	}
	all, err := read(fstest.MapFS{
		"active.en.toml": {Data: english},
		"active.ru.toml": {Data: []byte(`
[answer]
done = "Уже сделано."
[message.picture_too_big]
one = "{{num .Count}} картинка."
few = "{{num .Count}} картинки."
many = "{{num .Count}} картинок."
other = "{{num .Count}} картинки."
`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := assemble(all)
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
		{"ru", "21 картинка.", 21},
		{"ru-RU", "3 картинки.", 3},
		{"ru", "5 картинок.", 5},
		{"", "That picture is too big for me. Up to 1 MB works.", 1},
		{"tlh", "That picture is too big for me. Up to 3 MB works.", 3},
		{"not a tag!", "That picture is too big for me. Up to 1,234 MB works.", 1234},
	} {
		if got := c.For(tt.lang).HTML(MessagePictureTooBig, map[string]any{"Count": tt.n}); got != tt.want {
			t.Errorf("%q, %d: got %q, want %q", tt.lang, tt.n, got, tt.want)
		}
	}
	if got := c.For("ru").Plain(AnswerKept, nil); got != "Kept." {
		t.Errorf("a text the language lacks: %q, want English", got)
	}
}

func TestLanguagesByName(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	for lang, names := range map[string][]string{
		"en": {"en", "EN-gb", "English", "английский"},
		"ru": {"ru", "ru-UA", "Русский", "РУССКИЙ", "russian", "Rusça"},
		"de": {"de", "de_AT", "Deutsch", " german ", "alemán"},
		"tr": {"tr", "Türkçe", "TÜRKÇE", "turkce", "турецкий"},
		"es": {"es", "es-419", "Español", "espanol", "castellano", "İspanyolca"},
		"":   {"", "klingon", "tlh", "fr", "uk", "kk", "gl", "und", "-", "deutsch, german", ",", "x-de"},
	} {
		for _, name := range names {
			p, ok := c.Named(name)
			if ok != (lang != "") || ok && p.Language() != lang {
				t.Errorf("%q is %q, %v; want %q", name, p.Language(), ok, lang)
			}
		}
	}
}

func TestEveryLanguageHasItsName(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	seen := map[string]string{}
	for _, lang := range c.Languages() {
		if p, ok := c.Named(c.For(lang).Plain(ButtonLanguage, nil)); !ok || p.Language() != lang {
			t.Errorf("%s is not known by its own name", lang)
		}
		for name := range strings.SplitSeq(c.For(lang).Plain(partNames, nil), ", ") {
			if name != strings.ToLower(name) || seen[name] != "" {
				t.Errorf("name %q of %s: not in lower case, or of %q too", name, lang, seen[name])
			}
			seen[name] = lang
		}
	}
}

func TestMistakesAreReportedAndStillPrint(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		print func(Printer) string
		want  string
	}{
		{"missing placeholder", func(p Printer) string { return p.HTML(MessageUnknownCommand, nil) }, "I don’t know /. Just"},
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

// TestTextsBeside prints texts of another place, with those of the bot.
func TestTextsBeside(t *testing.T) {
	t.Parallel()
	c, err := With(fstest.MapFS{
		"active.en.toml": {Data: []byte("[home]\nlead = \"Hello {{.Name}}\"\n[home.people]\none = \"one person\"\nother = \"{{num .Count}} people\"\n[rich]\nlead = \"<em>{{.Name}}</em>\"\n")},
		"active.de.toml": {Data: []byte("[home]\nlead = \"Hallo {{.Name}}\"\n[home.people]\none = \"eine Person\"\nother = \"{{num .Count}} Personen\"\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var wrong []Key
	c.OnError = func(k Key, _ error) { wrong = append(wrong, k) }
	p, data := c.For("de"), map[string]any{"Name": "<b>A & B</b>", count: 1234}
	got := []string{p.Plain("home.lead", data), p.Plain("home.people", data), p.Plain("home.people", map[string]any{count: 1}), string(p.Rich("rich.lead", data)), p.Plain(ButtonCancel, nil)}
	want := []string{"Hallo <b>A & B</b>", "1.234 Personen", "eine Person", "<em>&lt;b&gt;A &amp; B&lt;/b&gt;</em>", p.Plain(ButtonCancel, nil)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	p.Plain("home.lead", nil)
	if diff := cmp.Diff([]Key{"rich.lead", "home.lead"}, wrong); diff != "" { // German lacks the first
		t.Errorf("what is missing is not noticed: %s", diff)
	}
	if _, err := With(fstest.MapFS{}); err == nil {
		t.Error("a place without English is taken")
	}
}
