package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// Line is a generation's place among all that wait and run.
type Line struct {
	Own       int           // of the same person, before its turn comes
	Ahead     int           // had their turn before it and wait for a worker, of any model
	SameAhead int           // had their turn before it and wait for a call, of its model
	Busy      int           // calls under way, of any model
	SameBusy  int           // calls under way, of its model
	Stuck     time.Duration // how long the first of those ahead has waited
}

// Waiting is how many are painted before it, of those that count for it.
func (l Line) Waiting() int { return max(l.Ahead, l.SameAhead) }

// calling is what holds for a generation with a call under way.
const calling = `EXISTS (SELECT 1 FROM attempts a WHERE a.generation_id = g.id AND a.state IN ('sending','submitted','running'))`

// Line returns the place of a generation, or of one that is about to be asked for and has no id yet.
func (s *Store) Line(ctx context.Context, g Generation) (l Line, err error) {
	now := s.now()
	created := now
	if !g.Created.IsZero() {
		created = g.Created
	}
	var first sql.NullInt64
	err = s.r.QueryRowContext(ctx, `WITH me AS (SELECT COALESCE((SELECT promoted_at FROM generations WHERE id = $1), $2) AS turn),
		ahead AS (SELECT g.status, g.model, g.promoted_at FROM generations g WHERE g.status IN ('held','generating') AND g.id <> $1
			AND g.promoted_at <= (SELECT turn FROM me) AND (g.status = 'held' OR (g.model = $3 AND NOT `+calling+`))
			AND (g.promoted_at < (SELECT turn FROM me) OR g.id < $1 OR $1 = '')),
		busy AS (SELECT g.model FROM generations g WHERE g.status = 'generating' AND `+calling+`)
		SELECT (SELECT COUNT(*) FROM ahead WHERE status = 'held'), (SELECT COUNT(*) FROM ahead WHERE model = $3),
			(SELECT COUNT(*) FROM busy), (SELECT COUNT(*) FROM busy WHERE model = $3), (SELECT MIN(promoted_at) FROM ahead),
			(SELECT COUNT(*) FROM generations WHERE user_id = $4 AND status IN ('held','generating')
				AND (created_at < $5 OR (created_at = $5 AND id < $1)))`,
		g.ID, now.UnixMicro(), g.Model, g.User, created.UnixMicro()).Scan(&l.Ahead, &l.SameAhead, &l.Busy, &l.SameBusy, &first, &l.Own)
	if g.Promoted {
		l.Own = 0
	}
	if first.Valid {
		l.Stuck = now.Sub(time.UnixMicro(first.Int64))
	}
	return l, err
}

// Guess is what a person was told about when a generation will be done.
type Guess struct {
	At   time.Time // zero if nothing was said
	Base time.Duration
	Wait time.Duration // of Base, in line
	P90  time.Duration
}

// showedStatus notes the first status message of a generation, and what it promised; nothing where it came true before.
func (t tx) showedStatus(ctx context.Context, generation string, message int64, g Guess) error {
	return t.put(ctx, `UPDATE generations SET status_message = $2, status_at = $3, guess_base = $5, guess_wait = $6, guess_p90 = $7,
		guess_at = CASE WHEN stored_at IS NULL OR stored_at > $4 THEN $4 END WHERE id = $1`,
		generation, message, t.now, micros(g.At), g.Base.Microseconds(), g.Wait.Microseconds(), g.P90.Microseconds())
}

// Sample is how long a generation took, and what was said about it.
type Sample struct {
	Operation string
	Params    Params
	Turn      time.Time // from when on nothing of its own person's was before it
	Began     time.Time // the first call
	Stored    time.Time
	Guess     Guess
}

// Samples returns the newest generations of a model whose images were stored, the newest first. People who
// object to statistics are left out.
func (s *Store) Samples(ctx context.Context, model string, limit int) ([]Sample, error) {
	return collect(ctx, s.r, func(row scanner) (m Sample, err error) {
		var params string
		var turn, began, stored, guessed sql.NullInt64
		var base, wait, p90 int64
		if err := row.Scan(&m.Operation, &params, &turn, &began, &stored, &guessed, &base, &wait, &p90); err != nil {
			return m, err
		}
		m.Turn, m.Began, m.Stored, m.Guess = fromMicros(turn), fromMicros(began), fromMicros(stored), guessOf(guessed, base, wait, p90)
		if err := json.Unmarshal([]byte(params), &m.Params); err != nil {
			return m, fmt.Errorf("decode params: %w", err)
		}
		return m, nil
	}, `SELECT operation, params, COALESCE(promoted_at, created_at), COALESCE((SELECT MIN(a.created_at) FROM attempts a WHERE a.generation_id = g.id), started_at), stored_at,
			guess_at, guess_base, guess_wait, guess_p90
		FROM generations g WHERE model = $1 AND stored_at IS NOT NULL AND started_at IS NOT NULL
			AND `+counted("g.user_id")+` ORDER BY stored_at DESC LIMIT $2`, model, limit)
}

func guessOf(at sql.NullInt64, base, wait, p90 int64) Guess {
	return Guess{
		At: fromMicros(at), Base: time.Duration(base) * time.Microsecond, Wait: time.Duration(wait) * time.Microsecond,
		P90: time.Duration(p90) * time.Microsecond,
	}
}
