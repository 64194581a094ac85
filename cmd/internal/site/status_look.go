package site

import (
	"context"
	"sync"
	"time"

	"github.com/imagika/imagika/workers/status"
)

// How old a look may be.
const (
	lookFresh   = 5 * time.Second  // nobody looks again before that
	lookStale   = 30 * time.Second // beyond it, one waits for the next
	lookTimeout = 5 * time.Second
	// incidentsShown is how far back incidents have pages.
	incidentsShown = 366 * 24 * time.Hour
)

// glance is how everything was at a moment. It never changes; its pages are rendered when they are first asked for.
type glance struct {
	board     status.Board
	incidents []status.Incident // newest first
	known     time.Time         // when the list of incidents was last read; zero is never
	current   bool              // it was read for this look

	mu    sync.Mutex
	pages map[string]page
}

// page returns a page of this look, made once.
func (l *glance) page(name string, render func() (page, error)) (page, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.pages[name]; ok {
		return p, nil
	}
	p, err := render()
	if err == nil {
		l.pages[name] = p
	}
	return p, err
}

// observer looks at everything when somebody asks, and once for all who ask at about the same time: however many they are, it
// measures and reads every few seconds at most.
type observer struct {
	options Options

	mu      sync.Mutex
	last    *glance
	at      time.Time
	looking chan struct{} // closed when the look that is under way ends; nil for none
}

// get returns a look that is not old, or nil when ctx ends before there is one.
func (l *observer) get(ctx context.Context) *glance {
	l.mu.Lock()
	last, age := l.last, time.Since(l.at)
	if last != nil && age < lookFresh {
		l.mu.Unlock()
		return last
	}
	if l.looking == nil {
		l.looking = make(chan struct{})
		go l.look(context.WithoutCancel(ctx), l.looking, last)
	}
	looking := l.looking
	l.mu.Unlock()
	if last != nil && age < lookStale {
		return last // the next one is under way
	}
	select {
	case <-looking:
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

func (l *observer) look(ctx context.Context, done chan struct{}, before *glance) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	next := &glance{board: l.options.Status(ctx), pages: make(map[string]page)}
	if before != nil {
		next.incidents, next.known = before.incidents, before.known
	}
	now := time.Now()
	if all, err := l.options.Incidents(ctx, now.Add(-incidentsShown)); err == nil {
		next.incidents, next.known, next.current = all, now, true
	} else {
		l.options.Log.WarnContext(ctx, "incidents not read, those known before are shown", "error", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last, l.at, l.looking = next, time.Now(), nil
	close(done)
}
