package storage

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RelayClaim is a lane that one worker has to itself.
type RelayClaim struct {
	RelayLane
	Fence    int64
	From, To Correspondent
	// Quiet says that nothing was said for a minute: TouchConversation is due.
	Quiet bool
}

// Correspondent is one of the two.
type Correspondent struct {
	User int64
	Chat int64 // Telegram's id
	Lang string
}

// RelayTurn is what a lane asks for next: to pass something on, or, if that is nil, nothing. Then the claim has been given back,
// and if there is more, a task of the epoch goes on after the wait.
type RelayTurn struct {
	*Relay
	More  bool
	Epoch int64
	Wait  time.Duration
}

// ClaimRelay makes the caller the only worker of a lane for the length of Lease and hands out the first thing to be passed on.
// ErrFenced says that there is nothing to do: somebody else works on it, it has to wait, or the conversation is over.
func (s *Store) ClaimRelay(ctx context.Context, conversation string, side int) (c RelayClaim, next RelayTurn, err error) {
	c.Conversation, c.Side = conversation, side
	err = s.write(ctx, func(t tx) error {
		err := t.QueryRowContext(ctx, `UPDATE conversation_members SET fence = fence + 1, lease_until = now_us() + $3, sweeps = 0
			WHERE conversation_id = $1 AND side = $2 AND lease_until < now_us() AND not_before <= now_us() RETURNING fence, epoch`,
			conversation, side, Lease.Microseconds()).Scan(&c.Fence, &c.Epoch)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrFenced
		}
		if err != nil {
			return err
		}
		if next, err = t.turn(ctx, c); err != nil || next.Relay == nil {
			return err
		}
		return s.correspondents(ctx, t, &c)
	})
	return c, next, err
}

// member is a row of one of the two.
type member struct {
	side   int
	user   int64
	lang   string
	sealed []byte // the profile
	chat   int64  // what that says, or zero if it was not looked at
	active int64  // when somebody in the conversation said something, to within a minute
}

const membersQuery = `SELECT m.side, u.id, u.lang, u.profile, c.active_at FROM conversation_members m JOIN users u ON u.id = m.user_id
	JOIN conversations c ON c.id = m.conversation_id WHERE m.conversation_id = $1`

func scanMember(row scanner, two *[2]member) error {
	var m member
	if err := row.Scan(&m.side, &m.user, &m.lang, &m.sealed, &m.active); err != nil {
		return err
	}
	two[m.side] = m
	return nil
}

// correspondents fills in who the two are.
func (s *Store) correspondents(ctx context.Context, t tx, c *RelayClaim) error {
	var two [2]member
	if _, err := collect(ctx, t, func(row scanner) (none struct{}, err error) { return none, scanMember(row, &two) }, membersQuery, c.Conversation); err != nil {
		return err
	}
	return s.introduce(ctx, c, two, t.now)
}

// introduce fills in who the two are, or returns ErrFenced if one of them is nobody's account.
func (s *Store) introduce(ctx context.Context, c *RelayClaim, two [2]member, now int64) error {
	for _, m := range two {
		pr := profile{TelegramID: m.chat}
		if m.chat == 0 {
			if err := s.unseal(ctx, m.user, "users|profile", strconv.FormatInt(m.user, 10), m.sealed, &pr); err != nil {
				return err
			}
		}
		who := Correspondent{User: m.user, Chat: pr.TelegramID, Lang: m.lang}
		if m.side == c.Side {
			c.From = who
		} else {
			c.To = who
		}
	}
	c.Quiet = two[0].active < now-time.Minute.Microseconds()
	if c.From.Chat == 0 || c.To.Chat == 0 {
		return ErrFenced
	}
	return nil
}

