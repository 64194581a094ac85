package sim_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"testing/synctest"
	"time"
)

// run lets one after the other go on until the storm is over and then until the time is up.
func (w *world) run() {
	w.after(stormTime, "calm", w.calmDown)
	for {
		synctest.Wait()
		w.accept()
		switch {
		case time.Since(w.begun) > calmTime:
			return
		case w.happen(), w.model.dispatch(), w.release():
		case time.Since(w.begun) > stormTime+afterglow && w.idle():
			return
		default:
			w.sleep()
		}
	}
}

// calmDown ends the faults.
func (w *world) calmDown() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calm = true
	w.setRight()
}

// happen lets an event happen whose time has come.
func (w *world) happen() bool {
	w.mu.Lock()
	i := -1
	for j, e := range w.events {
		if !e.at.After(time.Now()) && (i < 0 || e.at.Before(w.events[i].at)) {
			i = j
		}
	}
	if i < 0 {
		w.mu.Unlock()
		return false
	}
	e := w.events[i]
	w.events = slices.Delete(w.events, i, i+1)
	w.mu.Unlock()
	w.note("event", e.what)
	e.do()
	return true
}

// oftener are effects that worlds have few of, and how often something breaks at them: at the odds of all others a mutant of what
// they are guarded by would live in hundreds of worlds unnoticed.
var oftener = map[string]float64{"enqueue payment:refund": 0.2, "telegram copyMessage done": 0.03}

// odds is how often something breaks at an effect.
func odds(what string, usual float64) float64 { return max(usual, oftener[what]) }

// release lets one of the parked go on, or ends or stalls its process.
func (w *world) release() bool {
	w.mu.Lock()
	slices.SortStableFunc(w.parked, func(a, b *parking) int {
		return cmp.Or(cmp.Compare(a.node.name, b.node.name), cmp.Compare(a.what, b.what), cmp.Compare(a.who, b.who))
	})
	var ready []int
	for i, p := range w.parked {
		if p.node.dead || !p.node.stalled.After(time.Now()) {
			ready = append(ready, i)
		}
	}
	if len(ready) == 0 {
		w.mu.Unlock()
		return false
	}
	i := ready[w.dice.IntN(len(ready))]
	p := w.parked[i]
	kind, dead := p.what, p.node.dead
	w.mu.Unlock()
	switch {
	case dead:
	case w.chance("die "+kind, odds(kind, 0.004)):
		w.kill(p.node)
	case w.chance("stall "+kind, 0.004):
		w.struck("stall")
		w.note("stall", p.node.name+" "+kind)
		w.mu.Lock()
		p.node.stalled = time.Now().Add(time.Duration(12+w.dice.IntN(60)) * time.Second)
		w.mu.Unlock()
		return true
	}
	w.mu.Lock()
	w.parked = slices.DeleteFunc(w.parked, func(o *parking) bool { return o == p })
	w.mu.Unlock()
	w.steps++
	w.note("go", p.node.name+" "+kind+" "+p.who)
	w.running.Store(p.node)
	close(p.free)
	time.Sleep(time.Duration(50+w.dice.IntN(2000)) * time.Microsecond) // no two things happen at once
	return true
}

// kill ends a process at once, and starts another later.
func (w *world) kill(n *node) {
	w.mu.Lock()
	if n.dead {
		w.mu.Unlock()
		return
	}
	n.dead = true
	w.nodes = slices.DeleteFunc(w.nodes, func(o *node) bool { return o == n })
	w.mu.Unlock()
	w.struck("kill")
	w.note("kill", n.name)
	w.queue.died(n)
	w.after(time.Duration(1+w.roll(9))*time.Second, "start "+n.name, func() { w.start(n.name) })
}

// roll throws a dice of the seed. Where a scheduler throws it, its numbers are always the same.
func (w *world) roll(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dice.IntN(n)
}

// sleep lets the time pass until somebody parks or something is due.
func (w *world) sleep() {
	next := time.Now().Add(5 * time.Second) // by then a sweep wants something
	w.mu.Lock()
	for _, e := range w.events {
		next = earlier(next, e.at)
	}
	for _, n := range w.nodes {
		if n.stalled.After(time.Now()) {
			next = earlier(next, n.stalled)
		}
	}
	w.mu.Unlock()
	next = earlier(next, w.model.next())
	select {
	case <-w.woken:
	case <-time.After(max(time.Until(next), time.Millisecond)):
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// note writes what happens into the trace.
func (w *world) note(kind, what string) {
	w.pen.Lock()
	defer w.pen.Unlock()
	text := fmt.Sprintf("%12s %-6s %s", time.Since(w.begun).Round(time.Microsecond), kind, what)
	h := fnv.New64a()
	fmt.Fprint(h, w.trace, text)
	w.trace = h.Sum64()
	if w.keep {
		w.lines = append(w.lines, text)
	}
}
