package storage_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// TestLedgerMachine does random things with the credits of two people, and after each compares what they have with a model,
// and the whole database with its invariants. Anything may crash between two statements, is done again then, and once more
// as a redelivery would; sixteen may happen at once. The size is for every change: the nightly run sets -rapid.checks and
// -rapid.steps.
func TestLedgerMachine(t *testing.T) {
	t.Parallel()
	sizeMachine(t)
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := &clock{now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC), step: time.Millisecond}
			s := storagetest.Open(t, storagetest.Migrated(t, engine), c.tick)
			var people atomic.Int64
			rapid.Check(t, func(rt *rapid.T) {
				m := newMachine(rt, t, s, c, &people)
				actions := map[string]func(*rapid.T){"": m.check, "sixteen at once": m.rush}
				for _, kind := range kinds {
					actions[kind] = func(rt *rapid.T) { m.one(rt, m.draw(rt, kind)) }
				}
				rt.Repeat(actions)
			})
		})
	}
}

func sizeMachine(t *testing.T) {
	t.Helper()
	if err := machineSize(); err != nil {
		t.Fatal(err)
	}
}

// machineSize sets the flags of rapid, once, unless they are given.
var machineSize = sync.OnceValue(func() error {
	sized := false
	flag.Visit(func(f *flag.Flag) { sized = sized || f.Name == "rapid.checks" })
	for name, value := range map[string]string{"rapid.checks": "3", "rapid.steps": "25", "rapid.nofailfile": "true"} {
		if sized {
			return nil
		}
		if err := flag.Set(name, value); err != nil {
			return err
		}
	}
	return nil
})

// machine is two people, what is known about their credits, and what can be done about it next.
type machine struct {
	*testing.T
	s       *storage.Store
	l       storage.Ledger
	clock   *clock
	people  [2]*account
	holds   []held
	charges []charge
	gifts   map[string]int // of whom, those that nobody has yet
	refunds map[string]int // of whom, those that can be undone
	n       int
}

// held is a generation with a call under way, charge a payment of one of the two.
type held struct {
	who        int
	generation storage.Generation
	attempt    storage.Attempt
}

type charge struct {
	who int
	id  string
}

func newMachine(rt *rapid.T, t *testing.T, s *storage.Store, c *clock, people *atomic.Int64) *machine {
	m := &machine{T: t, s: s, l: storage.Ledger{Store: s}, clock: c, gifts: map[string]int{}, refunds: map[string]int{}}
	for i := range m.people {
		p, err := s.PersonByTelegram(t.Context(), people.Add(1), "en")
		if err != nil {
			rt.Fatal(err)
		}
		m.people[i] = &account{id: p.ID}
		o := op{kind: buy, who: i, credits: 60, key: fmt.Sprintf("%d-first", p.ID)}
		m.expect(o)
		if _, err := m.do(o); err != nil {
			rt.Fatal(err)
		}
		m.remember(rt, o, 0)
	}
	return m
}

// op is something that is done with credits. Doing it again does nothing.
type op struct {
	kind    string
	who     int
	credits int64
	key     string
	expires time.Time
	held    held
	images  int // of four that are captured
	request storage.NewGeneration
}

const (
	give       = "give"
	buy        = "buy"
	hold       = "hold"
	capture    = "capture"
	release    = "release"
	refund     = "refund"
	chargeback = "chargeback"
	giveBack   = "give back"
	giftOut    = "gift out"
	giftIn     = "gift in"
	take       = "take"
	expire     = "expire"
)

var kinds = []string{give, buy, hold, capture, release, refund, chargeback, giveBack, giftOut, giftIn, take, expire}

// draw makes an operation that is not out of place, or skips.
func (m *machine) draw(rt *rapid.T, kind string) op {
	m.n++
	o := op{kind: kind, who: rapid.IntRange(0, 1).Draw(rt, "who"), credits: rapid.Int64Range(1, 40).Draw(rt, "credits")}
	o.key = fmt.Sprintf("%d-%d", m.people[0].id, m.n)
	switch kind {
	case give:
		// Half past, while the clock is set to the full hour: no lot is due between two looks.
		if hours := rapid.IntRange(0, 2).Draw(rt, "hours"); hours > 0 {
			o.expires = m.clock.look().Truncate(time.Hour).Add(time.Duration(hours)*time.Hour + 30*time.Minute)
		}
	case hold:
		o.request = m.request(rt, m.people[o.who].id, 4*(1+o.credits/8))
	case capture, release:
		o.held = pick(rt, m.holds)
		o.who, o.images = o.held.who, rapid.IntRange(1, 4).Draw(rt, "images")
	case refund, chargeback:
		c := pick(rt, m.charges)
		o.who, o.key = c.who, c.id
	case giveBack:
		o.key = pick(rt, slices.Sorted(maps.Keys(m.refunds)))
		o.who = m.refunds[o.key]
	case giftIn:
		o.key = pick(rt, slices.Sorted(maps.Keys(m.gifts)))
	}
	return o
}

