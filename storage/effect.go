package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Effect is what an update does besides the state it changes: it is noted as seen, its button is used up, and messages
// are owed. All of it is one transaction with the state.
type Effect struct {
	Update string // keyed hash of bot and update id; empty for what no update caused
	Body   string // hex SHA-256 of the update's bytes
	Nonce  string // of a one-shot button; empty for none
	User   int64
	Sends  []Send
	Mails  []Mail
	Album  *AlbumEnd // the album it is about; nil for none
}

// Send is something a person is to be told.
type Send struct {
	Key        string // makes it once; empty means the id
	User       int64
	Chat       int64 // Telegram's id of the chat it goes to; zero where the body says it
	Generation string
	Kind       SendKind
	Body       any // sealed as JSON; nil where the handler renders from the generation
	Expires    time.Time
}

// Addressed is a body that says which chat it goes to, by Telegram's id.
type Addressed interface{ Address() int64 }

// address is the chat a send goes to, or zero if nobody says.
func (one Send) address() int64 {
	if to, ok := one.Body.(Addressed); ok && one.Chat == 0 {
		return to.Address()
	}
	return one.Chat
}

// Outbox lists what was written to the outbox and waits for its task.
type Outbox []Ref

// Ref names a row and the epoch of the task that may work on it.
type Ref struct {
	ID    string
	Epoch int64
}

// Record commits an effect without other state: the update is seen and its answer is owed.
func (s *Store) Record(ctx context.Context, e Effect) (Outbox, error) {
	return s.effect(ctx, e, func(tx) error { return nil })
}

// Seen reports whether an update was handled, and whether that was with the same bytes.
func (s *Store) Seen(ctx context.Context, update, body string) (seen, same bool, err error) {
	var was string
	err = s.r.QueryRowContext(ctx, `SELECT body_sha256 FROM seen_updates WHERE update_key = $1`, update).Scan(&was)
	if err = notFound(err); err != nil {
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
		return false, false, err
	}
	return true, was == body, nil
}

// effect runs f and the effect in one transaction. ErrSeen says that the update was handled before, ErrConsumed that
// the button was used before; nothing is changed then. f runs last, so that what it locks is locked shortest.
func (s *Store) effect(ctx context.Context, e Effect, f func(t tx) error) (Outbox, error) {
	rows, err := s.sealSends(ctx, e.Sends)
	if err != nil {
		return nil, err
	}
	mails, err := s.newMails(ctx, e.Mails)
	if err != nil {
		return nil, err
	}
	var out Outbox
	err = s.suppose(ctx, func(t tx) error {
		if err := t.see(ctx, e); err != nil {
			return err
		}
		if out, err = t.owe(ctx, rows); err != nil {
			return err
		}
		if err := t.end(ctx, e.Album); err != nil {
			return err
		}
		for _, mail := range mails {
			if err := mail(t); err != nil {
				return err
			}
		}
		return f(t)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// see notes the update and uses up the button.
func (t tx) see(ctx context.Context, e Effect) error {
	if e.Update != "" {
		if err := t.change(ctx, ErrSeen, `INSERT INTO seen_updates (update_key, body_sha256, seen_at) VALUES ($1,$2,$3)
			ON CONFLICT (update_key) DO NOTHING`, e.Update, e.Body, t.now); err != nil {
			return err
		}
	}
	if e.Nonce == "" {
		return nil
	}
	return t.change(ctx, ErrConsumed, `INSERT INTO consumed_actions (nonce, user_id, consumed_at) VALUES ($1,$2,$3)
		ON CONFLICT (nonce) DO NOTHING`, e.Nonce, e.User, t.now)
}

// sealedSend is a row of the outbox before it is inserted.
type sealedSend struct {
	Send
	id      string
	chatKey []byte
	private bool
	body    []byte
}

func (s *Store) sealSends(ctx context.Context, sends []Send) ([]sealedSend, error) {
	rows := make([]sealedSend, 0, len(sends))
	for _, one := range sends {
		id, err := s.NewID()
		if err != nil {
			return nil, err
		}
		row := sealedSend{Send: one, id: id, private: one.address() >= 0}
		if row.chatKey = s.chatKey(one.address()); one.address() == 0 {
			row.chatKey = s.keys.Index("chat of", strconv.FormatInt(one.User, 10))
		}
		if row.Key == "" {
			row.Key = id
		}
		if one.Body != nil {
			plain, err := json.Marshal(one.Body)
			if err != nil {
				return nil, fmt.Errorf("encode message: %w", err)
			}
			if row.body, err = s.sealBytes(ctx, one.User, "deliveries|body", id, plain); err != nil {
				return nil, err
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// owe inserts rows of the outbox. One whose key is there already is left out.
func (t tx) owe(ctx context.Context, rows []sealedSend) (Outbox, error) {
	var out Outbox
	for _, r := range rows {
		n, err := t.suppose(ctx, `INSERT INTO deliveries (id, send_key, user_id, generation_id, kind, status, body, epoch, expires_at, created_at, updated_at,
			chat_key, private) VALUES ($1,$2,$3,$4,$5,'pending',$6,1,$7,$8,$8,$9,$10) ON CONFLICT (send_key) DO NOTHING`,
			r.id, r.Key, r.User, nullString(r.Generation), string(r.Kind), r.body, micros(r.Expires), t.now, r.chatKey, r.private)
		if err != nil {
			return nil, err
		}
		if n == 1 {
			out = append(out, Ref{ID: r.id, Epoch: 1})
		}
	}
	return out, nil
}

func nullString(s string) any {
	if s == "" {
		return nil
	}
	return s
}
