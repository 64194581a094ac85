package storage

import (
	"context"
	"strconv"
	"time"
)

// Relayed is a message that a person has said in the conversation they are in.
type Relayed struct {
	Key     string
	Kind    RelayKind
	Status  RelayStatus
	Sources []int64
	Taken   bool // back, or about to be
}

const relayed = `SELECT r.update_key, r.kind, r.status, r.sources, ` + taken + ` FROM conversation_members m
	JOIN relays r ON r.conversation_id = m.conversation_id AND r.side = m.side
	WHERE m.user_id = $1 AND r.kind IN ('copy','album','share','location')`

// taken is true of relays r that are taken back.
const taken = `EXISTS (SELECT 1 FROM relays u WHERE u.conversation_id = r.conversation_id AND u.side = r.side AND u.kind = 'unsend'
	AND u.sources = r.sources AND u.status <> 'dropped')`

func scanRelayed(row scanner) (r Relayed, err error) {
	var sources string
	err = row.Scan(&r.Key, &r.Kind, &r.Status, &sources, &r.Taken)
	r.Sources = splitIDs(sources)
	return r, notFound(err)
}

// Relayed returns what a message of a person's chat is a part of, dropped or not, or ErrNotFound if they did not say it in the
// conversation they are in.
func (s *Store) Relayed(ctx context.Context, user, message int64) (Relayed, error) {
	return scanRelayed(s.r.QueryRowContext(ctx, relayed+` AND (',' || r.sources || ',') LIKE $2
		ORDER BY CASE r.status WHEN 'dropped' THEN 1 ELSE 0 END, r.seq DESC LIMIT 1`,
		user, "%,"+strconv.FormatInt(message, 10)+",%"))
}

// LastRelayed returns what a person said last and has not taken back, or ErrNotFound.
func (s *Store) LastRelayed(ctx context.Context, user int64) (Relayed, error) {
	return scanRelayed(s.r.QueryRowContext(ctx, relayed+` AND r.status <> 'dropped' AND NOT `+taken+` ORDER BY r.seq DESC LIMIT 1`, user))
}

// SendRelay passes on what waits for a person's word: what they were asked about, or what may not have arrived. It takes its
// place behind what was said meanwhile. ErrNotFound says that it does not wait, or was said in another conversation.
func (s *Store) SendRelay(ctx context.Context, e Effect, user int64, key string) (lane RelayLane, out Outbox, err error) {
	out, err = s.effect(ctx, e, func(t tx) error {
		var seq int64
		if lane, seq, err = t.advance(ctx, user); err != nil {
			return err
		}
		if err := t.endAlbums(ctx, &lane, key); err != nil {
			return err
		}
		return t.change(ctx, ErrNotFound, `UPDATE relays SET status = 'pending', seq = $3, updated_at = $5 WHERE conversation_id = $1 AND side = $2
			AND update_key = $4 AND status IN ('asked','uncertain')`, lane.Conversation, lane.Side, seq, key, t.now)
	})
	return lane, out, err
}

// HoldRelay makes what has not been passed on wait for the person's word. ErrNotFound says that it is too late for that.
func (s *Store) HoldRelay(ctx context.Context, e Effect, user int64, key string) (Outbox, error) {
	return s.moveRelay(ctx, e, user, key, RelayAsked)
}

// TakeRelay takes back what has not been passed on yet. ErrNotFound says that there is no such thing, or that it is too late
// for that.
func (s *Store) TakeRelay(ctx context.Context, e Effect, user int64, key string) (Outbox, error) {
	return s.moveRelay(ctx, e, user, key, RelayDropped)
}

// moveRelay changes the status of what has not been passed on.
func (s *Store) moveRelay(ctx context.Context, e Effect, user int64, key string, to RelayStatus) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		lane, _, err := t.advance(ctx, user)
		if err != nil {
			return err
		}
		return t.change(ctx, ErrNotFound, `UPDATE relays SET status = $5, updated_at = $4 WHERE conversation_id = $1 AND side = $2
			AND update_key = $3 AND status IN ('asked','waiting','pending')`, lane.Conversation, lane.Side, key, t.now, string(to))
	})
}

// SweepRelays finds lanes that nobody works on although something is to be passed on, and raises their epoch. Now asks for
// those too that a task may still be on its way to.
func (s *Store) SweepRelays(ctx context.Context, limit int, now bool) (lanes []RelayLane, err error) {
	err = s.write(ctx, func(t tx) error {
		lanes, err = collect(ctx, t, func(row scanner) (l RelayLane, err error) {
			return l, row.Scan(&l.Conversation, &l.Side, &l.Epoch)
		}, `UPDATE conversation_members SET epoch = epoch + 1, sweeps = sweeps + 1, swept_at = $1
			WHERE (conversation_id, side) IN (SELECT m.conversation_id, m.side FROM conversation_members m
				WHERE m.lease_until < now_us() - $2 AND m.not_before <= now_us() AND ($3 OR m.swept_at + `+backoff+` < $1)
				AND EXISTS (SELECT 1 FROM relays r WHERE r.conversation_id = m.conversation_id AND r.side = m.side AND r.seq > m.passed_seq
					AND r.status IN ('waiting','pending','sending') AND ($3 OR r.updated_at < $4))
				ORDER BY m.swept_at LIMIT $5)
			RETURNING conversation_id, side, epoch`,
			t.now, LeaseGrace.Microseconds(), now, t.now-max(SweepAfter, AlbumPause+2*time.Second).Microseconds(), limit)
		return err
	})
	return lanes, err
}
