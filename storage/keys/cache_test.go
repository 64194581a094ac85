package keys

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestCacheForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCache(2, time.Minute)
		put := func(userID int64) { c.put(userID, &Sealer{}, c.mark()) }
		has := func(userID int64, want bool) {
			t.Helper()
			if _, ok := c.get(userID); ok != want {
				t.Errorf("key %d held: %v, want %v", userID, ok, want)
			}
		}
		put(1)
		put(2)
		has(1, true) // now 2 is the one not used for longest
		put(3)
		has(1, true)
		has(2, false)
		has(3, true)

		time.Sleep(59 * time.Second)
		has(1, true)
		put(3) // put again: a new minute
		time.Sleep(time.Second)
		has(1, false)
		has(3, true)
		c.drop(3)
		has(3, false)
		if len(c.items) != 0 || c.order.Len() != 0 {
			t.Errorf("%d items and %d in order are left", len(c.items), c.order.Len())
		}
	})
}

// A key read before another goroutine destroyed it must not enter the cache after.
func TestCachePutAfterDrop(t *testing.T) {
	t.Parallel()
	c := newCache(2, time.Minute)
	epoch := c.mark()
	c.drop(1)
	c.put(1, &Sealer{}, epoch)
	if _, ok := c.get(1); ok {
		t.Error("the cache holds a destroyed key")
	}
}
