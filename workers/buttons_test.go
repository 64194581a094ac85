package workers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/local"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

func TestTargets(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]target{
		"01J":       {generation: "01J"}, // of an older release
		"01J-2":     {generation: "01J", n: 2},
		"01J-0-z":   {generation: "01J", how: "z"},
		"01J-1-a-b": {generation: "01J", n: 1, how: "a-b"},
		"01J--5":    {generation: "01J", how: "5"},
		"01J-x":     {generation: "01J"},
		"":          {},
	} {
		if got := parseTarget(object); got != want {
			t.Errorf("%q is read as %+v, want %+v", object, got, want)
		}
	}
	for _, want := range []target{{"01J", 0, ""}, {"01J", 3, "z"}} {
		if got := parseTarget(want.String()); got != want {
			t.Errorf("%+v comes back as %+v", want, got)
		}
	}
}

// boardKit makes boards without servers: over offers of the built-in painter, each of which does what is said.
func boardKit(t *testing.T, can map[string][]providers.Operation) func(model string, images int) board {
	t.Helper()
	painter := local.New(local.Options{})
	book := providers.Book{}
	for _, name := range []string{"cheap", "dear", "mine"} {
		if ops := can[name]; ops != nil {
			book.Offers = append(book.Offers, providers.Offer{
				Name: name, Title: map[string]string{"en": name}, Operations: ops, Price: providers.Prices{{Amount: int64(len(name))}},
				Routes: []providers.RouteSpec{{Provider: painter.Name(), Model: local.ModelSync, Priority: 1, Can: &providers.Model{Operations: ops}}},
			})
		}
	}
	router, err := providers.NewRouter(providers.Config{Providers: []providers.Provider{painter}})
	if err == nil {
		err = router.Use(book)
	}
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := queue.NewKeys([]byte(strings.Repeat("k", queue.SecretSize)))
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &Workers{Config: Config{Router: router, Texts: catalog, Sealer: sealer, Settings: Settings{Price: 1}.withDefaults()}, signer: telegram.NewSigner(sealer.MAC)}
	return func(model string, images int) board {
		owner := storage.Person{TelegramID: 1 << 40}
		g := storage.Generation{
			ID: "01JABCDEFGHJKMNPQRSTVWXYZ0", Model: model, Operation: "generate", ParentN: -1, Status: storage.StatusDelivered,
			Params: storage.Params{Count: max(images, 1), Width: 64, Height: 64}, Request: storage.Request{Prompt: "x", Chat: owner.TelegramID},
		}
		return w.board(owner.TelegramID, w.printer("en"), owner, g, make([]storage.Image, images), 0)
	}
}

func rowLabels(rows [][]telegram.Button) (all []string) {
	for _, r := range rows {
		var line []string
		for _, b := range r {
			line = append(line, b.Text)
		}
		all = append(all, strings.Join(line, "|"))
	}
	return all
}

// Only what can be served is shown, by whoever can, and each button fits what Telegram takes.
func TestOnlyWhatCanBeServedIsShown(t *testing.T) {
	t.Parallel()
	const g, e, v, u, x = providers.Generate, providers.Edit, providers.Vary, providers.Upscale, providers.Expand
	for name, tt := range map[string]struct {
		can         map[string][]providers.Operation
		model       string
		images      int
		first, more []string
	}{
		"only painting": {
			can: map[string][]providers.Operation{"mine": {g}}, model: "mine", images: 1,
			first: []string{"🔁 Again", "☆|⋯ More"}, more: []string{"📝 Remix", "💾 Save original|ℹ️ Details", "🚩 Report|🗑 Delete|◀️ Back"},
		},
		"everything": {
			can: map[string][]providers.Operation{"mine": {g, e, v, u, x}}, model: "mine", images: 2,
			first: []string{"✓ 1|2", "🔁 Again|🎲 Vary|🔎 Upscale", "✏️ Edit|☆|⋯ More"},
			more: []string{
				"✓ 1|2", "🎲 Subtle · 4|🎲 Strong · 4", "🔎 2× · 4|🔎 4× · 4|🔭 Zoom out · 4", "⬅️ · 4|➡️ · 4|⬆️ · 4|⬇️ · 4",
				"📝 Remix|📎 Build on it", "💾 Save original|ℹ️ Details", "🚩 Report|🗑 Delete|◀️ Back",
			},
		},
		"others help, the cheaper one first": {
			can: map[string][]providers.Operation{"mine": {g}, "dear": {u}, "cheap": {u, g}}, model: "mine", images: 1,
			first: []string{"🔁 Again|🔎 Upscale", "☆|⋯ More"},
			more:  []string{"🔎 2× · 4|🔎 4× · 4", "📝 Remix|⚖️ Compare", "💾 Save original|ℹ️ Details", "🚩 Report|🗑 Delete|◀️ Back"},
		},
		"a painter that is no longer offered": {
			can: map[string][]providers.Operation{"dear": {v}}, model: "gone", images: 1,
			first: []string{"🎲 Vary", "☆|⋯ More"},
			more:  []string{"🎲 Subtle · 4|🎲 Strong · 4", "📝 Remix", "💾 Save original|ℹ️ Details", "🚩 Report|🗑 Delete|◀️ Back"},
		},
		"no image": {
			can: map[string][]providers.Operation{"mine": {g, e, v, u, x}}, model: "mine",
			first: []string{"🔁 Again|🗑 Delete"}, more: []string{"🔁 Again|🗑 Delete"},
		},
	} {
		b := boardKit(t, tt.can)(tt.model, tt.images)
		if diff := cmp.Diff(tt.first, rowLabels(b.page(""))); diff != "" {
			t.Errorf("%s: first page: %s", name, diff)
		}
		if diff := cmp.Diff(tt.more, rowLabels(b.page("more"))); diff != "" {
			t.Errorf("%s: other page: %s", name, diff)
		}
	}
}

