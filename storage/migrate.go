package storage

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. On Postgres an advisory lock lets any number of processes do it at once.
func (s *Store) migrate(ctx context.Context) error {
	p, err := s.migrator()
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// migrated asks for the schema of this release, and changes nothing.
func (s *Store) migrated(ctx context.Context) error {
	p, err := s.migrator()
	if err != nil {
		return err
	}
	all := p.ListSources()
	var version int64
	err = s.r.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version)
	switch {
	case err != nil && IsUnavailable(err):
		return err
	case err != nil, version != all[len(all)-1].Version: // no table: it is new
		return ErrSchema
	}
	return nil
}

func (s *Store) migrator() (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	setup := func(ctx context.Context, t *sql.Tx) error {
		for _, q := range s.dialect.setup {
			if _, err := t.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		return nil
	}
	opts := []goose.ProviderOption{
		goose.WithGoMigrations(
			goose.NewGoMigration(2, &goose.GoFunc{RunTx: setup}, nil),
			goose.NewGoMigration(8, &goose.GoFunc{RunTx: s.expand}, nil),
			goose.NewGoMigration(11, &goose.GoFunc{RunTx: s.ledger}, nil),
			goose.NewGoMigration(15, &goose.GoFunc{RunTx: s.audit}, nil),
			goose.NewGoMigration(31, &goose.GoFunc{RunTx: s.books}, nil),
			goose.NewGoMigration(34, &goose.GoFunc{RunTx: s.relayInPlace}, nil),
		),
		goose.WithDisableGlobalRegistry(true),
	}
	if s.dialect.goose == goose.DialectPostgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(s.dialect.goose, s.w, dir, opts...)
}
