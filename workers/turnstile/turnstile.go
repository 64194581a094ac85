// Package turnstile bounds how many are inside at once, of one person and of all: streams that stay open, requests that wait, bodies
// that are held in memory, calls that a server may never answer. What is bounded belongs to a process, and so does a turnstile.
package turnstile

import (
	"errors"
	"sync"
)

// Why somebody has to stay outside.
var (
	ErrEach = errors.New("too many of one person") // until one of theirs leaves
	ErrAll  = errors.New("too many of all")        // whoever they are
)

// Turnstile lets through Each of a person, and as many as weigh All together.
type Turnstile struct {
	Each, All int

	mu  sync.Mutex
	of  map[int64]int // by person
	all int           // weight
}

// Enter lets a person in, or says why not. Whoever is in has to leave, which may be said twice.
func (t *Turnstile) Enter(person int64) (leave func(), err error) { return t.EnterWith(person, 1) }

// EnterWith is Enter with something of that weight.
func (t *Turnstile) EnterWith(person int64, weight int) (leave func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.of[person] >= t.Each:
		return nil, ErrEach
	case weight > t.All-t.all:
		return nil, ErrAll
	}
	if t.of == nil {
		t.of = make(map[int64]int)
	}
	t.of[person]++
	t.all += weight
	return sync.OnceFunc(func() { t.leave(person, weight) }), nil
}

func (t *Turnstile) leave(person int64, weight int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all -= weight
	if t.of[person]--; t.of[person] == 0 {
		delete(t.of, person)
	}
}
