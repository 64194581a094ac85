package storage

import (
	"context"
	"database/sql"
)

// relayInPlace is migration 34: passing something on costs its database less. Nothing of a relay that changes is in an index, so that
// Postgres changes it in place. In place of an index of what is still to be passed on, each direction of a conversation knows up to
// where nothing is.
func (s *Store) relayInPlace(ctx context.Context, t *sql.Tx) error {
	for _, q := range append([]string{
		`ALTER TABLE conversation_members ADD COLUMN passed_seq BIGINT NOT NULL DEFAULT 0`,
		`DROP INDEX relays_next`,
	}, s.dialect.inPlace...) {
		if _, err := t.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// relayRoom leaves room for rows that change.
var relayRoom = []string{
	`ALTER TABLE relays SET (fillfactor = 80)`,
	`ALTER TABLE conversation_members SET (fillfactor = 50)`,
}
