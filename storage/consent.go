package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The documents people answer about.
const (
	DocumentPolicy = "policy"
	DocumentAge    = "age"
)

// The outcomes of the question for the age. The answer itself is not kept.
const (
	AgeAdult = "adult" // 18 or more
	AgeMinor = "minor" // old enough to agree where they live
)

// AgeRefusal is how long somebody who is too young is not asked again.
const AgeRefusal = 30 * 24 * time.Hour

// Consent is what a person agreed to, or took back.
type Consent struct {
	User     int64
	Version  string // of the documents that were shown
	Locale   string
	SHA256   string   // hex, of the text that was shown
	Shown    []string // providers that were named; nil where none had to be
	Outcome  string   // of DocumentAge
	Grant    int64    // welcome credits, given once per person; zero for none
	Document []string
	// Settings are kept with it; nil leaves them.
	Settings *Settings
}

// Answer is the newest one about a document.
type Answer struct {
	Document string
	Version  string
	Locale   string
	Granted  bool
	Shown    []string // nil where none had to be named
	Outcome  string
	Given    time.Time
}

// Agree stores a consent and, the first time, gives the welcome credits. It reports whether it gave them.
func (s *Store) Agree(ctx context.Context, e Effect, c Consent) (granted bool, out Outbox, err error) {
	keep := func(tx) error { return nil }
	if c.Settings != nil {
		if keep, err = s.settingsKeeper(ctx, c.User, *c.Settings); err != nil {
			return false, nil, err
		}
	}
	out, err = s.effect(ctx, e, func(t tx) error {
		if err := t.stays(ctx, c.User); err != nil {
			return err
		}
		if err := s.answer(ctx, t, e.Update, c, true); err != nil {
			return err
		}
		if err := keep(t); err != nil || c.Grant == 0 {
			return err
		}
		var had bool
		if err := t.QueryRowContext(ctx, `SELECT welcomed_at IS NOT NULL FROM users WHERE id = $1`, c.User).Scan(&had); err != nil || had {
			return err
		}
		granted, err = t.give(ctx, Given{User: c.User, Key: welcomeKey(c.User), Source: SourceWelcome, Credits: c.Grant})
		return err
	})
	return granted, out, err
}

// Welcomed reports whether a person got the welcome credits, also before they were erased and came back.
func (s *Store) Welcomed(ctx context.Context, user int64) (had bool, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT welcomed_at IS NOT NULL OR EXISTS (SELECT 1 FROM transfers t WHERE t.id = $2) FROM users WHERE id = $1`,
		user, "grant:"+welcomeKey(user)).Scan(&had)
	return had, notFound(err)
}

func welcomeKey(user int64) string { return "welcome:" + strconv.FormatInt(user, 10) }

// answer writes a row for each document, once per update.
func (s *Store) answer(ctx context.Context, t tx, update string, c Consent, granted bool) error {
	var shown any
	if c.Shown != nil {
		shown = strings.Join(c.Shown, " ")
	}
	for _, doc := range c.Document {
		id, err := s.ids.next(time.UnixMicro(t.now))
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO consents (id, user_id, document, version, locale, granted, update_key, created_at, sha256, shown, outcome)
			VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11) ON CONFLICT (user_id, document, update_key) DO NOTHING`,
			id, c.User, doc, c.Version, c.Locale, granted, update, t.now, c.SHA256, shown, c.Outcome); err != nil {
			return err
		}
	}
	return nil
}

// Answers are the person's newest ones, by document.
func (s *Store) Answers(ctx context.Context, user int64) (map[string]Answer, error) {
	all, err := lookup(ctx, s, func(row scanner) (a Answer, err error) {
		var given sql.NullInt64
		var shown sql.NullString
		err = row.Scan(&a.Document, &a.Version, &a.Locale, &a.Granted, &shown, &a.Outcome, &given)
		if a.Given = fromMicros(given); shown.Valid {
			a.Shown = append([]string{}, strings.Fields(shown.String)...)
		}
		return a, err
	}, `SELECT document, version, locale, granted, shown, outcome, created_at FROM consents WHERE user_id = $1 ORDER BY created_at, id`, user)
	newest := make(map[string]Answer)
	for _, a := range all {
		newest[a.Document] = a
	}
	return newest, err
}

// Withdraw takes the agreement of c's user to the policy back, and records that they asked for it and that it was done at once. From
// here on nothing of theirs is admitted. What waits ends, and generations are canceled as CancelAll does. ErrConsumed says that it
// is so already.
func (s *Store) Withdraw(ctx context.Context, e Effect, c Consent, free, busy []string, final []Send) (Outbox, []Ref, error) {
	record, err := s.newRight(ctx, &Right{User: c.User, Kind: RightWithdraw, Origin: RightChat, Status: RightDone})
	if err != nil {
		return nil, nil, err
	}
	c.Document = []string{DocumentPolicy}
	return s.cancelAll(ctx, e, c.User, free, busy, final, func(t tx) error {
		var agreed bool
		if err := t.QueryRowContext(ctx, `SELECT NOT `+withdrawn("$1")+` AND EXISTS (SELECT 1 FROM consents WHERE user_id = $1 AND document = 'policy')`, c.User).Scan(&agreed); err != nil {
			return err
		}
		if !agreed {
			return ErrConsumed
		}
		if err := s.answer(ctx, t, e.Update, c, false); err != nil {
			return err
		}
		if err := record(t); err != nil {
			return err
		}
		return t.endWaits(ctx, c.User)
	})
}

// withdrawn is SQL for whether the newest answer about the policy is no, of the person that a column or parameter names.
func withdrawn(person string) string {
	return `COALESCE((SELECT NOT granted FROM consents WHERE user_id = ` + person + ` AND document = 'policy' ORDER BY created_at DESC, id DESC LIMIT 1), FALSE)`
}

// RefuseAge notes that somebody is too young to agree, by a keyed hash of their Telegram id that goes after AgeRefusal, and asks
// for the erasure of everything else of them, which waits for nothing. The act is of the operator who was told of a child, nil where
// it was their own answer. ErrRestricted says that they are being erased.
func (s *Store) RefuseAge(ctx context.Context, e Effect, p Person, act *Act) (Ref, Outbox, error) {
	erase := Right{User: p.ID, Kind: RightErase, Origin: RightOperator, Status: RightAsked, Body: json.RawMessage(`{"reason":"child"}`)}
	row, err := s.newRight(ctx, &erase)
	if err != nil {
		return Ref{}, nil, err
	}
	out, err := s.effectBy(ctx, e, act, func(t tx) error {
		if _, err := t.exec(ctx, `INSERT INTO age_refusals (lookup, expires_at, created_at) VALUES ($1,$2,$3)
			ON CONFLICT (lookup) DO NOTHING`, s.ageLookup(p.TelegramID), t.now+AgeRefusal.Microseconds(), t.now); err != nil {
			return err
		}
		if err := t.replaceErasure(ctx, p.ID); err != nil {
			return err
		}
		return beingErased(row(t))
	})
	return Ref{ID: erase.ID, Epoch: 1}, out, err
}

// AgeRefused reports whether the one with that Telegram id is not to be asked again yet.
func (s *Store) AgeRefused(ctx context.Context, telegramID int64) (bool, error) {
	var expires int64
	err := notFound(s.r.QueryRowContext(ctx, `SELECT expires_at FROM age_refusals WHERE lookup = $1`, s.ageLookup(telegramID)).Scan(&expires))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return expires > s.now().UnixMicro(), err
}

func (s *Store) ageLookup(telegramID int64) []byte {
	return s.keys.Index("too young", strconv.FormatInt(telegramID, 10))
}
