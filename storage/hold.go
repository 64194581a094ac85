package storage

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// Hold keeps a provider from being asked, or one of its models. What was asked of it before goes on.
type Hold struct {
	Provider string
	Model    string    // the provider's own name for it; empty is all of them
	Until    time.Time // zero is until it is lifted
	Since    time.Time
}

// HoldProvider holds a provider back, whatever held it before.
func (s *Store) HoldProvider(ctx context.Context, e Effect, a Act, h Hold) (Outbox, error) {
	return s.acted(ctx, e, a, func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO provider_holds (provider, model, until_at, created_at) VALUES ($1,$2,$3,$4)
			ON CONFLICT (provider, model) DO UPDATE SET until_at = excluded.until_at, created_at = excluded.created_at`, h.Provider, h.Model, micros(h.Until), t.now)
		return err
	})
}

// ReleaseProvider lifts the hold of a model, or every one of the provider where none is named. There need not be one.
func (s *Store) ReleaseProvider(ctx context.Context, e Effect, a Act, provider, model string) (Outbox, error) {
	return s.acted(ctx, e, a, func(t tx) error {
		_, err := t.exec(ctx, `DELETE FROM provider_holds WHERE provider = $1 AND ($2 = '' OR model = $2)`, provider, model)
		return err
	})
}

// Holds are those in force.
func (s *Store) Holds(ctx context.Context) ([]Hold, error) {
	return collect(ctx, s.r, func(row scanner) (h Hold, err error) {
		var until, since sql.NullInt64
		err = row.Scan(&h.Provider, &h.Model, &until, &since)
		h.Until, h.Since = fromMicros(until), fromMicros(since)
		return h, err
	}, `SELECT provider, model, until_at, created_at FROM provider_holds WHERE COALESCE(until_at, $1) >= $1 ORDER BY provider, model`, s.now().UnixMicro())
}

// ProviderCalls is how a provider's paid calls went.
type ProviderCalls struct {
	Provider string
	Calls    int           // that ended
	Failed   int           // of them: failed, or nobody knows
	Last     string        // class of the last failure, empty for none
	LastAt   time.Time     // when that was
	P50, P95 time.Duration // from the call to its images, of those that brought some
}

// callsRead is how many calls are looked at, the newest.
const callsRead = 20_000

// ProviderCalls sums up the calls since a time.
func (s *Store) ProviderCalls(ctx context.Context, since time.Time) ([]ProviderCalls, error) {
	type call struct {
		provider, state, class string
		ended, took            int64
	}
	calls, err := collect(ctx, s.r, func(row scanner) (c call, err error) {
		return c, row.Scan(&c.provider, &c.state, &c.class, &c.ended, &c.took)
	}, `SELECT provider, state, err_class, ended_at, ended_at - created_at FROM attempts WHERE created_at >= $1 AND ended_at IS NOT NULL
		ORDER BY created_at DESC LIMIT $2`, since.UnixMicro(), callsRead)
	if err != nil {
		return nil, err
	}
	by := make(map[string]*ProviderCalls)
	took := make(map[string][]int64)
	for _, c := range calls {
		p := by[c.provider]
		if p == nil {
			p = &ProviderCalls{Provider: c.provider}
			by[c.provider] = p
		}
		p.Calls++
		switch AttemptState(c.state) {
		case AttemptSucceeded:
			took[c.provider] = append(took[c.provider], c.took)
		case AttemptFailed, AttemptUnknown:
			if p.Failed++; p.Last == "" {
				p.Last, p.LastAt = c.class, time.UnixMicro(c.ended)
			}
		}
	}
	all := make([]ProviderCalls, 0, len(by))
	for name, p := range by {
		if times := took[name]; len(times) > 0 {
			slices.Sort(times)
			at := func(percent int) time.Duration {
				return time.Duration(times[(len(times)-1)*percent/100]) * time.Microsecond
			}
			p.P50, p.P95 = at(50), at(95)
		}
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b ProviderCalls) int { return cmp.Compare(a.Provider, b.Provider) })
	return all, nil
}
