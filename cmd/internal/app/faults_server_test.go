package app_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// at calls f once, when the program reaches a step.
func at(name string, f func()) func(*app.Options) {
	var once sync.Once
	return func(o *app.Options) {
		o.Step = func(step string) {
			if step == name {
				once.Do(f)
			}
		}
	}
}

// The object store is away while a picture that was paid for is to be put there, and while another is to be read for
// its delivery.
func TestObjectStoreAway(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"spooled", "delivering"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				s3 := w.breakS3()
				fake := providertest.NewFake("fake")
				w.start(withProvider(fake), at(step, func() { s3.CutFor(10 * time.Second) }))
				w.agree(w.person)
				w.person.Text("two herons --n 2")
				w.withinChat(w.person, time.Minute, "no album", func() bool { return pictures(w.person) >= 2 })
				w.tg.WaitMessage(t, w.person, telegramtest.Has("What next?"))
				w.quiet()
				if n := pictures(w.person); n != 2 || told(w.person, uncertain) != 0 {
					t.Errorf("%d pictures; the chat:\n%s", n, w.tg.Transcript(w.person))
				}
				w.ended(w.store(), w.person, end{storage.StatusDelivered, storage.ReasonNone, 18})
				if asked, billed := calls(fake, "two herons"); asked != 1 || billed != 1 {
					t.Errorf("%d calls, %d billed", asked, billed)
				}
			})
		})
	}
}

// The database is away for longer than a lease. Prompts that arrive meanwhile are safe and their people are told so
// once; a call that is under way goes on, is paid once and delivered once.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onReal)
	s := w.store()
	db := w.breakPostgres()
	m := providertest.FakeModel("fake")
	m.Timeout = time.Minute
	fake := providertest.NewFake("fake", m)
	plan{
		"ends in the dark": always(providertest.Step{Latency: 9 * time.Second}),
		"ends afterwards":  always(providertest.Step{Latency: 18 * time.Second}),
	}.follow(fake)
	w.start(withProvider(fake))
	patient := w.someone("Ada")
	var people []*telegramtest.Person
	for range 3 {
		people = append(people, w.someone("Bea"))
	}
	patient.Text("ends in the dark")
	patient.Text("ends afterwards")
	attempt(t, fake, "ends in the dark", 1)
	attempt(t, fake, "ends afterwards", 1)
	w.quiet()
	db.Cut()
	for i, p := range people {
		p.Text(fmt.Sprint("in the dark ", i))
		p.Text(fmt.Sprint("still dark ", i))
	}
	time.Sleep(12 * time.Second)
	db.Mend()
	for i, p := range people {
		w.picture(p, fmt.Sprint("in the dark ", i))
		w.picture(p, fmt.Sprint("still dark ", i))
	}
	w.picture(patient, "ends in the dark")
	w.picture(patient, "ends afterwards")
	w.quiet()
	for _, p := range people {
		if n := told(p, "something on my side is stuck"); n != 1 {
			t.Errorf("told %d times about the trouble; the chat:\n%s", n, w.tg.Transcript(p))
		}
		if n := pictures(p); n != 2 || told(p, uncertain) != 0 {
			t.Errorf("%d pictures; the chat:\n%s", n, w.tg.Transcript(p))
		}
		w.settled(s, p, time.Minute)
		w.balance(s, p, 18)
	}
	if n := pictures(patient); n != 2 || told(patient, uncertain) != 0 {
		t.Errorf("%d pictures; the chat:\n%s", n, w.tg.Transcript(patient))
	}
	for _, g := range w.settled(s, patient, time.Minute) {
		if g.Status != storage.StatusDelivered {
			t.Errorf("generation ended as %s/%s", g.Status, g.Reason)
		}
	}
	w.balance(s, patient, 18)
	if len(fake.Calls()) != 8 || fake.Billed() != 8 {
		t.Errorf("%d calls, %d billed, for eight pictures", len(fake.Calls()), fake.Billed())
	}
}

// The database goes away right after a message is out: that it is out is written down when the database is back, and
// nobody is bothered with doubts.
func TestDatabaseAwayAfterASend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onReal)
	s := w.store()
	db := w.breakPostgres()
	fake := providertest.NewFake("fake")
	w.start(withProvider(fake), at("sent", func() { db.CutFor(11 * time.Second) }))
	w.agree(w.person)
	w.person.Text("a lantern")
	w.picture(w.person, "a lantern")
	w.quiet()
	if n := told(w.person, uncertain); n != 0 || told(w.person, "Hi, I’m Imagika") != 1 {
		t.Errorf("%d notices; the chat:\n%s", n, w.tg.Transcript(w.person))
	}
	w.ended(s, w.person, end{storage.StatusDelivered, storage.ReasonNone, 19})
}

// load has five people send six prompts each, with something going wrong in the middle, and checks that each prompt
// became exactly one picture.
func (w *world) load(fake *providertest.Fake, trouble func()) {
	t := w.t
	t.Helper()
	fake.Script(everyCall(providertest.Step{Latency: 400 * time.Millisecond}))
	w.start(withProvider(fake))
	var people []*telegramtest.Person
	for range 5 {
		people = append(people, w.someone("Ada"))
	}
	for i := range 6 {
		for k, p := range people {
			p.Text(fmt.Sprintf("number %d of %d", i, k))
		}
		if i == 3 {
			trouble()
		}
	}
	s := w.store()
	for _, p := range people {
		w.withinChat(p, 2*time.Minute, "not all six are there", func() bool { return pictures(p) == 6 })
	}
	w.quiet()
	for _, p := range people {
		all := w.settled(s, p, time.Minute)
		for _, g := range all {
			if g.Status != storage.StatusDelivered {
				t.Errorf("generation ended as %s/%s", g.Status, g.Reason)
			}
		}
		if n := pictures(p); len(all) != 6 || n != 6 || told(p, uncertain) != 0 {
			t.Errorf("%d generations, %d pictures; the chat:\n%s", len(all), n, w.tg.Transcript(p))
		}
		w.balance(s, p, 14)
	}
	if len(fake.Calls()) != 30 || fake.Billed() != 30 {
		t.Errorf("%d calls, %d billed, for thirty pictures", len(fake.Calls()), fake.Billed())
	}
}

// Redis dies as by kill -9 under load and comes back with its file.
func TestRedisKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onReal)
	w.load(providertest.NewFake("fake"), func() {
		w.redis.Kill()
		time.Sleep(5 * time.Second)
		w.redis.Start()
	})
}

// Redis loses everything under load, twice. What was acknowledged to Telegram is in SQL.
func TestRedisWiped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onReal)
	w.load(providertest.NewFake("fake"), func() {
		within(t, 20*time.Second, "the updates are not acknowledged", func() bool { return len(w.tg.PendingUpdates()) == 0 })
		w.wipe()
		time.Sleep(time.Second)
		w.wipe()
	})
}
