package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// An erasure is a request of kind erase that goes through steps. Each can be done again: what it does is gone then, or was
// refused the second time by a key of its own. The last one that is finished stands in the row.
//
//	"" ──► marked ──► stopped ─(what was under way ends)─► refunded ──► objects ──► rows ──► key ─(likewise)─► swept ──► told
//
// From marked on nothing is added about the person: their updates are dropped, and every transaction that would write about
// them asks for erasing_at. What was begun before has ended, or lost its claim, when stopped is over. From key on nothing of
// theirs can be read, here or in any backup; the row of users stays as a mark that somebody was here.

// The steps of an erasure.
const (
	EraseMarked   = "marked"
	EraseStopped  = "stopped"  // generations, conversation, subscription, gifts
	EraseRefunded = "refunded" // Stars are back, or Telegram refused; no credits are left
	EraseObjects  = "objects"
	EraseRows     = "rows" // the person is gone: who comes back is somebody new
	EraseKey      = "key"
	EraseSwept    = "swept" // what came meanwhile is gone too
	EraseTold     = "told"  // about to be: this is said once or not at all
)

// Farewell is what an erasure needs when the person is gone.
type Farewell struct {
	Chat         int64  `json:"chat,omitempty"` // Telegram's id of whom to tell; zero for nobody
	Lang         string `json:"lang,omitempty"`
	Conversation string `json:"conversation,omitempty"` // that was ended for it
	Stars        int64  `json:"stars,omitempty"`        // that went back
	Kept         int64  `json:"kept,omitempty"`         // that Telegram would not give back
}

const farewellColumn = "rights|farewell"

// held checks in a transaction that the claim still holds.
func (t tx) held(ctx context.Context, r Right) error { return t.step(ctx, r, r.Step) }

// stays refuses somebody who is being erased, in transactions that do not ask for it in their statement.
func (t tx) stays(ctx context.Context, user int64) error {
	return t.change(ctx, ErrRestricted, `UPDATE users SET debt = debt WHERE id = $1 AND erasing_at IS NULL`, user)
}

// MarkErasing is the first step: from here on the person is being erased. Their other requests end, and what waits for them
// to choose, to write or to be found is dropped.
func (s *Store) MarkErasing(ctx context.Context, r Right, f Farewell) error {
	sealed, err := s.seal(ctx, nobody, farewellColumn, r.ID, f)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t tx) error {
		if err := t.held(ctx, r); err != nil {
			return err
		}
		if err := t.change(ctx, ErrNotFound, `UPDATE users SET erasing_at = COALESCE(erasing_at, $2) WHERE id = $1`, r.User, t.now); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE rights SET farewell = COALESCE(farewell, $2) WHERE id = $1`, r.ID, sealed); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE rights SET status = 'canceled', reason = 'erased', body = NULL, fence = fence + 1, lease_until = 0, ended_at = $3, updated_at = $3
			WHERE user_id = $1 AND id <> $2 AND status IN ('asked','running')`, r.User, r.ID, t.now); err != nil {
			return err
		}
		return t.dropWaiting(ctx, r.User)
	})
}

// dropWaiting deletes what would go on by itself.
func (t tx) dropWaiting(ctx context.Context, user int64) error {
	for _, q := range []string{
		`DELETE FROM lobby WHERE user_id = $1`,
		`DELETE FROM album_items WHERE album_id IN (SELECT id FROM albums WHERE user_id = $1)`,
		`DELETE FROM albums WHERE user_id = $1`,
		`DELETE FROM writings WHERE user_id = $1`,
		`DELETE FROM quotes WHERE user_id = $1`,
		`DELETE FROM announcement_people WHERE user_id = $1`,
	} {
		if _, err := t.exec(ctx, q, user); err != nil {
			return err
		}
	}
	return nil
}

// Farewell returns what was noted by MarkErasing; it is zero where nothing was, or it is told.
func (s *Store) Farewell(ctx context.Context, r Right) (f Farewell, err error) {
	var sealed []byte
	if err := s.r.QueryRowContext(ctx, `SELECT farewell FROM rights WHERE id = $1`, r.ID).Scan(&sealed); err != nil {
		return f, notFound(err)
	}
	return f, s.unseal(ctx, nobody, farewellColumn, r.ID, sealed, &f)
}