// turn hands out the next thing of a lane whose member's row is locked, or closes the lane.
func (t tx) turn(ctx context.Context, c RelayClaim) (next RelayTurn, err error) {
	r, status, reply, at, err := scanRelay(t.QueryRowContext(ctx, `SELECT `+relayColumns+` FROM relays
		WHERE conversation_id = $1 AND side = $2 AND `+ahead+` AND status IN ('waiting','pending','sending') ORDER BY seq LIMIT 1`, c.Conversation, c.Side))
	if errors.Is(err, ErrNotFound) {
		next.Epoch, err = t.closeLane(ctx, c, 0)
		return next, err
	}
	if err != nil {
		return next, err
	}
	if wait := time.Duration(at+AlbumPause.Microseconds()-t.now) * time.Microsecond; status == RelayWaiting && wait > 0 {
		next.More, next.Wait = true, wait
		next.Epoch, err = t.closeLane(ctx, c, 0)
		return next, err
	}
	if _, err := t.exec(ctx, `UPDATE relays SET status = 'sending', updated_at = $4 WHERE conversation_id = $1 AND side = $2 AND seq = $3`,
		c.Conversation, c.Side, r.Seq, t.now); err != nil {
		return next, err
	}
	r.Interrupted = status == RelaySending
	next.Relay = &r
	return next, t.resolve(ctx, c, &r, reply)
}

const relayColumns = `seq, update_key, kind, status, sources, COALESCE(reply_to, 0), has_body, updated_at`

func scanRelay(row scanner) (r Relay, status RelayStatus, reply, at int64, err error) {
	var sources string
	err = row.Scan(&r.Seq, &r.Key, &r.Kind, &status, &sources, &reply, &r.Body, &at)
	r.Sources = splitIDs(sources)
	return r, status, reply, at, notFound(err)
}

