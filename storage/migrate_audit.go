package storage

import (
	"context"
	"database/sql"
)

// audit is migration 15: what operators do has a reason, a place in a signed chain, and stays. Lines from before have no
// place in it. Updates that were given up can be tried again.
func (s *Store) audit(ctx context.Context, t *sql.Tx) error {
	for _, q := range append([]string{
		`ALTER TABLE audit ADD COLUMN n BIGINT`,
		`ALTER TABLE audit ADD COLUMN why BYTEA`, // sealed
		`ALTER TABLE audit ADD COLUMN signature BYTEA`,
		`CREATE UNIQUE INDEX audit_n ON audit (n)`,
		`ALTER TABLE dead_letters ADD COLUMN retried_at BIGINT`, // an operator had it tried again
		`CREATE INDEX audit_age ON audit (created_at)`,
	}, s.dialect.guard("audit")...) {
		if _, err := t.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}
