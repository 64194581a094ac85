package moderation

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func rules(tb testing.TB) *Rules {
	tb.Helper()
	r, err := Default()
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// lines reads a file of the corpus: "what is expected | text", "#" begins a comment.
func lines(tb testing.TB, name string) (all [][2]string) {
	tb.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		want, text, ok := strings.Cut(line, "|")
		if !ok {
			want, text = "", line
		}
		all = append(all, [2]string{strings.TrimSpace(want), strings.TrimSpace(text)})
	}
	return all
}

// The corpus of what has to be refused, by which rule.
func TestRefuses(t *testing.T) {
	t.Parallel()
	r, hit := rules(t), map[string]int{}
	all := lines(t, "refuse.txt")
	for _, l := range all {
		v := r.Judge(l[1])
		hit[v.Rule]++
		if v.Rule != l[0] {
			t.Errorf("%q: rule %q, want %q (read as %q)", l[1], v.Rule, l[0], Normalize(l[1]))
		}
	}
	for _, name := range r.Names() {
		if hit[name] == 0 {
			t.Errorf("no line of the corpus shows rule %s", name)
		}
	}
	if len(all) < 200 {
		t.Errorf("only %d lines", len(all))
	}
}

// The corpus of what has to pass.
func TestPasses(t *testing.T) {
	t.Parallel()
	r := rules(t)
	all := lines(t, "pass.txt")
	for _, l := range all {
		if v := r.Judge(l[1]); v.Action != Pass {
			t.Errorf("%q: rule %s because of %q", l[1], v.Rule, l[1][v.Span.Start:v.Span.End])
		}
	}
	if len(all) < 300 {
		t.Errorf("only %d lines", len(all))
	}
}

// What keeps out is not what is asked for.
func TestNegativeIsJudgedByWhatIsAbsolute(t *testing.T) {
	t.Parallel()
	j := NewJudge(rules(t), nil)
	for _, tt := range []struct {
		prompt, negative string
		want             Action
	}{
		{"a red fox", "sex, gore, nude woman", Pass},
		{"a red fox", "child porn", Block},
		{"sex", "", Refuse},
		{"sex", "child porn", Block},
	} {
		if v := j.Prompt(tt.prompt, tt.negative); v.Action != tt.want {
			t.Errorf("%q without %q: %+v, want %s", tt.prompt, tt.negative, v, tt.want)
		}
	}
}

// What is absolute is said first, wherever it stands.
func TestVerdictNamesTheWords(t *testing.T) {
	t.Parallel()
	const text = "Ein Bild: gore, dann p.o.r.n und ѕех, 4k"
	v := rules(t).Judge(text)
	if v.Action != Refuse || v.Category != "sexual" || text[v.Span.Start:v.Span.End] != "p.o.r.n" {
		t.Errorf("%+v: %q", v, text[v.Span.Start:v.Span.End])
	}
	const worse = "gore, and a teen in hentai"
	if v := rules(t).Judge(worse); v.Action != Block || worse[v.Span.Start:v.Span.End] != "teen in hentai" {
		t.Errorf("%+v", v)
	}
}

func TestParseNamesTheMistake(t *testing.T) {
	t.Parallel()
	const lists = "lists: {a: {en: [fox]}, b: {en: [hen]}}\nrules:\n"
	for _, tt := range []struct{ text, want string }{
		{"", "EOF"},
		{"lists: {}\nrules: []\n", "there are none"},
		{lists + "  - {name: x1, category: sexual, action: refuse, any: [c]}", `there is no list "c"`},
		{lists + "  - {name: x1, category: rude, action: refuse, any: [a]}", `category "rude" is none of`},
		{lists + "  - {name: x1, category: sexual, action: warn, any: [a]}", `action "warn" is neither`},
		{lists + "  - {name: x1, category: sexual, action: refuse, all: [a, b]}", "all needs within"},
		{lists + "  - {name: x1, category: sexual, action: refuse}", "needs either any, or all"},
		{lists + "  - {name: x1, category: sexual, action: block, any: [a], unless: [b]}", "absolute has no unless"},
		{lists + "  - {name: X 1, category: sexual, action: refuse, any: [a]}", "the name is not"},
		{lists + "  - {name: x1, category: sexual, action: refuse, any: [a]}\n  - {name: x1, category: sexual, action: refuse, any: [b]}", "name is taken"},
		{lists + "  - {name: x1, category: sexual, action: refuse, eny: [a]}", "eny"},
		{"lists: {a: {en: ['fo*']}}\nrules: [{name: x1, category: sexual, action: refuse, any: [a]}]", `"fo" is too short`},
		{"lists: {a: {en: ['fox-hen']}}\nrules: [{name: x1, category: sexual, action: refuse, any: [a]}]", `"fox-hen" is not one word`},
		{"lists: {a: {en: ['<9-1>']}}\nrules: [{name: x1, category: sexual, action: refuse, any: [a]}]", "no range of numbers"},
		{"lists: {a: {en: ['']}}\nrules: [{name: x1, category: sexual, action: refuse, any: [a]}]", "a term is empty"},
	} {
		if _, err := Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.want)
		}
	}
}