func splitIDs(list string) (ids []int64) {
	for part := range strings.SplitSeq(list, ",") {
		if id, err := strconv.ParseInt(part, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// resolve finds the partner's messages.
func (t tx) resolve(ctx context.Context, c RelayClaim, r *Relay, reply int64) (err error) {
	r.ReplyTo, r.Targets = reply, nil
	if reply != 0 {
		if r.Reply, err = t.partners(ctx, c.RelayLane, reply); err != nil {
			return err
		}
	}
	if !r.Kind.Repeatable() {
		return nil
	}
	if r.Kind == RelayUnsend {
		if err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM relays WHERE conversation_id = $1 AND side = $2 AND kind = 'share' AND sources = $3)`,
			c.Conversation, c.Side, joinIDs(r.Sources)).Scan(&r.Shared); err != nil {
			return err
		}
	}
	for _, m := range r.Sources {
		target, err := t.partners(ctx, c.RelayLane, m)
		if err == nil && target == 0 && r.Kind == RelayUnsend {
			target, err = t.partners(ctx, c.RelayLane, -m)
		}
		if err != nil {
			return err
		}
		r.Targets = append(r.Targets, target)
	}
	return nil
}

// Unfound reports whether a message of the partner's chat was not found.
func (r Relay) Unfound() bool {
	return r.ReplyTo != 0 && r.Reply == 0 || slices.Contains(r.Targets, 0)
}

// FindTargets looks again for the partner's messages. It reports whether something of the partner's was on its way a moment
// before, which may be what was not found: people see a message before it is noted which one it became.
func (s *Store) FindTargets(ctx context.Context, c RelayClaim, r *Relay) (under bool, err error) {
	t := tx{statements: s.w, now: s.now().UnixMicro()}
	err = t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM relays WHERE conversation_id = $1 AND side = $2 AND `+ahead+` AND status = 'sending')`,
		c.Conversation, 1-c.Side).Scan(&under)
	if err != nil {
		return false, err
	}
	return under, t.resolve(ctx, c, r, r.ReplyTo)
}

// partners is the message of the partner's chat that a message of this side's chat stands for: the copy of one's own, or what
// a copy is of. Zero if there is none.
func (t tx) partners(ctx context.Context, l RelayLane, message int64) (id int64, err error) {
	err = notFound(t.QueryRowContext(ctx, `SELECT target_message FROM relay_map WHERE conversation_id = $1 AND side = $2 AND source_message = $3`,
		l.Conversation, l.Side, message).Scan(&id))
	if errors.Is(err, ErrNotFound) {
		err = notFound(t.QueryRowContext(ctx, `SELECT source_message FROM relay_map WHERE conversation_id = $1 AND side = $2 AND target_message = $3
			AND source_message > 0`, l.Conversation, 1-l.Side, message).Scan(&id))
	}
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return id, err
}

// closeLane gives a lane back. The next task is of the returned epoch, and does nothing before the wait is over.
func (t tx) closeLane(ctx context.Context, c RelayClaim, wait time.Duration) (epoch int64, err error) {
	err = t.QueryRowContext(ctx, `UPDATE conversation_members SET lease_until = 0, epoch = epoch + 1,
		not_before = CASE WHEN CAST($4 AS BIGINT) > 0 THEN now_us() + CAST($4 AS BIGINT) ELSE 0 END WHERE conversation_id = $1 AND side = $2 AND fence = $3 RETURNING epoch`,
		c.Conversation, c.Side, c.Fence, wait.Microseconds()).Scan(&epoch)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrFenced
	}
	return epoch, err
}

// RelayEnd is what became of something that was passed on.
type RelayEnd struct {
	Status  RelayStatus // sent, dropped or uncertain
	Targets []int64     // what Sources became: all of them, or fewer where nobody knows which are missing
	Sends   []Send      // what people are told
	// Last gives the lane back although there may be more.
	Last bool
}

// noted is the message that the i-th target is noted for. Where fewer than all arrived it is of no one message: the number of one is
// turned around, under which it is found to be taken back, and for nothing else.
func (r Relay) noted(end RelayEnd, i int) int64 {
	if len(end.Targets) != len(r.Sources) {
		return -r.Sources[i]
	}
	return r.Sources[i]
}

// NextRelay notes what became of one thing and hands out the next.
func (s *Store) NextRelay(ctx context.Context, c RelayClaim, r Relay, end RelayEnd) (next RelayTurn, out Outbox, err error) {
	if len(end.Sends) == 0 && r.Kind != RelayUnsend {
		next, err = s.nextAtOnce(ctx, c, r, end)
		return next, nil, err
	}
	rows, err := s.sealSends(ctx, end.Sends)
	if err != nil {
		return next, nil, err
	}
	err = s.write(ctx, func(t tx) error {
		if next, err = t.keepLane(ctx, c, r.Seq); err != nil {
			return err
		}
		if err := t.endRelay(ctx, c, r, end); err != nil {
			return err
		}
		if out, err = t.owe(ctx, rows); err != nil || !next.More {
			return err
		}
		if end.Last {
			next.Epoch, err = t.closeLane(ctx, c, 0)
			return err
		}
		next, err = t.turn(ctx, c)
		return err
	})
	return next, out, err
}

// keepLane locks the lane of a claim and renews the claim, or gives it back if nothing came after what has that number. It looks
// at the row of the lane alone, which a statement sees as it is when it gets the lock: other rows it sees as they were before.
func (t tx) keepLane(ctx context.Context, c RelayClaim, seq int64) (next RelayTurn, err error) {
	err = t.QueryRowContext(ctx, keepLane, c.Conversation, c.Side, c.Fence, seq, Lease.Microseconds()).Scan(&next.Epoch, &next.More)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrFenced
	}
	return next, err
}

const keepLane = `UPDATE conversation_members SET lease_until = CASE WHEN last_seq = $4 THEN 0 ELSE now_us() + $5 END,
	not_before = CASE WHEN last_seq = $4 THEN 0 ELSE not_before END, epoch = CASE WHEN last_seq = $4 THEN epoch + 1 ELSE epoch END, passed_seq = $4
	WHERE conversation_id = $1 AND side = $2 AND fence = $3 RETURNING epoch, last_seq <> $4`

