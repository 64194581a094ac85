package workers

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// TestWhatTheWebsiteShows asks for what the pages are made of, and for the terms, which both show.
func TestWhatTheWebsiteShows(t *testing.T) {
	t.Parallel()
	b := newChatBench(t, storagetest.New(t, storagetest.OnSQLite))
	b.useProviders("a")
	words := providertest.FakeModel("words")
	words.Operations = []providers.Operation{providers.Generate}
	title := map[string]string{"en": "First"}
	route := []providers.RouteSpec{{Provider: "a", Model: "words", Can: &words}}
	err := b.w.Router.Use(providers.Book{Offers: []providers.Offer{
		{Name: "first", Title: title, Price: providers.Prices{{Quality: providers.QualityLow, Megapixels: 1.5, Amount: 3}, {Amount: 7}}, Routes: route},
		{Name: "second", Title: title, Routes: route},
		{Name: "secret", Title: title, Hidden: true, Routes: route},
	}})
	if err != nil {
		t.Fatal(err)
	}
	b.w.Settings.Price, b.w.Settings.Facts.Operator = 2, "Fox & Sons"
	want := []Priced{
		{Name: "first", Title: title, Operations: []string{"generate"}, Rates: []Rate{{Quality: "low", Megapixels: 1.5, Credits: 3}, {Credits: 7}}},
		{Name: "second", Title: title, Operations: []string{"generate"}, Rates: []Rate{{Credits: 2}}},
	}
	if diff := cmp.Diff(want, b.w.PriceList()); diff != "" {
		t.Error(diff)
	}
	if all := b.w.CommandNames(); !slices.Contains(all, "imagine") || slices.Contains(all, "terms") {
		t.Errorf("commands %v", all)
	}
	all, err := b.w.Policies(t.Context())
	if err != nil || len(all) != 1 || all[0].Version != policy.Version || !all[0].InForce {
		t.Errorf("policies %+v, %v", all, err)
	}
	p := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "de"})
	b.has(b.say(p, "/terms"), "Fox & Sons", policy.TermsVersion)
}
