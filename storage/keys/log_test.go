package keys_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/storage/keys"
)

func logIDs(s *keys.Store) []string { return s.LogIDs("7") }

// Ids in logs change every thirty days, in every process alike; the last ones find their person still, those before find nobody.
func TestLogIDs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		var ahead atomic.Int64
		ring := master(t, 1)
		at := func() *keys.Store {
			s, err := keys.Open(t.Context(), keys.Config{URL: url, Master: ring, Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
		one, other := at(), at()
		first := logIDs(one)
		if len(first) != 1 || len(first[0]) != 16 || !slices.Equal(logIDs(other), first) || slices.Equal(one.LogIDs("8"), first) {
			t.Fatalf("first: %v, elsewhere %v", first, logIDs(other))
		}
		ahead.Add(int64(keys.LogKeyTime))
		second := logIDs(one)
		if len(second) != 2 || second[0] == first[0] || second[1] != first[0] || !slices.Equal(logIDs(other), second) || !slices.Equal(logIDs(at()), second) {
			t.Errorf("after one turn: %v, elsewhere %v, first %v", second, logIDs(other), first)
		}
		ahead.Add(int64(keys.LogKeyTime))
		third := logIDs(other)
		if len(third) != 2 || third[1] != second[0] || slices.Contains(third, first[0]) || !slices.Equal(logIDs(one), third) {
			t.Errorf("after two: %v, elsewhere %v", third, logIDs(one))
		}
		ahead.Add(int64(-keys.LogKeyTime))
		if back := logIDs(at()); slices.Contains(back, first[0]) {
			t.Error("a key that was destroyed is back")
		}
	})
}

// The master key changes while people come and go: nothing is unreadable at any moment, and afterwards the old key is not needed.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		ring := master(t, 2)
		first, second := ring[0], ring[1]
		old := open(t, url, first)
		const people = 200
		sealed := make([][]byte, people)
		for id := range int64(people) {
			sealed[id] = person(t, old, id).Seal("a", []byte("x"))
		}
		both := open(t, url, second, first)
		if err := both.Destroy(t.Context(), 5); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for w := range int64(4) {
			wg.Go(func() {
				fresh, err := keys.Open(t.Context(), keys.Config{URL: url, Master: []keys.MasterKey{second, first}, CacheSize: 1})
				if err != nil {
					t.Error(err)
					return
				}
				defer fresh.Close()
				for id := w; id < 2*people; id += 4 { // those there are, and new ones
					k, err := fresh.Person(t.Context(), id)
					if id == 5 && errors.Is(err, keys.ErrDestroyed) {
						continue
					}
					if err != nil {
						t.Errorf("person %d: %v", id, err)
						continue
					}
					if id < people {
						if _, err := k.Open("a", sealed[id]); err != nil {
							t.Errorf("person %d: %v", id, err)
						}
					}
				}
			})
		}
		n, err := both.Rewrap(t.Context())
		wg.Wait()
		if err != nil || n < people {
			t.Fatalf("Rewrap = %d, %v", n, err)
		}
		all, err := both.Masters(t.Context())
		if err != nil || len(all) != 2 || !all[0].Current || all[0].ID != second.ID() || all[0].Since.IsZero() || all[0].Wraps < 2*people || all[1].Wraps != 0 || !all[1].Since.IsZero() {
			t.Errorf("masters: %+v, %v", all, err)
		}
		after := open(t, url, second)
		for id := range int64(people) {
			if id != 5 {
				mustOpen(t, person(t, after, id), "a", sealed[id], "x")
			}
		}
	})
}

// A key store that was put back to before an erasure has the key again: it is destroyed again, and others stay.
func TestDestroyAll(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url string) {
		s := open(t, url, master(t, 1)...)
		kept := person(t, s, 3).Seal("a", []byte("x"))
		person(t, s, 1)
		if err := s.Destroy(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		if there, err := s.Undestroyed(t.Context(), []int64{1, 2, 3, 4}); err != nil || !slices.Equal(there, []int64{1, 3}) {
			t.Errorf("Undestroyed = %v, %v", there, err)
		}
		for _, want := range []int{2, 0} { // 1 is back, 4 was made after the backup
			if n, err := s.DestroyAll(t.Context(), []int64{1, 2, 4}); err != nil || n != want {
				t.Errorf("DestroyAll = %d, %v, want %d", n, err, want)
			}
		}
		for _, id := range []int64{1, 2, 4} {
			if _, err := s.Person(t.Context(), id); !errors.Is(err, keys.ErrDestroyed) {
				t.Errorf("person %d: %v", id, err)
			}
		}
		mustOpen(t, person(t, s, 3), "a", kept, "x")
	})
}
