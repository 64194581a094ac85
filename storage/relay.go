package storage

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"
)

// What people in a conversation say to each other is passed on by Telegram, which copies a message by its id; nothing of what it
// says is here. Each direction of a conversation is a lane of its own, in the order of seq:
//
//	            an item, or 1.2 s            a claim             what Telegram says
//	(album) ─► waiting ──────────► pending ─────────► sending ─────────────────► sent
//	                                 ▲  ▲                │ 429, away    │ refused │ nobody knows
//	(would tell who it is) ─► asked ─┘  └────────────────┘              ▼         ▼
//	                            └──────────────────────────────────► dropped   uncertain ─► pending, by a button
//
// The row of the member who speaks is the lock of the lane. Whatever becomes pending changes it first, and so does whoever
// works on the lane; that is why a lane that closes has nothing in it, and why every task enqueued for an epoch is either
// needed or finds out that it is not.

// RelayKind is what is passed on.
type RelayKind string

// The kinds.
const (
	RelayCopy     RelayKind = "copy"     // a message
	RelayAlbum    RelayKind = "album"    // messages that are one
	RelayShare    RelayKind = "share"    // a message without its caption
	RelayLocation RelayKind = "location" // a place that moves
	RelayEdit     RelayKind = "edit"     // what a message says now
	RelayReact    RelayKind = "react"    // a reaction to a message of either side
	RelayUnsend   RelayKind = "unsend"   // messages taken back
)

// RelayKinds lists them.
func RelayKinds() []RelayKind {
	return []RelayKind{RelayCopy, RelayAlbum, RelayShare, RelayLocation, RelayEdit, RelayReact, RelayUnsend}
}

// Repeatable reports whether passing it on twice is the same as once.
func (k RelayKind) Repeatable() bool { return k == RelayEdit || k == RelayReact || k == RelayUnsend }

// RelayStatus is where it is.
type RelayStatus string

// The statuses.
const (
	RelayWaiting   RelayStatus = "waiting"   // an album of which more may come; left by the next message, or by the lane after AlbumPause
	RelayPending   RelayStatus = "pending"   // left by the lane
	RelaySending   RelayStatus = "sending"   // entered by a claim; found there by another claim, nobody knows what became of it
	RelaySent      RelayStatus = "sent"      // for good
	RelayDropped   RelayStatus = "dropped"   // for good: refused, declined, taken back, or the conversation is over
	RelayUncertain RelayStatus = "uncertain" // left by SendRelay
	RelayAsked     RelayStatus = "asked"     // left by SendRelay or DeclineRelay
)

// AlbumPause is how long after an item of an album nothing more of it is expected.
const AlbumPause = 1200 * time.Millisecond

// NewRelay is something to be passed on.
type NewRelay struct {
	User    int64  // who speaks
	Key     string // names it once: the hash of the update
	Album   string // names the album it is an item of; empty for none
	Kind    RelayKind
	Sources []int64 // messages in the chat of who speaks; of a reaction, the one reacted to
	ReplyTo int64   // a message there, zero for none
	Body    bool    // what a copy does not carry waits under Key
	Asked   bool    // not before they say so
}

// RelayLane is a direction of a conversation, and the epoch of the task that may work on it.
type RelayLane struct {
	Conversation string
	Side         int
	Epoch        int64
}

// AppendRelay adds something to the lane of a person in a conversation, as the effect of their update. ErrNotFound says that they
// are in none.
func (s *Store) AppendRelay(ctx context.Context, e Effect, r NewRelay) (lane RelayLane, out Outbox, err error) {
	out, err = s.effect(ctx, e, func(t tx) error {
		lane, err = t.appendRelay(ctx, r)
		return err
	})
	return lane, out, err
}

func (t tx) appendRelay(ctx context.Context, r NewRelay) (lane RelayLane, err error) {
	lane, seq, err := t.advance(ctx, r.User)
	if err != nil {
		return lane, err
	}
	if err := t.endAlbums(ctx, &lane, r.Album); err != nil {
		return lane, err
	}
	if r.Kind == RelayEdit { // says all that the one before said
		if _, err := t.exec(ctx, `UPDATE relays SET status = 'dropped', updated_at = $4 WHERE conversation_id = $1 AND side = $2 AND kind = 'edit'
			AND sources = $3 AND status IN ('pending','asked')`, lane.Conversation, lane.Side, joinIDs(r.Sources), t.now); err != nil {
			return lane, err
		}
	}
	if r.Album != "" {
		if joined, err := t.join(ctx, lane, r); joined || err != nil {
			return lane, err
		}
	}
	return lane, t.insertRelay(ctx, lane, seq, r)
}

