package storage

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// What was spent although its payment was taken back is a debt. It is kept beside the account, which never falls below zero:
// while there is one the person is frozen, can see, keep and buy, and has nothing painted. Whatever credits come to them
// meanwhile pay it first. Who changes a debt changes the row of the person before the account, as buying does.

// lockPerson makes others wait who change the person's debt.
func (t tx) lockPerson(ctx context.Context, user int64) error {
	return t.change(ctx, ErrNotFound, `UPDATE users SET debt = debt WHERE id = $1`, user)
}

// owes adds to a person's debt.
func (t tx) owes(ctx context.Context, user, credits int64) error {
	if credits == 0 {
		return nil
	}
	return t.change(ctx, ErrNotFound, `UPDATE users SET debt = debt + $2, frozen_at = COALESCE(frozen_at, $3) WHERE id = $1`, user, credits, t.now)
}

// repay lowers a person's debt by as much as have covers and returns by how much; the caller takes that from the account. The
// person's row has to be locked.
func (t tx) repay(ctx context.Context, user, have int64) (paid int64, err error) {
	var debt int64
	if err := t.QueryRowContext(ctx, `SELECT debt FROM users WHERE id = $1`, user).Scan(&debt); err != nil {
		return 0, notFound(err)
	}
	if paid = min(debt, have); paid <= 0 {
		return 0, nil
	}
	return paid, t.change(ctx, ErrFenced, `UPDATE users SET debt = debt - $3, frozen_at = CASE WHEN debt = $3 THEN NULL ELSE frozen_at END
		WHERE id = $1 AND debt = $2`, user, debt, paid)
}

// debts is how the keys of transfers begin that pay what is owed.
const debts = "debt:"

// debtKey of the transfer take:debt:<what paid it>: a payment's charge, or the id of a look for debts.
func debtKey(what string) string { return debts + what }

// coverKey of the transfer that pays what a reversed payment bought and was spent. That payment may itself have paid a debt.
func coverKey(charge string) string { return debtKey("reversed:" + charge) }

// PaidDebt reports whether a movement paid what was owed.
func PaidDebt(m Movement) bool { return m.Kind == "take" && strings.HasPrefix(m.Ref, debts) }

// available is what a person can spend, read in the transaction.
func (t tx) available(ctx context.Context, user int64) (n int64, err error) {
	err = t.QueryRowContext(ctx, `SELECT posted - held FROM accounts WHERE user_id = $1`, user).Scan(&n)
	return n, notFound(err)
}

// CollectDebts takes what people owe from what they can spend, of at most limit people: credits that were given, or that a
// hold set free. tell makes what somebody is told who owes nothing any more. It returns how many paid something.
func (s *Store) CollectDebts(ctx context.Context, limit int, tell func(user int64) ([]Send, error)) (n int, out Outbox, err error) {
	users, err := collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
		`SELECT u.id FROM users u JOIN accounts a ON a.user_id = u.id WHERE u.debt > 0 AND a.posted - a.held > 0 ORDER BY u.id LIMIT $1`, limit)
	failed := Each(users, func(user int64) error {
		one, paid, err := s.collectDebt(ctx, user, tell)
		if err != nil {
			return err
		}
		out = append(out, one...)
		if paid {
			n++
		}
		return nil
	})
	return n, out, errors.Join(err, failed)
}

func (s *Store) collectDebt(ctx context.Context, user int64, tell func(user int64) ([]Send, error)) (out Outbox, paid bool, err error) {
	id, err := s.NewID()
	if err != nil {
		return nil, false, err
	}
	err = s.write(ctx, func(t tx) error {
		if err := t.lockPerson(ctx, user); err != nil {
			return err
		}
		if err := t.lock(ctx, user); err != nil {
			return err
		}
		have, err := t.available(ctx, user)
		if err != nil {
			return err
		}
		took, err := t.repay(ctx, user, have)
		if err != nil || took == 0 {
			return err
		}
		if paid, err = t.take(ctx, user, debtKey(id), took); err != nil {
			return err
		}
		out, err = s.tellFree(ctx, t, user, tell)
		return err
	})
	return out, paid, err
}

// tellFree owes a person the news that nothing is owed any more, if that is so.
func (s *Store) tellFree(ctx context.Context, t tx, user int64, tell func(user int64) ([]Send, error)) (Outbox, error) {
	var debt int64
	if err := t.QueryRowContext(ctx, `SELECT debt FROM users WHERE id = $1`, user).Scan(&debt); err != nil || debt > 0 {
		return nil, notFound(err)
	}
	sends, err := tell(user)
	if err != nil {
		return nil, err
	}
	return s.oweInside(ctx, t, sends)
}

// Forgive ends a person's debt. ErrNotFound says that there is none.
func (s *Store) Forgive(ctx context.Context, e Effect, a Act, user int64) (Outbox, error) {
	return s.acted(ctx, e, a, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE users SET debt = 0, frozen_at = NULL WHERE id = $1 AND debt > 0`, user)
	})
}

// Debts is how many people owe something, and how many credits.
func (s *Store) Debts(ctx context.Context) (people, credits int64, err error) {
	var sum sql.NullInt64
	err = s.r.QueryRowContext(ctx, `SELECT COUNT(*), CAST(SUM(debt) AS BIGINT) FROM users WHERE debt > 0`).Scan(&people, &sum)
	return people, sum.Int64, err
}