func pick[T any](rt *rapid.T, from []T) T {
	if len(from) == 0 {
		rt.Skip("there is none")
	}
	return from[rapid.IntRange(0, len(from)-1).Draw(rt, "which")]
}

func (m *machine) request(rt *rapid.T, user, price int64) storage.NewGeneration {
	id, err := m.s.NewID()
	if err != nil {
		rt.Fatal(err)
	}
	return storage.NewGeneration{
		ID: id, User: user, Origin: storage.OriginCLI, RequestKey: id, Form: storage.FormPull, ParentN: -1, Model: "local", Operation: "generate",
		Params: storage.Params{Count: 4}, Price: price, Parallel: 1000, Waiting: 1000,
	}
}

// one does an operation: perhaps it crashes first, then it is done, then it is done again.
func (m *machine) one(rt *rapid.T, o op) {
	if o.kind == expire {
		m.clock.set(m.clock.look().Truncate(time.Hour).Add(time.Duration(o.credits/20+1) * time.Hour))
	}
	done := false
	if after := rapid.IntRange(-1, 11).Draw(rt, "crash after"); after >= 0 && o.kind != expire {
		m.s.Crash(after)
		_, err := m.do(o)
		m.s.Crash(-1)
		if done = err == nil; !done && !errors.Is(err, storage.ErrInsufficient) {
			m.check(rt)
		}
	}
	want, refused := m.expect(o)
	for range 2 {
		got, err := m.do(o)
		switch {
		case done && isOver(err):
		case refused != errors.Is(err, storage.ErrInsufficient) || err != nil && !refused:
			rt.Fatalf("%s: %v, want it refused: %v", o, err, refused)
		case !refused && got != want:
			rt.Fatalf("%s: %d credits, want %d", o, got, want)
		}
		done = true
	}
	if !refused {
		m.remember(rt, o, want)
	}
}

func (o op) String() string {
	return fmt.Sprintf("%s by %d of %d (%s %s)", o.kind, o.who, o.credits, o.key, o.held.generation.ID)
}

// isOver says that somebody did it before.
func isOver(err error) bool {
	return errors.Is(err, storage.ErrFenced) || errors.Is(err, storage.ErrPaid)
}

// do does it in the database, and returns how many credits were taken or given back.
func (m *machine) do(o op) (n int64, err error) {
	ctx, user := m.Context(), m.people[o.who].id
	switch o.kind {
	case give:
		_, err = m.s.Give(ctx, storage.Given{User: user, Key: o.key, Source: storage.SourceDaily, Credits: o.credits, Expires: o.expires})
	case buy:
		_, err = m.s.Pay(ctx, storage.Effect{}, storage.Payment{Charge: o.key, User: user, Stars: 1, Credits: o.credits, Paid: time.Unix(0, 0)})
	case hold:
		_, _, _, err = m.s.Reserve(ctx, storage.Effect{}, o.request)
	case capture:
		b := &bench{T: m.T, s: m.s}
		_, err = m.s.Complete(ctx, o.held.generation, o.held.attempt, 0, b.images(o.held.generation, o.held.attempt, o.images), nil)
	case release:
		_, err = m.s.Finish(ctx, o.held.generation, storage.StatusFailed, storage.ReasonProvider, o.held.attempt.ID,
			storage.End{State: storage.AttemptFailed, Billed: "no"}, nil)
	case refund:
		n, err = m.l.Refund(ctx, user, o.key, o.credits)
	case chargeback:
		n, err = m.l.Chargeback(ctx, user, o.key, o.credits)
	case giveBack:
		n, err = m.l.GiveBack(ctx, user, "refund:"+o.key)
	case giftOut:
		err = m.l.GiftOut(ctx, o.key, user, o.credits)
	case giftIn:
		err = m.l.GiftIn(ctx, o.key, user)
	case take:
		err = m.l.Take(ctx, user, o.key, o.credits)
	case expire:
		_, err = m.s.ExpireLots(ctx, 100_000)
	}
	return n, err
}

