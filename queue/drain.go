package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// Update is one update of Telegram as it left the front-end.
type Update struct {
	Bot  int64  // the bot's Telegram id
	Hash string // see Keys.UpdateHash
	Lane string // see Keys.LaneHash; empty for payments
	// Raw is the JSON as Telegram sent it; nil if it could not be unsealed.
	Raw      []byte
	Received time.Time
	Tries    int // of handling it, this one included
	// Overflow says that the lane has refused updates and nobody has told the person yet. It is set on one head per
	// fullness (again if that head fails).
	Overflow bool
}

// Handler handles the heads of lanes. It is called at least once per update, so an effect belongs in one transaction
// with the insertion of the update's hash.
type Handler interface {
	// Handle returns when the effect is in SQL. A *RetryAfter in its error delays the lane and counts no failure; any
	// other error counts.
	Handle(ctx context.Context, u Update) error
	// Dead commits an update that failed too often, or cannot be unsealed, to the dead letters. The lane waits until it
	// returns nil. The cause is nil if the failures left none: the process died each time.
	Dead(ctx context.Context, u Update, cause error, failures int) error
}

var errPanic = errors.New("panic in handler")

// Drain handles a lane from its head on, until it is empty, a slice of work is done, or the server stops (Stopping).
// What is left then is enqueued under the next epoch. It returns nil whenever the lane is in good hands; an error means
// that Redis failed, and that the sweeper will resume the lane. Either way the task's id is spent.
func (l *Lanes) Drain(ctx context.Context, hash string, epoch int64, h Handler) error {
	s, first, err := l.take(ctx, hash, epoch, rand.Text())
	if err != nil || s == nil {
		return err
	}
	err = s.run(ctx, h, first)
	if errors.Is(err, errLeaseLost) {
		l.m.headEnded(headLost)
		return nil
	}
	return err
}

// run handles heads until there is a reason to stop.
func (s *lease) run(ctx context.Context, h Handler, head *head) error {
	end := time.Now().Add(s.l.cfg.Slice)
	for n := 1; head != nil; n++ {
		outcome, err := s.handle(ctx, h, head)
		if err != nil {
			return s.yield(ctx, head, err)
		}
		last := n >= s.l.cfg.Heads || time.Now().After(end) || stopping(ctx) || ctx.Err() != nil
		if head, err = s.remove(context.WithoutCancel(ctx), head, last); err != nil {
			return err
		}
		s.l.m.headEnded(outcome)
		if last {
			return s.release(ctx, 0, false)
		}
	}
	return nil
}

// yield gives the lane back after a head that was not handled, with the delay it asks for or has earned.
func (s *lease) yield(ctx context.Context, head *head, err error) error {
	if errors.Is(err, errLeaseLost) {
		return err
	}
	if later, ok := errors.AsType[*RetryAfter](err); ok {
		s.l.m.headEnded(headLater)
		return s.release(ctx, max(later.After, 0), true)
	}
	s.l.m.headEnded(headFailed)
	// A drain that is canceled from outside is not the head's fault either.
	return s.release(ctx, backoff(head.tries-1, nil)/2, ctx.Err() != nil)
}

// handle handles one head while the lease lasts and says how it ended. Its error is errLeaseLost if the lease went away
// meanwhile.
func (s *lease) handle(ctx context.Context, h Handler, head *head) (outcome string, err error) {
	ctx, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	stop := s.keep(ctx, lost)
	outcome, err = s.dispatch(ctx, h, head)
	stop()
	if err != nil && errors.Is(context.Cause(ctx), errLeaseLost) {
		return "", errLeaseLost
	}
	return outcome, err
}

// dispatch gives the head to the handler, or to its dead letters if it cannot be read or fails too often.
func (s *lease) dispatch(ctx context.Context, h Handler, head *head) (outcome string, err error) {
	u, err := s.l.keys.openUpdate(kindLane, head.hash, s.lane, head.sealed)
	u.Tries, u.Overflow = head.tries, head.overflow
	failures := head.tries - 1
	if err == nil && failures < s.l.cfg.MaxTries {
		ctx, end := s.l.client.traces.head(ctx, u)
		err = s.guard(ctx, func(ctx context.Context) error { return h.Handle(ctx, u) })
		end(err)
		if _, later := errors.AsType[*RetryAfter](err); err == nil || later {
			return headDone, err
		}
		if failures++; failures < s.l.cfg.MaxTries || ctx.Err() != nil {
			return headFailed, err
		}
	}
	s.l.log.WarnContext(ctx, "lane head is dead",
		slog.String("lane", s.lane), slog.String("update", head.hash), slog.Int("failures", failures))
	return headDead, s.guard(ctx, func(ctx context.Context) error { return h.Dead(ctx, u, err, failures) })
}

// guard calls the handler under the deadline of a head and turns a panic into an error. The panic's value is not kept:
// it may hold what a person wrote.
func (s *lease) guard(ctx context.Context, f func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, s.l.cfg.Head)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			s.l.log.ErrorContext(ctx, "panic in lane handler",
				slog.String("type", fmt.Sprintf("%T", v)), slog.String("stack", string(debug.Stack())))
			err = errPanic
		}
	}()
	return f(ctx)
}

// keep renews the lease each third of it until stop is called, and cancels with errLeaseLost when it is lost, or when
// it may be because no renewal went through in time.
func (s *lease) keep(ctx context.Context, lost context.CancelCauseFunc) (stop func()) {
	third := s.l.cfg.Lease / 3
	over := time.AfterFunc(3*third, func() { lost(errLeaseLost) })
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(third)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			started := time.Now()
			switch err := s.renewWithin(ctx, third); {
			case errors.Is(err, errLeaseLost):
				lost(errLeaseLost)
				return
			case err == nil:
				over.Reset(3*third - time.Since(started))
			}
		}
	}()
	return func() {
		cancel()
		<-done
		over.Stop()
	}
}

func (s *lease) renewWithin(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return s.renew(ctx)
}
