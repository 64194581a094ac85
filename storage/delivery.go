package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Deliveries are the outbox: a row for every call that tells a person something, written in the transaction of its
// cause, so that nothing is said that did not happen and nothing that happened goes unsaid.
//
//	pending ──► sending ──► sent
//	               │ refused for good: undeliverable
//	               └ found in sending by another claim: uncertain, if sending twice would show twice
//
// Telegram does not know repeated sends. A row is put into sending before the call leaves; one that is found there may
// be out, so it is never sent again silently: the person is told and gets a button. Edits, deletions and answers to
// presses may be repeated.
//
// What is new in a chat (messages, statuses, results) is sent in the order of the ids, which is the order in which it was
// owed, one at a time: a row waits until those before it are out or ended. One that a fault of our own keeps back, such
// as an object store that is away, steps aside; one that Telegram keeps back does not, since that holds the whole chat.

// SendKind is what kind of call a delivery is.
type SendKind string

// The kinds.
const (
	SendMessage SendKind = "message" // a new message; the body is what the handler made of it
	SendAnswer  SendKind = "answer"  // the answer to a press of a button
	SendEdit    SendKind = "edit"    // the change of a message
	SendDelete  SendKind = "delete"  // the removal of messages
	SendStatus  SendKind = "status"  // the first status message of a generation, rendered when it is sent
	SendResult  SendKind = "result"  // the end of a generation: images, or why there are none
)

// Repeatable reports whether doing it twice looks like doing it once.
func (k SendKind) Repeatable() bool { return k == SendAnswer || k == SendEdit || k == SendDelete }

// Delivery is a claimed row of the outbox.
type Delivery struct {
	ID          string
	User        int64
	Generation  string
	Kind        SendKind
	ChatKey     []byte // of the chat it goes to, or of the person where that is not known
	Private     bool   // the chat is the person's own
	Unreachable bool   // the person cannot be written to in private
	Interrupted bool   // found in sending: it may be out
	Body        []byte
	Fence       int64
	Expires     time.Time
	Created     time.Time
}

// Decode reads the body.
func (d Delivery) Decode(v any) error {
	if err := json.Unmarshal(d.Body, v); err != nil {
		return fmt.Errorf("decode delivery: %w", err)
	}
	return nil
}

// inOrder are the kinds that put something new into a chat, and behind is whether a delivery has to wait for an older one.
const (
	inOrder = `('message','status','result')`
	behind  = `(kind IN ` + inOrder + ` AND EXISTS (SELECT 1 FROM deliveries o WHERE o.chat_key = deliveries.chat_key
		AND o.status IN ('pending','sending') AND o.kind IN ` + inOrder + ` AND NOT o.aside AND o.id < deliveries.id))`
)

// ClaimDelivery makes the caller the only sender of a delivery and puts it into sending, or returns ErrFenced when
// there is nothing to do: somebody else sends it, it is out, it has to wait, or an older one goes first. A result
// is claimed as pending: it is prepared first, and MarkSending is called when the call leaves.
func (s *Store) ClaimDelivery(ctx context.Context, id string) (d Delivery, err error) {
	var sealed []byte
	var expires, created sql.NullInt64
	d, err = changed(ctx, s, func(row scanner) (d Delivery, err error) {
		return d, row.Scan(&d.User, &d.Generation, &d.Kind, &d.ChatKey, &d.Private, &sealed, &d.Fence, &expires, &created, &d.Interrupted, &d.Unreachable)
	}, `UPDATE deliveries SET fence = fence + 1, lease_until = now_us() + $2, updated_at = $3, sweeps = 0,
		interrupted = (status = 'sending'), status = CASE WHEN kind = 'result' THEN status ELSE 'sending' END
		WHERE id = $1 AND status IN ('pending','sending') AND lease_until < now_us() AND not_before <= $3 AND NOT `+behind+`
		RETURNING user_id, COALESCE(generation_id, ''), kind, chat_key, private, body, fence, expires_at, created_at, interrupted,
			EXISTS (SELECT 1 FROM users u WHERE u.id = user_id AND u.unreachable_at IS NOT NULL)`,
		id, Lease.Microseconds(), s.now().UnixMicro())
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			err = ErrFenced
		}
		return d, err
	}
	d.ID, d.Expires, d.Created = id, fromMicros(expires), fromMicros(created)
	if d.Body, err = s.openBytes(ctx, d.User, "deliveries|body", id, sealed); err != nil && !d.Interrupted {
		err = errors.Join(err, s.unclaim(ctx, d))
	}
	return d, err
}

