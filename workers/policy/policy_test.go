package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
)

// facts are combinations that make every branch run.
func facts() []Facts {
	base := Facts{Name: "Imagika", Version: Version}
	full := Facts{Name: "Imagika", Version: Version, Contact: "help@example.org", Shop: true, Chats: true, PairHours: 72, Services: "OpenAI, fal.ai", InactiveDays: 730}
	full.Operator, full.RefundDays = "Fox & Sons", 14
	play := full
	play.Playground, play.Builtin, play.PairHours, play.Services, play.RefundDays = true, true, 0, "", 0
	return []Facts{base, full, play}
}

var actions = regexp.MustCompile(`\{\{.*?\}\}`)

// Every language says the same: the same parts, rows, conditions and placeholders.
func TestSameShape(t *testing.T) {
	t.Parallel()
	for _, all := range []map[string]string{Builtin(), Terms()} {
		sameShape(t, all)
	}
}

func sameShape(t *testing.T, all map[string]string) {
	t.Helper()
	if len(all) != 5 {
		t.Fatalf("%d languages", len(all))
	}
	shape := func(source string) (lines []string) {
		for line := range strings.SplitSeq(source, "\n") {
			said := strings.Join(sorted(actions.FindAllString(line, -1)), "")
			id := regexp.MustCompile(`\{#[a-z-]+\}|^@[a-z]+|^\| [a-z]+ |\| [a-z]+ \|$`).FindAllString(line, -1)
			marks := fmt.Sprint(strings.Count(line, "**"), strings.Count(line, "`"), strings.Count(line, "]("), strings.Count(line, "/privacy"), strings.Count(line, "/providers"))
			lines = append(lines, strings.Join(id, " ")+" "+said+" "+marks)
		}
		return lines
	}
	for lang, source := range all {
		if diff := cmp.Diff(shape(all[Fallback]), shape(source)); diff != "" {
			t.Errorf("%s differs from English (-en +%s):\n%s", lang, lang, diff)
		}
	}
}

func sorted(all []string) []string { slices.Sort(all); return all }

func TestEveryBranchIsRead(t *testing.T) {
	t.Parallel()
	for lang, source := range Builtin() {
		for _, f := range facts() {
			d, err := Parse(source, f)
			if err != nil {
				t.Fatalf("%s: %v", lang, err)
			}
			html, messages := d.HTML(), d.Messages()
			for _, bad := range []string{"{{", "**", "](", "@contract", "<no value>", "||"} {
				if strings.Contains(html, bad) {
					t.Errorf("%s has %q", lang, bad)
				}
			}
			for _, m := range messages {
				if n := units(m); n == 0 || n > 4096 || strings.Count(m, "<b>") != strings.Count(m, "</b>") {
					t.Errorf("%s: a message of %d units:\n%s", lang, n, m)
				}
			}
			if f.Contact != "" && !strings.Contains(html, f.Contact) || f.Services != "" && !strings.Contains(html, f.Services) {
				t.Errorf("%s does not say who", lang)
			}
		}
	}
}

// The policy names every category of what is kept, with a ground on which it is.
func TestEveryCategoryIsNamed(t *testing.T) {
	t.Parallel()
	grounds := map[string][]string{}
	for _, table := range storage.Inventory() {
		grounds[string(table.Category)] = append(grounds[string(table.Category)], string(table.Ground))
	}
	d, err := Parse(Builtin()[Fallback], facts()[1])
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, b := range d.Blocks {
		for _, r := range b.Rows {
			named[r.Category] = true
			if !slices.Contains(grounds[r.Category], r.Ground) {
				t.Errorf("%s is kept by %v, and the policy says %s", r.Category, grounds[r.Category], r.Ground)
			}
		}
	}
	for category := range grounds {
		if !named[category] {
			t.Errorf("the policy does not name %s", category)
		}
	}
}

// TestFiguresAreThoseOfRetention: each language names how long the rows of a category are kept, and no other time. What is kept for an
// hour or for years is said in words.
func TestFiguresAreThoseOfRetention(t *testing.T) {
	t.Parallel()
	category := map[string]string{}
	for _, table := range storage.Inventory() {
		category[table.Name] = string(table.Category)
	}
	kept := map[string][]string{}
	for _, rule := range storage.RetentionRules() {
		of := category[rule.Table]
		switch hours := int(rule.Keep.Hours()); {
		case of == string(storage.CategoryOperation), hours <= 1, hours > 365*24: // nobody's, in words, or until a moment
		case hours <= 48:
			kept[of] = append(kept[of], strconv.Itoa(hours))
		default:
			kept[of] = append(kept[of], strconv.Itoa(hours/24))
		}
	}
	for of, all := range kept {
		kept[of] = slices.Compact(sorted(all))
	}
	for lang, source := range Builtin() {
		d, err := Parse(source, facts()[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range d.Blocks {
			for _, r := range b.Rows {
				said := sorted(regexp.MustCompile(`\d+`).FindAllString(r.Keep, -1))
				said = slices.DeleteFunc(slices.Compact(said), func(n string) bool {
					return r.Category == string(storage.CategoryOperation) || r.Category == string(storage.CategoryPayments) && n == strconv.Itoa(storage.BookYears) ||
						r.Category == string(storage.CategoryConversations) && n == strconv.Itoa(facts()[1].PairHours)
				})
				if want := kept[r.Category]; !slices.Equal(said, want) {
					t.Errorf("%s: the policy says of %s %q, and it is kept for %v", lang, r.Category, r.Keep, want)
				}
			}
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"words":                          "title",
		"# T\n| a | b | c | d |":         "4 cells",
		"# T\n| a | b | c | d | mood |":  "@mood",
		"# T\n{{.Nothing}}":              "Nothing",
		"# T\n{{if .Shop}}never closed":  "unexpected EOF",
		"@contract: x\n- an item\n# T\n": "title",
	} {
		if _, err := Parse(source, Facts{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", source, err, want)
		}
	}
	d, err := Parse("# T\n\na <b> & *c* [d](javascript:x) [e](https://e.org/?a=1&b=2)", Facts{})
	if err != nil {
		t.Fatal(err)
	}
	if want := `a &lt;b&gt; &amp; <em>c</em> [d](javascript:x) <a href="https://e.org/?a=1&amp;b=2">e</a>`; !strings.Contains(d.HTML(), want) {
		t.Errorf("rendered %s", d.HTML())
	}
}

func TestTermsAreRead(t *testing.T) {
	t.Parallel()
	for lang, source := range Terms() {
		for _, f := range facts() {
			d, err := Parse(source, f)
			if err != nil {
				t.Fatalf("%s: %v", lang, err)
			}
			html := d.HTML()
			for _, bad := range []string{"{{", "**", "](", "`", "<no value>"} {
				if strings.Contains(html, bad) {
					t.Errorf("%s has %q", lang, bad)
				}
			}
			if f.Operator != "" && !strings.Contains(html, "Fox &amp; Sons") || f.RefundDays > 0 && !strings.Contains(html, "14") || f.Shop != strings.Contains(html, "/paysupport") {
				t.Errorf("%s does not say what holds: %s", lang, html)
			}
			for _, m := range d.Messages() {
				if n := units(m); n == 0 || n > 4096 {
					t.Errorf("%s: a message of %d units", lang, n)
				}
			}
		}
	}
}
