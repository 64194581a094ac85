package app_test

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// bomb is a valid header of a picture of 400 megapixels, and no data: 1.6 GB decoded.
func bomb() []byte {
	header := binary.BigEndian.AppendUint32([]byte("IHDR"), 20000)
	header = append(binary.BigEndian.AppendUint32(header, 20000), 8, 6, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(file, header...), crc32.ChecksumIEEE(header))
}

// halfway panics in the middle of an answer, as a bug in an adapter would.
type halfway struct{ *providertest.Fake }

func (h halfway) Submit(ctx context.Context, r providers.Request) (providers.Submission, error) {
	sub, err := h.Fake.Submit(ctx, r)
	if err != nil || !strings.HasPrefix(r.Prompt, "panics") {
		return sub, err
	}
	images := sub.Images
	sub.Images = func(yield func(providers.Image, error) bool) {
		for img, err := range images {
			if !yield(img, err) || r.Prompt == "panics halfway" {
				panic("scripted")
			}
		}
	}
	return sub, nil
}

// providerRow is a prompt, how the calls for it go, and what is to come of it.
type providerRow struct {
	prompt, flags string
	calls         func(k int) providertest.Step
	cancel        bool // the person presses the button
	end           end
	say           string // empty for a picture
	asked, billed int
	lost          int // calls booked as a loss
}

// tryRows has each row be a person of their own, all at the same time, and checks how it ends for every one.
func (w *world) tryRows(fake *providertest.Fake, p providers.Provider, rows []providerRow) {
	t, script := w.t, plan{}
	t.Helper()
	for _, r := range rows {
		script[r.prompt] = r.calls
	}
	script.follow(fake)
	a, _ := w.start(withProvider(p))
	people := map[string]*telegramtest.Person{}
	for _, r := range rows {
		people[r.prompt] = w.someone("Ada")
	}
	for _, r := range rows { // before the provider is known to be in trouble
		person := people[r.prompt]
		person.Text(r.prompt + r.flags)
		if r.cancel {
			attempt(t, fake, r.prompt, 1)
			w.press(person, w.waitFor(person, 20*time.Second, cancelable), "✖️ Cancel")
		}
	}
	s, lost := w.store(), 0
	for _, r := range rows {
		w.checkRow(s, people[r.prompt], r)
		if asked, billed := calls(fake, r.prompt); asked != r.asked || billed != r.billed {
			t.Errorf("%s: %d calls, %d billed; want %d and %d", r.prompt, asked, billed, r.asked, r.billed)
		}
		lost += r.lost
	}
	if n := metric(t, a, losses); n != float64(lost*providertest.Price) {
		t.Errorf("losses: %v micro-dollars, want %d calls of %d", n, lost, providertest.Price)
	}
}

// rowPatience covers a provider that is left alone for a minute after all that the other rows make it do, and again after
// a trial that fails.
const rowPatience = 150 * time.Second

// checkRow waits for the end of a row and checks what the person has of it: a picture for each credit, or one word that
// nothing was charged.
func (w *world) checkRow(s *storage.Store, p *telegramtest.Person, r providerRow) {
	w.t.Helper()
	free := 0
	if r.say == "" {
		w.waitFor(p, rowPatience, func(m telegramtest.Message) bool { return len(m.Photo) > 0 && strings.Contains(m.Caption, r.prompt) })
	} else {
		free = 1
		w.waitFor(p, rowPatience, telegramtest.Has(r.say))
	}
	w.ended(s, p, r.end)
	if n := told(p, "Nothing was charged") + told(p, "is yours again"); n != free {
		w.t.Errorf("%s: told %d times that nothing was charged", r.prompt, n)
	}
	if n := pictures(p); int64(n) != 20-r.end.balance {
		w.t.Errorf("%s: %d pictures for %d credits", r.prompt, n, 20-r.end.balance)
	}
}

