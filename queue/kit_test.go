package queue_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// bundle is a Redis with everything that works on lanes.
type bundle struct {
	r      *queue.Redis
	keys   *queue.Keys
	client *queue.Client
	front  *queue.Front
	lanes  *queue.Lanes
}

func setup(t testing.TB, r *queue.Redis, cfg queue.LaneConfig) *bundle {
	t.Helper()
	b := &bundle{r: r, keys: queuetest.Keys(t)}
	b.client = queue.NewClient(r, 0, nil)
	b.front = queue.NewFront(r, b.keys, queue.FrontConfig{Lanes: cfg})
	t.Cleanup(func() { _ = b.front.Close() })
	b.lanes = queue.NewLanes(r, b.client, b.keys, cfg, nil, nil)
	return b
}

// serve runs the interactive and the payments pool with a handler for drains, until the test ends or the returned
// function is called.
func (b *bundle) serve(t testing.TB, slots int, h queue.Handler) (shutdown func()) {
	t.Helper()
	return b.start(t, queue.ServerConfig{
		Pools: map[string]int{queue.PoolInteractive: slots},
		Handlers: map[string]queue.HandlerFunc{
			queue.TypeChatDrain: func(ctx context.Context, payload []byte) error {
				d, err := queue.DecodeChatDrain(payload)
				if err != nil {
					return err
				}
				return b.lanes.Drain(ctx, d.Lane, d.Epoch, h)
			},
		},
	})
}

func (b *bundle) start(t testing.TB, cfg queue.ServerConfig) (shutdown func()) {
	t.Helper()
	s, err := queue.NewServer(b.r, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	shutdown = sync.OnceFunc(s.Shutdown)
	t.Cleanup(shutdown)
	return shutdown
}

// sweep sweeps every 100 ms until the test ends.
func (b *bundle) sweep(t testing.TB) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_, _ = b.lanes.Sweep(t.Context(), 500)
			case <-t.Context().Done():
				return
			}
		}
	}()
	t.Cleanup(func() { <-done })
}

func (b *bundle) push(t testing.TB, chat, id int64) queue.Receipt {
	t.Helper()
	r, err := b.front.Push(t.Context(), incoming(chat, id))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func incoming(chat, id int64) queue.Incoming {
	return queue.Incoming{Bot: 7, UpdateID: id, Chat: chat, Raw: []byte(strconv.FormatInt(chat, 10) + ":" + strconv.FormatInt(id, 10))}
}

// meta reads a field of a lane.
func (b *bundle) meta(t testing.TB, chat int64, field string) string {
	t.Helper()
	v, _ := b.r.Conn().HGet(t.Context(), queue.LaneKeys(b.keys.LaneHash(7, chat))[2], field).Result()
	return v
}

func (b *bundle) epoch(t testing.TB, chat int64) int64 {
	t.Helper()
	n, err := strconv.ParseInt(b.meta(t, chat, "epoch"), 10, 64)
	if err != nil {
		t.Fatalf("epoch of chat %d: %v", chat, err)
	}
	return n
}

func (b *bundle) items(t testing.TB, chat int64) int {
	t.Helper()
	n, err := b.r.Conn().LLen(t.Context(), queue.LaneKeys(b.keys.LaneHash(7, chat))[0]).Result()
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// world is what SQL is to a handler: it knows which updates had their effect, and finds what must not be.
type world struct {
	mu       sync.Mutex
	last     map[string]int64 // by chat
	seen     map[string]bool  // raw updates
	running  map[string]int
	repeats  int
	dead     []queue.Update
	failures []int
	faults   []string

	// before runs ahead of the effect; its error is Handle's.
	before func(ctx context.Context, u queue.Update) error
}

func newWorld() *world {
	return &world{last: make(map[string]int64), seen: make(map[string]bool), running: make(map[string]int)}
}

func (w *world) Handle(ctx context.Context, u queue.Update) error {
	w.enter(u, 1)
	defer w.enter(u, -1)
	if w.before != nil {
		if err := w.before(ctx, u); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err // as a database would
	}
	w.commit(string(u.Raw))
	return nil
}

func (w *world) Dead(_ context.Context, u queue.Update, _ error, failures int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = append(w.dead, u)
	w.failures = append(w.failures, failures)
	return nil
}

func (w *world) enter(u queue.Update, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[u.Lane] += n
	if w.running[u.Lane] > 1 {
		w.faults = append(w.faults, "overlap in a lane")
	}
}

// commit is the transaction with seen_update in it.
func (w *world) commit(raw string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[raw] {
		w.repeats++
		return
	}
	w.seen[raw] = true
	chat, number, _ := strings.Cut(raw, ":")
	id, _ := strconv.ParseInt(number, 10, 64)
	if id < w.last[chat] {
		w.faults = append(w.faults, "update "+raw+" after "+strconv.FormatInt(w.last[chat], 10))
	}
	w.last[chat] = id
}

func (w *world) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.seen)
}

func (w *world) deaths() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.dead)
}

// check fails the test for every overlap and inversion.
func (w *world) check(t testing.TB) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.faults[:min(len(w.faults), 5)] {
		t.Error(f)
	}
}
