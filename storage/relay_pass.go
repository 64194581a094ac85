package storage

import (
	"context"
	"database/sql"
	"errors"
)

// Passing on at once: who takes in what somebody says has the lane of it from then on, if nobody else does. Mostly nobody
// does and what is said is alone in the lane, or somebody does and it goes to the end, as a look at the lane a moment before has
// told. Then taking it in is one trip, and so is what follows when Telegram has it. Whatever else is the case breaks a constraint
// or leaves a row alone, and goes the long way: statement after statement, each of which sees what the one before it returned.

// RelayLook is how a lane looked a moment ago.
type RelayLook struct {
	RelayLane
	Seq, Fence int64
	two        [2]member
}

// PassRelay is AppendRelay by who has room to pass it on. If nobody works on the lane, the caller does from then on, as by
// ClaimRelay and in the same transaction. Else there is nothing to do, but for the task that RelayTurn tells of. The look at
// the lane may be old, or none.
func (s *Store) PassRelay(ctx context.Context, e Effect, r NewRelay, look RelayLook) (c RelayClaim, next RelayTurn, out Outbox, err error) {
	if look.Conversation != "" && e.bare() && r.Kind != RelayEdit && r.Album == "" && !r.Asked {
		if c, next, err = s.passAtOnce(ctx, e, r, look); err == nil || !brokeConstraint(err) {
			return c, next, nil, err
		}
	}
	out, err = s.effect(ctx, e, func(t tx) error {
		c, next, err = s.pass(ctx, t, r)
		return err
	})
	return c, next, out, err
}

// bare reports whether an effect is that of an update that tells nobody anything.
func (e Effect) bare() bool {
	return e.Update != "" && e.Nonce == "" && len(e.Sends) == 0 && e.Album == nil
}

// passAtOnce is PassRelay into a lane that is as it looked, but for whether somebody works on it: if not, its fence is the next.
func (s *Store) passAtOnce(ctx context.Context, e Effect, r NewRelay, look RelayLook) (c RelayClaim, next RelayTurn, err error) {
	now, at := s.now().UnixMicro(), false
	err = s.trip(ctx, look.RelayLane, func() []step {
		c.RelayLane, at = look.RelayLane, false
		return passSteps(e, r, look, now, func(row scanner) error { at = true; return row.Scan(&c.Epoch, &c.Fence) })
	})
	switch {
	case err != nil:
		return c, next, err
	case !at: // it changed in the very moment, and is not ours: a task sees to it
		return c, RelayTurn{More: true, Epoch: look.Epoch}, nil
	case c.Fence == look.Fence: // somebody works on it
		return c, next, nil
	}
	next.Relay = &Relay{Seq: look.Seq + 1, Key: r.Key, Kind: r.Kind, Sources: r.Sources, Body: r.Body}
	err = s.introduce(ctx, &c, look.two, now)
	if err == nil {
		err = tx{statements: s.w, now: now}.resolve(ctx, c, next.Relay, r.ReplyTo)
	}
	if err != nil { // the task finds out what it is about
		next.Epoch, err = s.PostponeRelay(ctx, c, *next.Relay, 0)
		next = RelayTurn{More: true, Epoch: next.Epoch}
	}
	return c, next, err
}

