package providers

import (
	"context"
	"errors"
	"sync"
	"time"
)

// The scopes of a rate limit: what Error.Scope may say.
const (
	ScopeKey   = "key"   // everything asked with the same key: the whole provider
	ScopeModel = "model" // this model
	ScopeCall  = "call"  // this call only
)

const (
	defaultCool = 5 * time.Second  // a rate limit that does not say how long
	authCool    = time.Minute      // a refused key: somebody has to act
	maxCool     = 10 * time.Minute // whatever an answer says
	breakAfter  = 5                // failures in a row
	maxBreak    = time.Minute
)

// health counts failures in a row, per provider, in this process. The cooldowns that follow are shared.
type health struct {
	mu     sync.Mutex
	failed map[string]int
}

func newHealth() *health { return &health{failed: make(map[string]int)} }

func (h *health) good(provider string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.failed, provider)
}

// bad returns how long to leave the provider alone: nothing at first, then 5 s, doubled by every further failure. After
// a cooldown the first call is a trial: the count stays until one succeeds.
func (h *health) bad(provider string) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed[provider]++
	over := h.failed[provider] - breakAfter
	if over < 0 {
		return 0
	}
	return min(maxBreak, defaultCool<<min(over, 10))
}

// judge learns from the outcome of a Submit.
func (r *Router) judge(ctx context.Context, p Provider, model string, err error) {
	var failed *Error
	if err == nil {
		r.health.good(p.Name())
		return
	}
	if !errors.As(err, &failed) {
		return
	}
	switch failed.Class {
	case RateLimited:
		if failed.Scope != ScopeCall {
			r.cool(ctx, coolKey(p, model, failed.Scope), orDefault(failed.Wait))
		}
	case Auth:
		r.cool(ctx, providerKey(p.Name()), authCool)
	case Transient, UnknownCall, NoOutput:
		if d := r.health.bad(p.Name()); d > 0 {
			r.cool(ctx, providerKey(p.Name()), d)
		}
	case Rejected, BadRequest, Lost, Canceled: // about the request, not about the provider
	}
}

func coolKey(p Provider, model, scope string) string {
	if scope == ScopeModel {
		return modelKey(model)
	}
	return providerKey(p.Name())
}

func orDefault(wait time.Duration) time.Duration {
	if wait <= 0 {
		return defaultCool
	}
	return min(wait, maxCool)
}

// cool outlives the call it follows from. If the shared limits are away nobody is warned, and the next call finds out.
func (r *Router) cool(ctx context.Context, key string, d time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitsTimeout)
	defer cancel()
	_ = r.limits.Cool(ctx, key, d)
}