// A result leads to itself in the Mini App, where there is one, and not from a group.
func TestAResultInTheApp(t *testing.T) {
	t.Parallel()
	b := boardKit(t, map[string][]providers.Operation{"mine": {providers.Generate}})("mine", 1)
	b.w.Settings.AppURL = "https://example.org/app/"
	rows := b.first()
	if last := rows[len(rows)-1]; len(last) != 1 || last[0].App != "https://example.org/app/?to=g_"+b.g.ID || last[0].Text == "" {
		t.Errorf("the last row is %+v", last)
	}
	b.chat = -7
	for _, r := range b.first() {
		for _, button := range r {
			if button.App != "" {
				t.Errorf("a group has %+v", button)
			}
		}
	}
}

// An image is chosen, and all the buttons are about it then; those that spend work once.
func TestAChosenImage(t *testing.T) {
	t.Parallel()
	b := boardKit(t, map[string][]providers.Operation{"mine": {providers.Generate, providers.Vary}, "dear": {providers.Generate}})("mine", 3)
	b.n = 1
	nonces := map[string]bool{}
	for _, rows := range [][][]telegram.Button{b.first(), b.more(), b.confirm(), b.rivals(b.w.rivals(b.g))} {
		for _, r := range rows {
			for _, button := range r {
				p, err := b.w.signer.Parse(button.Data, b.owner.TelegramID)
				if err != nil {
					t.Fatalf("%s: %v", button.Text, err)
				}
				number := strings.TrimPrefix(button.Text, "✓ ")
				if t1 := parseTarget(p.Object); t1.n != 1 && number != "1" && number != "3" {
					t.Errorf("%s is about image %d", button.Text, t1.n)
				}
				switch spends := p.Nonce != ""; p.Op {
				case telegram.OpAgain, telegram.OpVary, telegram.OpUpscale, telegram.OpExpand, telegram.OpCompareWith, telegram.OpDeleteYes:
					if !spends || nonces[p.Nonce] {
						t.Errorf("%s has the nonce %q", button.Text, p.Nonce)
					}
					nonces[p.Nonce] = true
				default:
					if spends {
						t.Errorf("%s works only once", button.Text)
					}
				}
			}
		}
	}
}

func TestWhatAnExpansionAsksFor(t *testing.T) {
	t.Parallel()
	b := boardKit(t, map[string][]providers.Operation{"mine": {providers.Expand, providers.Upscale}})("mine", 1)
	b.images[0].Width, b.images[0].Height = 100, 60
	for how, want := range map[string]storage.Params{
		zoomOut:  {Width: 150, Height: 90, Margins: [4]float64{0.25, 0.25, 0.25, 0.25}},
		panLeft:  {Width: 150, Height: 60, Margins: [4]float64{0.5}},
		panDown:  {Width: 100, Height: 90, Margins: [4]float64{3: 0.5}},
		panRight: {Width: 150, Height: 60, Margins: [4]float64{2: 0.5}},
		panUp:    {Width: 100, Height: 90, Margins: [4]float64{1: 0.5}},
	} {
		a, ok := b.w.operation(b.g, b.images, target{how: how}, telegram.OpExpand)
		want.Count, want.Seed = 1, a.params.Seed
		if !ok || a.params != want || a.parent != b.g.ID || a.parentN != 0 {
			t.Errorf("%s: %+v", how, a)
		}
	}
	if a, _ := b.w.operation(b.g, b.images, target{how: fourTimes}, telegram.OpUpscale); a.params.Scale != 4 || a.params.Width != 400 || a.params.Height != 240 {
		t.Errorf("four times: %+v", a.params)
	}
	if _, ok := b.w.operation(b.g, b.images, target{how: "nonsense"}, telegram.OpExpand); ok {
		t.Error("a direction that does not exist was taken")
	}
}
