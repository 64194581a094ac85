// Package shop holds what people can buy: packs of credits for Telegram Stars, from a data file.
//
// There is one file. The embedded packs.yaml explains itself; a file of one's own replaces it as a whole and is read again
// when it changes. Telegram's limits are checked when it is read, so that an invoice made of a pack is one Telegram takes.
package shop

import (
	"cmp"
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// Period is the only one that Telegram has for a subscription.
const Period = 2_592_000 * time.Second

// Pack is something to buy.
type Pack struct {
	ID           string
	Stars        int64 // price
	Base         int64 // credits
	Bonus        int64 // credits on top
	Subscription bool  // paid again each Period
	title, about map[string]string
}

// Credits are all that a payment gives.
func (p Pack) Credits() int64 { return p.Base + p.Bonus }

// Percent is how much the bonus adds, rounded down.
func (p Pack) Percent() int64 { return 100 * p.Bonus / p.Base }

// Period of a subscription, zero for a single payment.
func (p Pack) Period() time.Duration {
	if p.Subscription {
		return Period
	}
	return 0
}

// Title in a language, or in English.
func (p Pack) Title(lang string) string { return cmp.Or(p.title[lang], p.title["en"]) }

// Titles are those in every language there is.
func (p Pack) Titles() map[string]string { return maps.Clone(p.title) }

// About says what it is, in a language or in English; empty where the file says nothing.
func (p Pack) About(lang string) string { return cmp.Or(p.about[lang], p.about["en"]) }

// Shelf holds the packs that are sold now. It is safe for concurrent use.
type Shelf struct{ packs atomic.Pointer[[]Pack] }

// NewShelf returns a shelf of these packs.
func NewShelf(packs []Pack) *Shelf {
	s := &Shelf{}
	s.Use(packs)
	return s
}

// Use takes other packs.
func (s *Shelf) Use(packs []Pack) { s.packs.Store(&packs) }

// Packs are all, in the order of the file.
func (s *Shelf) Packs() []Pack { return *s.packs.Load() }

// Pack returns the one with that id.
func (s *Shelf) Pack(id string) (Pack, bool) {
	packs := s.Packs()
	i := slices.IndexFunc(packs, func(p Pack) bool { return p.ID == id })
	if i < 0 {
		return Pack{}, false
	}
	return packs[i], true
}

// Subscription returns the pack that is paid each period.
func (s *Shelf) Subscription() (Pack, bool) {
	packs := s.Packs()
	i := slices.IndexFunc(packs, func(p Pack) bool { return p.Subscription })
	if i < 0 {
		return Pack{}, false
	}
	return packs[i], true
}

// Enough returns the cheapest single pack that gives that many credits, or the largest where none does.
func (s *Shelf) Enough(credits int64) (best Pack, ok bool) {
	for _, p := range s.Packs() {
		switch {
		case p.Subscription:
		case !ok,
			best.Credits() < credits && p.Credits() > best.Credits(),
			p.Credits() >= credits && p.Stars < best.Stars:
			best, ok = p, true
		}
	}
	return best, ok
}

// Worth is what an amount of Stars is worth that no order explains: what a pack of that price gives, else what the dearest
// rate of the shelf gives, and a credit at least.
func (s *Shelf) Worth(stars int64) int64 {
	var rate Pack
	for _, p := range s.Packs() {
		if p.Stars == stars {
			return p.Credits()
		}
		if rate.Stars == 0 || p.Base*rate.Stars < rate.Base*p.Stars {
			rate = p
		}
	}
	return max(1, stars*rate.Base/rate.Stars)
}
