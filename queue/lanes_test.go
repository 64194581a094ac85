package queue_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

var errInjected = errors.New("injected")

// TestLanesKeepOrderAndStrandNothing is the test a fixed task id per chat fails: with a pause between "the list is
// empty" and the end of the task it strands one message in fourteen.
func TestLanesKeepOrderAndStrandNothing(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		lanes, each := int64(2000), int64(10)
		if testing.Short() || t.Name() == "TestLanesKeepOrderAndStrandNothing/embedded" {
			lanes = 200
		}
		b := setup(t, r, queue.LaneConfig{})
		w := newWorld()
		w.before = func(context.Context, queue.Update) error {
			if rand.N(100) == 0 {
				return &queue.RetryAfter{After: time.Millisecond, Err: errInjected}
			}
			return nil
		}
		b.pausing(t, 64, w)

		var wg sync.WaitGroup
		for p := range int64(16) {
			wg.Go(func() {
				for id := range each {
					for chat := p; chat < lanes; chat += 16 {
						b.insist(t, incoming(chat, id))
					}
				}
			})
		}
		wg.Wait()
		eventually(t, 3*time.Minute, func(context.Context) bool { return w.count() == int(lanes*each) })
		w.check(t)
		if w.repeats > 0 {
			t.Errorf("%d updates were handled twice", w.repeats)
		}
	})
}

// insist pushes until it works, as a front-end has to.
func (b *bundle) insist(t *testing.T, in queue.Incoming) {
	t.Helper()
	for range 10 {
		if _, err := b.front.Push(t.Context(), in); err == nil {
			return
		}
	}
	t.Error("ten pushes failed")
}

// pausing serves drains that end, and asynq's slots that are freed, a little after the lane was closed.
func (b *bundle) pausing(t *testing.T, slots int, h queue.Handler) {
	t.Helper()
	b.start(t, queue.ServerConfig{
		Pools: map[string]int{queue.PoolInteractive: slots},
		Handlers: map[string]queue.HandlerFunc{
			queue.TypeChatDrain: func(ctx context.Context, payload []byte) error {
				d, err := queue.DecodeChatDrain(payload)
				if err != nil {
					return err
				}
				pause(rand.N(2 * time.Millisecond))
				err = b.lanes.Drain(ctx, d.Lane, d.Epoch, h)
				pause(rand.N(2 * time.Millisecond))
				return err
			},
		},
	})
}

// pause is a handler that takes a while; nothing waits for it.
func pause(d time.Duration) { <-time.After(d) }

func TestPushIsIdempotent(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		b.push(t, 1, 5)
		if e := b.epoch(t, 1); e < 1e15 {
			t.Errorf("epoch %d is not from the server's clock", e)
		}
		b.push(t, 1, 5)
		b.push(t, 1, 6)
		if n := b.items(t, 1); n != 2 {
			t.Fatalf("%d items, want 2", n)
		}
		depth, err := queue.NewInspector(r).Depth(t.Context())
		if err != nil || depth["interactive"].Pending != 1 {
			t.Errorf("drains %+v, %v, want one", depth["interactive"], err)
		}
		before := b.epoch(t, 1)
		if err := b.lanes.Drain(t.Context(), b.keys.LaneHash(7, 1), before, w); err != nil {
			t.Fatal(err)
		}
		if w.count() != 2 || b.epoch(t, 1) != before+1 {
			t.Errorf("%d handled, epoch %d after %d", w.count(), b.epoch(t, 1), before)
		}
		if again := b.push(t, 1, 5); !again.Done {
			t.Error("a handled update was pushed again")
		}
		if b.items(t, 1) != 0 {
			t.Error("a handled update is in the lane")
		}
		if n := r.Conn().ZCard(t.Context(), queue.LaneIndex).Val(); n > 1 { // the last push put it back
			t.Errorf("%d lanes in the index", n)
		}
		if n, err := b.lanes.Sweep(t.Context(), 10); n != 0 || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
		if n := r.Conn().ZCard(t.Context(), queue.LaneIndex).Val(); n != 0 {
			t.Errorf("%d lanes in the index after a sweep", n)
		}
	})
}

func TestDrainHandsOver(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{Heads: 3}), newWorld()
		for id := range int64(7) {
			b.push(t, 1, id)
		}
		lane := b.keys.LaneHash(7, 1)
		for _, want := range []int{3, 6, 7, 7} {
			if err := b.lanes.Drain(t.Context(), lane, b.epoch(t, 1), w); err != nil {
				t.Fatal(err)
			}
			if w.count() != want {
				t.Fatalf("%d handled, want %d", w.count(), want)
			}
		}
		w.check(t)
		depth, _ := queue.NewInspector(r).Depth(t.Context())
		if n := depth["interactive"].Pending; n != 3 { // one of the push, two of the hand-overs
			t.Errorf("%d drains, want 3", n)
		}
	})
}

