package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// What reaches or ends everybody takes two operators. The first one's word waits in a row; once another one has said the same
// within SecondTime it is done. The first word leaves a line in the audit log, and so does what is done.

// SecondTime is how long the first one's word holds.
const SecondTime = Retention

// ErrOtherwise says that another operator wants something else under the same name.
var ErrOtherwise = errors.New("storage: another operator wants something else")

// Intent is what takes two operators.
type Intent struct {
	Name   string // there is one of a name at a time
	Digest []byte // SHA-256 of what exactly is wanted
}

// Wanted is what one operator wants and another one has not agreed to yet.
type Wanted struct {
	Name string    `json:"name"`
	Who  string    `json:"who"`
	At   time.Time `json:"at"`
}

// Second is an operator's word. It reports whether it is the second: another operator wanted the same, and the caller is to do it
// now. Otherwise the word waits, with the line of the act. ErrOtherwise says that another operator wants something else.
func (s *Store) Second(ctx context.Context, a Act, in Intent) (second bool, err error) {
	err = s.write(ctx, func(t tx) error {
		n, err := t.exec(ctx, `DELETE FROM seconds WHERE name = $1 AND who <> $2 AND digest = $3 AND created_at > $4`,
			in.Name, a.Who, in.Digest, t.now-SecondTime.Microseconds())
		second = n == 1
		return err
	})
	if err != nil || second {
		return second, err
	}
	_, err = s.acted(ctx, Effect{}, a, func(t tx) error {
		return t.change(ctx, ErrOtherwise, `INSERT INTO seconds (name, who, digest, created_at) VALUES ($1,$2,$3,$4)
			ON CONFLICT (name) DO UPDATE SET who = excluded.who, digest = excluded.digest, created_at = excluded.created_at
			WHERE seconds.who = excluded.who OR seconds.created_at <= $5`, in.Name, a.Who, in.Digest, t.now, t.now-SecondTime.Microseconds())
	})
	return false, err
}

// Wanted lists what waits for a second operator, the oldest first.
func (s *Store) Wanted(ctx context.Context) ([]Wanted, error) {
	return collect(ctx, s.r, func(row scanner) (w Wanted, err error) {
		var at sql.NullInt64
		err = row.Scan(&w.Name, &w.Who, &at)
		w.At = fromMicros(at)
		return w, err
	}, `SELECT name, who, created_at FROM seconds WHERE created_at > $1 ORDER BY created_at, name`, s.now().Add(-SecondTime).UnixMicro())
}
