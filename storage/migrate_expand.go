package storage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// expand is migration 8: pictures can be expanded and marked as favorites, and what somebody leafs through is remembered.
func (s *Store) expand(ctx context.Context, t *sql.Tx) error {
	if err := s.dialect.allowExpand(ctx, t); err != nil {
		return fmt.Errorf("allow the operation expand: %w", err)
	}
	for _, q := range []string{
		`ALTER TABLE generations ADD COLUMN favorite_at BIGINT`, // the person marked it
		`CREATE INDEX generations_favorites ON generations (user_id, id) WHERE favorite_at IS NOT NULL`,
		`CREATE TABLE browses (
			id         TEXT   PRIMARY KEY,
			user_id    BIGINT NOT NULL REFERENCES users(id),
			body       BYTEA,                       -- sealed: what is looked for, the rows that are shown
			created_at BIGINT NOT NULL
		)`,
		`CREATE INDEX browses_age ON browses (created_at)`,
	} {
		if _, err := t.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// allowExpandPostgres widens the set of operations that the table checks.
func allowExpandPostgres(ctx context.Context, t *sql.Tx) error {
	for _, q := range []string{
		`ALTER TABLE generations DROP CONSTRAINT generations_operation_check`,
		`ALTER TABLE generations ADD CONSTRAINT generations_operation_check
			CHECK (operation IN ('generate','edit','vary','upscale','expand'))`,
	} {
		if _, err := t.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// allowExpandSQLite makes the table anew, because SQLite cannot change a check. The rows wait in a table beside it; other
// tables refer to them, so the look at that is put off until the end of the transaction, when all of them are back.
func allowExpandSQLite(ctx context.Context, t *sql.Tx) error {
	var table string
	if err := t.QueryRowContext(ctx, `SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'generations'`).Scan(&table); err != nil {
		return err
	}
	wider := strings.Replace(table, "'vary','upscale')", "'vary','upscale','expand')", 1)
	if wider == table {
		return fmt.Errorf("unexpected table generations: %s", table)
	}
	beside, err := collect(ctx, t, func(row scanner) (q string, err error) { return q, row.Scan(&q) },
		`SELECT sql FROM sqlite_master WHERE tbl_name = 'generations' AND type <> 'table' AND sql IS NOT NULL`)
	if err != nil {
		return err
	}
	for _, q := range append([]string{
		`PRAGMA defer_foreign_keys = ON`,
		`CREATE TABLE generations_waiting AS SELECT * FROM generations`,
		`DROP TABLE generations`,
		wider,
		`INSERT INTO generations SELECT * FROM generations_waiting`,
		`DROP TABLE generations_waiting`,
	}, beside...) {
		if _, err := t.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}
