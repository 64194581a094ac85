package sim_test

import "time"

// clocks is how wrong the clocks of processes may be: in half of the worlds they are right, in a quarter they differ by as much as
// the books allow for (a minute), and in a quarter somebody sets them meanwhile as no clock should be. That of the database, which
// leases go by, is right.
func (w *world) clocks() time.Duration {
	switch {
	case w.model == nil: // nobody can say who goes on
		return 0
	case w.seed%4 == 1:
		return 30 * time.Second
	case w.seed%4 == 3:
		return 10 * time.Minute
	}
	return 0
}

// timed are the invariants that compare what clocks of two processes said.
var timed = map[string]bool{
	"a settlement is not before its hold": true, "credits are taken before Stars go back": true, "no call left after the end": true,
	"one call was over before the next one left": true, "what is passed on is of a conversation that was open": true,
}

// clock is that of the process that goes on now.
func (w *world) clock() time.Time {
	now := time.Now()
	if n := w.running.Load(); n != nil {
		now = now.Add(time.Duration(n.skew.Load()))
	}
	return now
}

// setClock makes the clock of a process wrong, by more or by less.
func (n *node) setClock() {
	if most := n.clocks(); most > 0 {
		n.skew.Store(int64((n.draw("clock") - 0.5) * 2 * float64(most)))
		n.struck("wrong clock")
	}
}

// stepClock sets the clock of one process forward or back.
func (w *world) stepClock() {
	if len(w.nodes) > 0 {
		w.nodes[w.roll(len(w.nodes))].setClock()
	}
}

// setRight is what somebody does with clocks in the end.
func (w *world) setRight() {
	for _, n := range w.nodes {
		n.skew.Store(0)
	}
}
