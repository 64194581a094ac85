package queue_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

func TestStates(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		s := queue.NewStates(r)
		count := func(old []byte) []byte {
			n, _ := strconv.Atoi(string(old))
			return strconv.AppendInt(nil, int64(n+1), 10)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 25 {
					if err := s.Update(t.Context(), "n", time.Hour, count); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		got, err := s.Load(t.Context(), "missing", "n")
		if err != nil || got[0] != nil || string(got[1]) != "100" {
			t.Errorf("loaded %q, %v; want nothing and 100", got, err)
		}
		if err := s.Update(t.Context(), "short", 30*time.Millisecond, func([]byte) []byte { return []byte("x") }); err != nil {
			t.Fatal(err)
		}
		eventually(t, 5*time.Second, func(ctx context.Context) bool {
			got, err := s.Load(ctx, "short")
			return err == nil && got[0] == nil
		})
	})
}

// TestStatesTogether: those who change a record at once do it in a few trips, none of them twice, and who gives up keeps nobody.
func TestStatesTogether(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		s := queue.NewStates(r)
		inside, let := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		ctx, giveUp := context.WithCancel(t.Context())
		wg.Go(func() { // leads, and is called off while others wait
			err := s.Update(ctx, "n", time.Hour, func(old []byte) []byte {
				close(inside)
				<-let
				return append(old, '-')
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("who was called off: %v", err)
			}
		})
		<-inside
		var calls atomic.Int64
		for i := range 50 {
			wg.Go(func() {
				own := t.Context()
				if i == 0 {
					own = ctx
				}
				err := s.Update(own, "n", time.Hour, func(old []byte) []byte {
					calls.Add(1)
					return append(bytes.Clone(old), 'x')
				})
				if (err != nil) != (i == 0) {
					t.Errorf("change %d: %v", i, err)
				}
			})
		}
		eventually(t, 5*time.Second, func(context.Context) bool { return s.Waiting("n") == 50 })
		giveUp()
		eventually(t, 5*time.Second, func(context.Context) bool { return s.Waiting("n") == 49 })
		close(let)
		wg.Wait()
		got, err := s.Load(t.Context(), "n")
		if want := strings.Repeat("x", 49); err != nil || string(got[0]) != want || calls.Load() > 60 {
			t.Errorf("%q after %d calls, %v", got[0], calls.Load(), err)
		}
		if s.Records() != 0 {
			t.Errorf("%d records are remembered", s.Records())
		}
	})
}

// TestStatesCalledOffTogether: whose change was taken along by somebody who is called off, and who is called off as well, is told.
func TestStatesCalledOffTogether(t *testing.T) {
	t.Parallel()
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		s := queue.NewStates(r)
		taken, first, both, let := make(chan struct{}), make(chan struct{}), make(chan struct{}, 2), make(chan struct{})
		var leader sync.WaitGroup
		leader.Go(func() {
			if err := s.Update(t.Context(), "n", time.Hour, func([]byte) []byte {
				close(taken)
				<-first
				return []byte("first")
			}); err != nil {
				t.Error(err)
			}
		})
		<-taken
		ctx, callOff := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		for range 2 {
			go func() {
				ended <- s.Update(ctx, "n", time.Hour, func(old []byte) []byte {
					both <- struct{}{}
					<-let
					return append(bytes.Clone(old), 'x')
				})
			}()
		}
		eventually(t, 5*time.Second, func(context.Context) bool { return s.Waiting("n") == 2 })
		close(first)
		leader.Wait()
		<-both // one of them makes the changes of both
		callOff()
		<-time.After(50 * time.Millisecond) // the other one finds that its change is under way
		close(let)
		for range 2 {
			select {
			case err := <-ended:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("who was called off: %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("who was called off waits for ever")
			}
		}
	})
}