// syncRows are all that a provider can do instead of painting.
func syncRows() []providerRow {
	transient, limited := broke(providers.Transient, providers.BilledNo), broke(providers.RateLimited, providers.BilledNo)
	limited.Wait, limited.Scope = time.Second, providers.ScopeCall
	billed := broke(providers.RateLimited, providers.BilledYes)
	billed.Wait, billed.Scope = time.Second, providers.ScopeCall
	input, output := broke(providers.Rejected, providers.BilledNo), broke(providers.Rejected, providers.BilledYes)
	input.Stage, output.Stage = "input", "output"
	good := providertest.PNG(providers.Size{}, 5)
	delivered := end{storage.StatusDelivered, storage.ReasonNone, 19}
	return []providerRow{
		{prompt: "fails twice", calls: first(2, providertest.Step{Err: transient}), end: delivered, asked: 3, billed: 1},
		{
			prompt: "fails for ever", calls: always(providertest.Step{Err: transient}),
			end: end{storage.StatusFailed, storage.ReasonProvider, 20}, say: "not reachable right now", asked: 3,
		},
		{
			// Four calls that were turned away and two that failed: only the two count.
			prompt: "has to wait", end: delivered, asked: 7, billed: 1,
			calls: func(k int) providertest.Step {
				switch {
				case k < 4:
					return providertest.Step{Err: limited}
				case k < 6:
					return providertest.Step{Err: transient}
				}
				return providertest.Step{}
			},
		},
		{
			// A rate limit behind the bill is no reason to pay again and again.
			prompt: "billed and limited", calls: always(providertest.Step{Err: billed}),
			end: end{storage.StatusFailed, storage.ReasonProvider, 20}, say: "not reachable right now", asked: 2, billed: 2, lost: 2,
		},
		{
			prompt: "refused", calls: always(providertest.Step{Err: input}),
			end: end{storage.StatusRefused, storage.ReasonInput, 20}, say: "against the rules", asked: 1,
		},
		{
			prompt: "refused afterwards", calls: always(providertest.Step{Err: output}),
			end: end{storage.StatusRefused, storage.ReasonOutput, 20}, say: "safety check", asked: 1, billed: 1, lost: 1,
		},
		{
			prompt: "not understood", calls: always(providertest.Step{Err: broke(providers.BadRequest, providers.BilledNo)}),
			end: end{storage.StatusFailed, storage.ReasonUnsupported, 20}, say: "couldn’t make sense", asked: 1,
		},
		{
			prompt: "answer lost", calls: always(providertest.Step{LoseAnswer: true}),
			end: end{storage.StatusFailed, storage.ReasonUnknown, 20}, say: "my fault", asked: 1, billed: 1, lost: 1,
		},
		{
			prompt: "hangs", calls: always(providertest.Step{Hang: true}),
			end: end{storage.StatusFailed, storage.ReasonTimeout, 20}, say: "took too long", asked: 1, billed: 1, lost: 1,
		},
		{
			prompt: "bug before the call", calls: always(providertest.Step{Panic: true}),
			end: end{storage.StatusFailed, storage.ReasonProvider, 20}, say: "not reachable right now", asked: 3,
		},
		{prompt: "noise once", calls: first(1, providertest.Step{Body: []byte("\x00\xff\x00garbage")}), end: delivered, asked: 2, billed: 2, lost: 1},
		{prompt: "nothing once", calls: first(1, providertest.Step{Images: -1}), end: delivered, asked: 2, billed: 2, lost: 1},
		{
			prompt: "no picture ever", asked: 2, billed: 2, lost: 2,
			end: end{storage.StatusFailed, storage.ReasonBadImage, 20}, say: "without a picture",
			calls: func(k int) providertest.Step {
				return providertest.Step{Body: [][]byte{[]byte("<!doctype html><h1>502</h1>"), bomb()}[min(k, 1)]}
			},
		},
		{prompt: "cut off once", calls: first(1, providertest.Step{Body: good[:len(good)-20]}), end: delivered, asked: 2, billed: 2, lost: 1},
		{prompt: "fewer than asked", flags: " --n 4", calls: always(providertest.Step{Images: 2}), end: end{storage.StatusDelivered, storage.ReasonNone, 18}, asked: 1, billed: 1},
		{prompt: "more than asked", flags: " --n 2", calls: always(providertest.Step{Images: 4}), end: end{storage.StatusDelivered, storage.ReasonNone, 18}, asked: 1, billed: 1},
		{prompt: "breaks off", flags: " --n 3", calls: always(providertest.Step{BreakAfter: 1}), end: delivered, asked: 1, billed: 1},
		{prompt: "panics halfway", flags: " --n 3", calls: always(providertest.Step{}), end: delivered, asked: 1, billed: 1},
	}
}

