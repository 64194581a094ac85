package workers

import (
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func TestChoosingAModel(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := newChatBench(t, s)
		b.useProviders("a", "b")
		words, large := providertest.FakeModel("b"), providertest.FakeModel("large")
		words.Operations, large.Operations = []providers.Operation{providers.Generate}, []providers.Operation{providers.Upscale}
		err := b.w.Router.Use(providers.Book{Offers: []providers.Offer{
			{Name: "first", Title: map[string]string{"en": "First", "de": "Der Erste"}, About: map[string]string{"en": "A & B"}, Price: providers.Prices{{Amount: 7}}, Routes: []providers.RouteSpec{{Provider: "a", Model: "a"}}},
			{Name: "second", Title: map[string]string{"en": "Second"}, Routes: []providers.RouteSpec{{Provider: "b", Model: "words", Can: &words}}},
			{Name: "large", Title: map[string]string{"en": "Larger"}, Routes: []providers.RouteSpec{{Provider: "b", Model: "large", Can: &large}}},
			{Name: "secret", Title: map[string]string{"en": "Secret"}, Hidden: true, Routes: []providers.RouteSpec{{Provider: "a", Model: "a"}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		b.w.Settings.Price = 1
		p := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "de"})
		b.agree(p)
		m := b.say(p, "/model")
		b.has(m, "Der Erste · 7\u00a0Credits pro Bild", "Second · 1\u00a0Credit pro Bild")
		if _, ok := m.Button("✓ Der Erste"); !ok || len(m.ReplyMarkup.InlineKeyboard) != 3 {
			t.Errorf("buttons %+v, want the two that paint, the first with a tick", m.ReplyMarkup)
		}
		toast, m := b.press(p, m, "Second")
		if _, ok := m.Button("✓ Second"); !ok || toast != "Deine Wahl gilt ab dem nächsten Bild." {
			t.Errorf("answered %q", toast)
		}
		who, err := s.PersonByTelegram(t.Context(), p.ID(), "de")
		if err != nil {
			t.Fatal(err)
		}
		for op, want := range map[providers.Operation]string{providers.Generate: "second", providers.Edit: "first", providers.Upscale: "first"} {
			if got := b.w.modelFor(who, op).Name; got != want {
				t.Errorf("%s goes to %s, want %s", op, got, want)
			}
		}
		if m = b.say(p, "/model first"); m.ReplyMarkup == nil {
			t.Fatal("no buttons")
		}
		if _, ok := m.Button("✓ Der Erste"); !ok {
			t.Error("a name after the command chose nothing")
		}
		b.has(b.say(p, "/model nonsense"), "Der Erste", "Second")
	})
}

// agree lets a person say their age and agree to the policy.
func (b *chatBench) agree(p *telegramtest.Person) {
	b.t.Helper()
	p.Start("")
	b.handle()
	m := b.say(p, "5/1990")
	b.press(p, m, m.ReplyMarkup.InlineKeyboard[0][0].Text)
}
