package workers

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/storage/storagetest"
)

// TestOneIsOnDuty: as long as a turn takes, nobody else begins one. Whoever stops is followed by another, and a turn that
// fails by the next.
func TestOneIsOnDuty(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const long = 7 * dutyLease
		w := &Workers{Config: Config{Store: storagetest.New(t, storagetest.OnSQLite), Log: slog.New(slog.DiscardHandler)}}
		var mu sync.Mutex // over the counts
		var busy, turns, others [2]int
		count := func(n *int, by int) {
			mu.Lock()
			defer mu.Unlock()
			if *n += by; busy[0]+busy[1] > 1 {
				t.Error("two are on duty")
			}
		}
		counts := func() (b, t, o [2]int) {
			mu.Lock()
			defer mu.Unlock()
			return busy, turns, others
		}
		var stops [2]context.CancelFunc
		var all sync.WaitGroup
		for i := range 2 {
			ctx, stop := context.WithCancel(t.Context())
			stops[i] = stop
			d := duty{name: "test", failed: func(context.Context, error) {}, other: func() { count(&others[i], 1) }, turn: func(ctx context.Context) error {
				count(&busy[i], 1)
				defer count(&busy[i], -1)
				count(&turns[i], 1)
				select {
				case <-ctx.Done():
					return context.Cause(ctx)
				case <-time.After(long):
					return errors.New("injected")
				}
			}}
			all.Go(func() { w.onDuty(ctx, d) })
			time.Sleep(time.Second)
		}
		time.Sleep(3 * long)
		synctest.Wait()
		if _, turns, others := counts(); turns[0] < 2 || turns[1] != 0 || others[0] != 0 || others[1] < 20 {
			t.Errorf("turns %v, and another's %v", turns, others)
		}
		stops[0]()
		time.Sleep(dutyLease + dutyEvery)
		synctest.Wait()
		if busy, turns, _ := counts(); turns[1] != 1 || busy != [2]int{0, 1} {
			t.Errorf("after the first one stopped: turns %v, busy %v", turns, busy)
		}
		stops[1]()
		all.Wait()
	})
}
