package storage

import (
	"context"
	"database/sql"
	"time"
)

// Backlog is how much of something waits, and since when the oldest of it does.
type Backlog struct {
	Count  int
	Oldest time.Time // zero if nothing waits
}

// Age is how long the oldest has waited.
func (b Backlog) Age(now time.Time) time.Duration {
	if b.Oldest.IsZero() {
		return 0
	}
	return max(now.Sub(b.Oldest), 0)
}

// Figures are what waits in the database at a moment.
type Figures struct {
	At          time.Time
	Holds       Backlog
	HeldCredits int64              // credits of the holds
	Sends       map[string]Backlog // of the outbox: results, and everything else
	Open        map[string]int     // generations that are not over, by stage
	Compared    time.Time          // when payments were last compared with Telegram's; zero is never
	Rights      map[string]Backlog // requests of people about their data that are not answered, by kind
	Breaches    Backlog            // of which the authority was not told
	Desk        map[string]Backlog // what waits for an operator or a provider of payments
}

// What Figures tells apart.
const (
	SendsResults = "result"
	SendsOther   = "other"

	StageTurn       = "turn"       // waits until others of the person have ended
	StageQueue      = "queue"      // waits for a worker
	StageGenerating = "generating" // is worked on, or a provider works on it
	StageDeliver    = "deliver"    // has its images, which are not shown yet

	DeskAppeal = "appeal"
	DeskTicket = "ticket"
	DeskRefund = "refund"
	DeskGrant  = "grant" // of credits, which a second operator has to agree to
)

// Figures counts what waits. Each count reads an index of what is open, which is short.
func (s *Store) Figures(ctx context.Context) (f Figures, err error) {
	f = Figures{At: s.now()}
	var oldest sql.NullInt64
	if err := s.r.QueryRowContext(ctx, `SELECT COUNT(*), CAST(COALESCE(SUM(amount), 0) AS BIGINT), MIN(created_at) FROM open_holds`).
		Scan(&f.Holds.Count, &f.HeldCredits, &oldest); err != nil {
		return f, err
	}
	f.Holds.Oldest = fromMicros(oldest)
	if err := s.r.QueryRowContext(ctx, `SELECT MAX(ended_at) FROM reconciliations WHERE status = 'done'`).Scan(&oldest); err != nil {
		return f, err
	}
	f.Compared = fromMicros(oldest)
	if f.Sends, err = s.waiting(ctx, []string{SendsResults, SendsOther}, `SELECT CASE WHEN kind = 'result' THEN 'result' ELSE 'other' END, COUNT(*), MIN(created_at)
		FROM deliveries WHERE status IN ('pending','sending') GROUP BY 1`); err != nil {
		return f, err
	}
	if f.Desk, err = s.waiting(ctx, []string{DeskAppeal, DeskTicket, DeskRefund, DeskGrant}, `
		SELECT 'appeal', COUNT(*), MIN(appealed_at) FROM cases WHERE status = 'appealed'
		UNION ALL SELECT 'ticket', COUNT(*), MIN(waits_since) FROM tickets WHERE status = 'open' AND waits_since IS NOT NULL
		UNION ALL SELECT 'refund', COUNT(*), MIN(created_at) FROM refunds WHERE status = 'asked'
		UNION ALL SELECT 'grant', COUNT(*), MIN(created_at) FROM credit_orders WHERE status = 'waiting'`); err != nil {
		return f, err
	}
	if f.Rights, err = s.waiting(ctx, names(RightKinds()), `SELECT kind, COUNT(*), MIN(created_at) FROM rights
		WHERE status IN ('asked','running') GROUP BY kind`); err != nil {
		return f, err
	}
	if f.Breaches, err = s.untold(ctx); err != nil {
		return f, err
	}
	stages, err := s.waiting(ctx, []string{StageTurn, StageQueue, StageGenerating, StageDeliver}, `
		SELECT CASE WHEN status = 'generating' THEN 'generating' WHEN promoted_at IS NULL THEN 'turn' ELSE 'queue' END, COUNT(*), MIN(created_at)
		FROM generations WHERE status IN ('held','generating') GROUP BY 1
		UNION ALL SELECT 'deliver', COUNT(DISTINCT generation_id), MIN(created_at) FROM deliveries WHERE status IN ('pending','sending') AND kind = 'result'`)
	f.Open = make(map[string]int)
	for stage, w := range stages {
		f.Open[stage] = w.Count
	}
	return f, err
}

func names[T ~string](all []T) (list []string) {
	for _, one := range all {
		list = append(list, string(one))
	}
	return list
}

// untold counts the breaches of which the authority was not told.
func (s *Store) untold(ctx context.Context) (b Backlog, err error) {
	var oldest sql.NullInt64
	err = s.r.QueryRowContext(ctx, `SELECT COUNT(*), MIN(discovered_at) FROM breaches WHERE authority_at IS NULL AND closed_at IS NULL`).Scan(&b.Count, &oldest)
	b.Oldest = fromMicros(oldest)
	return b, err
}

// waiting reads rows of a name, a count and the time of the oldest. Names without a row wait for nothing.
func (s *Store) waiting(ctx context.Context, names []string, query string) (map[string]Backlog, error) {
	all := make(map[string]Backlog)
	for _, name := range names {
		all[name] = Backlog{}
	}
	type row struct {
		name string
		Backlog
	}
	rows, err := collect(ctx, s.r, func(sc scanner) (r row, err error) {
		var oldest sql.NullInt64
		err = sc.Scan(&r.name, &r.Count, &oldest)
		r.Oldest = fromMicros(oldest)
		return r, err
	}, query)
	for _, r := range rows {
		all[r.name] = r.Backlog
	}
	return all, err
}

// Active counts the people who asked for a picture since a time. It reads an index of all generations: not to be asked
// every second.
func (s *Store) Active(ctx context.Context, since time.Time) (n int, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT COUNT(DISTINCT user_id) FROM generations WHERE created_at > $1 AND origin = 'chat' AND `+counted("generations.user_id"), since.UnixMicro()).Scan(&n)
	return n, err
}