func TestDrainOfALiveLaneDoesNothing(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		inside, finish := make(chan struct{}), make(chan struct{})
		w.before = func(context.Context, queue.Update) error {
			close(inside)
			<-finish
			return nil
		}
		b.push(t, 1, 1)
		lane, epoch := b.keys.LaneHash(7, 1), b.epoch(t, 1)
		done := make(chan error, 1)
		go func() { done <- b.lanes.Drain(t.Context(), lane, epoch, w) }()
		<-inside
		if err := b.lanes.Drain(t.Context(), lane, epoch, newWorld()); err != nil {
			t.Error(err)
		}
		if n, err := b.lanes.Sweep(t.Context(), 10); n != 0 || err != nil {
			t.Errorf("swept a live lane: %d, %v", n, err)
		}
		close(finish)
		if err := <-done; err != nil || w.count() != 1 {
			t.Errorf("%v, %d handled", err, w.count())
		}
	})
}

func TestStaleDrain(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		lane := b.keys.LaneHash(7, 1)
		wait := time.Minute
		w.before = func(context.Context, queue.Update) error {
			if wait > 0 {
				return &queue.RetryAfter{After: wait}
			}
			return nil
		}
		b.push(t, 1, 1)
		first := b.epoch(t, 1)
		drain := func(epoch int64) {
			t.Helper()
			if err := b.lanes.Drain(t.Context(), lane, epoch, w); err != nil {
				t.Fatal(err)
			}
		}
		drain(first)
		wait = 0
		drain(first) // the lane asked for a minute, and a drain of before must not cut it short
		if w.count() != 0 {
			t.Fatal("a stale drain did not respect the delay")
		}
		drain(first + 1)
		if w.count() != 1 {
			t.Fatal("the current drain did nothing")
		}
		b.push(t, 1, 2)
		drain(first) // nobody waits: any drain may work
		if w.count() != 2 {
			t.Fatal("a stale drain left a lane alone that nobody holds")
		}
		empty := b.epoch(t, 1)
		drain(first)
		if got := b.epoch(t, 1); got != empty {
			t.Errorf("a stale drain raised the epoch of an empty lane from %d to %d", empty, got)
		}
	})
}

// TestDrainOfTheCurrentEpochCloses: the id of a drain is taken until it has ended, so it must not leave the epoch as it
// is, even if it finds nothing.
func TestDrainOfTheCurrentEpochCloses(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{})
		b.push(t, 1, 1)
		lane, epoch := b.keys.LaneHash(7, 1), b.epoch(t, 1)
		for _, key := range queue.LaneKeys(lane)[:2] {
			r.Conn().Del(t.Context(), key)
		}
		if err := b.lanes.Drain(t.Context(), lane, epoch, newWorld()); err != nil {
			t.Fatal(err)
		}
		if got := b.epoch(t, 1); got != epoch+1 {
			t.Errorf("epoch %d after %d", got, epoch)
		}
	})
}

func TestPoison(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		var tries []int
		w.before = func(_ context.Context, u queue.Update) error {
			if string(u.Raw) != "1:1" {
				return nil
			}
			if tries = append(tries, u.Tries); len(tries) == 2 {
				panic("what a person wrote")
			}
			return errInjected
		}
		b.push(t, 1, 1)
		b.push(t, 1, 2)
		for range 5 {
			if err := b.lanes.Drain(t.Context(), b.keys.LaneHash(7, 1), b.epoch(t, 1), w); err != nil {
				t.Fatal(err)
			}
		}
		if len(tries) != 5 || tries[4] != 5 {
			t.Errorf("tries %v, want 1 to 5", tries)
		}
		if w.deaths() != 1 || string(w.dead[0].Raw) != "1:1" || w.failures[0] != 5 {
			t.Errorf("dead %v %v", w.dead, w.failures)
		}
		if w.count() != 1 || b.items(t, 1) != 0 {
			t.Errorf("the lane did not go on: %d handled, %d left", w.count(), b.items(t, 1))
		}
	})
}

// TestPoisonThatKills: what ends the process leaves no error, only counted tries.
func TestPoisonThatKills(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		b.push(t, 1, 1)
		lane := b.keys.LaneHash(7, 1)
		r.Conn().HSet(t.Context(), queue.LaneKeys(lane)[2], "tries", 5)
		if err := b.lanes.Drain(t.Context(), lane, b.epoch(t, 1), w); err != nil {
			t.Fatal(err)
		}
		if w.deaths() != 1 || w.failures[0] != 5 || w.count() != 0 {
			t.Errorf("dead %v after %v failures, %d handled", w.dead, w.failures, w.count())
		}
	})
}

