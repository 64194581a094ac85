package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A reconciliation is a row like any other work: who asks for one, an operator or the sweeper, needs nothing but the database.

// Reconciliation is one comparison with Telegram's list of transactions.
type Reconciliation struct {
	ID       string
	Since    time.Time // older transactions are left out; zero: none
	Offset   int       // where it starts in Telegram's list
	Done     bool
	Report   json.RawMessage
	Findings int64
	Created  time.Time
	Ended    time.Time
	Fence    int64
}

// AskReconcile makes one, for an operator.
func (s *Store) AskReconcile(ctx context.Context, since time.Time) (Ref, error) {
	id, err := s.NewID()
	if err != nil {
		return Ref{}, err
	}
	err = s.alone(ctx, func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO reconciliations (id, status, since_at, created_at, updated_at) VALUES ($1,'asked',$2,$3,$3)`,
			id, max(0, since.UnixMicro()), t.now)
		return err
	})
	return Ref{ID: id, Epoch: 1}, err
}

// DueReconcile makes one if none was made for that long. It starts where the last one said.
func (s *Store) DueReconcile(ctx context.Context, every time.Duration) (refs []Ref, err error) {
	id, err := s.NewID()
	if err != nil {
		return nil, err
	}
	var waits bool // mostly: a look that locks nothing finds that out
	if err := s.r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM reconciliations WHERE created_at > $1 OR status = 'asked')`,
		s.now().Add(-every).UnixMicro()).Scan(&waits); err != nil || waits {
		return nil, err
	}
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `INSERT INTO reconciliations (id, status, next_offset, created_at, updated_at)
			SELECT $1, 'asked', COALESCE((SELECT next_offset FROM reconciliations WHERE status = 'done' ORDER BY id DESC LIMIT 1), 0), $2, $2
			WHERE NOT EXISTS (SELECT 1 FROM reconciliations WHERE created_at > $3 OR status = 'asked') RETURNING id, epoch`, id, t.now, t.now-every.Microseconds())
		return err
	})
	return refs, err
}

const reconcileColumns = `id, since_at, next_offset, status = 'done', report, findings, created_at, ended_at, fence`

func scanReconcile(row scanner) (c Reconciliation, err error) {
	var since, created, ended sql.NullInt64
	var report string
	err = row.Scan(&c.ID, &since, &c.Offset, &c.Done, &report, &c.Findings, &created, &ended, &c.Fence)
	if since.Int64 > 0 {
		c.Since = fromMicros(since)
	}
	c.Report, c.Created, c.Ended = json.RawMessage(report), fromMicros(created), fromMicros(ended)
	return c, notFound(err)
}

// Reconciliation returns one, or ErrNotFound.
func (s *Store) Reconciliation(ctx context.Context, id string) (Reconciliation, error) {
	return scanReconcile(s.r.QueryRowContext(ctx, `SELECT `+reconcileColumns+` FROM reconciliations WHERE id = $1`, id))
}

// ClaimReconcile makes the caller the only one who works on it for the length of Lease, or returns ErrFenced.
func (s *Store) ClaimReconcile(ctx context.Context, id string) (c Reconciliation, err error) {
	err = s.alone(ctx, func(t tx) error {
		c, err = scanReconcile(t.QueryRowContext(ctx, `UPDATE reconciliations SET fence = fence + 1, lease_until = now_us() + $2, sweeps = 0, updated_at = $3
			WHERE id = $1 AND status = 'asked' AND lease_until < now_us() RETURNING `+reconcileColumns, id, Lease.Microseconds(), t.now))
		return err
	})
	if errors.Is(err, ErrNotFound) {
		err = ErrFenced
	}
	return c, err
}

// RenewReconcile extends the claim. ErrFenced says that it is lost.
func (s *Store) RenewReconcile(ctx context.Context, c Reconciliation) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE reconciliations SET lease_until = now_us() + $3 WHERE id = $1 AND fence = $2 AND status = 'asked'`,
			c.ID, c.Fence, Lease.Microseconds())
	})
}

// EndReconcile keeps the report, how much it found, and where the next one starts.
func (s *Store) EndReconcile(ctx context.Context, c Reconciliation, report any, findings, next int, sends []Send) (Outbox, error) {
	text, err := json.Marshal(report)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	return s.effect(ctx, Effect{Sends: sends}, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE reconciliations SET status = 'done', report = $3, findings = $4, next_offset = $5, lease_until = 0,
			ended_at = $6, updated_at = $6 WHERE id = $1 AND fence = $2 AND status = 'asked'`, c.ID, c.Fence, string(text), findings, next, t.now)
	})
}

// SweepReconciles finds comparisons that nobody works on and raises their epoch. Now as in SweepRefunds.
func (s *Store) SweepReconciles(ctx context.Context, limit int, now bool) (refs []Ref, err error) {
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `UPDATE reconciliations SET epoch = epoch + 1, sweeps = sweeps + 1, swept_at = $1 WHERE id IN (
				SELECT id FROM reconciliations WHERE status = 'asked' AND lease_until < now_us() - $2
				AND ($3 OR (epoch = 1 AND swept_at = 0) OR (updated_at < $4 AND swept_at + `+backoff+` < $1)) ORDER BY updated_at LIMIT $5)
			AND status = 'asked' RETURNING id, epoch`,
			t.now, LeaseGrace.Microseconds(), now, t.now-SweepAfter.Microseconds(), limit)
		return err
	})
	return refs, err
}

// Began is when the first person came: what a bot was paid before is not of this database. The zero time for nobody.
func (s *Store) Began(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	err := s.r.QueryRowContext(ctx, `SELECT MAX(at) FROM (SELECT MIN(created_at) AS at FROM users UNION ALL SELECT MAX(until_at) FROM closings) b`).Scan(&at)
	return fromMicros(at), err
}

// PaymentsBetween gives the payments of a time, Telegram's, to yield, the oldest first. Those that something happened to since
// then are left out.
func (s *Store) PaymentsBetween(ctx context.Context, from, until time.Time, yield func(Payment) error) error {
	after := ""
	for at := from.UnixMicro(); ; {
		page, err := collect(ctx, s.r, func(row scanner) (p Payment, err error) {
			var paid sql.NullInt64
			err = row.Scan(&p.Charge, &p.Order, &p.User, &p.Stars, &p.Credits, &p.Status, &p.Problem, &paid)
			p.Paid = fromMicros(paid)
			return p, err
		}, `SELECT charge_id, COALESCE(order_id, ''), COALESCE(user_id, 0), stars, credits, status, problem, paid_at FROM payments
			WHERE paid_at >= $1 AND (paid_at > $1 OR charge_id > $2) AND paid_at < $3 AND updated_at < $3 ORDER BY paid_at, charge_id LIMIT 500`, at, after, until.UnixMicro())
		if err != nil || len(page) == 0 {
			return err
		}
		for _, p := range page {
			if err := yield(p); err != nil {
				return err
			}
			at, after = p.Paid.UnixMicro(), p.Charge
		}
	}
}
