package storage_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/imagika/imagika/storage"
)

// account is what a person has, as a model: lots in a list, sorted when it matters.
type account struct {
	id   int64
	held int64
	lots []*modelLot
	// uses are what was taken by an operation, and taken how many of them; undone are those that were given back.
	uses   map[string][]use
	taken  map[string]int64
	undone map[string]bool
}

type modelLot struct {
	storage.Lot
	n int // order of coming
}

type use struct {
	lot     *modelLot
	credits int64
}

func bought(l *modelLot) bool { return l.Source == storage.SourcePurchase }

// expect does an operation in the model, and returns how many credits it takes or gives back. A refused one does nothing.
func (m *machine) expect(o op) (n int64, refused bool) {
	p := m.people[o.who]
	switch o.kind {
	case give:
		p.add(&modelLot{Lot: storage.Lot{ID: "grant:" + o.key, Source: storage.SourceDaily, Left: o.credits, Expires: o.expires}})
	case buy:
		p.add(&modelLot{Lot: storage.Lot{ID: "pay:" + o.key, Source: storage.SourcePurchase, Charge: o.key, Left: o.credits}})
	case hold:
		if p.left(nil)-p.held < o.request.Price {
			return 0, true
		}
		p.held += o.request.Price
	case capture:
		p.held -= o.held.generation.Price
		p.spend("settle:"+o.held.generation.ID, o.held.generation.Price/4*int64(o.images), nil)
	case release:
		p.held -= o.held.generation.Price
	case refund:
		return p.takeBack("refund:"+o.key, o.key, o.credits), false
	case chargeback:
		return p.takeBack("clawback:"+o.key, o.key, o.credits), false
	case giveBack:
		return p.undo("refund:" + o.key), false
	case giftOut:
		return 0, !p.debit("gift:"+o.key+":out", o.credits, bought)
	case giftIn:
		m.receive(o)
	case take:
		return 0, !p.debit("take:"+o.key, o.credits, nil)
	case expire:
		for _, p := range m.people {
			p.expire(m.clock.look())
		}
	}
	return 0, false
}

// receive is a gift that comes to somebody, or back.
func (m *machine) receive(o op) {
	giver, id := m.people[m.gifts[o.key]], "gift:"+o.key+":out"
	if m.gifts[o.key] == o.who {
		giver.undo(id)
		return
	}
	m.people[o.who].add(&modelLot{Lot: storage.Lot{ID: "gift:" + o.key + ":in", Source: storage.SourceGift, Left: giver.taken[id]}})
}

func (p *account) add(l *modelLot) {
	l.n = len(p.lots)
	p.lots = append(p.lots, l)
}

// order is the lots as they are spent.
func (p *account) order() []*modelLot {
	never := time.Unix(1<<40, 0)
	return slices.SortedStableFunc(slices.Values(p.lots), func(a, b *modelLot) int {
		if bought(a) != bought(b) {
			if bought(a) {
				return 1
			}
			return -1
		}
		ends := func(l *modelLot) time.Time { return cmp.Or(l.Expires, never) }
		return cmp.Or(ends(a).Compare(ends(b)), cmp.Compare(a.n, b.n))
	})
}

// left is what lots have together, of one kind or all.
func (p *account) left(of func(*modelLot) bool) (n int64) {
	for _, l := range p.lots {
		if of == nil || of(l) {
			n += l.Left
		}
	}
	return n
}

// free is what a lot has when all that is held is taken.
func (p *account) free(one *modelLot) int64 {
	held := p.held
	for _, l := range p.order() {
		promised := min(held, l.Left)
		if held -= promised; l == one {
			return l.Left - promised
		}
	}
	return 0
}

func (p *account) shows() (all []string) {
	for _, l := range p.order() {
		if l.Left > 0 {
			all = append(all, fmt.Sprint(l.ID, " ", l.Left, " ", p.free(l)))
		}
	}
	return all
}

func (p *account) debit(id string, credits int64, of func(*modelLot) bool) bool {
	if p.left(nil)-p.held < credits || p.left(of) < credits {
		return false
	}
	p.spend(id, credits, of)
	return true
}

func (p *account) spend(id string, credits int64, of func(*modelLot) bool) {
	if p.uses == nil {
		p.uses, p.taken, p.undone = map[string][]use{}, map[string]int64{}, map[string]bool{}
	}
	p.taken[id] = credits
	for _, l := range p.order() {
		if n := min(credits, l.Left); n > 0 && (of == nil || of(l)) {
			l.Left -= n
			credits -= n
			p.uses[id] = append(p.uses[id], use{l, n})
		}
	}
}

// takeBack takes what is free of a charge, once.
func (p *account) takeBack(id, charge string, want int64) int64 {
	if n, done := p.taken[id]; done {
		return n
	}
	for _, l := range p.lots {
		if l.Charge == charge {
			n := min(want, p.free(l))
			p.spend(id, n, func(one *modelLot) bool { return one == l })
			return n
		}
	}
	return 0
}

func (p *account) undo(id string) int64 {
	for _, u := range p.uses[id] {
		u.lot.Left += u.credits
	}
	p.undone[id] = true
	return p.taken[id]
}

func (p *account) expire(now time.Time) {
	for _, l := range p.lots {
		if !l.Expires.IsZero() && l.Expires.Before(now) && p.free(l) == l.Left {
			l.Left = 0
		}
	}
}
