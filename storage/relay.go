package storage

import (
	"context"
	"database/sql"
	"errors"
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
// What waits or is pending is asked about too once an edit makes it tell that.
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
	RelayAsked     RelayStatus = "asked"     // entered by AppendRelay or HoldRelay, left by SendRelay or TakeRelay
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
	// Held says that somebody works on it, or will when its wait is over: they come to all that is there then, and no task is
	// needed.
	Held bool
}

// AppendRelay adds something to the lane of a person in a conversation, as the effect of their update. ErrNotFound says that they
// are in none, ErrMoved that an item of an album comes too late for it: it is a message of its own.
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
	if err := t.dropEdits(ctx, lane, r); err != nil {
		return lane, err
	}
	if r.Album != "" {
		if joined, err := t.join(ctx, lane, r); joined || err != nil {
			return lane, err
		}
	}
	_, err = t.insertRelay(ctx, lane, seq, r, false)
	return lane, err
}

// advance locks a person's lane and takes its next number.
func (t tx) advance(ctx context.Context, user int64) (lane RelayLane, seq int64, err error) {
	err = t.QueryRowContext(ctx, `UPDATE conversation_members SET last_seq = last_seq + 1 WHERE user_id = $1
		RETURNING conversation_id, side, last_seq, epoch, lease_until >= now_us() OR not_before > now_us()`,
		user).Scan(&lane.Conversation, &lane.Side, &seq, &lane.Epoch, &lane.Held)
	return lane, seq, notFound(err)
}

// dropEdits drops the edits of a message before a newer one, which says all that they said.
func (t tx) dropEdits(ctx context.Context, lane RelayLane, r NewRelay) error {
	if r.Kind != RelayEdit {
		return nil
	}
	_, err := t.exec(ctx, `UPDATE relays SET status = 'dropped', updated_at = $4 WHERE conversation_id = $1 AND side = $2 AND kind = 'edit'
		AND sources = $3 AND status IN ('pending','asked')`, lane.Conversation, lane.Side, joinIDs(r.Sources), t.now)
	return err
}

// endAlbums ends the wait for more of albums other than that one: something came after them. The task that waits with them is
// not waited for.
func (t tx) endAlbums(ctx context.Context, lane *RelayLane, but string) error {
	n, err := t.exec(ctx, `UPDATE relays SET status = 'pending', updated_at = $4 WHERE conversation_id = $1 AND side = $2 AND `+ahead+` AND status = 'waiting' AND update_key <> $3`,
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

// insertRelay adds something at the end of a lane. At once asks for it to be passed on by the caller, who has the lane, if it is
// the only thing in there: it reports whether it is.
func (t tx) insertRelay(ctx context.Context, lane RelayLane, seq int64, r NewRelay, atOnce bool) (first bool, err error) {
	const insert = `INSERT INTO relays (conversation_id, side, seq, update_key, kind, status, sources, reply_to, has_body, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,CASE WHEN $11 AND NOT EXISTS (SELECT 1 FROM relays WHERE conversation_id = $1 AND side = $2 AND ` + ahead + `
			AND status IN ('waiting','pending','sending')) THEN 'sending' ELSE $6 END,$7,$8,$9,$10,$10)
		ON CONFLICT (update_key) DO NOTHING RETURNING status = 'sending'`
	status, key := RelayPending, r.Key
	if r.Album != "" {
		status, key = RelayWaiting, r.Album
	}
	if r.Asked {
		status = RelayAsked
	}
	args := []any{lane.Conversation, lane.Side, seq, key, string(r.Kind), string(status), joinIDs(r.Sources), nullID(r.ReplyTo), r.Body, t.now, atOnce && status == RelayPending}
	err = t.QueryRowContext(ctx, insert, args...).Scan(&first)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
		if r.Album != "" {
			err = ErrMoved
		}
	}
	return first, err
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
	// Shared says that what is taken back was shown by RelayShare: Sources stay where they are.
	Shared bool
	// Targets are the messages of the partner's chat that Sources stand for, zero for one that is not there. They are not
	// looked up for messages that are new.
	Targets []int64
	// ReplyTo is the message of the sender's chat that it replies to, and Reply the one of the partner's chat; zero for none.
	ReplyTo, Reply int64
}
