package storage

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// CodePurpose is what a code by mail is for.
type CodePurpose string

// The purposes.
const (
	CodeLink   CodePurpose = "link"   // the address becomes the person's
	CodePort   CodePurpose = "port"   // what is held about them goes there
	CodeVerify CodePurpose = "verify" // a letter is by whom it says it is
	CodeEnter  CodePurpose = "enter"  // a browser gets in
)

// Limits of codes.
const (
	CodeTime  = 15 * time.Minute
	codeTries = 5
	// LetterCodeTime is how long one works that has to come back by mail or post.
	LetterCodeTime = 14 * 24 * time.Hour
	// Codes that a person, and a mailbox whoever asks for it, gets in an hour and in a day.
	codesHour, codesDay     = 5, 20
	mailboxHour, mailboxDay = 3, 10
)

// EmailCode is what has to be proved, and for what.
type EmailCode struct {
	ID      string
	User    int64
	Purpose CodePurpose
	Right   string // the request that a letter is about, or the sign-in
	Address string
}

// keyed is the id that the code is hashed with. That of a sign-in is found by the code, whoever of several people it is for.
func (c EmailCode) keyed() string {
	if c.Purpose == CodeEnter {
		return c.Right
	}
	return c.ID
}

// CodeResult is what became of a code that somebody typed.
type CodeResult struct {
	EmailCode
	Match bool
	Left  int // tries; zero is none
	Ref   Ref // the request that follows from it, if one is worked on
}

// Email is a person's own address.
type Email struct {
	Address  string
	Verified time.Time
}

func (s *Store) emailKey(address string) []byte {
	return s.keys.Index("email", strings.ToLower(address))
}

func (s *Store) codeKey(id, digits string) []byte { return s.keys.Index("mail code", id, digits) }

// Email returns the address that a person linked, or ErrNotFound.
func (s *Store) Email(ctx context.Context, user int64) (e Email, err error) {
	var sealed []byte
	var at int64
	err = s.r.QueryRowContext(ctx, `SELECT address, verified_at FROM emails WHERE user_id = $1`, user).Scan(&sealed, &at)
	if err != nil {
		return e, notFound(err)
	}
	e.Verified = time.UnixMicro(at)
	return e, s.unseal(ctx, user, "emails|address", strconv.FormatInt(user, 10), sealed, &e.Address)
}

// PeopleByEmail returns who linked an address: none, one, or several who share a mailbox.
func (s *Store) PeopleByEmail(ctx context.Context, address string) ([]int64, error) {
	return collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
		`SELECT user_id FROM emails WHERE lookup = $1 ORDER BY verified_at`, s.emailKey(address))
}

// DropEmail forgets a person's address, and notes that they had it corrected. ErrNotFound says that there is none.
func (s *Store) DropEmail(ctx context.Context, e Effect, user int64) (Outbox, error) {
	note, err := s.emailCorrected(ctx, user)
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, e, func(t tx) error {
		if err := t.lockPerson(ctx, user); err != nil {
			return err
		}
		if err := t.change(ctx, ErrNotFound, `DELETE FROM emails WHERE user_id = $1`, user); err != nil {
			return err
		}
		if err := t.endMailSessions(ctx, user); err != nil {
			return err
		}
		return note(t)
	})
}

// emailCorrected is the request that a change of the address is the answer to.
func (s *Store) emailCorrected(ctx context.Context, user int64) (func(tx) error, error) {
	return s.newRight(ctx, &Right{User: user, Kind: RightRectify, Origin: RightChat, Status: RightDone, Body: json.RawMessage(`{"what":"email"}`)})
}

// ProposeEmail keeps an address that a person typed until they have agreed to a code being sent there.
func (s *Store) ProposeEmail(ctx context.Context, e Effect, c EmailCode) (Outbox, error) {
	insert, err := s.codeRow(ctx, c)
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, e, insert)
}