func TestDeadMustCommit(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{MaxTries: 1})
		h := &stubborn{}
		b.push(t, 1, 1)
		for _, left := range []int{1, 1, 0} {
			if err := b.lanes.Drain(t.Context(), b.keys.LaneHash(7, 1), b.epoch(t, 1), h); err != nil {
				t.Fatal(err)
			}
			if n := b.items(t, 1); n != left {
				t.Fatalf("%d left after %d burials, want %d", n, h.burials, left)
			}
		}
	})
}

// stubborn has a dead-letter table that works at the third attempt.
type stubborn struct{ burials int }

func (s *stubborn) Handle(context.Context, queue.Update) error { return errInjected }

func (s *stubborn) Dead(context.Context, queue.Update, error, int) error {
	if s.burials++; s.burials < 3 {
		return errInjected
	}
	return nil
}

func TestRetryAfterBurnsNoTry(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		var calls atomic.Int64
		w.before = func(_ context.Context, u queue.Update) error {
			if u.Tries != 1 {
				t.Errorf("try %d", u.Tries)
			}
			if calls.Add(1) <= 20 {
				return &queue.RetryAfter{After: 30 * time.Second, Err: errInjected}
			}
			return nil
		}
		b.push(t, 1, 1)
		for range 21 {
			if err := b.lanes.Drain(t.Context(), b.keys.LaneHash(7, 1), b.epoch(t, 1), w); err != nil {
				t.Fatal(err)
			}
		}
		if w.count() != 1 || w.deaths() != 0 {
			t.Errorf("%d handled, %d dead", w.count(), w.deaths())
		}
		depth, _ := queue.NewInspector(r).Depth(t.Context())
		if d := depth["interactive"]; d.Scheduled != 20 || d.Pending != 1 {
			t.Errorf("%+v, want 20 delayed drains and the first", d)
		}
	})
}

func TestUnsealableIsDead(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{}), newWorld()
		first := b.push(t, 1, 1)
		b.push(t, 1, 2)
		lane := b.keys.LaneHash(7, 1)
		r.Conn().HSet(t.Context(), queue.LaneKeys(lane)[1], first.Hash, "forged")
		if err := b.lanes.Drain(t.Context(), lane, b.epoch(t, 1), w); err != nil {
			t.Fatal(err)
		}
		if w.deaths() != 1 || w.dead[0].Raw != nil || w.dead[0].Hash != first.Hash || w.count() != 1 {
			t.Errorf("dead %+v, %d handled", w.dead, w.count())
		}
	})
}

func TestLaneFull(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b, w := setup(t, r, queue.LaneConfig{MaxItems: 4, Heads: 1}), newWorld()
		told := 0
		w.before = func(_ context.Context, u queue.Update) error {
			if u.Overflow {
				told++
			}
			return nil
		}
		id := int64(0)
		fill := func() {
			for refused := 0; refused < 3; id++ {
				_, err := b.front.Push(t.Context(), incoming(1, id))
				if errors.Is(err, queue.ErrLaneFull) {
					refused++
				} else if err != nil {
					t.Fatal(err)
				}
			}
		}
		drain := func(n int) {
			for range n {
				if err := b.lanes.Drain(t.Context(), b.keys.LaneHash(7, 1), b.epoch(t, 1), w); err != nil {
					t.Fatal(err)
				}
			}
		}
		fill()
		drain(1)
		fill() // full again before it got better
		drain(1)
		if told != 1 {
			t.Errorf("told %d times of one fullness", told)
		}
		drain(3)
		fill()
		drain(5)
		if told != 2 {
			t.Errorf("told %d times of two", told)
		}
		if v := b.meta(t, 1, "bytes"); v != "0" && v != "" {
			t.Errorf("%s bytes in an empty lane", v)
		}
	})
}

func TestLaneFullOfBytes(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		b := setup(t, r, queue.LaneConfig{MaxBytes: 1000})
		in := incoming(1, 1)
		in.Raw = make([]byte, 600)
		if _, err := b.front.Push(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		in.UpdateID = 2
		if _, err := b.front.Push(t.Context(), in); !errors.Is(err, queue.ErrLaneFull) {
			t.Errorf("second: %v", err)
		}
		if _, err := b.front.Push(t.Context(), incoming(1, 3)); err != nil {
			t.Errorf("a small one: %v", err)
		}
	})
}
