package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// The ledger is an append-only journal of transfers between a person and a house account, so debits equal credits by
// construction; the database refuses to change or delete its rows. The id of a transfer is its idempotency key:
// pay:<charge id>, grant:<what>, hold:<generation>, refund:<charge id>, clawback:<charge id>, expire:<lot>,
// gift:<id>:out and :in, take:<what>, and settle:<generation>, which capture and release share, so that "exactly one of
// them" is a constraint of the database. A person's account row repeats the sums; it is guarded by the statement that
// changes it (posted - held never falls below zero) and is touched late, because it is what others wait for. After it
// come only the person's lots (lot.go), which it locks. Who touches two accounts takes the one with the lower id first.

// transfer is one row of the journal.
type transfer struct {
	id, kind string
	user     int64
	counter  string
	amount   int64
	posted   int64 // signed effect
	held     int64 // signed effect
	ref      string
}

// Account is a person's balance, in credits.
type Account struct {
	Posted int64 // final
	Held   int64 // set aside for generations that run
}

// Available is what can be spent.
func (a Account) Available() int64 { return a.Posted - a.Held }

// Account returns the balance of a person.
func (s *Store) Account(ctx context.Context, user int64) (Account, error) {
	return first(ctx, s, func(row scanner) (a Account, err error) { return a, row.Scan(&a.Posted, &a.Held) },
		`SELECT posted, held FROM accounts WHERE user_id = $1`, user)
}

// hold sets credits aside for a generation, or returns ErrInsufficient. A price of zero needs no hold.
func (t tx) hold(ctx context.Context, user int64, generation string, amount int64) error {
	if amount == 0 {
		return nil
	}
	h := transfer{id: "hold:" + generation, kind: "hold", user: user, counter: "revenue", amount: amount, held: amount, ref: generation}
	fresh, err := t.entry(ctx, h)
	if err != nil || !fresh {
		return err
	}
	if err := t.put(ctx, `INSERT INTO open_holds (generation_id, user_id, amount, created_at) VALUES ($1,$2,$3,$4)`,
		generation, user, amount, t.now); err != nil {
		return err
	}
	return t.apply(ctx, user, 0, amount)
}

// settle ends the hold of a generation: captured credits are spent, the rest is free again. Zero releases everything.
// Who deletes the row of open_holds settles; a second settlement finds the key taken and changes nothing.
func (t tx) settle(ctx context.Context, generation string, captured int64) error {
	var user, held int64
	err := t.row(ctx, `DELETE FROM open_holds WHERE generation_id = $1 RETURNING user_id, amount`, generation).Scan(&user, &held)
	if errors.Is(err, sql.ErrNoRows) {
		return t.settledWithout(ctx, generation)
	}
	if err != nil {
		return err
	}
	if captured > held {
		return fmt.Errorf("capture of %d exceeds hold of %d", captured, held)
	}
	e := transfer{id: "settle:" + generation, kind: "release", user: user, counter: "revenue", held: -held, ref: generation}
	if captured > 0 {
		e.kind, e.amount, e.posted = "capture", captured, -captured
	}
	if _, err = t.post(ctx, e); err != nil || captured == 0 {
		return err
	}
	return t.use(ctx, e, pick{})
}

// settledWithout accepts a missing hold only where none was due: the generation was free.
func (t tx) settledWithout(ctx context.Context, generation string) error {
	var price int64
	if err := t.QueryRowContext(ctx, `SELECT price FROM generations WHERE id = $1`, generation).Scan(&price); err != nil {
		return err
	}
	if price > 0 {
		return fmt.Errorf("generation %s has no open hold", generation)
	}
	return nil
}

// post writes an entry and applies it. A replay changes nothing and reports false.
func (t tx) post(ctx context.Context, e transfer) (fresh bool, err error) {
	if fresh, err = t.entry(ctx, e); err != nil || !fresh {
		return false, err
	}
	return true, t.apply(ctx, e.user, e.posted, e.held)
}

// entry inserts the journal row. If the key exists with the same content, it is a replay; with other content it is
// ErrKeyReuse.
func (t tx) entry(ctx context.Context, e transfer) (fresh bool, err error) {
	n, err := t.suppose(ctx, `INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT (id) DO NOTHING`,
		e.id, e.kind, e.user, e.counter, e.amount, e.posted, e.held, e.ref, t.now)
	if err == nil && n == 1 && t.booked != nil {
		*t.booked = append(*t.booked, e)
	}
	if err != nil || n == 1 {
		return n == 1, err
	}
	was := transfer{id: e.id}
	err = t.QueryRowContext(ctx, `SELECT kind, user_id, counter, amount, posted, held, ref FROM transfers WHERE id = $1`, e.id).
		Scan(&was.kind, &was.user, &was.counter, &was.amount, &was.posted, &was.held, &was.ref)
	if err == nil && was != e {
		err = fmt.Errorf("%w: %s", ErrKeyReuse, e.id)
	}
	return false, err
}

// apply comes last in a transaction, but for the lots: others wait for this row.
func (t tx) apply(ctx context.Context, user, posted, held int64) error {
	return t.change(ctx, ErrInsufficient, `UPDATE accounts SET posted = posted + $2, held = held + $3, version = version + 1
		WHERE user_id = $1 AND posted + $2 - held - $3 >= 0`, user, posted, held)
}

// lock makes others wait who want to change the account or its lots, for what has to be read before it is decided.
func (t tx) lock(ctx context.Context, user int64) error {
	return t.change(ctx, ErrNotFound, `UPDATE accounts SET version = version + 1 WHERE user_id = $1`, user)
}
