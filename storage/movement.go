package storage

import (
	"context"
	"database/sql"
	"time"
)

// Movement is a transfer as its person sees it.
type Movement struct {
	ID         string
	Kind       string // of the transfer
	Source     Source // of the credits that came or expired; empty for others
	Credits    int64  // what it changed of what can be spent
	Posted     int64
	Held       int64
	Balance    int64 // what could be spent after it
	Ref        string
	Charge     string // of a purchase, and of what takes its credits or gives them back
	Generation string // of a hold, capture or release
	At         time.Time
}

// Movements returns n movements of a person before one, newest first, and whether there are more. An empty before starts
// with the newest.
func (s *Store) Movements(ctx context.Context, user int64, before string, n int) (page []Movement, more bool, err error) {
	page, err = collect(ctx, s.r, scanMovement, movements+`
		WHERE $2 = '' OR (m.created_at, m.id) < (SELECT created_at, id FROM transfers WHERE id = $2 AND user_id = $1)
		ORDER BY m.created_at DESC, m.id DESC LIMIT $3`, user, before, n+1)
	if more = len(page) > n; more {
		page = page[:n]
	}
	return page, more, err
}

// Movement returns one of a person, or ErrNotFound.
func (s *Store) Movement(ctx context.Context, user int64, id string) (Movement, error) {
	m, err := scanMovement(s.r.QueryRowContext(ctx, movements+` WHERE m.id = $2`, user, id))
	return m, notFound(err)
}

// movements are all of the person $1.
const movements = `SELECT m.id, m.kind, m.posted, m.held, m.balance, m.ref, m.created_at,
			COALESCE(l.source, CASE WHEN m.posted > 0 THEN 'return' END, ''),
			COALESCE(l.charge_id, (SELECT b.charge_id FROM lot_uses u JOIN lots b ON b.id = u.lot_id WHERE u.transfer_id = m.id
				AND m.kind IN ('refund','clawback','grant')), '')
		FROM (SELECT id, kind, posted, held, ref, created_at,
			CAST(SUM(posted - held) OVER (ORDER BY created_at, id) AS BIGINT) AS balance FROM transfers WHERE user_id = $1) m
		LEFT JOIN lots l ON l.id = CASE WHEN m.kind = 'expire' THEN m.ref ELSE m.id END`

func scanMovement(row scanner) (m Movement, err error) {
	var at sql.NullInt64
	err = row.Scan(&m.ID, &m.Kind, &m.Posted, &m.Held, &m.Balance, &m.Ref, &at, &m.Source, &m.Charge)
	m.Credits, m.At = m.Posted-m.Held, fromMicros(at)
	switch m.Kind {
	case "hold", "capture", "release":
		m.Generation = m.Ref
	case kindRefund, kindChargeback:
		if m.Charge == "" { // nothing was left to take
			m.Charge = m.Ref
		}
	}
	return m, err
}

// ModelSpend is what a person spent on images of a model.
type ModelSpend struct {
	Model       string
	Generations int
	Credits     int64
}

// SpentByModel says what a person spent since then, the most first.
func (s *Store) SpentByModel(ctx context.Context, user int64, since time.Time) ([]ModelSpend, error) {
	return collect(ctx, s.r, func(row scanner) (m ModelSpend, err error) {
		return m, row.Scan(&m.Model, &m.Generations, &m.Credits)
	}, `SELECT g.model, COUNT(*), CAST(SUM(c.amount) AS BIGINT) FROM transfers c JOIN generations g ON g.id = c.ref
		WHERE c.user_id = $1 AND c.kind = 'capture' AND c.created_at >= $2 GROUP BY g.model ORDER BY 3 DESC, 1`, user, since.UnixMicro())
}