// ahead is true of what may still be passed on in the lane $1 side $2: what came before is sent, or gone, or waits for a word and
// gets another number then. It keeps queries from all that was ever said there.
const ahead = `seq > (SELECT m.passed_seq FROM conversation_members m WHERE m.conversation_id = $1 AND m.side = $2)`

// laneHeld is true while the lane $1 side $2 is held under the fence $3.
const laneHeld = `EXISTS (SELECT 1 FROM conversation_members m WHERE m.conversation_id = $1 AND m.side = $2 AND m.fence = $3)`

// nextAtOnce is NextRelay where nobody is told anything.
func (s *Store) nextAtOnce(ctx context.Context, c RelayClaim, r Relay, end RelayEnd) (next RelayTurn, err error) {
	ended := false
	err = s.trip(ctx, c.RelayLane, func() []step {
		next, ended = RelayTurn{}, false
		return endSteps(c, r, end, s.now().UnixMicro(), func(row scanner) error { return row.Scan(&next.Epoch, &next.More) }, &ended)
	})
	switch {
	case err == nil && !ended:
		return next, ErrFenced
	case err != nil || !next.More:
		return next, err
	case end.Last:
		err = s.alone(ctx, func(t tx) error {
			next.Epoch, err = t.closeLane(ctx, c, 0)
			return err
		})
		return next, err
	}
	return s.turnAtOnce(ctx, c)
}

// endSteps note what became of something, if the lane is still the claim's; ended is set then.
func endSteps(c RelayClaim, r Relay, end RelayEnd, now int64, kept func(scanner) error, ended *bool) []step {
	side := int64(c.Side)
	steps := []step{
		{query: keepLane, args: []any{c.Conversation, side, c.Fence, r.Seq, Lease.Microseconds()}, row: kept},
		{
			query: `UPDATE relays SET status = $5, updated_at = $6 WHERE conversation_id = $1 AND side = $2 AND seq = $4 AND status = 'sending' AND ` + laneHeld + ` RETURNING seq`,
			args:  []any{c.Conversation, side, c.Fence, r.Seq, string(end.Status), now}, row: func(row scanner) error {
				*ended = true
				return row.Scan(new(int64))
			},
		},
	}
	for i, target := range end.Targets {
		steps = append(steps, step{
			query: `INSERT INTO relay_map (conversation_id, side, source_message, target_message, created_at)
			SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT) WHERE ` + laneHeld + `
			ON CONFLICT (conversation_id, side, source_message) DO UPDATE SET target_message = excluded.target_message`,
			args: []any{c.Conversation, side, c.Fence, r.noted(end, i), target, now},
		})
	}
	return steps
}

// turnAtOnce hands out the next thing of a lane, mostly a message that waits for nothing.
func (s *Store) turnAtOnce(ctx context.Context, c RelayClaim) (next RelayTurn, err error) {
	now, side := s.now().UnixMicro(), int64(c.Side)
	var reply int64
	err = s.trip(ctx, c.RelayLane, func() []step {
		next.Relay = nil
		return []step{
			{query: holdLane, args: []any{c.Conversation, side, c.Fence, Lease.Microseconds()}},
			{query: `UPDATE relays SET status = 'sending', updated_at = $4 WHERE conversation_id = $1 AND side = $2 AND status = 'pending' AND ` + laneHeld + `
			AND seq = (SELECT MIN(seq) FROM relays WHERE conversation_id = $1 AND side = $2 AND ` + ahead + ` AND status IN ('waiting','pending','sending'))
			RETURNING ` + relayColumns, args: []any{c.Conversation, side, c.Fence, now}, row: func(row scanner) error {
				r, _, to, _, err := scanRelay(row)
				next.Relay, reply = &r, to
				return err
			}},
		}
	})
	if err == nil && next.Relay != nil {
		return next, tx{statements: s.w, now: now}.resolve(ctx, c, next.Relay, reply)
	}
	if err != nil {
		return next, err
	}
	err = s.write(ctx, func(t tx) error {
		if err := t.holdLane(ctx, c); err != nil {
			return err
		}
		next, err = t.turn(ctx, c)
		return err
	})
	return next, err
}