// unclaim takes a claim back that nothing followed from: the next one must not think that it may be out.
func (s *Store) unclaim(ctx context.Context, d Delivery) error {
	return s.alone(context.WithoutCancel(ctx), func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE deliveries SET status = 'pending', lease_until = 0 WHERE id = $1 AND fence = $2
			AND status IN ('pending','sending')`, d.ID, d.Fence)
	})
}

// RenewDelivery extends the claim of a send that takes its time, also one that ran out unnoticed by anybody else.
// ErrFenced says that the claim is lost.
func (s *Store) RenewDelivery(ctx context.Context, d Delivery) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE deliveries SET lease_until = now_us() + $3 WHERE id = $1 AND fence = $2
			AND status IN ('pending','sending') AND lease_until > 0`, d.ID, d.Fence, Lease.Microseconds())
	})
}

// MarkSending is called right before the call of a result leaves.
func (s *Store) MarkSending(ctx context.Context, d Delivery) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE deliveries SET status = 'sending', lease_until = now_us() + $3
			WHERE id = $1 AND fence = $2 AND status IN ('pending','sending')`, d.ID, d.Fence, Lease.Microseconds())
	})
}

// Shown is what a send put into a chat.
type Shown struct {
	Messages []int64
	Notes    []Note // what the messages are about
	Files    []File // what Telegram has now
	Follow   []Send // what is owed after it
	Guess    Guess  // what a status message promises
	Unwanted []Send // what is owed instead of all that where the result was deleted meanwhile
}

// Sent notes what is out, and what follows from it: the generation is delivered, its status message is known with what it
// promised, what the messages are about is noted, what Telegram has need not be uploaded again, and what comes after is owed.
// It returns the next one of the chat, which waited for this one.
func (s *Store) Sent(ctx context.Context, d Delivery, shown Shown) (next *Ref, out Outbox, err error) {
	rows, err := s.sealSends(ctx, shown.Follow)
	if err != nil {
		return nil, nil, err
	}
	has, err := s.sealFiles(ctx, d.User, shown.Files)
	if err != nil {
		return nil, nil, err
	}
	noted, err := s.sealNotes(ctx, d.User, shown.Notes)
	if err != nil {
		return nil, nil, err
	}
	err = s.suppose(ctx, func(t tx) error {
		owed, files, about := rows, has, noted
		if d.Kind == SendResult {
			kept, err := t.shown(ctx, d.Generation)
			if err == nil && !kept { // the file of what was deleted is of no more use, and nothing is to be noted of it
				files, about = nil, nil
				owed, err = s.sealSends(ctx, shown.Unwanted)
			}
			if err != nil {
				return err
			}
		}
		if out, err = t.owe(ctx, owed); err != nil {
			return err
		}
		if err := t.closeDelivery(ctx, d, "sent", "", shown.Messages); err != nil {
			return err
		}
		if err := t.keepFiles(ctx, d.User, files); err != nil {
			return err
		}
		if err := t.note(ctx, d.User, about); err != nil {
			return err
		}
		if d.Kind == SendStatus && len(shown.Messages) > 0 {
			return t.showedStatus(ctx, d.Generation, shown.Messages[0], shown.Guess)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return s.next(ctx, d), out, nil
}

// shown makes a generation delivered, and reports false if it was deleted. Unless it was, the row stays locked: whoever deletes it next
// finds what was noted of it.
func (t tx) shown(ctx context.Context, generation string) (kept bool, err error) {
	const open = `WHEN status = 'stored' OR status = 'undeliverable' THEN `
	n, err := t.suppose(ctx, `UPDATE generations SET status = CASE `+open+`'delivered' ELSE status END, reason = CASE `+open+`'' ELSE reason END,
		done_at = CASE `+open+`$2 ELSE done_at END, updated_at = CASE `+open+`$2 ELSE updated_at END WHERE id = $1 AND deleted_at IS NULL`, generation, t.now)
	if err != nil || n == 1 {
		return true, err
	}
	return false, t.delivered(ctx, generation, StatusDelivered, ReasonNone)
}

// NotSent ends a delivery that cannot be made: the person blocked the bot, or the chat does not take it.
func (s *Store) NotSent(ctx context.Context, d Delivery, reason Reason) (next *Ref, err error) {
	err = s.write(ctx, func(t tx) error {
		if err := t.closeDelivery(ctx, d, "undeliverable", reason, nil); err != nil {
			return err
		}
		if d.Kind == SendResult {
			return t.delivered(ctx, d.Generation, StatusUndeliverable, reason)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.next(ctx, d), nil
}

// Uncertain ends a delivery that may be out, and owes the person a word about it.
func (s *Store) Uncertain(ctx context.Context, d Delivery, notice []Send) (next *Ref, out Outbox, err error) {
	rows, err := s.sealSends(ctx, notice)
	if err != nil {
		return nil, nil, err
	}
	err = s.write(ctx, func(t tx) error {
		if err := t.change(ctx, ErrFenced, `UPDATE deliveries SET status = 'uncertain', lease_until = 0, updated_at = $3
			WHERE id = $1 AND fence = $2 AND status IN ('pending','sending')`, d.ID, d.Fence, t.now); err != nil {
			return err
		}
		if d.Kind == SendResult {
			if err := t.delivered(ctx, d.Generation, StatusDelivered, ReasonUncertain); err != nil {
				return err
			}
		}
		out, err = t.owe(ctx, rows)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return s.next(ctx, d), out, nil
}

func (t tx) closeDelivery(ctx context.Context, d Delivery, status string, reason Reason, messages []int64) error {
	return t.change(ctx, ErrFenced, `UPDATE deliveries SET status = $3, reason = $4, message_ids = $5, body = NULL, lease_until = 0,
		sent_at = CASE WHEN $3 = 'sent' THEN $6 ELSE sent_at END, updated_at = $6
		WHERE id = $1 AND fence = $2 AND status IN ('pending','sending')`, d.ID, d.Fence, status, string(reason), joinIDs(messages), t.now)
}

// delivered moves a stored generation on, and one that could not be delivered before. One that failed or was canceled keeps
// its status; its message is just out.
func (t tx) delivered(ctx context.Context, generation string, status Status, reason Reason) error {
	return t.put(ctx, `UPDATE generations SET status = $2, reason = $3, done_at = $4, updated_at = $4 WHERE id = $1
		AND (status = 'stored' OR status = 'undeliverable' AND $2 = 'delivered')`, generation, string(status), string(reason), t.now)
}

// next finds what waited for this one. It looks after the end of this one is committed, so that whoever was turned away
// before is found; when it fails, or nobody asks, the sweeper looks.
func (s *Store) next(ctx context.Context, d Delivery) *Ref {
	if d.Kind.Repeatable() {
		return nil
	}
	r, err := changed(ctx, s, scanRef, `UPDATE deliveries SET epoch = epoch + 1 WHERE id = (SELECT MIN(id) FROM deliveries
		WHERE chat_key = $1 AND kind IN `+inOrder+` AND status IN ('pending','sending') AND NOT aside)
		AND lease_until < now_us() AND not_before <= $2 RETURNING id, epoch`, d.ChatKey, s.now().UnixMicro())
	if err != nil {
		return nil
	}
	return &r
}

// Postpone puts a delivery back: Telegram said to wait, or could not be reached before anything left.
func (s *Store) Postpone(ctx context.Context, d Delivery, wait time.Duration) (epoch int64, err error) {
	return s.putBack(ctx, d, wait, false)
}

// StepAside is Postpone for a fault of our own, which is not to keep back what comes after in the chat.
func (s *Store) StepAside(ctx context.Context, d Delivery, wait time.Duration) (epoch int64, next *Ref, err error) {
	if epoch, err = s.putBack(ctx, d, wait, true); err != nil {
		return 0, nil, err
	}
	return epoch, s.next(ctx, d), nil
}

func (s *Store) putBack(ctx context.Context, d Delivery, wait time.Duration, aside bool) (epoch int64, err error) {
	err = s.alone(ctx, func(t tx) error {
		err := t.QueryRowContext(ctx, `UPDATE deliveries SET status = 'pending', lease_until = 0, not_before = $3, epoch = epoch + 1, updated_at = $4,
			aside = $5 WHERE id = $1 AND fence = $2 AND status IN ('pending','sending') RETURNING epoch`,
			d.ID, d.Fence, t.now+wait.Microseconds(), t.now, aside).Scan(&epoch)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrFenced
		}
		return err
	})
	return epoch, err
}

// UncertainBody returns what an uncertain delivery of the person was to say, for the button that shows it.
func (s *Store) UncertainBody(ctx context.Context, user int64, id string) (kind SendKind, generation string, body []byte, err error) {
	var sealed []byte
	err = s.r.QueryRowContext(ctx, `SELECT kind, COALESCE(generation_id, ''), body FROM deliveries WHERE id = $1 AND user_id = $2 AND status = 'uncertain'`,
		id, user).Scan(&kind, &generation, &sealed)
	if err != nil {
		return "", "", nil, notFound(err)
	}
	body, err = s.openBytes(ctx, user, "deliveries|body", id, sealed)
	return kind, generation, body, err
}

// DropStatusMessage forgets the status message of a generation: it is gone, so the result is sent anew.
func (s *Store) DropStatusMessage(ctx context.Context, generation string) error {
	return s.write(ctx, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE generations SET status_message = NULL, status_media = '' WHERE id = $1`, generation)
		return err
	})
}

