package app_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
)

// beside starts the program once more over the same servers, as another process of the deployment would be.
func (w *world) beside(change ...func(*app.Options)) *app.App {
	w.t.Helper()
	w.env["IMAGIKA_DATA"] = w.t.TempDir()
	a, _ := w.start(change...)
	return a
}

// stopped tells the program to stop and returns a channel that is closed when it has.
func (w *world) stopped(a *app.App, stop func()) <-chan struct{} {
	w.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		stop()
	}()
	within(w.t, 20*time.Second, "the process does not say that it stops", func() bool {
		res, err := http.Get("http://" + a.AdminAddr + "/readyz")
		if err != nil {
			return true // it has, already
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusServiceUnavailable
	})
	return done
}

// A process that is told to stop while a call takes a minute waits for it, takes nothing more, and stores what it brings:
// the call is paid for. Whoever asks meanwhile is served by another process, which also delivers.
func TestStopWaitsForACall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onReal)
	slow, paint := held("fake")
	defer paint()
	first, stop := w.start(withProvider(slow))
	w.agree(w.person)
	w.person.Text("a slow river")
	attempt(t, slow, "a slow river", 1)

	quick := providertest.NewFake("fake")
	w.beside(withProvider(quick))
	done := w.stopped(first, stop)
	w.person.Text("a quick bird")
	w.picture(w.person, "a quick bird")
	select {
	case <-done:
		t.Error("the process did not wait for its call")
	default:
	}
	paint()
	w.picture(w.person, "a slow river")
	<-done
	if asked, _ := calls(slow, "a slow river"); asked != 1 {
		t.Errorf("the process that stopped made %d calls", asked)
	}
	if asked, _ := calls(quick, "a slow river"); asked != 0 {
		t.Errorf("the other process made the call again, %d times", asked)
	}
	if asked, _ := calls(slow, "a quick bird"); asked != 0 {
		t.Error("the process took a task after it was told to stop")
	}
	w.balance(w.store(), w.person, 18)
}

// A call that is only asked about now and then is handed over: the process that made it stops without waiting, and another
// one goes on asking. It is made, and charged, once.
func TestStopHandsACallOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onReal)
	fake := newAsync(10 * time.Minute)
	plan{"a glacier": always(providertest.Step{Polls: -1})}.follow(fake)
	first, stop := w.start(withProvider(fake))
	w.agree(w.person)
	w.person.Text("a glacier")
	id := attempt(t, fake, "a glacier", 1)
	<-w.stopped(first, stop)

	polls := func() int { return fake.Calls()[0].Polls }
	before := polls()
	w.beside(withProvider(fake))
	within(t, time.Minute, "nobody asks about the call", func() bool { return polls() > before+1 })
	fake.Finish(id)
	w.picture(w.person, "a glacier")
	if asked, billed := calls(fake, "a glacier"); asked != 1 || billed != 1 {
		t.Errorf("%d calls, %d of them charged by the provider", asked, billed)
	}
	w.ended(w.store(), w.person, end{storage.StatusDelivered, storage.ReasonNone, 19})
}
