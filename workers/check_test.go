package workers

import (
	"strings"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// Where nothing passes without a moderator's answer, a silent one costs nobody anything: no credits, no strike, and no call
// for what was not even begun.
func TestNothingPassesUnjudged(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		silent func(text string) bool
		paid   int // calls
	}{
		"the request": {func(text string) bool { return text != "" }, 0},
		"the result":  {func(text string) bool { return text == "" }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newChoosing(t, storagetest.OnSQLite, 20)
			for name, fake := range b.fakes { // whichever is asked
				fake.ScriptModeration(func(text string, _ int) ([]providers.Category, error) {
					if tt.silent(text) {
						return nil, &providers.Error{Provider: name, Class: providers.Transient, Billed: providers.BilledNo}
					}
					return nil, nil
				})
			}
			b.w.Settings.Closed = true
			b.w.decode = make(chan struct{}, 1)
			b.say(b.ada, "a fox --model cheap")
			g := b.held(3, 1)
			if err := b.w.generate(t.Context(), queue.GenerationGenerate{ID: g.ID}); err != nil {
				t.Fatal(err)
			}
			b.handle()
			if m := b.newest(); !strings.Contains(spaced(m.Text), "that isn’t answering right now. Nothing was charged. Please try again in a minute") {
				t.Errorf("told %q", m.Text)
			}
			after := b.held(0, 1)
			if after.Status != storage.StatusFailed || after.Reason != storage.ReasonUnjudged || len(b.fakes["cheap"].Calls()) != tt.paid {
				t.Errorf("%s, %s after %d calls", after.Status, after.Reason, len(b.fakes["cheap"].Calls()))
			}
			acc, err := b.s.Account(t.Context(), b.person().ID)
			if err != nil || acc.Available() != 20 {
				t.Errorf("account %+v, %v", acc, err)
			}
			if strikes, err := b.s.Strikes(t.Context(), b.person().ID); err != nil || len(strikes) > 0 {
				t.Errorf("strikes %v, %v", strikes, err)
			}
		})
	}
}

// What an operator set shows among the choices, in its place.
func TestAskOptions(t *testing.T) {
	t.Parallel()
	for own, want := range map[int64]string{
		0: "0 2 5 10 20 50 100 " + unlimited, 7: "0 2 5 7 10 20 50 100 " + unlimited, 500: "0 2 5 10 20 50 100 500 " + unlimited,
	} {
		w := &Workers{Config: Config{Settings: Settings{AskAbove: &own}}}
		if got := strings.Join(w.askOptions(&incoming{}), " "); got != want {
			t.Errorf("%d: %s", own, got)
		}
	}
}
