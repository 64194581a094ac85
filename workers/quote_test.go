package workers

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// choosing is a chat with three painters: one that is cheap and slow, one in between, and one that is quick and dear.
type choosing struct {
	*chatBench
	s     *storage.Store
	url   string // of the database
	ada   *telegramtest.Person
	fakes map[string]*providertest.Fake
	ahead atomic.Int64 // of the store's clock
}

// eachChoosing runs a test on both databases, for somebody with credits.
func eachChoosing(t *testing.T, credits int64, f func(t *testing.T, b *choosing)) {
	t.Helper()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			b := newChoosing(t, engine, credits)
			f(t, b)
			if bad, err := b.s.Verify(t.Context()); err != nil || len(storagetest.ByHand(bad)) > 0 {
				t.Errorf("books: %v, %v", bad, err)
			}
		})
	}
}

func newChoosing(t *testing.T, engine string, credits int64) *choosing {
	t.Helper()
	b := &choosing{fakes: map[string]*providertest.Fake{}, url: storagetest.Migrated(t, engine)}
	b.s = storagetest.Open(t, b.url, func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) })
	b.chatBench = newChatBench(t, b.s)
	var all []providers.Provider
	for name, typical := range map[string]time.Duration{"cheap": 30 * time.Second, "middle": 15 * time.Second, "quick": 5 * time.Second} {
		m := providertest.FakeModel(name)
		m.Typical = typical
		if name == "quick" {
			m.Qualities = []providers.Quality{providers.QualityLow, providers.QualityHigh}
		}
		b.fakes[name] = providertest.NewFake(name, m)
		all = append(all, b.fakes[name])
	}
	r, err := providers.NewRouter(providers.Config{Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: all})
	if err != nil {
		t.Fatal(err)
	}
	b.w.Router, b.w.Settings.Model = r, "middle"
	b.prices(3, 12, 20)
	b.ada = b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "en"})
	b.agree(b.ada)
	if credits > 0 {
		b.grant(credits)
	}
	return b
}

func (b *choosing) prices(cheap, middle, quick int64) {
	b.t.Helper()
	offer := func(name, title string, price int64) providers.Offer {
		return providers.Offer{
			Name: name, Title: map[string]string{"en": title}, Price: providers.Prices{{Amount: price}},
			Routes: []providers.RouteSpec{{Provider: name, Model: name}},
		}
	}
	err := b.w.Router.Use(providers.Book{Offers: []providers.Offer{
		offer("cheap", "Cheap", cheap), offer("middle", "Middle", middle), offer("quick", "Quick", quick),
	}})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *choosing) person() storage.Person {
	b.t.Helper()
	p, err := b.s.PersonByTelegram(b.t.Context(), b.ada.ID(), "en")
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *choosing) grant(credits int64) {
	b.t.Helper()
	if _, err := b.s.Give(b.t.Context(), storage.Given{User: b.person().ID, Key: "test:" + newNonce(), Source: storage.SourcePromo, Credits: credits}); err != nil {
		b.t.Fatal(err)
	}
}

// held is what is set aside, and for how many generations.
func (b *choosing) held(credits int64, generations int) storage.Generation {
	b.t.Helper()
	acc, err := b.s.Account(b.t.Context(), b.person().ID)
	if err != nil {
		b.t.Fatal(err)
	}
	all, err := b.s.History(b.t.Context(), b.person().ID, "", 100)
	if err != nil {
		b.t.Fatal(err)
	}
	if acc.Held != credits || len(all) != generations {
		b.t.Errorf("%d credits set aside for %d generations, want %d for %d", acc.Held, len(all), credits, generations)
	}
	if len(all) == 0 {
		return storage.Generation{}
	}
	return all[0]
}

// tap presses a button, any number of times at once, and returns the last answer.
func (b *choosing) tap(m telegramtest.Message, label string, times int) string {
	b.t.Helper()
	var last *telegramtest.Press
	for range times {
		last = b.poke(m, label)
	}
	b.handle()
	return last.Must(b.t).Text
}

// poke presses a button whose label has spaces that keep together.
func (b *choosing) poke(m telegramtest.Message, label string) *telegramtest.Press {
	b.t.Helper()
	for _, row := range m.ReplyMarkup.InlineKeyboard {
		for _, button := range row {
			if spaced(button.Text) == label {
				label = button.Text
			}
		}
	}
	press, err := b.ada.Press(m.MessageID, label)
	if err != nil {
		b.t.Fatal(err)
	}
	return press
}

