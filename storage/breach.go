package storage

import (
	"context"
	"database/sql"
	"time"
)

// BreachTime is within what the authority has to be told of a breach after its discovery (GDPR, Article 33).
const BreachTime = 72 * time.Hour

// Breach is a breach of personal data, as the law wants every one of them recorded, also those of which nobody had to be told.
type Breach struct {
	ID string
	BreachBody
	People       int64 // about how many are affected
	Discovered   time.Time
	Authority    time.Time // when the authority was told; zero for not yet
	Told         time.Time // when people were
	Closed       time.Time // nobody is left to be told
	Announcement string    // by which people are told; empty for none
	Created      time.Time
}

// BreachBody is the sealed part.
type BreachBody struct {
	Facts      string `json:"facts"`
	Categories string `json:"categories,omitempty"` // of data and of people
	Effects    string `json:"effects,omitempty"`
	Remedy     string `json:"remedy,omitempty"`
}

// Left is how long there is to tell the authority; less than zero is too late. It is zero where that is done.
func (b Breach) Left(now time.Time) time.Duration {
	if !b.Authority.IsZero() || !b.Closed.IsZero() {
		return 0
	}
	return b.Discovered.Add(BreachTime).Sub(now)
}

const breachColumns = `id, body, people, discovered_at, authority_at, people_at, closed_at, COALESCE(announcement_id, ''), created_at FROM breaches`

// RecordBreach writes a breach down.
func (s *Store) RecordBreach(ctx context.Context, a Act, b Breach) (Breach, error) {
	var err error
	if b.ID, err = s.NewID(); err != nil {
		return b, err
	}
	a.Object = b.ID
	return b, s.saveBreach(ctx, a, b, `INSERT INTO breaches (id, body, people, discovered_at, authority_at, people_at, closed_at, announcement_id, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$9)`)
}

// ChangeBreach keeps what has come to be known of it, and who was told. ErrNotFound says that there is none.
func (s *Store) ChangeBreach(ctx context.Context, a Act, b Breach) error {
	return s.saveBreach(ctx, a, b, `UPDATE breaches SET body = $2, people = $3, discovered_at = $4, authority_at = $5, people_at = $6, closed_at = $7,
		announcement_id = $8, updated_at = $9 WHERE id = $1`)
}

func (s *Store) saveBreach(ctx context.Context, a Act, b Breach, query string) error {
	body, err := s.seal(ctx, nobody, "breaches|body", b.ID, b.BreachBody)
	if err != nil {
		return err
	}
	var announcement any
	if b.Announcement != "" {
		announcement = b.Announcement
	}
	_, err = s.acted(ctx, Effect{}, a, func(t tx) error {
		return t.change(ctx, ErrNotFound, query, b.ID, body, b.People, b.Discovered.UnixMicro(), micros(b.Authority), micros(b.Told), micros(b.Closed), announcement, t.now)
	})
	return err
}

// Breaches lists all of them, newest first.
func (s *Store) Breaches(ctx context.Context) ([]Breach, error) {
	type row struct {
		Breach
		body []byte
	}
	rows, err := collect(ctx, s.r, func(sc scanner) (r row, err error) {
		var discovered, authority, told, closed, created sql.NullInt64
		err = sc.Scan(&r.ID, &r.body, &r.People, &discovered, &authority, &told, &closed, &r.Announcement, &created)
		r.Discovered, r.Authority, r.Told, r.Closed, r.Created = fromMicros(discovered), fromMicros(authority), fromMicros(told), fromMicros(closed), fromMicros(created)
		return r, err
	}, `SELECT `+breachColumns+` ORDER BY discovered_at DESC, id DESC`)
	all := make([]Breach, 0, len(rows))
	for _, r := range rows {
		if err := s.unseal(ctx, nobody, "breaches|body", r.ID, r.body, &r.BreachBody); err != nil {
			return nil, err
		}
		all = append(all, r.Breach)
	}
	return all, err
}

// Breach returns one, or ErrNotFound.
func (s *Store) Breach(ctx context.Context, id string) (Breach, error) {
	all, err := s.Breaches(ctx)
	for _, b := range all {
		if b.ID == id {
			return b, nil
		}
	}
	if err == nil {
		err = ErrNotFound
	}
	return Breach{}, err
}
