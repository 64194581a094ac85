package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// newAsync is a fake whose one model answers with handles, for calls of at most that long.
func newAsync(timeout time.Duration) *providertest.Fake {
	m := providertest.FakeAsyncModel("fake")
	m.Timeout = timeout
	return providertest.NewFake("fake", m)
}

// answers is an error for the k-th question and none for others.
func answers(err error, ks ...int) func(int) error {
	return func(k int) error {
		if slices.Contains(ks, k) {
			return err
		}
		return nil
	}
}

// asyncRows are what can happen to a call that is asked about until it is done.
func asyncRows() []providerRow {
	lost, free := broke(providers.Lost, providers.BilledMaybe), broke(providers.Lost, providers.BilledNo)
	away := broke(providers.Transient, providers.BilledNo)
	delivered := end{storage.StatusDelivered, storage.ReasonNone, 19}
	return []providerRow{
		{prompt: "takes a while", calls: always(providertest.Step{Polls: 2}), end: delivered, asked: 1, billed: 1},
		{
			prompt: "badly connected", end: delivered, asked: 1, billed: 1,
			calls: always(providertest.Step{Polls: 1, PollErr: answers(away, 0, 2), FetchErr: answers(away, 0)}),
		},
		{
			prompt: "fails in the end", calls: first(1, providertest.Step{PollErr: answers(away, 1), FetchErr: answers(broke(providers.NoOutput, providers.BilledYes), 0)}),
			end: delivered, asked: 2, billed: 2, lost: 1,
		},
		{
			prompt: "canceled", calls: always(providertest.Step{Polls: -1}), cancel: true,
			end: end{storage.StatusCanceled, storage.ReasonPerson, 20}, say: "credit is yours again", asked: 1,
		},
		{
			prompt: "stopped by somebody else", calls: first(1, providertest.Step{PollErr: answers(broke(providers.Canceled, providers.BilledNo), 0)}),
			end: delivered, asked: 2, billed: 2,
		},
		{prompt: "cancel refused", calls: always(providertest.Step{Polls: 4, CancelRefused: true}), cancel: true, end: delivered, asked: 1, billed: 1},
		{
			prompt: "handle lost", calls: always(providertest.Step{Polls: 5, PollErr: answers(lost, 1)}),
			end: end{storage.StatusFailed, storage.ReasonUnknown, 20}, say: "my fault", asked: 1, billed: 1, lost: 1,
		},
		{prompt: "handle lost for free", calls: first(1, providertest.Step{Polls: 5, PollErr: answers(free, 1)}), end: delivered, asked: 2, billed: 2},
		{
			prompt: "refused afterwards", calls: always(providertest.Step{PollErr: answers(&providers.Error{Class: providers.Rejected, Billed: providers.BilledNo, Stage: "output"}, 0)}),
			end: end{storage.StatusRefused, storage.ReasonOutput, 20}, say: "safety check", asked: 1, billed: 1,
		},
		{
			prompt: "answer lost", calls: always(providertest.Step{LoseAnswer: true}),
			end: end{storage.StatusFailed, storage.ReasonUnknown, 20}, say: "my fault", asked: 1, billed: 1, lost: 1,
		},
	}
}

// A call that is asked about until it is done, and all that can happen on the way.
func TestAsyncFaults(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := newAsync(time.Minute)
		w.tryRows(fake, fake, asyncRows())
	})
}

// Nobody is kept waiting for ever: the credits come back, and what the provider brings later is the person's, free.
func TestLateResult(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := newAsync(3 * time.Second)
		plan{"a glacier": always(providertest.Step{Polls: -1})}.follow(fake)
		a, _ := w.start(withProvider(fake))
		w.agree(w.person)
		// Telegram does not take the bad news at first: it must not turn into the late picture.
		w.tg.Fault(telegramtest.Fault{Method: "editMessageText", ChatID: w.person.ID(), Contains: "took too long", Code: 500, Times: 3})
		w.person.Text("a glacier")
		id := attempt(t, fake, "a glacier", 1)
		s := w.store()
		g := w.ended(s, w.person, end{storage.StatusFailed, storage.ReasonTimeout, 20})
		fake.Finish(id)
		late := w.picture(w.person, "This came late")
		if !strings.Contains(late.Caption, "a glacier") || !strings.Contains(late.Caption, "free") {
			t.Errorf("caption %q", late.Caption)
		}
		w.waitFor(w.person, 30*time.Second, telegramtest.Has("That took too long"))
		w.quiet()
		if n := pictures(w.person); n != 1 {
			t.Errorf("%d pictures; the chat:\n%s", n, w.tg.Transcript(w.person))
		}
		w.ended(s, w.person, end{storage.StatusFailed, storage.ReasonTimeout, 20})
		if last, err := s.LastAttempt(t.Context(), g.ID); err != nil || last.Seq != 1 || last.State != storage.AttemptSucceeded {
			t.Errorf("attempt: %+v, %v", last, err)
		}
		if n := metric(t, a, losses); n != providertest.Price || fake.Billed() != 1 {
			t.Errorf("%d calls billed, %v micro-dollars booked as a loss", fake.Billed(), n)
		}
		w.press(w.person, late, "🔁 Again") // the picture can be used like any other
		attempt(t, fake, "a glacier", 2)
	})
}

