package catalogue

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
)

// languages every model of the default catalogue is described in.
var languages = []string{"de", "en", "es", "ru", "tr"}

func TestDefault(t *testing.T) {
	t.Parallel()
	b, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range b.Offers {
		for _, lang := range languages {
			if !o.Hidden && o.Name != "upscale" && o.About[lang] == "" {
				t.Errorf("%s has no words in %s", o.Name, lang)
			}
			if n := len([]rune(o.About[lang])); n > 70 {
				t.Errorf("%s: the words in %s are %d characters, which is no line", o.Name, lang, n)
			}
		}
		for _, r := range o.Routes {
			if len(r.Cost) == 0 {
				t.Errorf("%s over %s has no price in dollars", o.Name, r.Provider)
			}
			checkMargin(t, o, r)
		}
	}
}

// checkMargin holds the price of every quality and size against what the route costs, at a cent a credit.
func checkMargin(t *testing.T, o providers.Offer, r providers.RouteSpec) {
	t.Helper()
	if len(o.Price) == 0 {
		return // the operator's own
	}
	for _, op := range []providers.Operation{providers.Generate, providers.Edit} {
		for _, q := range []providers.Quality{"", providers.QualityLow, providers.QualityMedium, providers.QualityHigh} {
			for _, side := range []int{512, 1024, 2048, 4096} {
				size := providers.Size{Width: side, Height: side}
				credits, _ := o.Price.Of(op, q, size)
				micro, _ := r.Cost.Of(op, q, size)
				if credits*10_000 < micro && r.Priority == 1 {
					t.Errorf("%s: %d credits for a %s of quality %q and %d px over %s, which costs %d µ$", o.Name, credits, op, q, side, r.Provider, micro)
				}
			}
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	b, err := Parse([]byte(`
models:
  - name: m-1.5
    title: {en: M, ru: М}
    operations: [edit]
    hidden: true
    price: [{quality: low, credits: 2}, {megapixels: 1.1, operation: edit, credits: 4}, {credits: 8}]
    routes:
      - {provider: a, model: x/y, usd: 0.0325, weight: 2.5}
      - provider: b
        model: z
        priority: 2
        extra: {steps: 28}
        can: {operations: [generate], sizes: [64x32], qualities: [high], count: 2, references: 3, seed: true, timeout: 90s}
providers:
  a: {parallel: 2, per_minute: 30, burst: 3, usd_per_day: 1.5}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := providers.Book{
		Offers: []providers.Offer{{
			Name: "m-1.5", Title: map[string]string{"en": "M", "ru": "М"}, Operations: []providers.Operation{providers.Edit}, Hidden: true,
			Price: providers.Prices{
				{Quality: providers.QualityLow, Amount: 2}, {Operation: providers.Edit, Megapixels: 1.1, Amount: 4}, {Amount: 8},
			},
			Routes: []providers.RouteSpec{
				{Provider: "a", Model: "x/y", Priority: 1, Weight: 2.5, Cost: providers.Prices{{Amount: 32_500}}},
				{
					Provider: "b", Model: "z", Priority: 2, Extra: map[string]any{"steps": 28},
					Can: &providers.Model{
						Operations: []providers.Operation{providers.Generate}, Sizes: []providers.Size{{Width: 64, Height: 32}},
						Qualities: []providers.Quality{providers.QualityHigh}, MaxCount: 2, MaxRefs: 3, Seed: true, Timeout: 90 * time.Second,
					},
				},
			},
		}},
		Limits: map[string]providers.KeyLimits{"a": {Parallel: 2, PerMinute: 30, Burst: 3, DailyBudget: 1_500_000}},
	}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Errorf("book (-want +got):\n%s", diff)
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	with := func(line string) string {
		return "models:\n  - name: m\n    title: {en: M}\n    routes: [{provider: a, model: x}]\n    " + line + "\n"
	}
	tests := []struct{ desc, text, want string }{
		{"nothing", "", "no models"},
		{"no YAML", "models: [", "line 1"},
		{"unknown field", with("prize: 3"), "prize"},
		{"unknown condition", with("price: [{qualty: low, credits: 2}, {credits: 3}]"), "line 5: field qualty"},
		{"words for a price", with("price: cheap"), `"cheap" is no amount`},
		{"half a credit", with("price: 1.5"), "1.5 is no amount"},
		{"negative price", with("price: -1"), "-1 is no amount"},
		{"price without an end", with("price: [{quality: low, credits: 2}]"), "the last price"},
		{"price with an early end", with("price: [{credits: 2}, {credits: 3}]"), "the last price"},
		{"price in two currencies", with("price: [{credits: 2, usd: 3}]"), "needs an amount"},
		{"unknown quality", with("price: [{quality: best, credits: 2}, {credits: 1}]"), `"best"`},
		{"unknown operation", with("operations: [paint]"), `"paint"`},
		{"name with a space", strings.Replace(with(""), "name: m", "name: my model", 1), `"my model"`},
		{"no title", strings.Replace(with(""), "{en: M}", "{de: M}", 1), "English title"},
		{"long title", strings.Replace(with(""), "{en: M}", "{en: "+strings.Repeat("m", 40)+"}", 1), "title in en"},
		{"no routes", "models: [{name: m, title: {en: M}}]", "no routes"},
		{"route without a model", "models: [{name: m, title: {en: M}, routes: [{provider: a}]}]", "route 1"},
		{"negative weight", "models: [{name: m, title: {en: M}, routes: [{provider: a, model: x, weight: -1}]}]", "weight"},
		{"size", "models: [{name: m, title: {en: M}, routes: [{provider: a, model: x, can: {sizes: [big]}}]}]", `"big"`},
		{"two of one name", "models: [{name: m, title: {en: M}, routes: [{provider: a, model: x}]}, {name: m, title: {en: M}, routes: [{provider: a, model: x}]}]", "taken"},
		{"negative limit", with("") + "providers: {a: {parallel: -1}}", "provider a"},
		{"burst of nothing", with("") + "providers: {a: {burst: 3}}", "burst belongs"},
		{"too fast", with("") + "providers: {a: {per_minute: 1000000}}", "60000"},
	}
	for _, tt := range tests {
		_, err := Parse([]byte(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", tt.desc, err, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(defaultYAML))
	f.Fuzz(func(_ *testing.T, text string) { _, _ = Parse([]byte(text)) })
}

// TestTheExampleWorks reads the example of the package comment, which is what people copy.
func TestTheExampleWorks(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("catalogue.go")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, line := range regexp.MustCompile(`(?m)^//\t(.*)$`).FindAllStringSubmatch(string(source), -1) {
		text.WriteString(line[1] + "\n")
	}
	b, err := Parse([]byte(text.String()))
	if err != nil || len(b.Offers) != 1 || len(b.Offers[0].Routes) != 2 || b.Limits["bfl"].Parallel != 24 {
		t.Errorf("%+v, %v", b, err)
	}
}