// SetFarewell changes it.
func (s *Store) SetFarewell(ctx context.Context, r Right, f Farewell) error {
	sealed, err := s.seal(ctx, nobody, farewellColumn, r.ID, f)
	if err != nil {
		return err
	}
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE rights SET farewell = $3 WHERE id = $1 AND fence = $2 AND status = 'running'`, r.ID, r.Fence, sealed)
	})
}

// RunningCalls returns the person's calls that a provider works on and that can be asked to stop.
func (s *Store) RunningCalls(ctx context.Context, user int64) ([]Attempt, error) {
	return collect(ctx, s.r, func(row scanner) (Attempt, error) { return s.readAttempt(ctx, row) },
		`SELECT `+attemptColumns+` FROM attempts WHERE user_id = $1 AND state IN ('submitted','running') AND handle IS NOT NULL ORDER BY id`, user)
}

// StopGenerations ends everything that is painted for somebody who is being erased, whoever works on it, and releases its
// credits. What a call under way costs is a loss. It returns how many generations it ended.
func (s *Store) StopGenerations(ctx context.Context, r Right) (n int, err error) {
	err = s.write(ctx, func(t tx) error {
		if err := t.held(ctx, r); err != nil {
			return err
		}
		ids, err := collect(ctx, t, func(row scanner) (id string, err error) { return id, row.Scan(&id) },
			`UPDATE generations SET status = 'canceled', reason = 'person', fence = fence + 1, lease_until = 0, done_at = $2, updated_at = $2
			WHERE user_id = $1 AND status IN ('held','generating') RETURNING id`, r.User, t.now)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE attempts SET state = 'unknown', err_class = 'unknown', billed = 'maybe', loss = est_cost, ended_at = $2
			WHERE user_id = $1 AND state IN ('sending','submitted','running')`, r.User, t.now); err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.settle(ctx, id, 0); err != nil {
				return err
			}
		}
		n = len(ids)
		return nil
	})
	return n, err
}

// RelayBodies returns what was said in a conversation and may wait outside the database, which its key and sources name.
func (s *Store) RelayBodies(ctx context.Context, conversation string) ([]Relay, error) {
	return collect(ctx, s.r, func(row scanner) (r Relay, err error) {
		r, _, _, _, err = scanRelay(row)
		return r, err
	}, `SELECT `+relayColumns+` FROM relays WHERE conversation_id = $1 AND has_body`, conversation)
}

// ForgetRelays deletes which message became which in a conversation that is over.
func (s *Store) ForgetRelays(ctx context.Context, conversation string) error {
	return s.write(ctx, func(t tx) error {
		for _, q := range []string{`DELETE FROM relays WHERE conversation_id = $1`, `DELETE FROM relay_map WHERE conversation_id = $1`} {
			if _, err := t.exec(ctx, q, conversation); err != nil {
				return err
			}
		}
		return nil
	})
}

// OpenGifts returns the person's gifts that nobody has opened.
func (s *Store) OpenGifts(ctx context.Context, user int64) ([]Gift, error) {
	return collect(ctx, s.r, scanGift, `SELECT `+giftColumns+` FROM gifts WHERE status = 'open' AND user_id = $1 ORDER BY id`, user)
}

// CloseAccount takes what is left of the credits of somebody who is being erased: first for what they owe, the rest expires.
// ErrHeld says that a generation or a refund is not over.
func (s *Store) CloseAccount(ctx context.Context, r Right) error {
	return s.write(ctx, func(t tx) error {
		if err := t.held(ctx, r); err != nil {
			return err
		}
		if err := t.lockPerson(ctx, r.User); err != nil {
			return err
		}
		if err := t.lock(ctx, r.User); err != nil {
			return err
		}
		var busy bool
		err := t.QueryRowContext(ctx, `SELECT a.held > 0 OR EXISTS (SELECT 1 FROM payments p WHERE p.user_id = $1 AND (p.status = 'refunding'
			OR p.status = 'unmatched' AND p.problem <> 'currency' AND NOT EXISTS (SELECT 1 FROM refunds f WHERE f.charge_id = p.charge_id)))
			FROM accounts a WHERE a.user_id = $1`, r.User).Scan(&busy)
		if err != nil || busy {
			return errors.Join(err, held(busy))
		}
		have, err := t.available(ctx, r.User)
		if err != nil {
			return err
		}
		owed, err := t.repay(ctx, r.User, have)
		if err == nil && owed > 0 {
			_, err = t.take(ctx, r.User, debtKey("erase:"+r.ID), owed)
		}
		if err != nil {
			return err
		}
		return t.expireAll(ctx, r.User)
	})
}