// passSteps take in something and, if nobody works on the lane, have the caller do; taken reads the lane's epoch and fence then.
func passSteps(e Effect, r NewRelay, look RelayLook, now int64, taken func(scanner) error) []step {
	return []step{
		{query: `INSERT INTO seen_updates (update_key, body_sha256, seen_at) VALUES ($1,$2,$3)`, args: []any{e.Update, e.Body, now}},
		{
			query: `UPDATE conversation_members SET last_seq = last_seq + 1,
			fence = CASE WHEN lease_until < now_us() AND not_before <= now_us() THEN fence + 1 ELSE fence END,
			sweeps = CASE WHEN lease_until < now_us() AND not_before <= now_us() THEN 0 ELSE sweeps END,
			lease_until = CASE WHEN lease_until < now_us() AND not_before <= now_us() THEN now_us() + $4 ELSE lease_until END
			WHERE user_id = $1 AND last_seq = $2 AND fence = $3 AND conversation_id = $5 RETURNING epoch, fence`,
			args: []any{r.User, look.Seq, look.Fence, Lease.Microseconds(), look.Conversation}, row: taken,
		},
		{
			query: `INSERT INTO relays (conversation_id, side, seq, update_key, kind, status, sources, reply_to, has_body, created_at, updated_at)
			VALUES ((SELECT m.conversation_id FROM conversation_members m WHERE m.user_id = $1 AND m.conversation_id = $11 AND m.last_seq = $3
				AND m.fence BETWEEN CAST($10 AS BIGINT) AND CAST($10 AS BIGINT) + 1
				AND NOT EXISTS (SELECT 1 FROM relays o WHERE o.conversation_id = m.conversation_id AND o.side = m.side AND o.seq > m.passed_seq
					AND o.status IN ('waiting','pending','sending') AND (o.status = 'waiting' OR m.fence > $10))),
				$2,$3,$4,$5,(SELECT CASE WHEN m.fence > $10 THEN 'sending' ELSE 'pending' END FROM conversation_members m WHERE m.user_id = $1),$6,$7,$8,$9,$9)`,
			args: []any{
				r.User, int64(look.Side), look.Seq + 1, r.Key, string(r.Kind), joinIDs(r.Sources), nullID(r.ReplyTo), r.Body, now, look.Fence,
				look.Conversation,
			},
		},
	}
}

// pass is PassRelay the long way.
func (s *Store) pass(ctx context.Context, t tx, r NewRelay) (c RelayClaim, next RelayTurn, err error) {
	seq, free, err := t.occupy(ctx, r.User, &c)
	if err != nil {
		return c, next, err
	}
	if !free {
		c.RelayLane, err = t.appendRelay(ctx, r)
		return c, RelayTurn{More: !c.Held, Epoch: c.Epoch}, err
	}
	if next, err = t.beginRelay(ctx, c, seq, r); err != nil || next.Relay == nil {
		return c, next, err
	}
	if err = s.correspondents(ctx, t, &c); errors.Is(err, ErrFenced) {
		err = nil // whom Telegram does not know
	}
	return c, next, err
}

// occupy is advance by who works on the lane from then on. It reports false, and does nothing, if somebody does already.
func (t tx) occupy(ctx context.Context, user int64, c *RelayClaim) (seq int64, free bool, err error) {
	err = t.QueryRowContext(ctx, `UPDATE conversation_members SET last_seq = last_seq + 1, fence = fence + 1, lease_until = now_us() + $2, sweeps = 0
		WHERE user_id = $1 AND lease_until < now_us() AND not_before <= now_us() RETURNING conversation_id, side, last_seq, epoch, fence`,
		user, Lease.Microseconds()).Scan(&c.Conversation, &c.Side, &seq, &c.Epoch, &c.Fence)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return seq, err == nil, err
}

// beginRelay adds something to a lane that is the caller's, and hands out the first thing to be passed on: mostly that.
func (t tx) beginRelay(ctx context.Context, c RelayClaim, seq int64, r NewRelay) (next RelayTurn, err error) {
	if err := t.dropEdits(ctx, c.RelayLane, r); err != nil {
		return next, err
	}
	first, err := t.insertRelay(ctx, c.RelayLane, seq, r, true)
	if err != nil {
		return next, err
	}
	if !first {
		if err := t.endAlbums(ctx, &c.RelayLane, r.Album); err != nil {
			return next, err
		}
		return t.turn(ctx, c)
	}
	next.Relay = &Relay{Seq: seq, Key: r.Key, Kind: r.Kind, Sources: r.Sources, Body: r.Body}
	return next, t.resolve(ctx, c, next.Relay, r.ReplyTo)
}
