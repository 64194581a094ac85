package storage

import (
	"context"
	"time"
)

// Receiver is who got something of a person's: what they wrote, or pictures they sent or have.
type Receiver struct {
	ID       string // of the generation or writing it was for
	Kind     string // generation, judging, or which writing
	Provider string
	Model    string    // the provider's own name; empty for a writing and a judging
	Certain  bool      // else nobody knows whether it arrived
	At       time.Time // when it left
}

// The kinds of receivers beside those of writings.
const (
	OfGeneration = "generation" // of what was to be painted
	OfJudging    = "judging"    // of what was to be judged, before or after it was painted
)

// Subject is what a service is asked to judge.
type Subject string

// The subjects.
const (
	SubjectRequest Subject = "request" // words and references
	SubjectResult  Subject = "result"
	SubjectPreview Subject = "preview"
)

// Judged notes that a service was asked to judge something of a generation, and whether it is known that it got it. Nothing is noted
// about somebody who is being erased.
func (s *Store) Judged(ctx context.Context, g Generation, provider string, of Subject, answered bool) error {
	return s.alone(ctx, func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO judgings (generation_id, provider, subject, user_id, answered, created_at)
			SELECT $1, $2, $3, id, $5, $6 FROM users WHERE id = $4 AND erasing_at IS NULL
			ON CONFLICT (generation_id, provider, subject) DO UPDATE SET answered = judgings.answered OR excluded.answered, created_at = excluded.created_at`,
			g.ID, provider, string(of), g.User, answered, t.now)
		return err
	})
}

// Receivers lists who got something of a person's, newest first, from an offset on. Calls that are known not to have reached
// their provider are not among them.
func (s *Store) Receivers(ctx context.Context, user int64, offset, limit int) ([]Receiver, error) {
	return collect(ctx, s.r, func(row scanner) (r Receiver, err error) {
		var at int64
		err = row.Scan(&r.ID, &r.Kind, &r.Provider, &r.Model, &r.Certain, &at, new(int64)) // seq orders the calls of one moment
		r.At = time.UnixMicro(at)
		return r, err
	}, `SELECT generation_id, '`+OfGeneration+`', provider, model, state IN ('submitted','running','succeeded','refused','canceled'), created_at AS at, seq
			FROM attempts WHERE user_id = $1 AND err_class <> 'not_accepted'
		UNION ALL SELECT id, kind, provider, '', state IN ('ready','refused'), updated_at, 0 FROM writings WHERE user_id = $1 AND provider <> ''
		UNION ALL SELECT generation_id, '`+OfJudging+`', provider, '', answered, created_at, 0 FROM judgings WHERE user_id = $1
		ORDER BY 6 DESC, 1 DESC, 7 DESC, 3 LIMIT $2 OFFSET $3`, user, limit, offset)
}