// ResultMessages returns the ids of the messages that showed a person's result in a chat.
func (s *Store) ResultMessages(ctx context.Context, user, chat int64, generation string) ([]int64, error) {
	lists, err := collect(ctx, s.r, func(row scanner) (ids string, err error) { return ids, row.Scan(&ids) },
		`SELECT message_ids FROM deliveries WHERE generation_id = $1 AND user_id = $2 AND kind = 'result' AND status = 'sent'
			AND (chat_key = $3 OR chat_key IS NULL)`, generation, user, s.chatKey(chat))
	if err != nil {
		return nil, err
	}
	var all []int64
	for part := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		if id, err := strconv.ParseInt(part, 10, 64); err == nil {
			all = append(all, id)
		}
	}
	return all, nil
}

// BoardMessages returns the ids of the messages in a chat that have the buttons under a person's result, as long as they are known.
func (s *Store) BoardMessages(ctx context.Context, user, chat int64, generation string) ([]int64, error) {
	lists, err := collect(ctx, s.r, func(row scanner) (ids string, err error) { return ids, row.Scan(&ids) },
		`SELECT COALESCE(CASE WHEN b.id IS NULL THEN r.message_ids ELSE b.message_ids END, '') FROM deliveries r LEFT JOIN deliveries b ON b.send_key = 'buttons:' || r.id
			WHERE r.generation_id = $1 AND r.user_id = $2 AND r.kind = 'result' AND r.status = 'sent' AND (r.chat_key = $3 OR r.chat_key IS NULL)
			AND r.send_key NOT LIKE 'part:%' AND r.send_key NOT LIKE 'original:%' ORDER BY r.id`, generation, user, s.chatKey(chat))
	if err != nil {
		return nil, err
	}
	var all []int64
	for _, list := range lists {
		if id, err := strconv.ParseInt(list, 10, 64); err == nil { // an album has no buttons of its own
			all = append(all, id)
		}
	}
	return all, nil
}

// StarKey is how the keys of sends begin that draw the star of a result anew.
const StarKey = "star:"

// StarredAgain reports whether a later send than d, which is still to come, draws the same star.
func (s *Store) StarredAgain(ctx context.Context, d Delivery) (later bool, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM deliveries WHERE generation_id = $1 AND user_id = $2 AND kind = 'edit' AND status = 'pending'
		AND send_key LIKE '`+StarKey+`%' AND id > $3)`, d.Generation, d.User, d.ID).Scan(&later)
	return later, err
}

func joinIDs(ids []int64) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(parts, ",")
}