func (s *Store) codeRow(ctx context.Context, c EmailCode) (func(tx) error, error) {
	sealed, err := s.seal(ctx, c.User, "mail_codes|address", c.ID, c.Address)
	return func(t tx) error {
		return t.change(ctx, ErrRestricted, `INSERT INTO mail_codes (id, user_id, purpose, right_id, lookup, address, expires_at, created_at)
			SELECT $1, id, $3, $4, $5, $6, $7, $8 FROM users WHERE id = $2 AND erasing_at IS NULL`,
			c.ID, c.User, string(c.Purpose), c.Right, s.emailKey(c.Address), sealed, t.now+CodeTime.Microseconds(), t.now)
	}, err
}

// ProposedEmail returns an address that the person typed and did not agree to yet, or ErrNotFound.
func (s *Store) ProposedEmail(ctx context.Context, user int64, id string) (EmailCode, error) {
	return s.scanCode(ctx, s.r.QueryRowContext(ctx, `SELECT `+codeColumns+` FROM mail_codes WHERE id = $1 AND user_id = $2 AND code IS NULL AND expires_at > $3`,
		id, user, s.now().UnixMicro()))
}

const codeColumns = `id, user_id, purpose, right_id, address`

func (s *Store) scanCode(ctx context.Context, row scanner) (c EmailCode, err error) {
	var sealed []byte
	if err := row.Scan(&c.ID, &c.User, &c.Purpose, &c.Right, &sealed); err != nil {
		return c, notFound(err)
	}
	return c, s.unseal(ctx, c.User, "mail_codes|address", c.ID, sealed, &c.Address)
}

// SendCode puts a code on its way, for an address that was proposed or a new one. ErrTooMany says that the person or the mailbox
// had enough of them lately, ErrNotFound that the proposal is too old.
func (s *Store) SendCode(ctx context.Context, e Effect, c EmailCode, proposed bool, digits string, m Mail) (Ref, Outbox, error) {
	letter, err := s.newMail(ctx, &m)
	if err != nil {
		return Ref{}, nil, err
	}
	insert, err := s.codeRow(ctx, c)
	if err != nil {
		return Ref{}, nil, err
	}
	out, err := s.effect(ctx, e, func(t tx) error { return s.sendCode(ctx, t, c, proposed, digits, insert, letter) })
	return Ref{ID: m.ID, Epoch: 1}, out, err
}

func (s *Store) sendCode(ctx context.Context, t tx, c EmailCode, proposed bool, digits string, insert, letter func(tx) error) error {
	mailbox := s.emailKey(c.Address)
	if err := s.dialect.lockKey(ctx, t, "mail_codes", mailbox); err != nil {
		return err
	}
	if err := t.codesLeft(ctx, c.User, mailbox); err != nil {
		return err
	}
	if !proposed {
		if err := insert(t); err != nil {
			return err
		}
	}
	life := CodeTime
	if c.Purpose == CodeVerify {
		life = LetterCodeTime
	}
	if err := t.change(ctx, ErrNotFound, `UPDATE mail_codes SET code = $2, sent_at = $3, expires_at = $4 WHERE id = $1 AND code IS NULL AND expires_at > $3`,
		c.ID, s.codeKey(c.keyed(), digits), t.now, t.now+life.Microseconds()); err != nil {
		return err
	}
	return letter(t)
}

// codesLeft refuses a code where a person, or a mailbox that is locked, had many.
func (t tx) codesLeft(ctx context.Context, user int64, mailbox []byte) error {
	if err := t.lockPerson(ctx, user); err != nil {
		return err
	}
	for _, limit := range []struct {
		where string
		of    any
		since time.Duration
		most  int
	}{
		{"user_id", user, time.Hour, codesHour},
		{"user_id", user, 24 * time.Hour, codesDay},
		{"lookup", mailbox, time.Hour, mailboxHour},
		{"lookup", mailbox, 24 * time.Hour, mailboxDay},
	} {
		var n int
		err := t.QueryRowContext(ctx, `SELECT COUNT(*) FROM mail_codes WHERE `+limit.where+` = $1 AND created_at > $2 AND sent_at IS NOT NULL`,
			limit.of, t.now-limit.since.Microseconds()).Scan(&n)
		if err != nil {
			return err
		}
		if n >= limit.most {
			return ErrTooMany
		}
	}
	return nil
}

