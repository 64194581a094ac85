package chaos_test

import (
	"fmt"
	"time"
)

// strike does what a row of the schedule says, and returns when it is over.
func (r *run) strike(f fault) error {
	r.happened(f.Kind)
	switch f.Kind {
	case kindKill, kindFreeze, kindReplace:
		return r.strikeProcess(f)
	case kindGates:
		r.outage(true)
		time.Sleep(f.For)
		r.outage(false)
		r.fleet.observe()
		return nil
	}
	return fmt.Errorf("nobody knows how to do %q", f.Kind)
}

// strikeProcess kills, freezes or replaces a process.
func (r *run) strikeProcess(f fault) error {
	for _, b := range r.fleet.berths {
		if b.name != f.Target {
			continue
		}
		switch f.Kind {
		case kindKill:
			b.kill()
		case kindFreeze:
			b.freeze(f.For)
		default:
			return b.replace()
		}
		return nil
	}
	return fmt.Errorf("there is no %s", f.Target)
}

// outage has all providers of the first priority take no new work, or take it again.
func (r *run) outage(down bool) {
	for _, g := range r.gates[:len(r.gates)-1] {
		g.set(func() { g.down = down })
	}
}
