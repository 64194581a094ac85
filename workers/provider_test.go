package workers

import (
	"slices"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func TestKeepingProvidersOut(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := newChatBench(t, s)
		b.useProviders(BuiltIn)
		p := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "en"})
		b.has(b.say(p, "/providers"), "no other service")
		b.useProviders(BuiltIn, "openai", "bfl")
		m := b.say(p, "/providers")
		if _, ok := m.Button("✓ Black Forest Labs"); !ok || len(m.ReplyMarkup.InlineKeyboard) != 2 {
			t.Errorf("buttons %+v, want the two services outside", m.ReplyMarkup)
		}
		without := func(want ...string) {
			t.Helper()
			who, err := s.PersonByTelegram(t.Context(), p.ID(), "en")
			if err != nil || !slices.Equal(who.Settings.Without, want) {
				t.Errorf("kept out are %v, %v; want %v", who.Settings.Without, err, want)
			}
		}
		old := m
		toast, m := b.press(p, m, "✓ OpenAI")
		if toast != "It gets nothing of yours from now on." {
			t.Errorf("answered %q", toast)
		}
		without("openai")
		data, _ := old.Button("✓ OpenAI")
		p.PressData(old.MessageID, data.CallbackData) // an impatient second press of what the button was
		b.handle()
		without("openai")
		_, m = b.press(p, m, "✓ Black Forest Labs")
		without("openai", "bfl")
		_, m = b.press(p, m, "✗ OpenAI")
		without("bfl")
		if _, ok := m.Button("✓ OpenAI"); !ok {
			t.Error("the one that was let back in has no tick")
		}
		b.useProviders(BuiltIn, "openai")
		if toast, _ := b.press(p, m, "✗ Black Forest Labs"); toast == "It may paint for you again." {
			t.Error("a provider that is gone was let back in")
		}
	})
}

func (b *chatBench) useProviders(names ...string) {
	b.t.Helper()
	var all []providers.Provider
	for _, name := range names {
		all = append(all, providertest.NewFake(name))
	}
	r, err := providers.NewRouter(providers.Config{Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: all})
	if err != nil {
		b.t.Fatal(err)
	}
	b.w.Router = r
}
