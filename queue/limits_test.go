package queue_test

import (
	"context"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

func TestReserve(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		l := queue.NewLimits(r, nil)
		// 40 at once, one per second and five at once, nobody waits longer than 14.5 s: exactly 19 get a place.
		var booked atomic.Int64
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				wait, ok, err := l.Reserve(t.Context(), "k", time.Second, 5, 14500*time.Millisecond)
				if err != nil {
					t.Error(err)
				}
				if ok {
					booked.Add(1)
				} else if wait <= 13*time.Second {
					t.Errorf("refused for a wait of %v", wait)
				}
			})
		}
		wg.Wait()
		if n := booked.Load(); n != 19 {
			t.Errorf("%d booked, want 19", n)
		}
	})
}

// A place that is given back is there again, and no more than those that were booked.
func TestUnreserve(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		l := queue.NewLimits(r, nil)
		for _, booked := range []int{1, 3} {
			for range booked {
				if _, ok, err := l.Reserve(t.Context(), "k", time.Hour, 3, 0); !ok || err != nil {
					t.Fatalf("%v, %v", ok, err)
				}
			}
			left, err := l.Left(t.Context(), "k", time.Hour, 3)
			if err != nil || left != 3-booked {
				t.Errorf("%d left of 3 after %d, %v", left, booked, err)
			}
			for range booked + 1 {
				if err := l.Unreserve(t.Context(), "k", time.Hour); err != nil {
					t.Fatal(err)
				}
			}
			if left, err = l.Left(t.Context(), "k", time.Hour, 3); err != nil || left != 3 {
				t.Errorf("%d left of 3, %v", left, err)
			}
		}
	})
}

// deaf is a connection that breaks before one of the answers, which is lost.
type deaf struct {
	net.Conn
	lose *atomic.Bool
}

// Read implements net.Conn.
func (d deaf) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	if err == nil && d.lose.CompareAndSwap(true, false) {
		_ = d.Close()
		return 0, net.ErrClosed
	}
	return n, err
}

// A call whose answer is lost is made again by the client, and books no second place.
func TestReserveAnswerLost(t *testing.T) {
	t.Parallel()
	for desc, url := range map[string]string{"embedded": queuetest.URL(t), "server": queuetest.RealURL(t)} {
		t.Run(desc, func(t *testing.T) {
			t.Parallel()
			var lose atomic.Bool
			r, err := queue.Open(t.Context(), queue.RedisConfig{URL: url, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := new(net.Dialer).DialContext(ctx, network, addr)
				return deaf{c, &lose}, err
			}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = r.Close() })
			l := queue.NewLimits(r, nil)
			for i := range 6 {
				if i > 0 { // the first one loads the script
					lose.Store(true)
				}
				wait, ok, err := l.Reserve(t.Context(), "k", time.Hour, 5, 0)
				if ok != (i < 5) || err != nil || lose.Load() {
					t.Errorf("call %d: %v %v %v", i, wait, ok, err)
				}
			}
		})
	}
}

func TestReserveWaits(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		l := queue.NewLimits(r, nil)
		near := func(want time.Duration) {
			t.Helper()
			got, ok, err := l.Reserve(t.Context(), "k", 10*time.Second, 2, time.Hour)
			if err != nil || !ok {
				t.Fatalf("reserve: %v %v", ok, err)
			}
			if got > want || got < want-3*time.Second {
				t.Errorf("wait %v, want about %v", got, want)
			}
		}
		near(0)
		near(0)
		near(10 * time.Second)
		near(20 * time.Second)
		if _, ok, _ := l.Reserve(t.Context(), "k", 10*time.Second, 2, 0); ok {
			t.Error("booked beyond its longest wait")
		}
		near(30 * time.Second) // the refusal booked nothing
		if wait, ok, _ := l.Reserve(t.Context(), "k", 0, 0, 0); !ok || wait != 0 {
			t.Error("no rate is no limit")
		}
	})
}