// Changed rules count, broken ones leave those that were.
func TestUse(t *testing.T) {
	t.Parallel()
	const fox = "lists: {a: {en: [fox]}}\nrules: [{name: foxes, category: sexual, action: refuse, any: [a]}]\n"
	first, err := Parse([]byte(fox))
	if err != nil {
		t.Fatal(err)
	}
	j := NewJudge(first, nil)
	if j.Prompt("a fox", "").Action != Refuse {
		t.Error("at first a fox passes")
	}
	if j.Use(Parse([]byte("rules: nonsense"))); j.Prompt("a fox", "").Action != Refuse {
		t.Error("with broken rules a fox passes")
	}
	if j.Use(Parse([]byte(strings.ReplaceAll(fox, "[fox]", "[hen]")))); j.Prompt("a fox", "").Action != Pass || j.Prompt("a hen", "").Action != Refuse {
		t.Error("other rules do not count")
	}
}

// Reading twice is reading once, takes no more room than the text can need, and never fails.
func FuzzNormalize(f *testing.F) {
	for _, name := range []string{"refuse.txt", "pass.txt"} {
		for _, l := range lines(f, name) {
			f.Add(l[1])
		}
	}
	f.Add("\xff\xfe s\xffe\xffx ﷺﷺ ẞß İı Σσς ͅ")
	r := rules(f)
	f.Fuzz(func(t *testing.T, text string) {
		once := Normalize(text)
		if twice := Normalize(once); twice != once {
			t.Errorf("%q, and again %q", once, twice)
		}
		if len(once) > 24*len(text)+16 {
			t.Errorf("%d bytes of %d", len(once), len(text))
		}
		if v := r.Judge(text); v.Action != Pass && (v.Span.Start < 0 || v.Span.End > len(text) || v.Span.Start >= v.Span.End) {
			t.Errorf("%+v is not of the text", v)
		}
	})
}

// The longest prompts, and the ones that are hardest to read.
func BenchmarkJudge(b *testing.B) {
	r := rules(b)
	for name, text := range map[string]string{
		"short":   "a red fox under a full moon, watercolor",
		"long":    strings.Repeat("a red fox under a full moon, watercolor, masterpiece. ", 80),
		"letters": strings.Repeat("a ", 2000),
		"chain":   strings.Repeat("a.b-", 1000),
		"russian": strings.Repeat("рыжая лиса под полной луной, акварель; ", 100),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r.Judge(text)
			}
		})
	}
}

var aboutRefusals = regexp.MustCompile(`^(refused|report|reason|ban)_`)

// Everything this program says, in five languages, may be painted: ordinary words of one never read as another's. Only what
// it says about refusals has words that are refused.
func TestOurOwnTextsPass(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../texts/active.*.toml")
	if err != nil || len(files) != 5 {
		t.Fatalf("%v, %v", files, err)
	}
	r := rules(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if v := r.Judge(line); v.Action != Pass && !aboutRefusals.MatchString(line) {
				t.Errorf("%s: rule %s because of %q", file, v.Rule, line[v.Span.Start:v.Span.End])
			}
		}
	}
}
