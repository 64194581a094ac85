package storage

import (
	"context"
	"database/sql"
	"time"
)

// What operators look at. Nothing here opens what a person wrote.

// GenerationFilter narrows a list of generations; zero values leave it open.
type GenerationFilter struct {
	User   int64
	Status Status
	Since  time.Time
	Limit  int
}

// Generations lists generations of everybody, newest first, without what is sealed.
func (s *Store) Generations(ctx context.Context, f GenerationFilter) ([]Generation, error) {
	return collect(ctx, s.r, func(row scanner) (Generation, error) {
		g, _, err := scanGeneration(row)
		return g, err
	}, `SELECT `+generationColumns+` FROM generations WHERE (CAST($1 AS BIGINT) = 0 OR user_id = $1) AND ($2 = '' OR status = $2) AND created_at >= $3
		ORDER BY created_at DESC, id DESC LIMIT $4`, f.User, string(f.Status), sinceMicros(f.Since), f.Limit)
}

// Call is an attempt as the books have it.
type Call struct {
	ID       string       `json:"id"`
	Provider string       `json:"provider"`
	Model    string       `json:"model"`
	State    AttemptState `json:"state"`
	Class    string       `json:"error,omitempty"`
	Billed   string       `json:"billed"`
	Expected int64        `json:"expected_microdollars"`
	Cost     *int64       `json:"cost_microdollars,omitempty"` // nil while nobody knows
	Loss     int64        `json:"loss_microdollars,omitempty"`
	Late     bool         `json:"late,omitempty"`
	Polls    int64        `json:"polls,omitempty"`
	Began    time.Time    `json:"began"`
	Ended    time.Time    `json:"ended,omitzero"`
}

// Calls lists the attempts of a generation, the oldest first.
func (s *Store) Calls(ctx context.Context, generation string) ([]Call, error) {
	return collect(ctx, s.r, func(row scanner) (c Call, err error) {
		var cost, began, ended sql.NullInt64
		err = row.Scan(&c.ID, &c.Provider, &c.Model, &c.State, &c.Class, &c.Billed, &c.Expected, &cost, &c.Loss, &c.Late, &c.Polls, &began, &ended)
		if c.Began, c.Ended = fromMicros(began), fromMicros(ended); cost.Valid {
			c.Cost = &cost.Int64
		}
		return c, err
	}, `SELECT id, provider, model, state, err_class, billed, est_cost, actual_cost, loss, late, polls, created_at, ended_at
		FROM attempts WHERE generation_id = $1 ORDER BY seq`, generation)
}

// Dispatch is a row of the outbox as the books have it.
type Dispatch struct {
	Kind   SendKind  `json:"kind"`
	Status string    `json:"status"`
	Reason string    `json:"reason,omitempty"`
	Owed   time.Time `json:"owed"`
	Sent   time.Time `json:"sent,omitzero"`
}

// Dispatches lists what was owed about a generation and is kept still, the oldest first.
func (s *Store) Dispatches(ctx context.Context, generation string) ([]Dispatch, error) {
	return collect(ctx, s.r, func(row scanner) (d Dispatch, err error) {
		var owed, sent sql.NullInt64
		err = row.Scan(&d.Kind, &d.Status, &d.Reason, &owed, &sent)
		d.Owed, d.Sent = fromMicros(owed), fromMicros(sent)
		return d, err
	}, `SELECT kind, status, reason, created_at, sent_at FROM deliveries WHERE generation_id = $1 ORDER BY id`, generation)
}

// Entry is a transfer as the books have it.
type Entry struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind"`
	Posted int64     `json:"posted"`
	Held   int64     `json:"held"`
	At     time.Time `json:"at"`
}

// Entries lists the transfers of a generation, the oldest first.
func (s *Store) Entries(ctx context.Context, generation string) ([]Entry, error) {
	return collect(ctx, s.r, func(row scanner) (e Entry, err error) {
		var at sql.NullInt64
		err = row.Scan(&e.ID, &e.Kind, &e.Posted, &e.Held, &at)
		e.At = fromMicros(at)
		return e, err
	}, `SELECT id, kind, posted, held, created_at FROM transfers WHERE id IN ('hold:' || $1, 'settle:' || $1, 'grant:' || $2) ORDER BY created_at, id`,
		generation, returnKey(generation))
}

// PersonFacts is what the row of a person says besides [Person].
type PersonFacts struct {
	Since       time.Time
	Unreachable time.Time
	Agreed      string           // version of the policy they agreed to last; empty for none
	ByStatus    map[Status]int64 // their generations
}

// PersonFacts returns them.
func (s *Store) PersonFacts(ctx context.Context, user int64) (f PersonFacts, err error) {
	var since, unreachable sql.NullInt64
	err = s.r.QueryRowContext(ctx, `SELECT created_at, unreachable_at, COALESCE((SELECT version FROM consents c WHERE c.user_id = users.id AND c.document = 'policy'
		AND c.granted ORDER BY c.created_at DESC, c.id DESC LIMIT 1), '') FROM users WHERE id = $1`, user).Scan(&since, &unreachable, &f.Agreed)
	if err != nil {
		return f, notFound(err)
	}
	f.Since, f.Unreachable, f.ByStatus = fromMicros(since), fromMicros(unreachable), make(map[Status]int64)
	type count struct {
		status Status
		n      int64
	}
	counts, err := collect(ctx, s.r, func(row scanner) (c count, err error) { return c, row.Scan(&c.status, &c.n) },
		`SELECT status, COUNT(*) FROM generations WHERE user_id = $1 GROUP BY status`, user)
	for _, c := range counts {
		f.ByStatus[c.status] = c.n
	}
	return f, err
}