func held(busy bool) error {
	if busy {
		return ErrHeld
	}
	return nil
}

func (t tx) expireAll(ctx context.Context, user int64) error {
	all, err := lots(ctx, t, user)
	if err != nil {
		return err
	}
	for _, l := range all {
		e := transfer{id: "expire:" + l.ID, kind: "expire", user: user, counter: "expired", amount: l.Left, ref: l.ID}
		if _, err := t.debit(ctx, e, pick{lot: l.ID}); err != nil {
			return err
		}
	}
	return nil
}

// RefundedSince is how many Stars of refunds that were asked for since a time are back with the person, and how many Telegram
// did not give back.
func (s *Store) RefundedSince(ctx context.Context, user int64, since time.Time) (back, kept int64, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT CAST(COALESCE(SUM(CASE WHEN status = 'done' THEN stars ELSE 0 END), 0) AS BIGINT),
		CAST(COALESCE(SUM(CASE WHEN status = 'refused' THEN stars ELSE 0 END), 0) AS BIGINT) FROM refunds WHERE user_id = $1 AND updated_at >= $2`,
		user, since.UnixMicro()).Scan(&back, &kept)
	return back, kept, err
}

// NoteObjects counts what was deleted of the bucket.
func (s *Store) NoteObjects(ctx context.Context, r Right, n int) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE rights SET gone_objects = gone_objects + $3 WHERE id = $1 AND fence = $2 AND status = 'running'`, r.ID, r.Fence, n)
	})
}

// Gone is what an erasure deleted so far.
type Gone struct {
	Rows    int64     `json:"rows"`
	Objects int64     `json:"objects"`
	Erased  time.Time `json:"erased,omitzero"` // zero: the person is still here
}

// Gone returns it.
func (s *Store) Gone(ctx context.Context, id string) (g Gone, err error) {
	var at sql.NullInt64
	err = s.r.QueryRowContext(ctx, `SELECT r.gone_rows, r.gone_objects, u.erased_at FROM rights r JOIN users u ON u.id = r.user_id WHERE r.id = $1`, id).
		Scan(&g.Rows, &g.Objects, &at)
	g.Erased = fromMicros(at)
	return g, notFound(err)
}

