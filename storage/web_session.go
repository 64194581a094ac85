package storage

import (
	"context"
	"time"
)

// SessionOrigin is how somebody proved who they are before they got a session.
type SessionOrigin string

// The origins.
const (
	SessionTelegram SessionOrigin = "telegram" // by the launch of the Mini App, which Telegram signs
	SessionOIDC     SessionOrigin = "oidc"     // by signing in with Telegram in a browser
	SessionMail     SessionOrigin = "mail"     // by a code that came to their e-mail address
)

// sessionsAtMost are the sessions of one person: one more ends the oldest.
const sessionsAtMost = 20

// WebSession is a time in which whoever has the token speaks for a person.
type WebSession struct {
	User    int64
	Origin  SessionOrigin
	Expires time.Time // unless it is renewed
	Ends    time.Time // whatever is done
}

// Proof is what a session is given for, which must not be shown again by anybody else.
type Proof struct {
	Nonce  string // names the proof; empty may be shown as often as one likes
	Holder string // who shows it is let through again; empty is nobody
	SignIn string // by mail: whose code was shown
}

// OpenWebSession keeps a session under its token, of which only a keyed hash is stored. ErrConsumed says that the proof was shown
// before by another holder, ErrNotFound that the person is gone or being erased, ErrExpired that the code of a sign-in by mail opens
// nothing any more: its address is not the person's by now, or they ended all sessions since they showed it.
func (s *Store) OpenWebSession(ctx context.Context, token string, w WebSession, proof Proof) error {
	key := s.sessionKey(token)
	return s.write(ctx, func(t tx) error {
		if err := t.accept(ctx, w.User, proof); err != nil {
			return err
		}
		if w.Origin == SessionMail {
			if err := t.holdCode(ctx, w.User, proof.SignIn); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, `DELETE FROM web_sessions WHERE user_id = $1 AND (expires_at <= $2 OR token_key NOT IN (
			SELECT token_key FROM web_sessions WHERE user_id = $1 ORDER BY created_at DESC LIMIT $3))`, w.User, t.now, sessionsAtMost-1); err != nil {
			return err
		}
		return t.change(ctx, ErrNotFound, `INSERT INTO web_sessions (token_key, user_id, origin, expires_at, ends_at, created_at)
			SELECT $1, id, $3, $4, $5, $6 FROM users WHERE id = $2 AND kind = 'person' AND erasing_at IS NULL`,
			key, w.User, string(w.Origin), w.Expires.UnixMicro(), w.Ends.UnixMicro(), t.now)
	})
}

// holdCode finds the code that somebody showed, with its address still theirs. Whoever ends sessions by mail waits until the one that is
// opened is there, or this finds what they did.
func (t tx) holdCode(ctx context.Context, user int64, signIn string) error {
	if err := t.lockPerson(ctx, user); err != nil {
		return err
	}
	var holds bool
	err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM mail_codes c JOIN emails e ON e.user_id = c.user_id AND e.lookup = c.lookup
		WHERE c.right_id = $2 AND c.purpose = 'enter' AND c.user_id = $1 AND c.used_at IS NOT NULL AND c.expires_at > $3)`, user, signIn, t.now).Scan(&holds)
	if err == nil && !holds {
		err = ErrExpired
	}
	return err
}

// accept uses up a proof, or finds that the same holder did.
func (t tx) accept(ctx context.Context, user int64, p Proof) error {
	if p.Nonce == "" {
		return nil
	}
	const insert = `INSERT INTO consumed_actions (nonce, user_id, consumed_at) VALUES ($1,$2,$3) ON CONFLICT (nonce) DO NOTHING`
	n, err := t.exec(ctx, insert, p.Nonce, user, t.now)
	if err != nil || p.Holder == "" && n == 1 {
		return err
	}
	held := p.Nonce + " " + p.Holder
	if n == 1 {
		_, err = t.exec(ctx, insert, held, user, t.now)
		return err
	}
	var same bool
	err = t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM consumed_actions WHERE nonce = $1 AND user_id = $2)`, held, user).Scan(&same)
	if err == nil && (!same || p.Holder == "") {
		err = ErrConsumed
	}
	return err
}

// WebSession returns who speaks with a token, or ErrNotFound: it is made up, over, or its person is being erased. That they were
// here today is noted.
func (s *Store) WebSession(ctx context.Context, token string) (p Person, w WebSession, err error) {
	var expires, ends int64
	sealed, err := first(ctx, s, func(row scanner) (sealedPerson, error) { return scanPerson(row, &w.Origin, &expires, &ends) },
		`SELECT `+personColumns+`, origin, expires_at, ends_at FROM users
			JOIN web_sessions ON web_sessions.user_id = users.id WHERE token_key = $1 AND expires_at > $2 AND erasing_at IS NULL`,
		s.sessionKey(token), s.now().UnixMicro())
	if err == nil {
		p, err = s.openPerson(ctx, sealed)
	}
	if err == nil {
		err = s.noteUse(ctx, &p)
	}
	w.User, w.Expires, w.Ends = p.ID, time.UnixMicro(expires).UTC(), time.UnixMicro(ends).UTC()
	return p, w, err
}

// RenewWebSession has a session that is not over last until another time. ErrNotFound says that it is over.
func (s *Store) RenewWebSession(ctx context.Context, token string, expires time.Time) error {
	return s.write(ctx, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE web_sessions SET expires_at = $2 WHERE token_key = $1 AND expires_at > $3`,
			s.sessionKey(token), expires.UnixMicro(), t.now)
	})
}

// EndWebSession ends a session. There need not be one.
func (s *Store) EndWebSession(ctx context.Context, token string) error {
	return s.write(ctx, func(t tx) error {
		_, err := t.exec(ctx, `DELETE FROM web_sessions WHERE token_key = $1`, s.sessionKey(token))
		return err
	})
}

// EndWebSessions ends all sessions of a person, also one by mail that a code was shown for and that is not open yet.
func (s *Store) EndWebSessions(ctx context.Context, user int64) error {
	return s.write(ctx, func(t tx) error {
		if err := t.lockPerson(ctx, user); err != nil {
			return err
		}
		// Whatever the clock of who waits to open one says.
		if _, err := t.exec(ctx, `UPDATE mail_codes SET expires_at = created_at WHERE user_id = $1 AND purpose = 'enter' AND used_at IS NOT NULL`, user); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM web_sessions WHERE user_id = $1`, user)
		return err
	})
}

// endMailSessions ends those that stand on an address which is the person's no more. Their row has to be locked.
func (t tx) endMailSessions(ctx context.Context, user int64) error {
	_, err := t.exec(ctx, `DELETE FROM web_sessions WHERE user_id = $1 AND origin = 'mail'`, user)
	return err
}

func (s *Store) sessionKey(token string) []byte { return s.keys.Index("web session", token) }
