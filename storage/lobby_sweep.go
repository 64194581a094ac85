package storage

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"time"
)

// lookEvery is how often the sweeper looks for a partner for somebody who waits, and tells them how it stands.
const lookEvery = 8 * time.Second

// Waiting is somebody in the lobby whose turn it is to be looked after.
type Waiting struct {
	Search
	Shown   string // what the message about the wait shows
	Message int64  // that message; zero until it is out
}

// WaitKey is the key of the send that tells somebody that they wait.
func WaitKey(search string) string { return "lobby:" + search }

// WaitMessage returns Telegram's id of the message that shows somebody's wait, zero if it is not out.
func (s *Store) WaitMessage(ctx context.Context, search string) (id int64, err error) {
	var ids string
	err = s.r.QueryRowContext(ctx, `SELECT message_ids FROM deliveries WHERE send_key = $1`, WaitKey(search)).Scan(&ids)
	id, _ = strconv.ParseInt(ids, 10, 64)
	if err = notFound(err); errors.Is(err, ErrNotFound) {
		err = nil
	}
	return id, err
}

// SweepLobby takes out whoever may not be there any more, and returns those who have not been looked after for a while.
func (s *Store) SweepLobby(ctx context.Context, limit int) (all []Waiting, err error) {
	err = s.write(ctx, func(t tx) error {
		if _, err := t.exec(ctx, `DELETE FROM lobby WHERE user_id IN (SELECT l.user_id FROM lobby l JOIN users u ON u.id = l.user_id
			WHERE NOT (`+fit("$1")+`))`, t.now); err != nil {
			return err
		}
		all, err = collect(ctx, t, scanWaiting, `UPDATE lobby SET tried_at = $1 WHERE user_id IN (SELECT user_id FROM lobby WHERE tried_at < $2 ORDER BY tried_at LIMIT $3)
			RETURNING `+searchColumns+`, shown, COALESCE((SELECT d.message_ids FROM deliveries d WHERE d.send_key = 'lobby:' || lobby.search), '')`,
			t.now, t.now-lookEvery.Microseconds(), limit)
		return err
	})
	slices.SortFunc(all, func(a, b Waiting) int { return a.Since.Compare(b.Since) })
	return all, err
}

func scanWaiting(row scanner) (v Waiting, err error) {
	var since, asked sql.NullInt64
	var message string
	err = row.Scan(&v.ID, &v.User, &v.Lang, &v.Wish, &v.Wide, &v.Again, &since, &asked, &v.Shown, &message)
	v.Since, v.Asked = fromMicros(since), fromMicros(asked)
	v.Message, _ = strconv.ParseInt(message, 10, 64)
	return v, err
}

// Show notes what the message about somebody's wait shows, and owes the edit. ErrNotFound says that they wait no more.
func (s *Store) Show(ctx context.Context, q Search, shown string, sends []Send) (Outbox, error) {
	return s.effect(ctx, Effect{Sends: sends}, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE lobby SET shown = $3 WHERE user_id = $1 AND search = $2`, q.User, q.ID, shown)
	})
}

// AskWide notes that somebody was asked about other languages, once. ErrNotFound says that they were, or wait no more.
func (s *Store) AskWide(ctx context.Context, q Search, sends []Send) (Outbox, error) {
	return s.effect(ctx, Effect{Sends: sends}, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE lobby SET asked_at = $3 WHERE user_id = $1 AND search = $2 AND asked_at IS NULL`, q.User, q.ID, t.now)
	})
}

// GiveUp takes somebody out of the lobby who has waited for too long. ErrNotFound says that they wait no more.
func (s *Store) GiveUp(ctx context.Context, q Search, sends []Send) (Outbox, error) {
	return s.effect(ctx, Effect{Sends: sends}, func(t tx) error {
		return t.change(ctx, ErrNotFound, `DELETE FROM lobby WHERE user_id = $1 AND search = $2`, q.User, q.ID)
	})
}