// EndErasure ends it: nothing but its dates and numbers stays.
func (s *Store) EndErasure(ctx context.Context, r Right) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE rights SET status = 'done', farewell = NULL, body = NULL, lease_until = 0, ended_at = $3, updated_at = $3
			WHERE id = $1 AND fence = $2 AND status = 'running'`, r.ID, r.Fence, t.now)
	})
}

// HastenRight ends the days of grace of a request of the person's own. ErrNotFound says that there are none any more.
func (s *Store) HastenRight(ctx context.Context, e Effect, user int64, id string) (ref Ref, out Outbox, err error) {
	out, err = s.effect(ctx, e, func(t tx) error {
		ref, err = scanRef(t.QueryRowContext(ctx, `UPDATE rights SET not_before = $3, epoch = epoch + 1, updated_at = $3
			WHERE id = $1 AND user_id = $2 AND status = 'asked' RETURNING id, epoch`, id, user, t.now))
		return notFound(err)
	})
	return ref, out, err
}

// Erasure returns the person's erasure that is not over, or ErrNotFound.
func (s *Store) Erasure(ctx context.Context, user int64) (Right, error) {
	return s.scanRight(ctx, s.r.QueryRowContext(ctx, `SELECT `+rightColumns+` FROM rights WHERE user_id = $1 AND kind = 'erase' AND status IN ('asked','running')`, user))
}

// AskErasure has somebody erased by an operator's decision, with its line in the audit log; one of the person's own that
// waits for its days of grace takes its place. ErrRestricted says that it is being done.
func (s *Store) AskErasure(ctx context.Context, a Act, user int64, notBefore time.Time) (Ref, error) {
	r := Right{User: user, Kind: RightErase, Origin: RightOperator, Status: RightAsked, NotBefore: notBefore}
	row, err := s.newRight(ctx, &r)
	if err != nil {
		return Ref{}, err
	}
	_, err = s.acted(ctx, Effect{}, a, func(t tx) error {
		if err := t.replaceErasure(ctx, user); err != nil {
			return err
		}
		return beingErased(row(t))
	})
	return Ref{ID: r.ID, Epoch: 1}, err
}

// beingErased is what it means that there is an erasure which is not to be replaced: a task works on it.
func beingErased(err error) error {
	if errors.Is(err, ErrConsumed) {
		return ErrRestricted
	}
	return err
}

// replaceErasure makes room for an erasure that does not wait.
func (t tx) replaceErasure(ctx context.Context, user int64) error {
	_, err := t.exec(ctx, `UPDATE rights SET status = 'canceled', reason = 'replaced', ended_at = $2, updated_at = $2
		WHERE user_id = $1 AND kind = 'erase' AND status = 'asked'`, user, t.now)
	return err
}

// EraseTraces makes the engine forget what a deleted row was. On SQLite deleted bytes are overwritten at once, but pages as
// they were lie in its log. On Postgres they stay in dead tuples, in WAL and backups until these are reused: there it is the
// key that makes them unreadable.
func (s *Store) EraseTraces(ctx context.Context) error {
	if s.dialect.name != sqliteDialect.name {
		return nil
	}
	var busy, log, done int
	if err := s.w.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done); err != nil {
		return fmt.Errorf("truncate the log: %w", err)
	}
	if busy != 0 {
		return errLogBusy
	}
	return nil
}

var errLogBusy = errors.New("storage: somebody reads in the log of the database")

// Erasable is what an erasure would take from somebody.
type Erasable struct {
	Rows     int64 `json:"rows"` // but for images
	Images   int64 `json:"images"`
	Running  int64 `json:"running"` // generations that are not over
	Stars    int64 `json:"stars"`   // of payments of which nothing is spent: they go back
	Credits  int64 `json:"credits"` // that expire
	Payments int64 `json:"payments"`
}

// Erasable counts it.
func (s *Store) Erasable(ctx context.Context, user int64) (e Erasable, err error) {
	for _, table := range Inventory() {
		if table.Fate != FateDeleted {
			continue
		}
		var n int64
		if err := s.r.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table.Name+` WHERE `+table.Of, user).Scan(&n); err != nil {
			return e, err
		}
		if table.Name == "images" {
			e.Images = n
		} else {
			e.Rows += n
		}
	}
	var bought int64
	err = s.r.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM generations WHERE user_id = $1 AND status IN ('held','generating')),
		(SELECT posted FROM accounts WHERE user_id = $1) + CAST(COALESCE((SELECT SUM(credits) FROM gifts WHERE user_id = $1 AND status = 'open'), 0) AS BIGINT),
		(SELECT COUNT(*) FROM payments WHERE user_id = $1), CAST(COALESCE(SUM(stars), 0) AS BIGINT), CAST(COALESCE(SUM(credits), 0) AS BIGINT)
		FROM payments p WHERE user_id = $1 AND `+wholeAgain, user).Scan(&e.Running, &e.Credits, &e.Payments, &e.Stars, &bought)
	e.Credits -= bought
	return e, err
}

// wholeAgain are payments p of which nothing is spent once what is held and what was given away and not taken is back, and that
// Telegram has not refused to give back.
const wholeAgain = `p.status = 'paid' AND p.credits > 0 AND p.credits = (SELECT l.left_ + CAST(COALESCE((SELECT SUM(u.credits) FROM lot_uses u
		JOIN gifts g ON u.transfer_id = 'gift:' || g.id || ':out' WHERE u.lot_id = l.id AND g.status = 'open'), 0) AS BIGINT) FROM lots l WHERE l.charge_id = p.charge_id)
	AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.charge_id = p.charge_id AND r.status = 'refused')`
