package workers

import (
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func TestRest(t *testing.T) {
	t.Parallel()
	const at = 1_000_000
	long := func(units int) *incoming {
		return &incoming{person: storage.Person{Settings: storage.Settings{Long: at, LongUnits: units}}}
	}
	for name, tt := range map[string]struct {
		in   *incoming
		m    telegram.Message
		want bool
	}{
		"the rest":                     {long(4090), telegram.Message{Date: at, Text: "and a tree"}, true},
		"a moment later":               {long(4090), telegram.Message{Date: at + 2, Text: "and a tree"}, true},
		"cut well before the end":      {long(3800), telegram.Message{Date: at, Text: strings.Repeat("x", 300)}, true},
		"in Telegram's units":          {long(4090), telegram.Message{Date: at, Text: "🦊🦊🦊"}, true},
		"would have fitted":            {long(4079), telegram.Message{Date: at + 1, Text: "a tree"}, false},
		"later":                        {long(4090), telegram.Message{Date: at + 3, Text: "and a tree"}, false},
		"earlier":                      {long(4090), telegram.Message{Date: at - 1, Text: "and a tree"}, false},
		"a reply":                      {long(4090), telegram.Message{Date: at, Text: "and a tree", ReplyTo: &telegram.Message{ID: 1}}, false},
		"a reply into another chat":    {long(4090), telegram.Message{Date: at, Text: "and a tree", External: &telegram.Message{}}, false},
		"forwarded":                    {long(4090), telegram.Message{Date: at, Text: "and a tree", Forward: &telegram.Origin{}}, false},
		"a picture":                    {long(4090), telegram.Message{Date: at, Caption: "and a tree", Photo: []telegram.PhotoSize{{}}}, false},
		"after one that was not cut":   {long(0), telegram.Message{Date: at, Text: "and a tree"}, false},
		"nothing was too long, so far": {&incoming{}, telegram.Message{Date: at, Text: "and a tree"}, false},
	} {
		if tt.in.message = &tt.m; tt.in.rest() != tt.want {
			t.Errorf("%s: %v", name, !tt.want)
		}
	}
}

// Nothing is painted of the end of a text that is too long, and nothing that may be one goes unanswered.
func TestTheRestOfATextIsAnswered(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b, p := newAgreed(t, s)
		who, err := s.KnownPerson(t.Context(), p.ID())
		if err != nil {
			t.Fatal(err)
		}
		answers := func(pieces ...string) (all []telegramtest.Message) {
			t.Helper()
			before := len(p.Messages())
			for _, text := range pieces {
				if _, err := p.Send(telegramtest.Outgoing{Text: text}); err != nil {
					t.Fatal(err)
				}
			}
			b.handle()
			for _, m := range p.Messages()[before:] {
				if m.FromBot() {
					all = append(all, m)
				}
			}
			return all
		}
		painted := func(want int) {
			t.Helper()
			if rows, err := s.History(t.Context(), who.ID, "", 10); err != nil || len(rows) != want {
				t.Errorf("%d generations, %v, want %d", len(rows), err, want)
			}
		}
		all := answers(strings.Repeat("x", 4096) + "under a tree")
		if len(all) != 2 {
			t.Fatalf("%d answers", len(all))
		}
		b.has(all[0], "too long")
		b.has(all[1], "the rest of the text")
		painted(0)
		b.press(p, all[1], "🎨 Paint this")
		painted(1)
		b.tg.Advance(4 * time.Second)
		all = answers(strings.Repeat("fox ", 1020), "a tree")
		b.has(all[0], "too long")
		painted(2)
	})
}

// What looks like a command or says nothing is not painted, in whatever script.
func TestWhatIsNoPrompt(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b, p := newAgreed(t, s)
		for typed, want := range map[string]string{
			"/помощь": "I don’t know /помощь.", "/старт@imagika_bot x": "I don’t know /старт.", "/yardım": "I don’t know /yardım.",
			"/": "I don’t know /.", "///": "I don’t know ///.", "/ fox": "I don’t know /.",
			"?": "What shall I paint?", ". . .": "What shall I paint?", "/imagine ?!": "What shall I paint?", "--n 2 -": "What shall I paint?",
			"/improve …": "None of the services",
		} {
			if got := b.say(p, typed).Text; !strings.Contains(got, want) {
				t.Errorf("%q: %q", typed, got)
			}
		}
		before := len(p.Messages()) + 1
		p.Photo(pngWith(t), "?")
		b.handle()
		b.has(p.Messages()[before], "What should I change?")
		who, err := s.KnownPerson(t.Context(), p.ID())
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := s.History(t.Context(), who.ID, "", 10); err != nil || len(rows) != 0 {
			t.Errorf("%d generations, %v", len(rows), err)
		}
		code := []telegramtest.Entity{{Type: "code", Length: len("/balance")}}
		if _, err := p.Send(telegramtest.Outgoing{Text: "/balance", Entities: code}); err != nil {
			t.Fatal(err)
		}
		b.handle()
		all := p.Messages()
		b.has(all[len(all)-1], "credits")
	})
}
