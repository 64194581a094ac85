package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Policy is a version of the privacy policy.
type Policy struct {
	Version   string
	Effective time.Time         // in force from then on
	Material  bool              // people have to agree anew
	Texts     map[string]string // the document, by language; nil where only what stands about it was read
	Summary   map[string]string // what changes, by language
	SHA256    string            // hex, of the texts
	Published time.Time
	// Announcement told people before it took effect; empty where nobody had to be.
	Announcement string
}

const policyHead = `version, effective_at, material, sha256, COALESCE(announcement_id, ''), published_at`

func (p *Policy) head() []any {
	return []any{&p.Version, (*microTime)(&p.Effective), &p.Material, &p.SHA256, &p.Announcement, (*microTime)(&p.Published)}
}

// microTime scans microseconds.
type microTime time.Time

// Scan implements sql.Scanner.
func (m *microTime) Scan(src any) error {
	var n sql.NullInt64
	err := n.Scan(src)
	*m = microTime(fromMicros(n))
	return err
}

// Policies lists what was published, by when it takes effect, without the texts.
func (s *Store) Policies(ctx context.Context) ([]Policy, error) {
	return lookup(ctx, s, func(row scanner) (p Policy, err error) { return p, row.Scan(p.head()...) },
		`SELECT `+policyHead+` FROM policies ORDER BY effective_at, published_at, version`)
}

// Policy returns a version with its texts, or ErrNotFound.
func (s *Store) Policy(ctx context.Context, version string) (p Policy, err error) {
	var words, summary string
	if err = s.r.QueryRowContext(ctx, `SELECT `+policyHead+`, texts, summary FROM policies WHERE version = $1`, version).
		Scan(append(p.head(), &words, &summary)...); err != nil {
		return p, notFound(err)
	}
	return p, errors.Join(json.Unmarshal([]byte(words), &p.Texts), json.Unmarshal([]byte(summary), &p.Summary))
}

// FirstPolicy publishes the version that the program brings where none was published yet, in force at once. It reports whether it did.
func (s *Store) FirstPolicy(ctx context.Context, p Policy) (bool, error) {
	all, err := s.Policies(ctx)
	if err != nil || len(all) > 0 {
		return false, err
	}
	add, err := addPolicy(p)
	if err != nil {
		return false, err
	}
	var n int64
	err = s.write(ctx, func(t tx) error {
		p.Effective = time.UnixMicro(t.now)
		n, err = add(ctx, t, p)
		return err
	})
	return n == 1, err
}

// AddPolicy publishes a version; where it is material and a is set, with the announcement that tells people before. ErrConsumed
// says that there is such a version.
func (s *Store) AddPolicy(ctx context.Context, act Act, p Policy, a *Announcement) (Policy, error) {
	act.Object = p.Version
	add, err := addPolicy(p)
	if err != nil {
		return p, err
	}
	announce := func(context.Context, tx) error { return nil }
	if a != nil {
		if a.ID, err = s.NewID(); err != nil {
			return p, err
		}
		if announce, err = startedAnnouncement(*a); err != nil {
			return p, err
		}
		p.Announcement = a.ID
	}
	_, err = s.acted(ctx, Effect{}, act, func(t tx) error {
		if err := announce(ctx, t); err != nil {
			return err
		}
		n, err := add(ctx, t, p)
		if err == nil && n == 0 {
			err = ErrConsumed
		}
		p.Published = time.UnixMicro(t.now)
		return err
	})
	return p, err
}

// addPolicy returns what inserts the row; its texts are those of p, the rest may be known later.
func addPolicy(p Policy) (func(context.Context, tx, Policy) (int64, error), error) {
	words, err := json.Marshal(p.Texts)
	if err != nil {
		return nil, fmt.Errorf("encode policy: %w", err)
	}
	summary, err := json.Marshal(p.Summary)
	if err != nil {
		return nil, fmt.Errorf("encode policy: %w", err)
	}
	return func(ctx context.Context, t tx, p Policy) (int64, error) {
		return t.exec(ctx, `INSERT INTO policies (version, effective_at, material, texts, summary, sha256, announcement_id, published_at)
			VALUES ($1,$2,$3,$4,$5,$6,$7,$8) ON CONFLICT (version) DO NOTHING`, p.Version, p.Effective.UnixMicro(), p.Material,
			string(words), string(summary), p.SHA256, nullString(p.Announcement), t.now)
	}, nil
}

// startedAnnouncement returns what inserts an announcement about a policy that goes out at once.
func startedAnnouncement(a Announcement) (func(context.Context, tx) error, error) {
	words, err := json.Marshal(a.Texts)
	if err != nil {
		return nil, fmt.Errorf("encode announcement: %w", err)
	}
	return func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `INSERT INTO announcements (id, status, texts, audience, loud, pace, policy, created_at, updated_at, started_at)
			VALUES ($1,'sending',$2,'{}',$3,$4,$5,$6,$6,$6)`, a.ID, string(words), a.Loud, a.Pace, a.Policy, t.now)
		return err
	}, nil
}