// advance locks a person's lane and takes its next number.
func (t tx) advance(ctx context.Context, user int64) (lane RelayLane, seq int64, err error) {
	err = t.QueryRowContext(ctx, `UPDATE conversation_members SET last_seq = last_seq + 1 WHERE user_id = $1 RETURNING conversation_id, side, last_seq, epoch`,
		user).Scan(&lane.Conversation, &lane.Side, &seq, &lane.Epoch)
	return lane, seq, notFound(err)
}

// endAlbums ends the wait for more of albums other than that one: something came after them. The task that waits with them is
// not waited for.
func (t tx) endAlbums(ctx context.Context, lane *RelayLane, but string) error {
	n, err := t.exec(ctx, `UPDATE relays SET status = 'pending', updated_at = $4 WHERE conversation_id = $1 AND side = $2 AND status = 'waiting' AND update_key <> $3`,
		lane.Conversation, lane.Side, but, t.now)
	if err != nil || n == 0 {
		return err
	}
	return t.QueryRowContext(ctx, `UPDATE conversation_members SET epoch = epoch + 1 WHERE conversation_id = $1 AND side = $2 RETURNING epoch`,
		lane.Conversation, lane.Side).Scan(&lane.Epoch)
}

// join adds an item to its album, if that still waits.
func (t tx) join(ctx context.Context, lane RelayLane, r NewRelay) (bool, error) {
	n, err := t.exec(ctx, `UPDATE relays SET sources = sources || ',' || $4, has_body = has_body OR $5, updated_at = $7,
		status = CASE WHEN $6 THEN 'asked' ELSE status END
		WHERE update_key = $3 AND conversation_id = $1 AND side = $2 AND status IN ('waiting','asked')`,
		lane.Conversation, lane.Side, r.Album, joinIDs(r.Sources), r.Body, r.Asked, t.now)
	return n > 0, err
}

func (t tx) insertRelay(ctx context.Context, lane RelayLane, seq int64, r NewRelay) error {
	const insert = `INSERT INTO relays (conversation_id, side, seq, update_key, kind, status, sources, reply_to, has_body, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$10) ON CONFLICT (update_key) DO NOTHING`
	status, key := RelayPending, r.Key
	if r.Album != "" {
		status, key = RelayWaiting, r.Album
	}
	if r.Asked {
		status = RelayAsked
	}
	args := []any{lane.Conversation, lane.Side, seq, key, string(r.Kind), string(status), joinIDs(r.Sources), nullID(r.ReplyTo), r.Body, t.now}
	n, err := t.exec(ctx, insert, args...)
	if err != nil || n == 1 || r.Album == "" {
		return err
	}
	args[3] = r.Key // the album is closed: a late item is a message of its own
	_, err = t.exec(ctx, insert, args...)
	return err
}

// Relay is something on its way.
type Relay struct {
	Seq     int64
	Key     string
	Kind    RelayKind
	Sources []int64
	Body    bool
	// Interrupted says that somebody began to pass it on before this claim.
	Interrupted bool
	// Targets are the messages of the partner's chat that Sources stand for, zero for one that is not there. They are not
	// looked up for messages that are new.
	Targets []int64
	// Reply is the message of the partner's chat that it replies to, zero for none.
	Reply int64
}

