package shop_test

import (
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/workers/shop"
	"github.com/imagika/imagika/workers/texts"
)

func packs(t *testing.T, text string) []shop.Pack {
	t.Helper()
	all, err := shop.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const three = `packs:
  - {id: small, stars: 10, credits: 10, title: {en: Small, de: Klein}}
  - {id: large, stars: 100, credits: 100, bonus: 25, title: {en: Large}, about: {en: A lot}}
  - {id: monthly, stars: 50, credits: 60, title: {en: Monthly}, subscription: true}
`

func TestDefaultSpeaksEveryLanguage(t *testing.T) {
	t.Parallel()
	all, err := shop.Default()
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		for _, lang := range catalog.Languages() {
			if lang != "en" && lang != "de" && p.Title(lang) == p.Title("en") {
				t.Errorf("%s has no title in %s", p.ID, lang)
			}
		}
	}
	if _, ok := shop.NewShelf(all).Subscription(); !ok {
		t.Error("there is no subscription")
	}
}

func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 256)
	for _, tt := range []struct{ desc, text, want string }{
		{"nothing", "", "packs: there are 0, want 1 to 12"},
		{"not a list", "packs: 3", "packs: yaml:"},
		{"a misspelled field", "packs: [{id: a, start: 5}]", "field start not found"},
		{"too dear", "packs: [{id: a, stars: 10001, credits: 1, title: {en: A}}]", "packs: pack 1 (a): stars: 10001 is not 1 to 10000"},
		{"for nothing", "packs: [{id: a, credits: 1, title: {en: A}}]", "stars: 0 is not 1 to 10000"},
		{"without credits", "packs: [{id: a, stars: 1, title: {en: A}}]", "credits: 0 is not 1 to 1000000"},
		{"a malus", "packs: [{id: a, stars: 1, credits: 1, bonus: -1, title: {en: A}}]", "bonus: -1 is not 0 to 1000000"},
		{"an id for no button", "packs: [{id: A-b, stars: 1, credits: 1, title: {en: A}}]", `id "A-b" is not up to 16 of a-z, 0-9 and _`},
		{"no English title", "packs: [{id: a, stars: 1, credits: 1, title: {de: A}}]", "there is no English title"},
		{"a title too long", "packs: [{id: a, stars: 1, credits: 1, title: {en: A, de: " + long[:66] + "}}]", "title in de has 33 characters, over 32"},
		{"a text too long", "packs: [{id: a, stars: 1, credits: 1, title: {en: A}, about: {en: " + long + "}}]", "about in en has 256 characters, over 255"},
		{"one id twice", strings.Replace(three, "large", "small", 1), "packs: pack 2 (small): the id is taken"},
		{"two subscriptions", strings.Replace(three, "Large}", "Large}, subscription: true", 1), "large is a subscription too, and there can be one"},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			_, err := shop.Parse([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
}

func TestPack(t *testing.T) {
	t.Parallel()
	s := shop.NewShelf(packs(t, three))
	large, _ := s.Pack("large")
	if large.Credits() != 125 || large.Percent() != 25 || large.Period() != 0 {
		t.Errorf("large: %+v", large)
	}
	if small, _ := s.Pack("small"); small.Title("de") != "Klein" || small.Title("tr") != "Small" || small.About("de") != "" {
		t.Errorf("small: %+v", small)
	}
	if sub, ok := s.Subscription(); !ok || sub.ID != "monthly" || sub.Period() != 30*24*time.Hour {
		t.Errorf("subscription: %+v, %v", sub, ok)
	}
	if _, ok := s.Pack("none"); ok {
		t.Error("there is a pack that nobody made")
	}
	for credits, want := range map[int64]string{1: "small", 10: "small", 11: "large", 125: "large", 126: "large"} {
		if p, ok := s.Enough(credits); !ok || p.ID != want {
			t.Errorf("enough for %d is %q, want %q", credits, p.ID, want)
		}
	}
	for stars, want := range map[int64]int64{1: 1, 10: 10, 33: 33, 100: 125} {
		if got := s.Worth(stars); got != want {
			t.Errorf("%d Stars are worth %d, want %d", stars, got, want)
		}
	}
}