// newest is the last message of the chat.
func (b *choosing) newest() telegramtest.Message {
	all := b.ada.Messages()
	return all[len(all)-1]
}

func labels(m telegramtest.Message) string {
	var all []string
	if m.ReplyMarkup != nil {
		for _, row := range m.ReplyMarkup.InlineKeyboard {
			for _, button := range row {
				all = append(all, button.Text)
			}
		}
	}
	return spaced(strings.Join(all, " | "))
}

func TestAWishUnderTheLimitStartsAtOnce(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 50, func(t *testing.T, b *choosing) {
		b.has(b.say(b.ada, "a fox --model cheap"), "line", "3 credits · 47 left")
		b.held(3, 1)
	})
}

func TestADearWishIsAskedFirst(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 50, func(t *testing.T, b *choosing) {
		m := b.say(b.ada, "a fox\nat night --seed 7")
		b.has(m, "a fox at night", "12 credits with Middle", "15–30 s", "38 left")
		if got, want := labels(m), "▶️ Start | 🪙 Cheap · 3 · 30 s | ⚡ Quick · 20 · 5 s | Not now"; got != want {
			t.Errorf("buttons %q, want %q", got, want)
		}
		b.held(0, 0)
		b.prices(30, 30, 30) // the quote holds its price
		if got := b.tap(m, "▶️ Start", 2); got != "Already done." {
			t.Errorf("the second of two taps is answered %q", got)
		}
		g := b.held(12, 1)
		if g.Model != "middle" || g.Request.Prompt != "a fox\nat night" || g.Params.Seed != 7 || g.Price != 12 || g.Request.Chat != b.ada.ID() {
			t.Errorf("started %+v", g)
		}
		if asked, _ := b.ada.Message(m.MessageID); !asked.Deleted {
			t.Error("the question stays")
		}
		b.has(b.newest(), "12 credits · 38 left")
	})
}

func TestAnotherModelOfAQuote(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 50, func(t *testing.T, b *choosing) {
		m := b.say(b.ada, "a fox --n 2")
		b.has(m, "24 credits")
		presses := []string{"🪙 Cheap · 6 · 30 s", "▶️ Start", "Not now"}
		for _, label := range presses {
			b.poke(m, label)
		}
		b.handle()
		if g := b.held(6, 1); g.Model != "cheap" || g.Params.Count != 2 {
			t.Errorf("started %+v", g)
		}
	})
}

func TestAQuoteIsTurnedDown(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 50, func(t *testing.T, b *choosing) {
		m := b.say(b.ada, "a fox")
		_, after := b.press(b.ada, m, "Not now")
		b.has(after, "Nothing was charged")
		b.held(0, 0)
	})
}

func TestAnExpiredQuoteIsRenewed(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 50, func(t *testing.T, b *choosing) {
		m := b.say(b.ada, "a fox")
		b.ahead.Store(int64(storage.QuoteTime + time.Second))
		b.prices(3, 15, 20)
		toast, after := b.press(b.ada, m, "▶️ Start")
		if !strings.Contains(toast, "fresh") {
			t.Errorf("answered %q", toast)
		}
		b.has(after, "15 credits", "35 left")
		b.held(0, 0)
		b.tap(after, "▶️ Start", 1)
		b.held(15, 1)
	})
}

func TestAWishWaitsForCredits(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 5, func(t *testing.T, b *choosing) {
		m := b.say(b.ada, "a fox")
		b.has(m, "12 credits, and you have 5")
		if toast, _ := b.press(b.ada, m, "▶️ Start"); toast != "Not enough credits for this one." {
			t.Errorf("answered %q", toast)
		}
		b.held(0, 0)
		b.grant(10)
		b.tap(m, "▶️ Start", 2)
		b.held(12, 1)
		m = b.say(b.ada, "another --n 4")
		b.has(m, "48 credits, and you have 3")
		b.ahead.Store(int64(storage.QuoteTime + time.Second))
		if toast, _ := b.press(b.ada, m, "▶️ Start"); toast != "Not enough credits for this one." {
			t.Errorf("answered %q", toast)
		}
		b.held(12, 1)
	})
}

