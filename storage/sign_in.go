package storage

import (
	"context"
	"errors"
	"time"
)

// SignInTries are how often somebody who signs in by e-mail may type the code.
const SignInTries = 5

// signInPeople are the people who share a mailbox and get a code each, at most.
const signInPeople = 3

// SignInCode is what somebody is sent who linked the address that a browser named.
type SignInCode struct {
	User    int64
	Address string // as they linked it
	Digits  string
	Mail    Mail
}

// AskSignIn notes that a browser, which keeps a secret, wants in for an address. It does the same whether anybody linked that or
// not, in the same time. ErrTooMany says that the address was named often lately.
func (s *Store) AskSignIn(ctx context.Context, address, holder string) (Ref, error) {
	id, err := s.NewID()
	if err != nil {
		return Ref{}, err
	}
	mailbox := s.emailKey(address)
	err = s.write(ctx, func(t tx) error {
		if err := s.dialect.lockKey(ctx, t, "sign_ins", mailbox); err != nil { // not that of codes: a wait would tell that some are sent
			return err
		}
		for since, most := range map[time.Duration]int{time.Hour: mailboxHour, 24 * time.Hour: mailboxDay} {
			var n int
			err := t.QueryRowContext(ctx, `SELECT COUNT(*) FROM sign_ins WHERE lookup = $1 AND created_at > $2`, mailbox, t.now-since.Microseconds()).Scan(&n)
			if err != nil {
				return err
			}
			if n >= most {
				return ErrTooMany
			}
		}
		_, err := t.exec(ctx, `INSERT INTO sign_ins (id, lookup, holder, expires_at, created_at) VALUES ($1,$2,$3,$4,$5)`,
			id, mailbox, s.holderKey(holder), t.now+CodeTime.Microseconds(), t.now)
		return err
	})
	return Ref{ID: id, Epoch: 1}, err
}

func (s *Store) holderKey(holder string) []byte { return s.keys.Index("sign-in holder", holder) }

// SignInPeople returns who linked the address of a sign-in that waits for its codes: mostly nobody, or one.
func (s *Store) SignInPeople(ctx context.Context, id string) ([]int64, error) {
	return collect(ctx, s.r, func(row scanner) (user int64, err error) { return user, row.Scan(&user) },
		`SELECT e.user_id FROM sign_ins i JOIN emails e ON e.lookup = i.lookup JOIN users u ON u.id = e.user_id
			WHERE i.id = $1 AND i.handled_at IS NULL AND i.expires_at > $2 AND u.erasing_at IS NULL ORDER BY e.verified_at DESC, e.user_id LIMIT $3`,
		id, s.now().UnixMicro(), signInPeople)
}

// SendSignIn puts the codes of a sign-in on their way, once. Whoever had many of them lately, or is being erased, gets none. ErrFenced
// says that it was done before, or is too late.
func (s *Store) SendSignIn(ctx context.Context, id string, codes []SignInCode) (mails []Ref, err error) {
	puts := make([]func(tx) error, 0, len(codes))
	refs := make([]Ref, 0, len(codes))
	for _, c := range codes {
		put, ref, err := s.signInCode(ctx, id, c)
		if err != nil {
			return nil, err
		}
		puts, refs = append(puts, put), append(refs, ref)
	}
	err = s.write(ctx, func(t tx) error {
		mails = nil
		if err := t.change(ctx, ErrFenced, `UPDATE sign_ins SET handled_at = $2 WHERE id = $1 AND handled_at IS NULL AND expires_at > $2`, id, t.now); err != nil {
			return err
		}
		for i, put := range puts {
			err := put(t)
			if err == nil {
				mails = append(mails, refs[i])
			}
			if err != nil && !errors.Is(err, ErrTooMany) && !errors.Is(err, ErrRestricted) {
				return err
			}
		}
		return nil
	})
	return mails, err
}

// signInCode returns what puts one code on its way.
func (s *Store) signInCode(ctx context.Context, id string, c SignInCode) (put func(tx) error, mail Ref, err error) {
	code := EmailCode{User: c.User, Purpose: CodeEnter, Right: id, Address: c.Address}
	if code.ID, err = s.NewID(); err != nil {
		return nil, mail, err
	}
	insert, err := s.codeRow(ctx, code)
	if err != nil {
		return nil, mail, err
	}
	letter, err := s.newMail(ctx, &c.Mail)
	if err != nil {
		return nil, mail, err
	}
	return func(t tx) error { return s.sendCode(ctx, t, code, false, c.Digits, insert, letter) }, Ref{ID: c.Mail.ID, Epoch: 1}, nil
}

// SignIn is what became of a code that a browser showed.
type SignIn struct {
	ID   string // for the session that follows
	User int64  // zero is nobody: the code is wrong
	Left int    // tries
}

// TrySignIn compares a code that a browser shows with those of what it asked for last, and says whose it is. ErrExpired says that there
// is nothing to try any more. It does the same, whether any code was sent or not.
func (s *Store) TrySignIn(ctx context.Context, holder, digits string) (in SignIn, err error) {
	err = s.write(ctx, func(t tx) error {
		in = SignIn{}
		var tries int
		err := t.QueryRowContext(ctx, `UPDATE sign_ins SET tries = tries + 1
			WHERE id = (SELECT id FROM sign_ins WHERE holder = $1 ORDER BY created_at DESC, id DESC LIMIT 1)
			AND used_at IS NULL AND tries < $2 AND expires_at > $3 RETURNING id, tries`, s.holderKey(holder), SignInTries, t.now).Scan(&in.ID, &tries)
		if errors.Is(notFound(err), ErrNotFound) {
			return ErrExpired
		}
		if err != nil {
			return err
		}
		in.Left = SignInTries - tries
		err = t.QueryRowContext(ctx, `UPDATE mail_codes SET used_at = $3 WHERE right_id = $1 AND purpose = 'enter' AND code = $2 AND used_at IS NULL AND expires_at > $3
			AND EXISTS (SELECT 1 FROM emails e JOIN users u ON u.id = e.user_id WHERE e.user_id = mail_codes.user_id AND e.lookup = mail_codes.lookup AND u.erasing_at IS NULL)
			RETURNING user_id`, in.ID, s.codeKey(in.ID, digits), t.now).Scan(&in.User)
		if errors.Is(notFound(err), ErrNotFound) { // that it was tried is kept
			return nil
		}
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE sign_ins SET used_at = $2 WHERE id = $1`, in.ID, t.now)
		return err
	})
	return in, err
}

// SweepSignIns finds sign-ins that wait for their codes and that nobody handles, and raises their epoch. Now asks for those too
// that a task may still be on its way to.
func (s *Store) SweepSignIns(ctx context.Context, limit int, now bool) (refs []Ref, err error) {
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `UPDATE sign_ins SET epoch = epoch + 1, sweeps = sweeps + 1, swept_at = $1 WHERE id IN (
				SELECT id FROM sign_ins WHERE handled_at IS NULL AND expires_at > $1 AND ($2 OR (created_at < $3 AND swept_at + `+backoff+` < $1))
				ORDER BY created_at LIMIT $4)
			AND handled_at IS NULL RETURNING id, epoch`, t.now, now, t.now-SweepAfter.Microseconds(), limit)
		return err
	})
	return refs, err
}