// A late result that cannot be had is not waited for: the call is closed and booked. One that cannot be had at once is asked for
// again.
func TestLateResultFails(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for calls that take too long")
	}
	w := newWorld(t, onEmbedded)
	fake := newAsync(3 * time.Second)
	a, _ := w.start(withProvider(fake))
	s := w.store()
	rows := []struct {
		prompt string
		step   providertest.Step
		class  providers.Class // empty for a picture
		loss   int64
	}{
		{"a glacier", providertest.Step{Body: []byte("<!doctype html><h1>502</h1>")}, providers.NoOutput, providertest.Price},
		{"a geyser", providertest.Step{FetchErr: answers(broke(providers.Rejected, providers.BilledNo), 0)}, providers.Rejected, 0},
		{"a gorge", providertest.Step{FetchErr: answers(broke(providers.Transient, providers.BilledNo), 0)}, "", providertest.Price},
	}
	script, people, loss := plan{}, make([]*telegramtest.Person, len(rows)), int64(0)
	for i, r := range rows {
		r.step.Polls = -1
		script[r.prompt], people[i] = always(r.step), w.someone("Ada")
		loss += r.loss
	}
	script.follow(fake)
	for i, r := range rows {
		people[i].Text(r.prompt)
	}
	for i, r := range rows {
		g := w.ended(s, people[i], end{storage.StatusFailed, storage.ReasonTimeout, 20})
		fake.Finish(attempt(t, fake, r.prompt, 1))
		var last storage.Attempt
		within(t, 40*time.Second, r.prompt+" is not closed", func() (over bool) {
			var err error
			last, err = s.LastAttempt(t.Context(), g.ID)
			return err == nil && last.State != storage.AttemptSubmitted && last.State != storage.AttemptRunning
		})
		if state := last.State; last.ErrClass != string(r.class) || (state == storage.AttemptSucceeded) != (r.class == "") {
			t.Errorf("%s: %s, %s", r.prompt, state, last.ErrClass)
		}
		if r.class == "" {
			w.picture(people[i], "This came late")
		}
		w.ended(s, people[i], end{storage.StatusFailed, storage.ReasonTimeout, 20})
	}
	if n := metric(t, a, losses); n != float64(loss) {
		t.Errorf("%v micro-dollars booked as a loss, want %d", n, loss)
	}
}

// A provider that calls back is asked at once, and is not believed.
func TestProviderCallsBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := newAsync(5 * time.Minute)
		plan{"a canyon": always(providertest.Step{Polls: -1, NextPoll: time.Minute})}.follow(fake)
		a, _ := w.start(withProvider(fake), func(o *app.Options) { o.Config.PublicURL = "https://imagika.example" })
		w.agree(w.person)
		w.person.Text("a canyon")
		id := attempt(t, fake, "a canyon", 1)
		call, _ := fake.Call(id)
		given, ok := strings.CutPrefix(call.Request.CallbackURL, "https://imagika.example/hooks/fake/")
		if !ok {
			t.Fatalf("the provider was told to call back at %q", call.Request.CallbackURL)
		}
		w.waitFor(w.person, 20*time.Second, cancelable)
		knock := func(path string, want int) {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+a.WebAddr+"/hooks/fake/"+path, strings.NewReader(`{"status":"failed"}`))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("callback %s: %s", path, resp.Status)
			}
		}
		polls := func() int { c, _ := fake.Call(id); return c.Polls }
		knock("nonsense", http.StatusBadRequest)
		knock("01ARZ3NDEKTSV4RRFFQ69G5FAV", http.StatusForbidden) // nobody's
		knock(id+"?sig=00", http.StatusForbidden)
		s := w.store()
		within(t, 20*time.Second, "the handle is not stored", func() bool {
			last, err := s.Attempt(t.Context(), id)
			return err == nil && last.State == storage.AttemptSubmitted
		})
		knock(given, http.StatusNoContent)
		within(t, 15*time.Second, "the callback does not lead to a question", func() bool { return polls() == 1 })
		fake.Finish(id)
		within(t, 15*time.Second, "the second callback does not lead to a question", func() bool {
			knock(given, http.StatusNoContent) // the task of the first may not be over yet
			time.Sleep(300 * time.Millisecond)
			return polls() > 1
		})
		w.picture(w.person, "a canyon")
		w.ended(s, w.person, end{storage.StatusDelivered, storage.ReasonNone, 19})
		if asked, billed := calls(fake, "a canyon"); asked != 1 || billed != 1 {
			t.Errorf("%d calls, %d billed", asked, billed)
		}
	})
}

// The process dies between a submission and its first poll: another one asks on, and submits nothing again.
func TestKilledAfterSubmission(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills and restarts processes")
	}
	each(t, func(t *testing.T, w *world) {
		w.env["IMAGIKA_MODEL"], w.env["IMAGIKA_LOCAL_DELAY"] = "local-async", "2s"
		first := w.spawn("")
		w.agree(w.person)
		w.quiet()
		first.Kill()
		victim := w.spawn("kill:submitted:1")
		w.person.Text("a heron")
		victim.Died(t)
		w.spawn("")
		w.picture(w.person, "a heron")
		s := w.store()
		g := w.ended(s, w.person, end{storage.StatusDelivered, storage.ReasonNone, 19})
		if last, err := s.LastAttempt(t.Context(), g.ID); err != nil || last.Seq != 1 {
			t.Errorf("attempt: %+v, %v", last, err)
		}
		if n := pictures(w.person); n != 1 {
			t.Errorf("%d pictures", n)
		}
	})
}
