package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
)

// road is a database at which trips arrive when they are let through.
type road struct {
	convoy
	let     chan error
	arrived chan []string // lanes in the order of each convoy; "alone" first where it may wait for locks
	ended   sync.WaitGroup
	mu      sync.Mutex
	errs    map[string]error
}

func newRoad() *road {
	r := &road{let: make(chan error), arrived: make(chan []string, 10), errs: make(map[string]error)}
	r.travel = func(_ context.Context, trips []*traveler, hurry bool) error {
		var lanes []string
		if !hurry {
			lanes = append(lanes, "alone")
		}
		for _, t := range trips {
			t.steps, t.err = t.plan(), nil
			lanes = append(lanes, t.lane.Conversation)
		}
		r.arrived <- lanes
		err := <-r.let
		if err != nil && err.Error() == "panic" {
			panic(err)
		}
		return err
	}
	return r
}

// go sends trips, one after the other, and returns when they wait or are under way.
func (r *road) send(t *testing.T, lanes ...string) {
	for _, lane := range lanes {
		r.convoy.mu.Lock()
		waiting, away := len(r.waiting), r.away
		r.convoy.mu.Unlock()
		r.ended.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					r.note(lane, fmt.Errorf("panic: %v", p))
				}
			}()
			r.note(lane, r.join(t.Context(), RelayLane{Conversation: lane}, func() []step { return nil }))
		})
		for now := waiting; away && now == waiting; {
			r.convoy.mu.Lock()
			now = len(r.waiting)
			r.convoy.mu.Unlock()
		}
	}
}

func (r *road) note(lane string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs[lane] = err
}

func (r *road) expect(t *testing.T, lanes ...string) {
	t.Helper()
	if diff := cmp.Diff(lanes, <-r.arrived); diff != "" {
		t.Errorf("under way: %s", diff)
	}
}

// TestConvoy: who comes while others are under way goes with the next, in the order of the lanes.
func TestConvoy(t *testing.T) {
	t.Parallel()
	r := newRoad()
	r.send(t, "b")
	r.expect(t, "b")
	r.send(t, "c", "a", "b")
	r.let <- nil
	r.expect(t, "a", "b", "c")
	r.let <- nil
	r.ended.Wait()
	if diff := cmp.Diff(map[string]bool{"a": true, "b": true, "c": true}, r.fine()); diff != "" {
		t.Error(diff)
	}
	r.send(t, "d") // everybody is home
	r.expect(t, "d")
	r.let <- &pgconn.PgError{Code: "55P03"} // who waited for a lock does so again, as long as it takes
	r.expect(t, "alone", "d")
	r.let <- &pgconn.PgError{Code: "23505"}
	r.ended.Wait()
	if !brokeConstraint(r.errs["d"]) {
		t.Errorf("alone: %v", r.errs["d"])
	}
}

// TestConvoyLeftBehind: who gives up while they wait does not go, and whoever comes after them is not kept.
func TestConvoyLeftBehind(t *testing.T) {
	t.Parallel()
	r := newRoad()
	r.send(t, "a")
	r.expect(t, "a")
	ctx, giveUp := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		left <- r.join(ctx, RelayLane{Conversation: "b"}, func() []step { return nil })
	}()
	r.send(t, "c")
	giveUp()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("gave up: %v", err)
	}
	r.let <- nil
	r.expect(t, "c")
	r.let <- nil
	r.ended.Wait()
	if diff := cmp.Diff(map[string]bool{"a": true, "c": true}, r.fine()); diff != "" {
		t.Error(diff)
	}
}

// fine says whose trip ended well.
func (r *road) fine() map[string]bool {
	all := make(map[string]bool)
	for lane, err := range r.errs {
		all[lane] = err == nil
	}
	return all
}

// TestConvoyBreaks: where the server refuses one all go again by themselves; where nobody knows what it did, nobody goes again.
func TestConvoyBreaks(t *testing.T) {
	t.Parallel()
	r := newRoad()
	r.send(t, "x")
	r.expect(t, "x")
	r.send(t, "a", "b")
	r.let <- nil
	r.expect(t, "a", "b")
	refusal := &pgconn.PgError{Code: "23505"}
	r.let <- refusal
	for range 2 {
		if lanes := <-r.arrived; len(lanes) != 2 || lanes[0] != "alone" {
			t.Errorf("again: %v", lanes)
		}
	}
	r.let <- nil
	r.let <- refusal
	r.ended.Wait()
	if f := r.fine(); !f["x"] || f["a"] == f["b"] {
		t.Errorf("of two, one of which is refused: %v", r.errs)
	}
	for _, bad := range []error{errors.New("unexpected EOF"), errors.New("panic")} {
		r.send(t, "x")
		r.expect(t, "x")
		r.send(t, "a", "b")
		r.let <- nil
		r.expect(t, "a", "b")
		r.let <- bad
		r.ended.Wait()
		if f := r.fine(); !f["x"] || f["a"] || f["b"] {
			t.Errorf("after %v: %v", bad, r.errs)
		}
	}
}