// Whatever a provider does instead of painting: what is not known to have failed is not asked for again, what nobody
// got costs nothing, and everybody is told once.
func TestProviderFaults(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.env["IMAGIKA_CALL_TIMEOUT"], w.env["IMAGIKA_STOP_GRACE"] = "12s", "42s"
		fake := providertest.NewFake("fake")
		w.tryRows(fake, halfway{fake}, syncRows())
	})
}

// A key that is refused is the operator's business: whoever asks is told at once, free, the provider is asked nothing
// that costs, and goes on when a free question says that the key is good again.
func TestProviderRefusesTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onReal)
	fake := providertest.NewFake("fake")
	fake.SetProbe(errors.New("invalid key"))
	plan{"a gate": always(providertest.Step{Err: broke(providers.Auth, providers.BilledNo)})}.follow(fake)
	a, _ := w.start(withProvider(fake))
	w.agree(w.person)
	for _, prompt := range []string{"a gate", "a wall"} {
		w.person.Text(prompt)
		w.waitFor(w.person, 20*time.Second, func(m telegramtest.Message) bool {
			return m.ReplyToMessage != nil && m.ReplyToMessage.Text == prompt && strings.Contains(m.Text, "not reachable right now")
		})
	}
	if n := len(fake.Calls()); n != 1 {
		t.Errorf("%d calls with a refused key, want the first only", n)
	}
	asked := metric(t, a, "imagika_provider_requests_total")
	fake.SetProbe(nil)
	within(t, 40*time.Second, "nobody asks whether the key is good again", func() bool {
		return metric(t, a, "imagika_provider_requests_total") > asked
	})
	w.person.Text("a door")
	w.picture(w.person, "a door")
	if n := len(fake.Calls()); n != 2 {
		t.Errorf("%d calls, want one more", n)
	}
}

// A route whose calls are all in use gives way to another one of the model: somebody's hanging call is nobody else's wait.
func TestFullRouteGivesWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	narrow := providertest.FakeAsyncModel("m")
	narrow.MaxParallel = 1
	first, second := providertest.NewFake("first", narrow), providertest.NewFake("second", providertest.FakeModel("m"))
	plan{"a slow gate": always(providertest.Step{Polls: -1})}.follow(first)
	w.start(func(o *app.Options) { o.Providers, o.Config.Model = []providers.Provider{first, second}, "m" })
	w.agree(w.person)
	w.person.Text("a slow gate")
	attempt(t, first, "a slow gate", 1)
	w.person.Text("a quick door")
	w.picture(w.person, "a quick door")
	if asked, _ := calls(first, "a quick door"); asked != 0 {
		t.Errorf("the full provider was asked %d times more", asked)
	}
	if asked, billed := calls(second, "a quick door"); asked != 1 || billed != 1 {
		t.Errorf("the other one was asked %d times and billed %d", asked, billed)
	}
}

// wipe empties Redis.
func (w *world) wipe() {
	w.t.Helper()
	r, err := queue.Open(w.t.Context(), queue.RedisConfig{URL: w.env["IMAGIKA_REDIS_URL"], Password: w.env["IMAGIKA_REDIS_PASSWORD"]})
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Close()
	if err := r.Clear(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}
