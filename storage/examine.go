package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/imagika/imagika/storage/keys"
)

// Examination is what a database says of itself.
type Examination struct {
	Engine  string
	Server  string // version of the engine
	Schema  int64  // the newest migration it has; 0 for an empty database
	Newest  int64  // that this program knows
	Ahead   time.Duration
	Clients int // connections, and how many there may be; zero where nobody counts
	Most    int
}

// Pending reports whether the program has to migrate the database before it works, and Newer whether it is from a release
// after this one.
func (e Examination) Pending() bool { return e.Schema < e.Newest }

// Newer reports whether the database is from a release after this one.
func (e Examination) Newer() bool { return e.Schema > e.Newest }

// Examine looks at a database and changes nothing.
func Examine(ctx context.Context, address string) (e Examination, err error) {
	err = look(address, func(s *Store, r *sql.DB) error {
		e.Engine = s.dialect.name
		p, err := s.migrator()
		if err != nil {
			return err
		}
		for _, m := range p.ListSources() {
			e.Newest = max(e.Newest, m.Version)
		}
		if err := keys.Reach(ctx, r, address, nil); err != nil { // connecting is not part of the clock's error
			return err
		}
		return s.examine(ctx, r, &e)
	})
	return e, err
}

// look opens a database for a look at it, as it is.
func look(address string, at func(s *Store, r *sql.DB) error) (err error) {
	d, w, r, err := openDatabase(address, 1)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, w.Close()); r != w {
			err = errors.Join(err, r.Close())
		}
	}()
	return at(&Store{dialect: d, w: w, r: r}, r)
}

func (s *Store) examine(ctx context.Context, r *sql.DB, e *Examination) error {
	facts := `SELECT sqlite_version(), CAST((julianday('now') - 2440587.5) * 86400000000 AS BIGINT), 0, 0`
	there := `SELECT COUNT(*) FROM sqlite_master WHERE name = 'goose_db_version'`
	if s.dialect.name == postgresDialect.name {
		facts = `SELECT current_setting('server_version'), CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT),
			(SELECT COUNT(*) FROM pg_stat_activity), CAST(current_setting('max_connections') AS BIGINT)`
		there = `SELECT COUNT(*) FROM pg_tables WHERE tablename = 'goose_db_version' AND schemaname = ANY (current_schemas(false))`
	}
	began := time.Now()
	var theirs int64
	if err := r.QueryRowContext(ctx, facts).Scan(&e.Server, &theirs, &e.Clients, &e.Most); err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	e.Ahead = time.UnixMicro(theirs).Sub(began.Add(time.Since(began) / 2))
	var n int
	if err := r.QueryRowContext(ctx, there).Scan(&n); err != nil || n == 0 {
		return err
	}
	return r.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&e.Schema)
}
