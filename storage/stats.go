package storage

import (
	"context"
	"time"
)

// Stats are figures of a time. People who object to statistics are counted nowhere but in Open.
type Stats struct {
	People  int64 // there are in all
	New     int64 // came
	Active  int64 // asked for a picture
	Made    int64 // generations with images
	Failed  int64
	Refused int64
	Open    int64 // are waiting or being painted, whenever they were asked for
}

// FailureRatio is the share of those that failed among those that were to be made, in percent.
func (s Stats) FailureRatio() int64 {
	if s.Made+s.Failed == 0 {
		return 0
	}
	return (100*s.Failed + (s.Made+s.Failed)/2) / (s.Made + s.Failed)
}

// Stats counts people and generations since a time.
func (s *Store) Stats(ctx context.Context, since time.Time) (st Stats, err error) {
	at := since.UnixMicro()
	if err = s.r.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN created_at >= $1 THEN 1 ELSE 0 END), 0)
		FROM users WHERE kind = 'person' AND erased_at IS NULL AND restricted_at IS NULL AND objected_at IS NULL`, at).Scan(&st.People, &st.New); err != nil {
		return st, err
	}
	if err = s.r.QueryRowContext(ctx, `SELECT COUNT(*) FROM generations WHERE status IN ('held','generating')`).Scan(&st.Open); err != nil {
		return st, err
	}
	err = s.r.QueryRowContext(ctx, `SELECT COUNT(DISTINCT user_id),
		COALESCE(SUM(CASE WHEN status IN ('stored','delivered','undeliverable') THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN status = 'refused' THEN 1 ELSE 0 END), 0)
		FROM generations WHERE created_at >= $1 AND `+counted("generations.user_id"), at).Scan(&st.Active, &st.Made, &st.Failed, &st.Refused)
	return st, err
}