// holdLane locks the lane of a claim and renews the claim.
func (t tx) holdLane(ctx context.Context, c RelayClaim) error {
	return t.change(ctx, ErrFenced, holdLane, c.Conversation, c.Side, c.Fence, Lease.Microseconds())
}

const holdLane = `UPDATE conversation_members SET lease_until = now_us() + $4 WHERE conversation_id = $1 AND side = $2 AND fence = $3`

// RenewRelay extends a claim. ErrFenced says that it is lost.
func (s *Store) RenewRelay(ctx context.Context, c RelayClaim) error {
	return s.alone(ctx, func(t tx) error { return t.holdLane(ctx, c) })
}

// HoldsRelay reports whether a claim still holds: ErrFenced says that somebody else has the lane, ErrNotFound that the conversation
// is over.
func (s *Store) HoldsRelay(ctx context.Context, c RelayClaim) error {
	fence, err := first(ctx, s, func(row scanner) (fence int64, err error) { return fence, row.Scan(&fence) },
		`SELECT fence FROM conversation_members WHERE conversation_id = $1 AND side = $2`, c.Conversation, int64(c.Side))
	if err == nil && fence != c.Fence {
		err = ErrFenced
	}
	return err
}

func (t tx) endRelay(ctx context.Context, c RelayClaim, r Relay, end RelayEnd) error {
	if err := t.setRelay(ctx, c, r, end.Status); err != nil {
		return err
	}
	for i, target := range end.Targets {
		if _, err := t.exec(ctx, `INSERT INTO relay_map (conversation_id, side, source_message, target_message, created_at) VALUES ($1,$2,$3,$4,$5)
			ON CONFLICT (conversation_id, side, source_message) DO UPDATE SET target_message = excluded.target_message`,
			c.Conversation, c.Side, r.noted(end, i), target, t.now); err != nil {
			return err
		}
	}
	if r.Kind != RelayUnsend || end.Status != RelaySent {
		return nil
	}
	for _, m := range r.Sources {
		if _, err := t.exec(ctx, `DELETE FROM relay_map WHERE conversation_id = $1 AND side = $2 AND source_message IN ($3, $4)`, c.Conversation, c.Side, m, -m); err != nil {
			return err
		}
	}
	return nil
}

func (t tx) setRelay(ctx context.Context, c RelayClaim, r Relay, status RelayStatus) error {
	return t.change(ctx, ErrFenced, `UPDATE relays SET status = $4, updated_at = $5 WHERE conversation_id = $1 AND side = $2 AND seq = $3 AND status = 'sending'`,
		c.Conversation, c.Side, r.Seq, string(status), t.now)
}

// PostponeRelay puts something back that did not happen, and gives the lane back. A task of the returned epoch goes on after
// the wait.
func (s *Store) PostponeRelay(ctx context.Context, c RelayClaim, r Relay, wait time.Duration) (epoch int64, err error) {
	err = s.write(ctx, func(t tx) error {
		if err := t.holdLane(ctx, c); err != nil {
			return err
		}
		if err := t.setRelay(ctx, c, r, RelayPending); err != nil {
			return err
		}
		epoch, err = t.closeLane(ctx, c, wait)
		return err
	})
	return epoch, err
}

// TouchConversation notes that somebody said something, to within a minute.
func (s *Store) TouchConversation(ctx context.Context, id string) error {
	return s.alone(ctx, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE conversations SET active_at = $2 WHERE id = $1 AND active_at < $3 AND closed_at IS NULL`, id, t.now, t.now-time.Minute.Microseconds())
		return err
	})
}
