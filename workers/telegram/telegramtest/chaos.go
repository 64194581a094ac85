package telegramtest

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lateness is how long ReorderWebhooks holds an update back unless told.
const lateness = 500 * time.Millisecond

// updates reports whether the fault breaks updates instead of calls.
func (f Fault) updates() bool {
	return f.Kind == DuplicateUpdates || f.Kind == ReorderWebhooks || f.Kind == JumpIDs
}

// shake returns the fault of this kind that breaks an update, if any, and counts it.
func (s *Server) shake(kind FaultKind, p *pending) *Fault {
	return s.fire(p.Kind, func(f Fault) bool { return f.Kind == kind && f.strikes(p) })
}

// strikes reports whether an update is one the fault is about.
func (f Fault) strikes(p *pending) bool {
	id := []byte(`"id":` + strconv.FormatInt(f.ChatID, 10) + ",")
	return (f.Method == "" || strings.EqualFold(f.Method, p.Kind)) &&
		(f.ChatID == 0 || bytes.Contains(p.Body, id)) && bytes.Contains(p.Body, []byte(f.Contains))
}

// jump lets the numbering of updates restart somewhere else: below or above.
func (s *Server) jump() { s.renumber(100_000_000 + rand.Int64N(800_000_000)) }

// renumber lets the numbering of updates go on at next.
func (s *Server) renumber(next int64) {
	s.epoch()
	s.w.Epochs = append(s.w.Epochs, epoch{First: next, Next: next})
	s.w.NextUpdate = next
}

// repeat queues an update once more under its id, before the later ones.
func (s *Server) repeat(p *pending) {
	again := *p
	again.Again, again.tries, again.notBefore, again.late, again.Expires = true, 0, time.Time{}, false, s.until(updateLife)
	at := slices.IndexFunc(s.w.Updates, func(o *pending) bool { return o.Epoch > p.Epoch || o.Epoch == p.Epoch && o.ID > p.ID })
	if at < 0 {
		at = len(s.w.Updates)
	}
	s.w.Updates = slices.Insert(s.w.Updates, at, &again)
}

// confirmed is told each update that the bot is done with.
func (s *Server) confirmed(p *pending) {
	s.w.Seen = append(s.w.Seen, p)
	if len(s.w.Seen) > keptSeen {
		s.w.Seen = slices.Delete(s.w.Seen, 0, keptSeen/2)
	}
	if !p.Twice && s.shake(DuplicateUpdates, p) != nil {
		p.Twice = true
		s.repeat(p)
	}
}
