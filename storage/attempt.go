package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// AttemptState is where one paid call is:
//
//	sending ──► succeeded | refused | failed | unknown          synchronous
//	sending ──► submitted ──► running ──► succeeded | refused | failed | canceled | unknown
//
// A row in sending is committed before the call leaves. One that is found there by another claim was cut off: what is
// not known to have failed is never sent again blindly.
type AttemptState string

// The states.
const (
	AttemptSending   AttemptState = "sending"   // committed; the call may or may not have left
	AttemptSubmitted AttemptState = "submitted" // the provider has it; its handle is stored
	AttemptRunning   AttemptState = "running"   // the provider works on it
	AttemptSucceeded AttemptState = "succeeded" // images are stored
	AttemptRefused   AttemptState = "refused"   // by the provider's rules
	AttemptFailed    AttemptState = "failed"    // known to have failed
	AttemptCanceled  AttemptState = "canceled"  // taken back, unbilled
	AttemptUnknown   AttemptState = "unknown"   // nobody can say; booked as a loss
)

// Attempt is one paid call to a provider.
type Attempt struct {
	ID         string
	Generation string
	User       int64
	Seq        int64
	Provider   string
	Model      string
	State      AttemptState
	ExternalID string
	Handle     []byte // opened
	Polls      int64
	NextPoll   time.Time
	Deadline   time.Time
	Expires    time.Time // of the result
	EstCost    int64
	ErrClass   string
	Billed     string  // providers.Billed
	Fraction   float64 // done, 0 to 1; 0 is not known
	Ahead      int     // calls before it in the provider's own queue
	Created    time.Time
}

// Open reports whether the call is under way.
func (a Attempt) Open() bool {
	return a.State == AttemptSending || a.State == AttemptSubmitted || a.State == AttemptRunning
}

const attemptColumns = `id, generation_id, user_id, seq, provider, model, state, COALESCE(external_id, ''), handle, polls,
	next_poll_at, deadline_at, result_expires_at, est_cost, err_class, billed, created_at, fraction, ahead`

func (s *Store) readAttempt(ctx context.Context, row scanner) (a Attempt, err error) {
	var sealed []byte
	var next, deadline, expires, created sql.NullInt64
	var fraction int64
	err = row.Scan(&a.ID, &a.Generation, &a.User, &a.Seq, &a.Provider, &a.Model, &a.State, &a.ExternalID, &sealed, &a.Polls,
		&next, &deadline, &expires, &a.EstCost, &a.ErrClass, &a.Billed, &created, &fraction, &a.Ahead)
	if err != nil {
		return a, notFound(err)
	}
	a.NextPoll, a.Deadline, a.Expires, a.Created = fromMicros(next), fromMicros(deadline), fromMicros(expires), fromMicros(created)
	a.Fraction = float64(fraction) / 1000
	a.Handle, err = s.openBytes(ctx, a.User, "attempts|handle", a.ID, sealed)
	return a, err
}

// Attempt returns an attempt by id.
func (s *Store) Attempt(ctx context.Context, id string) (Attempt, error) {
	return s.readAttempt(ctx, s.r.QueryRowContext(ctx, `SELECT `+attemptColumns+` FROM attempts WHERE id = $1`, id))
}

// LastAttempt returns the newest attempt of a generation, or ErrNotFound.
func (s *Store) LastAttempt(ctx context.Context, generation string) (Attempt, error) {
	return s.readAttempt(ctx, s.r.QueryRowContext(ctx, `SELECT `+attemptColumns+` FROM attempts WHERE generation_id = $1
		ORDER BY seq DESC LIMIT 1`, generation))
}

// Attempts lists the attempts of a generation, the oldest first.
func (s *Store) Attempts(ctx context.Context, generation string) ([]Attempt, error) {
	return collect(ctx, s.r, func(row scanner) (Attempt, error) { return s.readAttempt(ctx, row) },
		`SELECT `+attemptColumns+` FROM attempts WHERE generation_id = $1 ORDER BY seq`, generation)
}