func TestCool(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		l := queue.NewLimits(r, nil)
		ctx := t.Context()
		if d, err := l.Cooling(ctx, "k"); err != nil || d[0] != 0 {
			t.Fatalf("cooling %v, %v before anything", d, err)
		}
		for _, d := range []time.Duration{time.Minute, time.Second} { // the second does not shorten the first
			if err := l.Cool(ctx, "k", d); err != nil {
				t.Fatal(err)
			}
		}
		d, err := l.Cooling(ctx, "other", "k")
		if err != nil || len(d) != 2 || d[1] > time.Minute || d[1] < 50*time.Second {
			t.Fatalf("cooling %v, %v, want about a minute", d, err)
		}
		if d[0] != 0 {
			t.Errorf("another key cools for %v", d[0])
		}
		wait, ok, err := l.Reserve(ctx, "k", time.Second, 1, time.Second)
		if err != nil || ok || wait < 50*time.Second {
			t.Errorf("reserved %v %v %v while cooling", wait, ok, err)
		}
		wait, ok, err = l.Reserve(ctx, "k", time.Second, 3, time.Hour)
		if err != nil || !ok || wait < 50*time.Second {
			t.Errorf("reserved %v %v %v, want a place behind the cooldown", wait, ok, err)
		}
	})
}

func TestAcquire(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		l := queue.NewLimits(r, nil)
		var got atomic.Int64
		var holder atomic.Value
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				member := strconv.Itoa(i)
				ok, err := l.Acquire(t.Context(), "k", member, 7, time.Hour, 0, 0)
				if err != nil {
					t.Error(err)
				}
				if ok {
					got.Add(1)
					holder.Store(member)
				}
			})
		}
		wg.Wait()
		if got.Load() != 7 {
			t.Fatalf("%d slots given, want 7", got.Load())
		}
		member := holder.Load().(string)
		acquire(t, l, member, true) // renewing needs no second slot
		acquire(t, l, "late", false)
		if err := l.Release(t.Context(), "k", member); err != nil {
			t.Fatal(err)
		}
		acquire(t, l, "late", true)
		if ok, _ := l.Acquire(t.Context(), "k", "any", 0, time.Second, 0, 0); !ok {
			t.Error("a limit of zero refused")
		}
	})
}

func acquire(t *testing.T, l *queue.Limits, member string, want bool) {
	t.Helper()
	ok, err := l.Acquire(t.Context(), "k", member, 7, time.Hour, 0, 0)
	if err != nil || ok != want {
		t.Errorf("acquire for %s: %v %v, want %v", member, ok, err, want)
	}
}

func TestSlotOfADeadHolderReturns(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		l := queue.NewLimits(r, nil)
		for member, ttl := range map[string]time.Duration{"alive": time.Hour, "dead": 300 * time.Millisecond} {
			if ok, err := l.Acquire(t.Context(), "k", member, 2, ttl, 0, 0); !ok || err != nil {
				t.Fatal(member, ok, err)
			}
		}
		if ok, _ := l.Acquire(t.Context(), "k", "next", 2, time.Minute, 0, 0); ok {
			t.Fatal("the slot was given twice")
		}
		eventually(t, 5*time.Second, func(ctx context.Context) bool {
			ok, err := l.Acquire(ctx, "k", "next", 2, time.Minute, 0, 0)
			return ok && err == nil
		})
	})
}

func TestSlotsGoInOrder(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		l := queue.NewLimits(r, nil)
		ask := func(member string, turn int64, patience time.Duration) bool {
			t.Helper()
			ok, err := l.Acquire(t.Context(), "k", member, 1, time.Hour, turn, patience)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !ask("holder", 1, time.Hour) || ask("second", 3, time.Hour) || ask("first", 2, time.Hour) || ask("hasty", 1, 50*time.Millisecond) {
			t.Fatal("one slot was given twice")
		}
		eventually(t, 5*time.Second, func(ctx context.Context) bool { // until the hasty one, who never came back, is forgotten
			if err := l.Release(ctx, "k", "holder"); err != nil {
				t.Error(err)
			}
			if ask("late", 9, 0) {
				t.Error("somebody who does not wait was served before those who do")
			}
			if ask("second", 3, time.Hour) {
				t.Error("the second was served before the first")
			}
			return ask("first", 2, time.Hour)
		})
	})
}

// eventually polls until the condition holds.
func eventually(t testing.TB, within time.Duration, cond func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*within) // machines are busy
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not within %v", within)
		}
	}
}
