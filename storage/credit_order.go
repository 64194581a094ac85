package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// CreditOrder is what an operator wants to give to a person, or take from them.
//
//	waiting ──► done | refused        a small one is done at once
type CreditOrder struct {
	ID      string
	Who     string // account of the operator
	Second  string // of the one who agreed to it or refused; empty for none
	User    int64
	Credits int64 // taken, if below zero
	Status  CreditStatus
	Reason  string // sealed; the person reads it
	Created time.Time
	Closed  time.Time
}

// CreditStatus is where an order stands.
type CreditStatus string

// The statuses.
const (
	CreditWaiting CreditStatus = "waiting" // entered above the limit; left by a second operator
	CreditDone    CreditStatus = "done"    // the credits moved
	CreditRefused CreditStatus = "refused"
)

// ErrOneself says that who asked cannot be the second who agrees.
var ErrOneself = errors.New("storage: the second operator is the first")

// OrderCredits keeps what an operator wants, and does it at once unless it is to wait for a second one. There have to be as
// many credits as are to be taken: ErrInsufficient.
func (s *Store) OrderCredits(ctx context.Context, e Effect, a Act, o CreditOrder, wait bool) (CreditOrder, Outbox, error) {
	id, err := s.NewID()
	if err != nil {
		return o, nil, err
	}
	o.ID, a.Object, o.Status = id, id, CreditDone
	if wait {
		o.Status = CreditWaiting
	}
	sealed, err := s.seal(ctx, o.User, "credit_orders|reason", id, o.Reason)
	if err != nil {
		return o, nil, err
	}
	out, err := s.acted(ctx, e, a, func(t tx) error {
		o.Created = time.UnixMicro(t.now)
		if o.Status == CreditDone {
			o.Closed = o.Created
		}
		if err := t.change(ctx, ErrRestricted, `INSERT INTO credit_orders (id, who, user_id, credits, status, reason, created_at, closed_at)
			SELECT $1, $2, id, $4, $5, $6, $7, $8 FROM users WHERE id = $3 AND erasing_at IS NULL`,
			id, o.Who, o.User, o.Credits, string(o.Status), sealed, t.now, micros(o.Closed)); err != nil || wait {
			return err
		}
		return t.carryOut(ctx, o)
	})
	return o, out, err
}

// DecideCredits is the second operator's word on an order that waits: the credits move, or the order is refused. ErrNotFound
// says that none waits under this id, ErrOneself that it is the second operator's own, and ErrInsufficient that there is
// less by now than was to be taken.
func (s *Store) DecideCredits(ctx context.Context, e Effect, a Act, o CreditOrder, agree bool) (Outbox, error) {
	status := CreditRefused
	if agree {
		status = CreditDone
	}
	a.Object = o.ID
	return s.acted(ctx, e, a, func(t tx) error {
		if a.Who == o.Who {
			return ErrOneself
		}
		if err := t.change(ctx, ErrNotFound, `UPDATE credit_orders SET status = $2, second = $3, closed_at = $4
			WHERE id = $1 AND status = 'waiting'`, o.ID, string(status), a.Who, t.now); err != nil || !agree {
			return err
		}
		return t.carryOut(ctx, o)
	})
}

func (t tx) carryOut(ctx context.Context, o CreditOrder) (err error) {
	if o.Credits < 0 {
		_, err = t.take(ctx, o.User, o.ID, -o.Credits)
		return err
	}
	_, err = t.give(ctx, Given{User: o.User, Key: "order:" + o.ID, Source: SourceOperator, Credits: o.Credits})
	return err
}

const creditOrderColumns = `id, who, second, user_id, credits, status, reason, created_at, closed_at`

// CreditOrder returns one, or ErrNotFound.
func (s *Store) CreditOrder(ctx context.Context, id string) (CreditOrder, error) {
	all, err := s.creditOrders(ctx, `WHERE id = $1`, id)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return CreditOrder{}, err
	}
	return all[0], nil
}

// CreditOrders lists orders: those that wait first, then the newest.
func (s *Store) CreditOrders(ctx context.Context, limit int) ([]CreditOrder, error) {
	return s.creditOrders(ctx, `ORDER BY status <> 'waiting', id DESC LIMIT $1`, limit)
}

func (s *Store) creditOrders(ctx context.Context, which string, arg any) ([]CreditOrder, error) {
	type row struct {
		CreditOrder
		sealed []byte
	}
	rows, err := collect(ctx, s.r, func(from scanner) (r row, err error) {
		var created, closed sql.NullInt64
		err = from.Scan(&r.ID, &r.Who, &r.Second, &r.User, &r.Credits, &r.Status, &r.sealed, &created, &closed)
		r.Created, r.Closed = fromMicros(created), fromMicros(closed)
		return r, err
	}, `SELECT `+creditOrderColumns+` FROM credit_orders `+which, arg)
	if err != nil {
		return nil, err
	}
	all := make([]CreditOrder, 0, len(rows))
	for _, r := range rows {
		if err := s.unseal(ctx, r.User, "credit_orders|reason", r.ID, r.sealed, &r.Reason); err != nil {
			return nil, err
		}
		all = append(all, r.CreditOrder)
	}
	return all, nil
}