// StartAttempt commits the row of a call that is about to leave. ErrFenced says that it must not, also because nothing of the
// person is processed any more: the next claim cancels it.
func (s *Store) StartAttempt(ctx context.Context, g Generation, a Attempt) (Attempt, error) {
	id, err := s.NewID()
	if err != nil {
		return a, err
	}
	a.ID, a.Generation, a.User, a.State, a.Created = id, g.ID, g.User, AttemptSending, s.now()
	// The generation's row is locked until this is committed: whoever claims it next finds the attempt.
	a.Seq, err = changed(ctx, s, func(row scanner) (seq int64, err error) { return seq, row.Scan(&seq) },
		`INSERT INTO attempts (id, generation_id, user_id, seq, fence, provider, model, state, est_cost, deadline_at, created_at)
		SELECT $1, $2, g.user_id, (SELECT COALESCE(MAX(seq), 0) + 1 FROM attempts WHERE generation_id = $2), $4, $5, $6, 'sending', $7, $8, $9
		FROM generations g WHERE g.id = $2 AND g.fence = $4 AND g.status = 'generating' AND g.lease_until > now_us()
		AND `+active("$3")+s.dialect.lockGeneration+` RETURNING seq`,
		a.ID, g.ID, g.User, g.Fence, a.Provider, a.Model, a.EstCost, micros(a.Deadline), a.Created.UnixMicro())
	if errors.Is(err, ErrNotFound) {
		err = ErrFenced
	}
	return a, err
}

// kept is a condition for generations g: that they are not deleted, and their person not being erased.
const kept = `g.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = g.user_id AND u.erasing_at IS NOT NULL)`

// Submitted stores the handle of an asynchronous call, first of all. It does not ask for the fence: the handle was paid
// for, whoever holds the claim now. ErrFenced says that nobody waits for it; if its generation was deleted meanwhile, or its
// person is being erased, the provider is to delete it as well.
func (s *Store) Submitted(ctx context.Context, a Attempt) error {
	sealed, err := s.sealBytes(ctx, a.User, "attempts|handle", a.ID, a.Handle)
	if err != nil {
		return err
	}
	fenced := false
	err = s.alone(ctx, func(t tx) error {
		// The generation's row is locked until this is committed: whoever deletes it next finds the handle.
		err := t.change(ctx, ErrFenced, `UPDATE attempts SET state = 'submitted', handle = $2, external_id = $3, next_poll_at = $4,
			result_expires_at = $5, ended_at = NULL WHERE id = $1 AND state IN ('sending','unknown')
			AND EXISTS (SELECT 1 FROM generations g WHERE g.id = attempts.generation_id AND `+kept+s.dialect.lockGeneration+`)`,
			a.ID, sealed, nullString(a.ExternalID), micros(a.NextPoll), micros(a.Expires))
		if fenced = errors.Is(err, ErrFenced); !fenced || a.ExternalID == "" {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO provider_deletions (attempt_id, provider, external_id, not_before, created_at)
			SELECT $1, $2, $3, $4, $4 WHERE NOT EXISTS (SELECT 1 FROM attempts a JOIN generations g ON g.id = a.generation_id WHERE a.id = $1 AND `+kept+`)
			ON CONFLICT (attempt_id) DO NOTHING`, a.ID, a.Provider, a.ExternalID, t.now)
		return err
	})
	if err == nil && fenced {
		err = ErrFenced
	}
	return err
}

// Polled notes an answer of the provider and when to ask again. It returns how often it was asked.
func (s *Store) Polled(ctx context.Context, id string, started bool, next time.Time) (polls int64, err error) {
	state := AttemptSubmitted
	if started {
		state = AttemptRunning
	}
	err = s.alone(ctx, func(t tx) error {
		err := t.QueryRowContext(ctx, `UPDATE attempts SET state = CASE WHEN state = 'running' THEN state ELSE $2 END, polls = polls + 1,
			next_poll_at = $3 WHERE id = $1 AND state IN ('submitted','running') RETURNING polls`, id, string(state), micros(next)).Scan(&polls)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrFenced
		}
		return err
	})
	return polls, err
}

// Told notes how far a call is, as its provider tells: done of it, 0 to 1, and how many are before it in the provider's own
// queue; zeros are not known.
func (s *Store) Told(ctx context.Context, id string, fraction float64, ahead int) error {
	return s.alone(ctx, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE attempts SET fraction = $2, ahead = $3 WHERE id = $1 AND state IN ('sending','submitted','running')`,
			id, int64(1000*fraction), ahead)
		return err
	})
}

// End is how an attempt ended without images.
type End struct {
	State  AttemptState
	Class  string // providers.Class
	Billed string // providers.Billed
	Loss   int64  // micro-dollars paid for nothing
}

// EndAttempt closes an open attempt. One that is closed already is left as it is.
func (s *Store) EndAttempt(ctx context.Context, id string, end End) error {
	return s.alone(ctx, func(t tx) error { return t.endAttempt(ctx, id, end) })
}

func (t tx) endAttempt(ctx context.Context, id string, end End) error {
	return t.put(ctx, `UPDATE attempts SET state = $2, err_class = $3, billed = $4, loss = $5, ended_at = $6
		WHERE id = $1 AND state IN ('sending','submitted','running')`, id, string(end.State), end.Class, end.Billed, end.Loss, t.now)
}