// RelayClaim is a lane that one worker has to itself.
type RelayClaim struct {
	RelayLane
	Fence    int64
	From, To Correspondent
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

// correspondents fills in who the two are.
func (s *Store) correspondents(ctx context.Context, t tx, c *RelayClaim) error {
	_, err := collect(ctx, t, func(row scanner) (none struct{}, err error) {
		var who Correspondent
		var side int
		var sealed []byte
		var pr profile
		if err := row.Scan(&side, &who.User, &who.Lang, &sealed); err != nil {
			return none, err
		}
		err = s.unseal(ctx, who.User, "users|profile", strconv.FormatInt(who.User, 10), sealed, &pr)
		who.Chat = pr.TelegramID
		if side == c.Side {
			c.From = who
		} else {
			c.To = who
		}
		return none, err
	}, `SELECT m.side, u.id, u.lang, u.profile FROM conversation_members m JOIN users u ON u.id = m.user_id WHERE m.conversation_id = $1`, c.Conversation)
	if err == nil && (c.From.Chat == 0 || c.To.Chat == 0) {
		return ErrFenced
	}
	return err
}

// turn hands out the next thing of a lane whose member's row is locked, or closes the lane.
func (t tx) turn(ctx context.Context, c RelayClaim) (next RelayTurn, err error) {
	r, status, reply, at, err := scanRelay(t.QueryRowContext(ctx, `SELECT seq, update_key, kind, status, sources, COALESCE(reply_to, 0), has_body, updated_at FROM relays
		WHERE conversation_id = $1 AND side = $2 AND status IN ('waiting','pending','sending') ORDER BY seq LIMIT 1`, c.Conversation, c.Side))
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
	if reply != 0 {
		if r.Reply, err = t.partners(ctx, c.RelayLane, reply); err != nil {
			return err
		}
	}
	if !r.Kind.Repeatable() {
		return nil
	}
	for _, m := range r.Sources {
		target, err := t.partners(ctx, c.RelayLane, m)
		if err != nil {
			return err
		}
		r.Targets = append(r.Targets, target)
	}
	return nil
}

// partners is the message of the partner's chat that a message of this side's chat stands for: the copy of one's own, or what
// a copy is of. Zero if there is none.
func (t tx) partners(ctx context.Context, l RelayLane, message int64) (id int64, err error) {
	err = notFound(t.QueryRowContext(ctx, `SELECT target_message FROM relay_map WHERE conversation_id = $1 AND side = $2 AND source_message = $3`,
		l.Conversation, l.Side, message).Scan(&id))
	if errors.Is(err, ErrNotFound) {
		err = notFound(t.QueryRowContext(ctx, `SELECT source_message FROM relay_map WHERE conversation_id = $1 AND side = $2 AND target_message = $3`,
			l.Conversation, 1-l.Side, message).Scan(&id))
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
	Targets []int64     // what Sources became; none if that is not known
	Sends   []Send      // what people are told
	// Last gives the lane back although there may be more.
	Last bool
}

// NextRelay notes what became of one thing and hands out the next.
func (s *Store) NextRelay(ctx context.Context, c RelayClaim, r Relay, end RelayEnd) (next RelayTurn, out Outbox, err error) {
	rows, err := s.sealSends(ctx, end.Sends)
	if err != nil {
		return next, nil, err
	}
	err = s.write(ctx, func(t tx) error {
		if err := t.holdLane(ctx, c); err != nil {
			return err
		}
		if err := t.endRelay(ctx, c, r, end); err != nil {
			return err
		}
		if out, err = t.owe(ctx, rows); err != nil {
			return err
		}
		if end.Last {
			next.More = true
			next.Epoch, err = t.closeLane(ctx, c, 0)
			return err
		}
		next, err = t.turn(ctx, c)
		return err
	})
	return next, out, err
}

// holdLane locks the lane of a claim and renews the claim.
func (t tx) holdLane(ctx context.Context, c RelayClaim) error {
	return t.change(ctx, ErrFenced, `UPDATE conversation_members SET lease_until = now_us() + $4 WHERE conversation_id = $1 AND side = $2 AND fence = $3`,
		c.Conversation, c.Side, c.Fence, Lease.Microseconds())
}

// RenewRelay extends a claim. ErrFenced says that it is lost.
func (s *Store) RenewRelay(ctx context.Context, c RelayClaim) error {
	return s.alone(ctx, func(t tx) error { return t.holdLane(ctx, c) })
}

func (t tx) endRelay(ctx context.Context, c RelayClaim, r Relay, end RelayEnd) error {
	if err := t.setRelay(ctx, c, r, end.Status); err != nil {
		return err
	}
	for i, target := range end.Targets {
		if _, err := t.exec(ctx, `INSERT INTO relay_map (conversation_id, side, source_message, target_message, created_at) VALUES ($1,$2,$3,$4,$5)
			ON CONFLICT (conversation_id, side, source_message) DO UPDATE SET target_message = excluded.target_message`,
			c.Conversation, c.Side, r.Sources[i], target, t.now); err != nil {
			return err
		}
	}
	if r.Kind != RelayUnsend || end.Status != RelaySent {
		return nil
	}
	for _, m := range r.Sources {
		if _, err := t.exec(ctx, `DELETE FROM relay_map WHERE conversation_id = $1 AND side = $2 AND source_message = $3`, c.Conversation, c.Side, m); err != nil {
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