func TestALimitOfOnesOwn(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 100, func(t *testing.T, b *choosing) {
		m := b.say(b.ada, "/settings")
		_, m = b.press(b.ada, m, "📅 Monthly: no limit")
		b.has(m, "So far: 0")
		b.press(b.ada, m, "20")
		b.tap(b.say(b.ada, "a fox"), "▶️ Start", 1)
		b.held(12, 1)
		refused := b.say(b.ada, "a second fox")
		b.has(refused, "12 credits", "12 of 20 this month")
		if got, want := labels(refused), "▶️ Start | Not now | 📅 Change the limit"; got != want {
			t.Errorf("buttons %q, want %q", got, want)
		}
		b.tap(refused, "▶️ Start", 1)
		b.has(b.newest(), "12 of 20 this month")
		b.held(12, 1)
		b.tap(refused, "📅 Change the limit", 1)
		b.press(b.ada, b.newest(), "50")
		b.tap(refused, "▶️ Start", 1)
		b.held(24, 2)
	})
}

func TestWhoCannotBeReachedIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 50, func(t *testing.T, b *choosing) {
		b.fakes["middle"].Script(func(int, providers.Request) providertest.Step {
			return providertest.Step{Err: &providers.Error{Provider: "middle", Class: providers.Auth, Billed: providers.BilledNo}}
		})
		route, err := b.w.Router.Pick(t.Context(), providers.Ask{Offer: "middle", Operation: providers.Generate, Count: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.w.Router.Submit(t.Context(), route, providers.Request{AttemptID: "x", Model: "middle", Operation: providers.Generate, Count: 1}); err == nil {
			t.Fatal("the key was not refused")
		}
		m := b.say(b.ada, "a fox")
		b.has(m, "Middle can’t be reached right now")
		if got, want := labels(m), "⏳ Wait for it · 12 | 🪙 Cheap · 3 · 30 s | ⚡ Quick · 20 · 5 s | Not now"; got != want {
			t.Errorf("buttons %q, want %q", got, want)
		}
		b.held(0, 0)
		b.tap(m, "⚡ Quick · 20 · 5 s", 1)
		if g := b.held(20, 1); g.Model != "quick" {
			t.Errorf("%s paints", g.Model)
		}
	})
}

func TestAskAlwaysOrNever(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 100, func(t *testing.T, b *choosing) {
		m := b.say(b.ada, "/settings")
		_, m = b.press(b.ada, m, "💬 Ask above: 10")
		b.press(b.ada, m, "always")
		b.has(b.say(b.ada, "a fox --model cheap"), "3 credits with Cheap")
		b.press(b.ada, m, "never")
		b.has(b.say(b.ada, "a fox --n 4"), "48 credits · 52 left")
		b.held(48, 1)
	})
}

// A painter that cannot do what was set leaves it out; what a flag asks of it is refused.
func TestSettingsGiveWayAndFlagsDoNot(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 100, func(t *testing.T, b *choosing) {
		b.say(b.ada, "/model Quick")
		m := b.say(b.ada, "/settings")
		for _, way := range [][2]string{
			{"💎 Quality: auto", "high"}, {"📐 Shape: auto", "16:9"}, {"🔢 At a time: 1", "2"}, {"🎭 Style: No style", "🖼 Oil painting"},
		} {
			_, m = b.press(b.ada, m, way[0])
			_, m = b.press(b.ada, m, way[1])
			if !strings.Contains(labels(m), "✓ "+way[1]) {
				t.Errorf("%s: buttons %q", way[1], labels(m))
			}
			_, m = b.press(b.ada, m, "◀️ Back")
		}
		b.tap(b.say(b.ada, "a fox"), "▶️ Start", 1)
		want := storage.Params{Width: 96, Height: 54, Count: 2, Quality: "high", Style: "oil"}
		g := b.held(40, 1)
		if want.Seed = g.Params.Seed; g.Params != want {
			t.Errorf("%+v, want %+v", g.Params, want)
		}
		b.say(b.ada, "/model cheap")
		b.has(b.say(b.ada, "/settings"), "Cheap leaves this out: 💎 Quality: high")
		b.has(b.say(b.ada, "a fox --ar 1:1 --n 1 --style none"), "3 credits")
		want = storage.Params{Width: 64, Height: 64, Count: 1}
		g = b.held(43, 2)
		if want.Seed = g.Params.Seed; g.Params != want {
			t.Errorf("%+v, want %+v", g.Params, want)
		}
		b.has(b.say(b.ada, "a fox --quality high"), "--quality high doesn’t work with Cheap. It does with quick.")
		m = b.say(b.ada, "/settings")
		_, m = b.press(b.ada, m, "↩️ Reset")
		_, m = b.press(b.ada, m, "Yes, reset")
		if got := b.person().Settings; got.Choice != (storage.Choice{}) || !strings.Contains(labels(m), "🖌 Painter: Middle") {
			t.Errorf("settings %+v, buttons %q", got, labels(m))
		}
	})
}

