package storage

import (
	"context"
	"slices"
	"time"
)

// Line is a generation's place among all that wait and run.
type Line struct {
	Ahead   int // wait before it, over all people
	Running int // are worked on
	Own     int // of the same person, before its turn comes
}

// Line returns the place of a generation.
func (s *Store) Line(ctx context.Context, g Generation) (l Line, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM generations WHERE status = 'held' AND promoted_at < COALESCE((SELECT promoted_at FROM generations WHERE id = $1), $4)),
		(SELECT COUNT(*) FROM generations WHERE status = 'generating'),
		(SELECT COUNT(*) FROM generations WHERE user_id = $2 AND status IN ('held','generating') AND created_at < $3)`,
		g.ID, g.User, g.Created.UnixMicro(), s.now().UnixMicro()).Scan(&l.Ahead, &l.Running, &l.Own)
	if g.Promoted {
		l.Own = 0
	}
	return l, err
}

// Timing is how long a model took lately, from the first claim to the stored images.
type Timing struct {
	P50, P90 time.Duration
	Samples  int
}

// Timing measures the newest generations of a model.
func (s *Store) Timing(ctx context.Context, model string) (Timing, error) {
	took, err := collect(ctx, s.r, func(row scanner) (d int64, err error) { return d, row.Scan(&d) },
		`SELECT stored_at - started_at FROM generations WHERE model = $1 AND stored_at IS NOT NULL AND started_at IS NOT NULL
			ORDER BY stored_at DESC LIMIT 200`, model)
	if err != nil || len(took) == 0 {
		return Timing{}, err
	}
	slices.Sort(took)
	at := func(q float64) time.Duration {
		return time.Duration(took[int(q*float64(len(took)-1))]) * time.Microsecond
	}
	return Timing{P50: at(0.5), P90: at(0.9), Samples: len(took)}, nil
}
