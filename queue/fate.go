package queue

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hibiken/asynq"
)

// Fate is what becomes of a task whose handler returned an error. The set is closed; the names are metric labels.
type Fate string

// The fates.
const (
	// FateRetry tries again with growing delays and counts a failure; after MaxRetry of them the task is archived.
	FateRetry Fate = "retry"
	// FateLater tries again and counts nothing: limits, cooldowns, a database that is away. It is nobody's fault.
	FateLater Fate = "later"
	// FateDrop forgets the task: somebody else has done it, or it is done in SQL.
	FateDrop Fate = "drop"
	// FateArchive keeps the task for a look by the operator. It is for bugs only: the archive keeps the id taken.
	FateArchive Fate = "archive"
)

// ErrDrop is returned by a handler whose task is to be forgotten.
var ErrDrop = errors.New("drop the task")

// RetryAfter asks for another try after a while that burns no retry. In a lane it leaves the head's count of tries as
// it was.
//
//nolint:errname // It reads as what it asks for.
type RetryAfter struct {
	After time.Duration
	Err   error // why, for operators; may be nil
}

func (e *RetryAfter) Error() string {
	if e.Err == nil {
		return "try again after " + e.After.String()
	}
	return fmt.Sprintf("try again after %s: %v", e.After, e.Err)
}

func (e *RetryAfter) Unwrap() error { return e.Err }

// laterDelay is the delay of a FateLater that names none, and of tasks this release cannot read.
const (
	laterDelay   = 5 * time.Second
	versionDelay = 30 * time.Second
)

// verdict is what asynq is told. Its text is the redacted one: asynq stores it and the task monitor shows it.
type verdict struct {
	fate  Fate
	after time.Duration
	text  string
}

func (v *verdict) Error() string { return v.text }

// Is lets asynq find its own sentinels.
func (v *verdict) Is(target error) bool {
	return v.fate == FateDrop && target == asynq.RevokeTask || v.fate == FateArchive && target == asynq.SkipRetry
}

// judge decides the fate of a failed task. What the package itself defines goes first, then the hook of the workers.
func judge(err error, hook func(error) Fate) (Fate, time.Duration) {
	if v, ok := errors.AsType[*VersionError](err); ok && v != nil {
		return FateLater, versionDelay
	}
	if r, ok := errors.AsType[*RetryAfter](err); ok {
		return FateLater, r.After
	}
	if errors.Is(err, ErrDrop) {
		return FateDrop, 0
	}
	if hook == nil {
		return FateRetry, 0
	}
	switch fate := hook(err); fate {
	case FateLater, FateDrop, FateArchive:
		return fate, laterDelay
	default:
		return FateRetry, 0
	}
}

// retryDelay is asynq's RetryDelayFunc for the given table.
func retryDelay(table map[string]Policy) asynq.RetryDelayFunc {
	return func(n int, err error, t *asynq.Task) time.Duration {
		if v, ok := errors.AsType[*verdict](err); ok && v.fate == FateLater {
			return wholeDelay(jitter(v.after))
		}
		if errors.Is(err, asynq.ErrLeaseExpired) {
			return time.Second
		}
		return wholeDelay(jitter(backoff(n, table[t.Type()].Backoff)))
	}
}

// backoff is the delay after the n-th failure, n from zero.
func backoff(n int, steps []time.Duration) time.Duration {
	if len(steps) > 0 {
		return steps[min(n, len(steps)-1)]
	}
	return min(2*time.Second<<min(n, 10), time.Minute)
}

// jitter adds up to a tenth.
func jitter(d time.Duration) time.Duration {
	d = max(d, 0)
	return d + rand.N(d/10+time.Millisecond)
}

// wholeDelay makes d a lower bound: asynq keeps due times in whole seconds and truncates them.
func wholeDelay(d time.Duration) time.Duration {
	now := time.Now()
	return now.Add(d+time.Second-time.Nanosecond).Truncate(time.Second).Sub(now) + time.Millisecond
}