// recent is how many matches, of a day at most, an estimate looks at, and enough how many it needs.
const (
	recent = 21
	enough = 3
)

// Place is how many wait in a person's language up to them, and how long people lately waited there; zero is not known.
func (s *Store) Place(ctx context.Context, q Search) (place int, wait time.Duration, err error) {
	if err := s.r.QueryRowContext(ctx, `SELECT COUNT(*) FROM lobby WHERE lang = $1 AND since <= $2`, q.Lang, q.Since.UnixMicro()).Scan(&place); err != nil {
		return 0, 0, err
	}
	waits, err := collect(ctx, s.r, func(row scanner) (n int64, err error) { return n, row.Scan(&n) },
		`SELECT waited FROM conversations WHERE lang = $1 AND opened_at > $2 ORDER BY opened_at DESC LIMIT $3`,
		q.Lang, s.now().Add(-24*time.Hour).UnixMicro(), recent)
	if err != nil || len(waits) < enough {
		return place, 0, err
	}
	slices.Sort(waits)
	return place, time.Duration(waits[len(waits)/2]) * time.Microsecond, nil
}

// Remind says in which language a person wants a word when somebody looks for a partner, not before a time; empty is not at
// all.
func (s *Store) Remind(ctx context.Context, e Effect, user int64, lang string, from time.Time) (Outbox, error) {
	at := any(nil)
	if lang != "" {
		at = from.UnixMicro()
	}
	return s.effect(ctx, e, func(t tx) error {
		if lang != "" { // who asks for one wants them again
			if _, err := t.exec(ctx, `UPDATE users SET no_reminders_at = NULL WHERE id = $1`, user); err != nil {
				return err
			}
		}
		_, err := t.exec(ctx, `INSERT INTO chat_people (user_id, remind_lang, remind_at) SELECT u.id, $2, $3 FROM users u WHERE u.id = $1 AND u.erasing_at IS NULL
			ON CONFLICT (user_id) DO UPDATE SET remind_lang = excluded.remind_lang, remind_at = excluded.remind_at`, user, nullString(lang), at)
		return err
	})
}

// Reminder is somebody who wants a word, because somebody looks for a partner in their language.
type Reminder struct {
	User int64
	Lang string
}

// DueReminders returns people to be reminded now: those who neither talk nor search, of languages in which somebody has
// waited for a while.
func (s *Store) DueReminders(ctx context.Context, waited time.Duration, limit int) ([]Reminder, error) {
	now := s.now()
	return collect(ctx, s.r, func(row scanner) (r Reminder, err error) { return r, row.Scan(&r.User, &r.Lang) },
		`SELECT c.user_id, c.remind_lang FROM chat_people c JOIN users u ON u.id = c.user_id WHERE c.remind_at <= $1 AND u.no_reminders_at IS NULL
			AND EXISTS (SELECT 1 FROM lobby l WHERE l.lang = c.remind_lang AND l.since < $2)
			AND NOT EXISTS (SELECT 1 FROM lobby l WHERE l.user_id = c.user_id)
			AND NOT EXISTS (SELECT 1 FROM conversation_members m WHERE m.user_id = c.user_id) AND `+fit("$1")+`
			ORDER BY c.remind_at LIMIT $3`, now.UnixMicro(), now.Add(-waited).UnixMicro(), limit)
}

// Reminded owes a reminder, and notes when the next may be. ErrNotFound says that it is not due any more.
func (s *Store) Reminded(ctx context.Context, r Reminder, next time.Time, sends []Send) (Outbox, error) {
	return s.effect(ctx, Effect{Sends: sends}, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE chat_people SET remind_at = $3 WHERE user_id = $1 AND remind_at <= $2
			AND EXISTS (SELECT 1 FROM users u WHERE u.id = chat_people.user_id AND u.no_reminders_at IS NULL AND `+fit("$2")+`)`, r.User, t.now, next.UnixMicro())
	})
}

// ReportKept is how long a report of a conversation is kept after it was decided.
const ReportKept = 90 * 24 * time.Hour
