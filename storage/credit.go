package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Given is credits for which nobody paid.
type Given struct {
	User    int64
	Key     string // what for; the same key gives once
	Source  Source
	Credits int64
	Expires time.Time // zero: never
}

// Give gives credits once per key. It reports whether this call gave them.
func (s *Store) Give(ctx context.Context, g Given) (fresh bool, err error) {
	err = s.write(ctx, func(t tx) error {
		fresh, err = t.give(ctx, g)
		return err
	})
	return fresh, err
}

// give is the transfer grant:<key>. Who gives to two people gives to the one with the lower id first.
func (t tx) give(ctx context.Context, g Given) (fresh bool, err error) {
	e := transfer{id: "grant:" + g.Key, kind: "grant", user: g.User, counter: "promo", amount: g.Credits, posted: g.Credits, ref: g.Key}
	if g.Source == SourceOperator {
		e.counter = "operations"
	}
	return t.credit(ctx, e, g.Source, "", g.Expires)
}

// purchase is the transfer pay:<charge>: what a payment bought.
func (t tx) purchase(ctx context.Context, user int64, charge string, credits int64) (fresh bool, err error) {
	e := transfer{id: "pay:" + charge, kind: "purchase", user: user, counter: "stars", amount: credits, posted: credits, ref: charge}
	return t.credit(ctx, e, SourcePurchase, charge, time.Time{})
}

// credit posts what gives credits, and makes a lot of it.
func (t tx) credit(ctx context.Context, e transfer, source Source, charge string, expires time.Time) (fresh bool, err error) {
	if fresh, err = t.post(ctx, e); err != nil || !fresh {
		return false, err
	}
	return true, t.addLot(ctx, e, source, charge, expires)
}

// debit posts what takes credits, and takes them from lots. A replay changes nothing and reports false.
func (t tx) debit(ctx context.Context, e transfer, from pick) (fresh bool, err error) {
	e.posted = -e.amount
	if fresh, err = t.post(ctx, e); err != nil || !fresh {
		return false, err
	}
	return true, t.use(ctx, e, from)
}

// take is the transfer take:<key>: an operator takes credits that are neither spent nor held, or it is ErrInsufficient.
func (t tx) take(ctx context.Context, user int64, key string, credits int64) (fresh bool, err error) {
	return t.debit(ctx, transfer{id: "take:" + key, kind: "take", user: user, counter: "operations", amount: credits, ref: key}, pick{})
}

// giftOut is the transfer gift:<id>:out, which sets credits aside in the house account gifts, or ErrInsufficient. Only what
// was bought can be given away: else credits that are given to newcomers were collected through many accounts.
func (t tx) giftOut(ctx context.Context, id string, from, credits int64) error {
	_, err := t.debit(ctx, giftTransfer(id+":out", from, credits), pick{source: SourcePurchase})
	return err
}

// giftIn is the transfer gift:<id>:in, by which a gift leaves the house account, once: to somebody who claims it, as credits
// that cannot be refunded, or back to the giver, as what they were. ErrNotFound says that there is no such gift,
// ErrKeyReuse that somebody else has it.
func (t tx) giftIn(ctx context.Context, id string, to int64) error {
	var giver, credits int64
	out := "gift:" + id + ":out"
	if err := t.QueryRowContext(ctx, `SELECT user_id, amount FROM transfers WHERE id = $1`, out).Scan(&giver, &credits); err != nil {
		return notFound(err)
	}
	e := giftTransfer(id+":in", to, credits)
	e.posted = credits
	if giver == to {
		return t.undo(ctx, e, out)
	}
	_, err := t.credit(ctx, e, SourceGift, "", time.Time{})
	return err
}

func giftTransfer(ref string, user, credits int64) transfer {
	return transfer{id: "gift:" + ref, kind: "gift", user: user, counter: "gifts", amount: credits, ref: ref}
}