// OpenCode returns the newest code that the person may still type, or ErrNotFound.
func (s *Store) OpenCode(ctx context.Context, user int64) (EmailCode, error) {
	return s.scanCode(ctx, s.r.QueryRowContext(ctx, `SELECT `+codeColumns+` FROM mail_codes WHERE user_id = $1 AND purpose IN ('link','port')
		AND code IS NOT NULL AND used_at IS NULL AND tries < $2 AND expires_at > $3 ORDER BY created_at DESC, id DESC LIMIT 1`, user, codeTries, s.now().UnixMicro()))
}

// TryCode compares what a person typed with the code, and does what the code is for if they are the same. ErrExpired says that it
// was used, is too old or was tried too often. tell makes what the person is told.
func (s *Store) TryCode(ctx context.Context, e Effect, user int64, id, digits string, tell func(CodeResult) []Send) (r CodeResult, out Outbox, err error) {
	c, err := s.scanCode(ctx, s.r.QueryRowContext(ctx, `SELECT `+codeColumns+` FROM mail_codes WHERE id = $1 AND user_id = $2 AND purpose IN ('link','port')`, id, user))
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			err = ErrExpired
		}
		return r, nil, err
	}
	ref, follow, err := s.proved(ctx, c)
	if err != nil {
		return r, nil, err
	}
	r.EmailCode = c
	var more Outbox
	out, err = s.effect(ctx, e, func(t tx) error {
		if r.Match, r.Left, err = t.tryCode(ctx, c.ID, s.codeKey(c.ID, digits)); err != nil {
			return err
		}
		if r.Match {
			r.Ref = ref
			if err := follow(t); err != nil {
				return err
			}
		}
		more, err = s.oweInside(ctx, t, tell(r))
		return err
	})
	return r, append(out, more...), err
}

// tryCode counts a try, and uses the code up if it is the right one.
func (t tx) tryCode(ctx context.Context, id string, key []byte) (right bool, left int, err error) {
	var tries int
	err = t.QueryRowContext(ctx, `UPDATE mail_codes SET tries = tries + 1, used_at = CASE WHEN code = $2 THEN $3 ELSE used_at END
		WHERE id = $1 AND code IS NOT NULL AND used_at IS NULL AND tries < $4 AND expires_at > $3 RETURNING tries, used_at IS NOT NULL`,
		id, key, t.now, codeTries).Scan(&tries, &right)
	if errors.Is(notFound(err), ErrNotFound) {
		err = ErrExpired
	}
	return right, codeTries - tries, err
}

// proved is what follows once somebody proved that they read the mail of an address.
func (s *Store) proved(ctx context.Context, c EmailCode) (Ref, func(tx) error, error) {
	if c.Purpose == CodePort {
		r := Right{User: c.User, Kind: RightPort, Origin: RightChat, Status: RightAsked, Body: portBody(c.Address)}
		row, err := s.newRight(ctx, &r)
		return Ref{ID: r.ID, Epoch: 1}, row, err
	}
	sealed, err := s.seal(ctx, c.User, "emails|address", strconv.FormatInt(c.User, 10), c.Address)
	if err != nil {
		return Ref{}, nil, err
	}
	note, err := s.emailCorrected(ctx, c.User)
	return Ref{}, func(t tx) error {
		if err := t.lockPerson(ctx, c.User); err != nil {
			return err
		}
		if err := t.change(ctx, ErrRestricted, `INSERT INTO emails (user_id, lookup, address, verified_at) SELECT id, $2, $3, $4 FROM users
			WHERE id = $1 AND erasing_at IS NULL ON CONFLICT (user_id) DO UPDATE SET lookup = excluded.lookup, address = excluded.address,
			verified_at = excluded.verified_at`, c.User, s.emailKey(c.Address), sealed, t.now); err != nil {
			return err
		}
		if err := t.endMailSessions(ctx, c.User); err != nil {
			return err
		}
		return note(t)
	}, err
}
