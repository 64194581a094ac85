package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/imagika/imagika/storage/keys"
)

// MigrateTo makes a database as an older release had it.
func MigrateTo(ctx context.Context, url string, version int64) error {
	d, w, r, err := openDatabase(url, 0)
	if err != nil {
		return err
	}
	s := &Store{dialect: d, w: w, pools: []*sql.DB{w, r}}
	p, err := s.migrator()
	if err == nil {
		_, err = p.UpTo(ctx, version)
	}
	if err != nil {
		return err
	}
	return s.Close()
}

// Keys are the keys of its people.
func (s *Store) Keys() *keys.Store { return s.keys }

// Await makes every statement wait for its answer.
func (s *Store) Await() { s.between = func(of statements) statements { return of } }

// Suppose runs f in a transaction that supposes. Later has a statement wait for company, now runs one and returns how many rows it
// touched.
func (s *Store) Suppose(ctx context.Context, f func(later func(query string, args ...any), now func(query string, args ...any) (int64, error)) error) error {
	return s.suppose(ctx, func(t tx) error {
		return f(func(query string, args ...any) { _, _ = t.suppose(ctx, query, args...) },
			func(query string, args ...any) (int64, error) { return t.exec(ctx, query, args...) })
	})
}

// Crash makes the statement after n others fail, and each after it, as if the process died there; less than zero ends that.
func (s *Store) Crash(n int) {
	if s.between = nil; n >= 0 {
		s.between = func(of statements) statements { return &crasher{of, n} }
	}
}

type crasher struct {
	statements
	left int
}

// context is canceled where the crash is.
func (c *crasher) context(ctx context.Context) context.Context {
	if c.left--; c.left >= 0 {
		return ctx
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

func (c *crasher) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return c.statements.ExecContext(c.context(ctx), query, args...)
}

func (c *crasher) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.statements.QueryContext(c.context(ctx), query, args...)
}

func (c *crasher) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return c.statements.QueryRowContext(c.context(ctx), query, args...)
}

// Ledger is what other parts of this package do in transactions of their own.
type Ledger struct{ *Store }

// Purchase is tx.purchase.
func (l Ledger) Purchase(ctx context.Context, user int64, charge string, credits int64) (fresh bool, err error) {
	err = l.write(ctx, func(t tx) error {
		fresh, err = t.purchase(ctx, user, charge, credits)
		return err
	})
	return fresh, err
}

// Take is tx.take.
func (l Ledger) Take(ctx context.Context, user int64, key string, credits int64) error {
	return l.write(ctx, func(t tx) error {
		_, err := t.take(ctx, user, key, credits)
		return err
	})
}

// GiftOut is tx.giftOut.
func (l Ledger) GiftOut(ctx context.Context, id string, from, credits int64) error {
	return l.write(ctx, func(t tx) error {
		return t.giftOut(ctx, id, from, credits)
	})
}

// GiftIn is tx.giftIn.
func (l Ledger) GiftIn(ctx context.Context, id string, to int64) error {
	return l.write(ctx, func(t tx) error {
		return t.giftIn(ctx, id, to)
	})
}

// Refund is tx.clawback for Stars that we give back.
func (l Ledger) Refund(ctx context.Context, user int64, charge string, want int64) (int64, error) {
	return l.clawback(ctx, clawback{kind: kindRefund, key: charge, user: user, charge: charge, want: want})
}

// Chargeback is tx.clawback for Stars that are taken from us.
func (l Ledger) Chargeback(ctx context.Context, user int64, charge string, want int64) (int64, error) {
	return l.clawback(ctx, clawback{kind: kindChargeback, key: charge, user: user, charge: charge, want: want})
}

func (l Ledger) clawback(ctx context.Context, c clawback) (taken int64, err error) {
	err = l.write(ctx, func(t tx) error {
		taken, err = t.clawback(ctx, c)
		return err
	})
	return taken, err
}

// GiveBack is tx.giveBack.
func (l Ledger) GiveBack(ctx context.Context, user int64, taker string) (credits int64, err error) {
	err = l.write(ctx, func(t tx) error {
		credits, err = t.giveBack(ctx, user, taker)
		return err
	})
	return credits, err
}

// Unprepared makes a store parse each statement at each call, as its driver does by itself.
func (s *Store) Unprepared() {
	s.texts, s.r = nil, s.pools[len(s.pools)-1]
}

// Hold is tx.hold, for a generation that does not exist.
func (l Ledger) Hold(ctx context.Context, user int64, generation string, credits int64) error {
	return l.write(ctx, func(t tx) error { return t.hold(ctx, user, generation, credits) })
}

// Capture is tx.settle.
func (l Ledger) Capture(ctx context.Context, generation string, credits int64) error {
	return l.write(ctx, func(t tx) error { return t.settle(ctx, generation, credits) })
}

// Exec runs statements in a transaction of the store, each with its arguments.
func (l Ledger) Exec(ctx context.Context, queries []string, args ...[]any) error {
	return l.write(ctx, func(t tx) error {
		for i, q := range queries {
			if _, err := t.exec(ctx, q, args[i]...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Invariant is what a test has to know of one.
type Invariant struct {
	Name, Query string
	Nightly     bool
	Group       Group
}

// Invariants are all that are queries.
func Invariants() (all []Invariant) {
	for _, i := range invariants() {
		all = append(all, Invariant{i.name, i.query, i.nightly, i.group})
	}
	return all
}

// CheckIn looks at one invariant in a transaction.
func CheckIn(ctx context.Context, t *sql.Tx, name string, scope Scope, now time.Time) (Check, error) {
	for _, i := range invariants() {
		if i.name == name {
			return (&examiner{scope: scope, now: now, counted: map[string]int64{}}).check(ctx, t, i)
		}
	}
	return Check{}, errors.New("no such invariant: " + name)
}

// Compiled is the SQL of an invariant.
func Compiled(i Invariant, scope Scope, now time.Time) (query string, args []any) {
	return (&examiner{scope: scope, now: now}).compile(i.Query)
}
