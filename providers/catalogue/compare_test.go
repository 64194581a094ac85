package catalogue

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompareSaysWhatChanges(t *testing.T) {
	t.Parallel()
	const was = `models:
  - name: fox
    title: {en: Fox}
    operations: [generate]
    price: [{quality: high, credits: 8}, {credits: 3}]
    routes: [{provider: openai, model: gpt-image-2, usd: 0.02}]
  - name: owl
    title: {en: Owl}
    price: 2
    routes: [{provider: fal, model: owl}]
`
	is := strings.NewReplacer(
		"quality: high, credits: 8", "quality: high, credits: 9", "usd: 0.02", "usd: 0.03", "name: owl", "name: elk", "[generate]", "[generate, edit]",
	).Replace(was) + "providers: {fal: {per_minute: 7, usd_per_day: 1.5}}\n"
	a, err := Parse([]byte(was))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse([]byte(is))
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{Model: "fox", What: "price", Was: "high 8, else 3", Is: "high 9, else 3"},
		{Model: "fox", What: "routes", Was: "1 openai/gpt-image-2 at $0.02", Is: "1 openai/gpt-image-2 at $0.03"},
		{Model: "fox", What: "operations", Was: "generate", Is: "generate edit"},
		{Model: "elk", What: "model", Is: "2"},
		{Model: "owl", What: "model", Was: "2"},
		{What: "limits", Is: "fal: 0 at once, 7 calls and 0 images a minute, 0 in a burst, $1.5 a day"},
	}
	if diff := cmp.Diff(want, Compare(a, b)); diff != "" {
		t.Error(diff)
	}
	if same := Compare(a, a); len(same) > 0 {
		t.Errorf("the same differs: %v", same)
	}
}
