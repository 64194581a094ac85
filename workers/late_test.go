package workers

import (
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/objects/objectstest"
	"github.com/imagika/imagika/storage/storagetest"
)

// late is a call that nobody waits for any more.
type late struct {
	*choosing
	fake *providertest.Fake
	call storage.Attempt
	lost func() float64 // micro-dollars
}

// newLate has a generation give up on a call that goes like that, and whose result lasts so long.
func newLate(t *testing.T, expires time.Duration, step providertest.Step) *late {
	t.Helper()
	l := &late{choosing: newChoosing(t, storagetest.OnSQLite, 20), fake: providertest.NewFake("slow")}
	l.fake.Script(func(int, providers.Request) providertest.Step { return step })
	registry := prometheus.NewRegistry()
	l.w.Metrics, l.w.Objects, l.w.Keys, l.w.decode = NewMetrics(registry), objectstest.New(t), storagetest.Keys(t), make(chan struct{}, 2)
	l.lost = func() float64 { return gathered(t, registry)[MetricProviderLossMicrodollars] }
	v, err := l.w.Request(t.Context(), l.person(), fromAPI("a fox", "cheap"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := providers.NewRouter(providers.Config{
		Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: []providers.Provider{l.fake},
	})
	if err != nil {
		t.Fatal(err)
	}
	l.w.Router = r
	g, err := l.s.Claim(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	a, err := l.s.StartAttempt(t.Context(), g, storage.Attempt{Provider: "slow", Model: "slow-async", EstCost: 7})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := l.fake.Submit(t.Context(), providers.Request{
		AttemptID: a.ID, Model: a.Model, Operation: providers.Generate, Prompt: "a fox", Count: 2, Size: providers.Size{Width: 64, Height: 64},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Handle, a.ExternalID, a.NextPoll, a.Expires = sub.Handle, sub.ExternalID, time.Now(), time.Now().Add(expires)
	if err := l.s.Submitted(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if _, err := l.s.Finish(t.Context(), g, storage.StatusFailed, storage.ReasonTimeout, "", storage.End{}, nil); err != nil {
		t.Fatal(err)
	}
	l.call = a
	return l
}

// asks asks about the call once and says how it stands.
func (l *late) asks() storage.Attempt {
	l.t.Helper()
	if err := l.w.poll(l.t.Context(), queue.GenerationPoll{Attempt: l.call.ID}); err != nil {
		l.t.Fatal(err)
	}
	a, err := l.s.Attempt(l.t.Context(), l.call.ID)
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

// stored says whether there is a picture of the call in the object store.
func (l *late) stored() bool {
	_, err := l.w.Objects.Stat(l.t.Context(), objects.ResultKey(l.call.User, l.call.Generation, l.call.ID, 0, "png"))
	if err != nil && !errors.Is(err, objects.ErrNotFound) {
		l.t.Fatal(err)
	}
	return err == nil
}

// What comes late is kept, whatever went wrong with the questions before, as much of it as was asked for, and is booked as a loss once.
func TestLateResultIsKept(t *testing.T) {
	t.Parallel()
	away := &providers.Error{Provider: "slow", Class: providers.Transient, Billed: providers.BilledNo, Err: errors.New("503")}
	once := func(k int) error {
		if k == 0 {
			return away
		}
		return nil
	}
	l := newLate(t, time.Hour, providertest.Step{Polls: -1, PollErr: once, FetchErr: once})
	for _, what := range []string{"a question that failed", "not yet"} {
		if a := l.asks(); !a.Open() || !a.NextPoll.After(time.Now()) {
			t.Errorf("%s: %+v", what, a)
		}
	}
	l.fake.Finish(l.call.ID)
	if a := l.asks(); !a.Open() || l.stored() || l.lost() != 0 {
		t.Errorf("a picture that did not come: %+v", a)
	}
	for range 2 {
		if a := l.asks(); a.State != storage.AttemptSucceeded || !l.stored() || l.lost() != providertest.Price {
			t.Errorf("%+v, a picture: %v, %v lost", a, l.stored(), l.lost())
		}
	}
	if n, err := l.s.Made(t.Context(), l.call.Generation); n != 1 || err != nil { // the model made two
		t.Errorf("%d pictures, %v", n, err)
	}
	for user, want := range map[int64]error{l.call.User: nil, l.call.User + 1: errNoPicture} { // it is described to its owner alone
		body, err := l.w.shownPicture(t.Context(), storage.Writing{User: user, Request: storage.WritingRequest{Generation: l.call.Generation}})
		if !errors.Is(err, want) {
			t.Errorf("shown: %v, want %v", err, want)
		}
		if err == nil {
			_ = body.Close()
		}
	}
}

// A late picture of what was deleted while it came is not left in the object store.
func TestLateAndDeletedLeavesNothing(t *testing.T) {
	t.Parallel()
	var l *late
	l = newLate(t, time.Hour, providertest.Step{Polls: -1, FetchErr: func(int) error {
		_, _, err := l.s.DeleteResults(t.Context(), storage.Effect{}, l.call.User, []string{l.call.Generation})
		return err
	}})
	l.fake.Finish(l.call.ID)
	if a := l.asks(); a.Open() || l.stored() || l.lost() != 7 {
		t.Errorf("%+v, a picture: %v, %v lost", a, l.stored(), l.lost())
	}
}

// Nobody asks for what has run out, or was deleted.
func TestLateResultIsNotAskedForForever(t *testing.T) {
	t.Parallel()
	for desc, expires := range map[string]time.Duration{"run out": -time.Second, "deleted": time.Hour} {
		l := newLate(t, expires, providertest.Step{Polls: -1})
		if expires > 0 {
			if _, _, err := l.s.DeleteResults(t.Context(), storage.Effect{}, l.call.User, []string{l.call.Generation}); err != nil {
				t.Fatal(err)
			}
		}
		if a := l.asks(); a.Open() || l.lost() != 7 {
			t.Errorf("%s: %+v, %v lost", desc, a, l.lost())
		}
		if call, _ := l.fake.Call(l.call.ID); call.Polls != 0 {
			t.Errorf("%s: asked %d times", desc, call.Polls)
		}
	}
}