func TestPresets(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 100, func(t *testing.T, b *choosing) {
		b.has(b.say(b.ada, "/preset"), "/preset save poster")
		b.has(b.say(b.ada, "/preset save"), "A preset needs a name", "/preset save poster")
		b.has(b.say(b.ada, "/preset save two.words --n 2"), "“two.words” can’t be")
		b.has(b.say(b.ada, "/preset save mine a fox --n 2"), "Leave out “a fox”")
		b.has(b.say(b.ada, "/preset save mine"), "nothing to save")
		b.has(b.say(b.ada, "/preset save mine --n 9"), "--n can’t be “9”")
		b.has(b.say(b.ada, "/preset save Плакат --model cheap --ar 9:16 --style oil --no text, hands --seed 5"),
			"Плакат", "--model cheap --ar 9:16 --style oil --seed 5 --no text, hands")
		b.say(b.ada, "a fox --preset плакат --ar 16:9")
		g := b.held(3, 1)
		if want := (storage.Params{Width: 96, Height: 54, Count: 1, Seed: 5, Style: "oil"}); g.Params != want || g.Model != "cheap" || g.Request.Negative != "text, hands" {
			t.Errorf("%s: %+v, without %q", g.Model, g.Params, g.Request.Negative)
		}
		m := b.say(b.ada, "/preset")
		toast, m := b.press(b.ada, m, "▶️ Плакат")
		if got := b.person().Settings; got.Style != "oil" || got.Ratio != "9:16" || toast == "" || !strings.Contains(labels(m), "✓ Плакат") {
			t.Errorf("settings %+v, answered %q, buttons %q", got, toast, labels(m))
		}
		b.tap(m, "🗑", 2)
		if left := b.person().Settings.Presets; len(left) != 0 {
			t.Errorf("%d presets left", len(left))
		}
		for i := range maxPresets {
			b.say(b.ada, "/preset save p"+string(rune('a'+i))+" --n 2")
		}
		b.has(b.say(b.ada, "/preset save more --n 2"), "20 presets")
		b.has(b.say(b.ada, "/preset save PA --n 3"), "Saved as PA")
	})
}

// A change keeps the looks of its picture, unless its own words say otherwise.
func TestDefaultsOfAnEdit(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 100, func(t *testing.T, b *choosing) {
		set := storage.Settings{Choice: storage.Choice{Model: "cheap", Style: "oil", Ratio: "16:9", Count: 2}}
		for typed, want := range map[string]string{"make it winter": "", "make it winter --style ink": "ink"} {
			a, err := b.w.ask(typed, set, providers.Edit)
			if err != nil || a.params.Style != want || a.shaped || a.params.Count != 2 || a.model != "cheap" || a.operation != "edit" {
				t.Errorf("%q: %+v, %v", typed, a, err)
			}
		}
	})
}

func TestWorded(t *testing.T) {
	t.Parallel()
	g := storage.Generation{Request: storage.Request{Prompt: "a fox.\n", Negative: "text"}, Params: storage.Params{Style: "oil"}}
	said, negative := worded(g, providers.Model{Negative: true})
	if want := "a fox, oil painting, visible brushwork, impasto"; said != want || negative != "text" {
		t.Errorf("said %q without %q", said, negative)
	}
	said, negative = worded(g, providers.Model{})
	if !strings.HasSuffix(said, "\n\nLeave out: text") || negative != "" {
		t.Errorf("said %q without %q", said, negative)
	}
	g.Params.Style, g.Request.Negative = "gone", ""
	if said, _ := worded(g, providers.Model{}); said != g.Request.Prompt {
		t.Errorf("said %q", said)
	}
}
