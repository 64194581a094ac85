package queue_test

import (
	"context"
	"testing"

	"github.com/imagika/imagika/queue"
)

func TestSlots(t *testing.T) {
	t.Parallel()
	for desc, c := range map[string]struct {
		pools map[string]int
		want  int
	}{
		"all pools":    {nil, 32},
		"not that one": {map[string]int{queue.PoolDeliver: 5}, 0},
		"that one":     {map[string]int{queue.PoolConversation: 0}, 32},
		"a few":        {map[string]int{queue.PoolConversation: 3}, 3},
	} {
		s, n := queue.NewSlots(c.pools, queue.PoolConversation, nil), 0
		for ; n < 100; n++ {
			if _, ok := s.Take(); !ok {
				break
			}
		}
		if n != c.want {
			t.Errorf("%s: %d slots, want %d", desc, n, c.want)
		}
	}
	if _, ok := new(queue.Slots).Take(); ok {
		t.Error("none is one")
	}
}

// TestSlotsClose: what is under way is waited for, whatever becomes of it, and nothing begins any more.
func TestSlotsClose(t *testing.T) {
	t.Parallel()
	s := queue.NewSlots(map[string]int{queue.PoolConversation: 1}, queue.PoolConversation, nil)
	unused, _ := s.Take()
	unused(nil)
	inside, finish := make(chan struct{}), make(chan struct{})
	works, _ := s.Take()
	works(func() { close(inside); <-finish; panic("it breaks") })
	<-inside
	if _, ok := s.Take(); ok {
		t.Error("a second of one")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Close(ctx); err == nil {
		t.Error("closed while something was under way")
	}
	close(finish)
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, ok := s.Take(); ok {
		t.Error("something began after the end")
	}
}
