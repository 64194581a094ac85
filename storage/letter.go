package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Requests also come by mail or post. Operators write them down, with the day on which they came: the clock is the same as for
// everything that is asked in the chat. What a task answers waits until whoever wrote has proved, by a code that was sent to
// the address they linked, that they are who they say. Everything else waits for an operator.

// Letter is a request that came by mail or post.
type Letter struct {
	User     int64 // zero: somebody who is not known yet
	Kind     RightKind
	Received time.Time
	Address  string // where a copy goes; empty for what is no RightPort
}

// RecordLetter writes a request down, with what is sent for it. ErrConsumed says that the person has such a request already.
func (s *Store) RecordLetter(ctx context.Context, e Effect, a Act, l Letter) (r Right, err error) {
	id, err := s.NewID()
	if err != nil {
		return r, err
	}
	r = Right{ID: id, User: l.User}
	if l.Address != "" {
		r.Body = portBody(l.Address)
	}
	body, err := s.sealRight(ctx, r)
	if err != nil {
		return r, err
	}
	a.Object = id
	_, err = s.acted(ctx, e, a, func(t tx) error {
		return t.change(ctx, ErrConsumed, `INSERT INTO rights (id, user_id, kind, origin, status, body, not_before, due_at, created_at, updated_at)
			VALUES ($1,$2,$3,'mail','asked',$4,$5,$6,$7,$8) ON CONFLICT DO NOTHING`,
			id, nullID(l.User), string(l.Kind), body, Forever.UnixMicro(), l.Received.Add(RightTime).UnixMicro(), l.Received.UnixMicro(), t.now)
	})
	if err != nil {
		return r, err
	}
	return s.Right(ctx, id)
}

// OpenRights lists requests that are not answered, by when they are due; all lists the others too, newest first.
func (s *Store) OpenRights(ctx context.Context, all bool, limit int) ([]Right, error) {
	where, order := `WHERE status IN ('asked','running')`, `due_at, id`
	if all {
		where, order = ``, `created_at DESC, id DESC`
	}
	return collect(ctx, s.r, func(row scanner) (Right, error) { return s.scanRight(ctx, row) },
		`SELECT `+rightColumns+` FROM rights `+where+` ORDER BY `+order+` LIMIT $1`, limit)
}

// AskIdentity has a code sent that proves by whom a letter is. ErrTooMany is as in [Store.SendCode].
func (s *Store) AskIdentity(ctx context.Context, a Act, c EmailCode, digits string, m Mail) error {
	letter, err := s.newMail(ctx, &m)
	if err != nil {
		return err
	}
	insert, err := s.codeRow(ctx, c)
	if err != nil {
		return err
	}
	_, err = s.acted(ctx, Effect{User: c.User}, a, func(t tx) error { return s.sendCode(ctx, t, c, false, digits, insert, letter) })
	return err
}

// VerifyLetter compares the code that came back, and lets the request go on if it is the one that was sent. It reports whether it
// is, and how many tries are left; ErrExpired says that there is none that can still be typed. Both stand in the audit log.
func (s *Store) VerifyLetter(ctx context.Context, a Act, r Right, digits string) (match bool, left int, err error) {
	var code string
	err = s.r.QueryRowContext(ctx, `SELECT id FROM mail_codes WHERE right_id = $1 AND purpose = 'verify' ORDER BY created_at DESC, id DESC LIMIT 1`, r.ID).Scan(&code)
	if err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrExpired
		}
		return false, 0, err
	}
	a.Object = r.ID
	_, err = s.acted(ctx, Effect{}, a, func(t tx) error {
		if match, left, err = t.tryCode(ctx, code, s.codeKey(code, digits)); err != nil || !match {
			return err
		}
		return t.change(ctx, ErrNotFound, `UPDATE rights SET not_before = 0, updated_at = $2 WHERE id = $1 AND status = 'asked'`, r.ID, t.now)
	})
	return match, left, err
}

// EndLetter ends a request that an operator answers, with what is sent for it. ErrNotFound says that it is over, or worked on.
func (s *Store) EndLetter(ctx context.Context, e Effect, a Act, r Right, status RightStatus, reason string) (Outbox, error) {
	return s.acted(ctx, e, a, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE rights SET status = $2, reason = $3, ended_at = $4, updated_at = $4 WHERE id = $1 AND status = 'asked'`,
			r.ID, string(status), reason, t.now)
	})
}

// MailRight ends a request that somebody works on with the mail that answers it, and what the person is told.
func (s *Store) MailRight(ctx context.Context, r Right, m Mail, sends []Send) (Outbox, error) {
	return s.effect(ctx, Effect{User: r.User, Sends: sends, Mails: []Mail{m}}, func(t tx) error { return t.endRight(ctx, r, RightDone, "") })
}