// remember keeps what can be done about it later.
func (m *machine) remember(rt *rapid.T, o op, n int64) {
	switch o.kind {
	case buy:
		m.charges = append(m.charges, charge{o.who, o.key})
	case hold:
		m.work(rt, o)
	case capture, release:
		m.holds = slices.DeleteFunc(m.holds, func(h held) bool { return h.generation.ID == o.held.generation.ID })
	case refund:
		if n > 0 && !m.people[o.who].undone["refund:"+o.key] {
			m.refunds[o.key] = o.who
		}
	case giveBack:
		delete(m.refunds, o.key)
	case giftOut:
		m.gifts[o.key] = o.who
	case giftIn:
		delete(m.gifts, o.key)
	}
}

// work makes a call for a generation.
func (m *machine) work(rt *rapid.T, o op) {
	b := &bench{T: m.T, s: m.s}
	g := b.claim(o.request.ID)
	m.holds = append(m.holds, held{o.who, g, b.attempt(g)})
}

// rush does sixteen operations at once, of which some are about the same things. What came of it is read back.
func (m *machine) rush(rt *rapid.T) {
	var all []op
	for range 16 {
		kind := rapid.SampledFrom([]string{give, buy, hold, take, giftOut, capture, release, refund, chargeback, giftIn}).Draw(rt, "kind")
		about := map[string]int{capture: len(m.holds), release: len(m.holds), refund: len(m.charges), chargeback: len(m.charges), giftIn: len(m.gifts)}
		if n, needed := about[kind]; !needed || n > 0 {
			all = append(all, m.draw(rt, kind))
		}
	}
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, o := range all {
		wg.Go(func() { _, errs[i] = m.do(o) })
	}
	wg.Wait()
	for i, o := range all {
		if err := errs[i]; err == nil && o.kind == hold {
			m.work(rt, o)
		} else if err != nil && !isOver(err) && !errors.Is(err, storage.ErrInsufficient) && !errors.Is(err, storage.ErrKeyReuse) {
			rt.Fatalf("%s: %v", o, err)
		}
	}
	m.reload(rt)
}

// reload forgets the model for what the database says, and everything that might have been done.
func (m *machine) reload(rt *rapid.T) {
	m.charges, m.gifts, m.refunds = nil, map[string]int{}, map[string]int{}
	open := map[string]bool{}
	for _, p := range m.people {
		all, err := m.s.OpenGenerations(m.Context(), p.id)
		if err != nil {
			rt.Fatal(err)
		}
		for _, g := range all {
			open[g.ID] = true
		}
		lots, err := m.s.Lots(m.Context(), p.id)
		if err != nil {
			rt.Fatal(err)
		}
		a, err := m.s.Account(m.Context(), p.id)
		if err != nil {
			rt.Fatal(err)
		}
		*p = account{id: p.id, held: a.Held}
		for _, l := range lots {
			p.lots = append(p.lots, &modelLot{Lot: l})
		}
	}
	m.holds = slices.DeleteFunc(m.holds, func(h held) bool { return !open[h.generation.ID] })
}

// check compares the database with the model, and with its invariants.
func (m *machine) check(rt *rapid.T) {
	for _, p := range m.people {
		lots, err := m.s.Lots(m.Context(), p.id)
		if err != nil {
			rt.Fatal(err)
		}
		var got []string
		for _, l := range lots {
			got = append(got, fmt.Sprint(l.ID, " ", l.Left, " ", l.Free))
		}
		if diff := cmp.Diff(p.shows(), got); diff != "" {
			rt.Fatalf("lots (-want +got):\n%s", diff)
		}
		a, err := m.s.Account(m.Context(), p.id)
		if want := (storage.Account{Posted: p.left(nil), Held: p.held}); err != nil || a != want {
			rt.Fatalf("account %+v, %v, want %+v", a, err, want)
		}
		page, _, err := m.s.Movements(m.Context(), p.id, "", 1)
		if err != nil || len(page) == 1 && page[0].Balance != a.Available() {
			rt.Fatalf("movements end with %+v, %v, want %d", page, err, a.Available())
		}
	}
	bad, err := m.s.Verify(m.Context())
	if bad = storagetest.ByHand(bad); err != nil || len(bad) > 0 {
		rt.Fatalf("verify: %v, %v", bad, err)
	}
}
