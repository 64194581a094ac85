package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// DailyTerms are what the free credits of a day come to.
type DailyTerms struct {
	Credits int64         // of the first day; zero is none at all
	Bonus   int64         // more on each further day in a row
	Most    int64         // of any day
	Keep    time.Duration // how long they can be used
}

// Of is what the nth day in a row brings.
func (d DailyTerms) Of(streak int64) int64 {
	return min(d.Credits+d.Bonus*(streak-1), max(d.Most, d.Credits))
}

// DailyState says whether somebody can have the credits of the day.
type DailyState string

// The states.
const (
	DailyReady   DailyState = "ready"
	DailyTaken   DailyState = "taken"   // today
	DailyNew     DailyState = "new"     // came today: the welcome is for today
	DailyUnspent DailyState = "unspent" // has credits, and never had anything painted with any
)

// Daily is what a day holds for a person.
type Daily struct {
	User    int64
	State   DailyState
	Streak  int64     // days in a row with this one; of one that is taken too
	Credits int64     // that it brings; of one that is not ready the next that will be
	Next    time.Time // the day after begins
	Expires time.Time // of the credits
	day     int64
	last    int64 // day that was taken before; zero for none
}

// microsOfDay is a day, UTC. Whatever a person's clock or zone says, nobody's day is longer or comes twice.
const microsOfDay = int64(24 * time.Hour / time.Microsecond)

// Daily says what today holds for a person. Today is that of the program, UTC; one that was taken never comes back, even if
// the clock does.
func (s *Store) Daily(ctx context.Context, user int64, terms DailyTerms) (Daily, error) {
	now := s.now().UnixMicro()
	d := Daily{User: user, day: now / microsOfDay, State: DailyReady}
	d.Next = time.UnixMicro((d.day + 1) * microsOfDay)
	d.Expires = time.UnixMicro(now).Add(terms.Keep)
	var came, streak, free int64
	var last sql.NullInt64
	var painted bool
	err := s.r.QueryRowContext(ctx, `SELECT u.created_at, k.day, COALESCE(k.length, 0), a.posted - a.held,
		EXISTS (SELECT 1 FROM transfers WHERE user_id = $1 AND kind = 'capture')
		FROM users u JOIN accounts a ON a.user_id = u.id LEFT JOIN streaks k ON k.user_id = u.id WHERE u.id = $1`, user).
		Scan(&came, &last, &streak, &free, &painted)
	if err != nil {
		return d, notFound(err)
	}
	d.last = last.Int64
	d.Streak = 1
	if d.last == d.day-1 {
		d.Streak = streak + 1
	}
	switch {
	case last.Valid && d.last >= d.day:
		d.State, d.Streak = DailyTaken, streak
		d.Credits = terms.Of(streak + 1)
		return d, nil
	case came/microsOfDay >= d.day:
		d.State = DailyNew
	case !painted && free > 0:
		d.State, d.Streak = DailyUnspent, 1
	}
	d.Credits = terms.Of(d.Streak)
	return d, nil
}

// TakeDaily gives the credits of a day that is ready: once, however often it is asked at once. ErrConsumed says that they
// were taken, ErrBanned and ErrRestricted that nothing is given to this person.
func (s *Store) TakeDaily(ctx context.Context, e Effect, d Daily) (Outbox, error) {
	if d.State != DailyReady || d.Credits <= 0 {
		return nil, ErrConsumed
	}
	return s.effect(ctx, e, func(t tx) error {
		if err := t.welcome(ctx, d.User); err != nil {
			return err
		}
		if err := t.change(ctx, ErrConsumed, `INSERT INTO streaks (user_id, day, length) VALUES ($1,$2,$3) ON CONFLICT (user_id)
			DO UPDATE SET day = excluded.day, length = excluded.length WHERE streaks.day = $4 AND streaks.day < excluded.day`,
			d.User, d.day, d.Streak, d.last); err != nil {
			return err
		}
		_, err := t.give(ctx, Given{
			User: d.User, Key: fmt.Sprintf("daily:%d:%d", d.User, d.day), Source: SourceDaily, Credits: d.Credits, Expires: d.Expires,
		})
		return err
	})
}

// welcome refuses people to whom nothing is given: who are banned, being erased or restricted.
func (t tx) welcome(ctx context.Context, user int64) error {
	var barred, banned bool
	err := t.QueryRowContext(ctx, `SELECT erasing_at IS NOT NULL OR restricted_at IS NOT NULL, COALESCE(ban_until, 0) > $2
		FROM users WHERE id = $1`, user, t.now).Scan(&barred, &banned)
	switch {
	case err != nil:
		return notFound(err)
	case barred:
		return ErrRestricted
	case banned:
		return ErrBanned
	}
	return nil
}

// after is d from now, or never for zero.
func (t tx) after(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.UnixMicro(t.now).Add(d)
}