// undo posts what gives back all that an earlier transfer took, to the lots it took it from.
func (t tx) undo(ctx context.Context, e transfer, taker string) error {
	if fresh, err := t.post(ctx, e); err != nil || !fresh {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO lot_uses (transfer_id, lot_id, credits) SELECT $1, lot_id, -credits FROM lot_uses WHERE transfer_id = $2`, e.id, taker)
	return err
}

// clawback says what is taken from the credits that a payment bought, when its Stars go back.
type clawback struct {
	kind   string // refund or clawback; the transfer is <kind>:<key>
	key    string // the charge id, or more for another one about the same charge
	user   int64
	charge string // whose credits
	want   int64  // at most
}

// Kinds of clawback: we give Stars back, or they are taken from us.
const (
	kindRefund     = "refund"
	kindChargeback = "clawback"
)

// clawback takes at most what is neither spent nor held of the credits of a charge, and returns how many. Once per key:
// later calls return what the first one took.
func (t tx) clawback(ctx context.Context, c clawback) (taken int64, err error) {
	if err := t.lock(ctx, c.user); err != nil {
		return 0, err
	}
	e := transfer{id: c.kind + ":" + c.key, kind: c.kind, user: c.user, counter: "stars", ref: c.key}
	err = t.QueryRowContext(ctx, `SELECT amount FROM transfers WHERE id = $1 AND user_id = $2`, e.id, c.user).Scan(&taken)
	if !errors.Is(err, sql.ErrNoRows) {
		return taken, err
	}
	all, err := lots(ctx, t, c.user)
	if err != nil {
		return 0, err
	}
	var from pick
	for _, l := range all {
		if l.Charge == c.charge {
			e.amount, from.lot = min(l.Free, c.want), l.ID
		}
	}
	_, err = t.debit(ctx, e, from)
	return e.amount, err
}

// giveBack is the transfer grant:return:<id of the clawback>: its credits are where they were, because the Stars stayed
// with us after all. It returns how many.
func (t tx) giveBack(ctx context.Context, user int64, taker string) (credits int64, err error) {
	err = t.QueryRowContext(ctx, `SELECT amount FROM transfers WHERE id = $1 AND user_id = $2 AND kind IN ('refund','clawback')`, taker, user).Scan(&credits)
	if err != nil || credits == 0 {
		return 0, notFound(err)
	}
	ref := "return:" + taker
	e := transfer{id: "grant:" + ref, kind: "grant", user: user, counter: "stars", amount: credits, posted: credits, ref: ref}
	return credits, t.undo(ctx, e, taker)
}

// ExpireLots takes what is left of at most n lots whose time is over, and returns how many. A lot waits while a hold counts
// on it, and is spent like any other until then.
func (s *Store) ExpireLots(ctx context.Context, n int) (expired int, err error) {
	type due struct {
		lot  string
		user int64
	}
	all, err := collect(ctx, s.r, func(row scanner) (d due, err error) { return d, row.Scan(&d.lot, &d.user) },
		`SELECT l.id, l.user_id FROM lots l JOIN accounts a ON a.user_id = l.user_id
			WHERE l.left_ > 0 AND l.expires_at <= $1 ORDER BY a.held > 0, l.expires_at, l.id LIMIT $2`, s.now().UnixMicro(), n)
	if err != nil {
		return 0, err
	}
	err = Each(all, func(d due) error {
		done := false
		err := s.write(ctx, func(t tx) (err error) {
			done, err = t.expire(ctx, d.user, d.lot)
			return err
		})
		if done && err == nil {
			expired++
		}
		return err
	})
	return expired, err
}

func (t tx) expire(ctx context.Context, user int64, lot string) (done bool, err error) {
	if err := t.lock(ctx, user); err != nil {
		return false, err
	}
	all, err := lots(ctx, t, user)
	if err != nil {
		return false, err
	}
	for _, l := range all {
		if l.ID == lot && l.Free == l.Left {
			e := transfer{id: "expire:" + lot, kind: "expire", user: user, counter: "expired", amount: l.Left, ref: lot}
			return t.debit(ctx, e, pick{lot: lot})
		}
	}
	return false, nil
}
