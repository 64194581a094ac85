package storage

import (
	"context"
	"database/sql"
	"fmt"
)

// closingTables are those of books that are closed (closing.go), what waits for a second operator (second.go), who judged what
// was asked for (receiver.go), and that there is one request for a copy at a time.
var closingTables = []string{
	`CREATE TABLE closings (                          -- a signed link of a chain: books of people who were erased long ago, which are gone
	  n            BIGINT PRIMARY KEY,
	  people       BIGINT NOT NULL,
	  transfers    BIGINT NOT NULL,
	  sums         TEXT   NOT NULL,                   -- JSON: what they gave people less what they took, by account of the house; together zero
	  until_at     BIGINT NOT NULL,                   -- all of it was made before
	  digest       BYTEA  NOT NULL,                   -- SHA-256 of its rows of closed_marks
	  prev         BYTEA  NOT NULL,                   -- signature of the one before
	  signature    BYTEA  NOT NULL,
	  created_at   BIGINT NOT NULL
	)`,
	`CREATE TABLE closed_marks (                      -- what is left of a transfer: its place in a checkpoint, so that the rest of that can still be proved
	  n            BIGINT NOT NULL,                   -- of the checkpoint
	  place        BIGINT NOT NULL,                   -- among its transfers in order of id, from 0
	  closing      BIGINT NOT NULL,
	  digest       BYTEA  NOT NULL,                   -- as in checkpoint_marks
	  PRIMARY KEY (n, place)
	)`,
	`CREATE INDEX closed_marks_closing ON closed_marks (closing)`,
	`CREATE TABLE closed_gifts (                      -- sides of gifts that are gone while the other side is here
	  transfer_id  TEXT   PRIMARY KEY
	)`,
	`CREATE TABLE closing_people (                    -- whose books may be deleted, in the transaction that does it; empty otherwise
	  person       BIGINT PRIMARY KEY
	)`,
	`ALTER TABLE promos ADD COLUMN closed BIGINT NOT NULL DEFAULT 0`, // uses of people whose books are closed
	`CREATE INDEX users_erased_at ON users (erased_at) WHERE erased_at IS NOT NULL`,
	`CREATE TABLE seconds (                           -- what an operator wants that takes a second one
	  name         TEXT   PRIMARY KEY,
	  who          TEXT   NOT NULL,                   -- account of the first
	  digest       BYTEA  NOT NULL,                   -- SHA-256 of what exactly it is
	  created_at   BIGINT NOT NULL
	)`,
	`CREATE TABLE judgings (                          -- which services were asked to judge something of a person's
	  generation_id TEXT   NOT NULL,
	  provider      TEXT   NOT NULL,
	  subject       TEXT   NOT NULL CHECK (subject IN ('request','result','preview')),
	  user_id       BIGINT NOT NULL REFERENCES users(id),
	  answered      BOOLEAN NOT NULL,
	  created_at    BIGINT NOT NULL,                  -- of the newest time
	  PRIMARY KEY (generation_id, provider, subject)
	)`,
	`CREATE INDEX judgings_user ON judgings (user_id, created_at)`,
	`UPDATE rights SET status = 'canceled', reason = 'replaced', body = NULL, ended_at = updated_at WHERE kind IN ('export','port') AND status IN ('asked','running')
	  AND EXISTS (SELECT 1 FROM rights o WHERE o.user_id = rights.user_id AND o.kind = rights.kind AND o.origin = rights.origin AND o.status IN ('asked','running') AND o.id < rights.id)`,
	// A letter that waits for an operator does not keep anybody from a copy in the chat.
	`CREATE UNIQUE INDEX rights_one_copy ON rights (user_id, kind, origin) WHERE kind IN ('export','port') AND status IN ('asked','running')`,
}

// closable are the tables of books that refuse to delete a row unless its person is in closing_people.
var closable = []struct{ table, ours string }{
	{"transfers", `EXISTS (SELECT 1 FROM closing_people c WHERE c.person = OLD.user_id)`},
	{"lot_uses", `EXISTS (SELECT 1 FROM closing_people c JOIN lots l ON l.user_id = c.person WHERE l.id = OLD.lot_id)`},
	{"checkpoint_marks", `EXISTS (SELECT 1 FROM closing_people c JOIN transfers t ON t.user_id = c.person WHERE t.id = OLD.transfer_id)`},
}

// books is migration 31.
func (s *Store) books(ctx context.Context, t *sql.Tx) error {
	statements := closingTables
	for _, c := range closable {
		statements = append(statements, s.dialect.guardOpen(c.table, c.ours)...)
	}
	for _, table := range []string{"closings", "closed_marks"} {
		statements = append(statements, s.dialect.guard(table)...)
	}
	for _, q := range statements {
		if _, err := t.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%.40s…: %w", q, err)
		}
	}
	return nil
}

func guardOpenSQLite(table, ours string) []string {
	return []string{
		"DROP TRIGGER " + table + "_no_delete",
		"CREATE TRIGGER " + table + "_no_delete BEFORE DELETE ON " + table + " WHEN NOT " + ours +
			" BEGIN SELECT RAISE(ABORT, '" + table + " is append-only'); END",
	}
}

func guardOpenPostgres(table, ours string) []string {
	return []string{
		"DROP TRIGGER " + table + "_append_only ON " + table,
		"CREATE TRIGGER " + table + "_append_only BEFORE UPDATE ON " + table + " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
		"CREATE FUNCTION refuse_delete_of_" + table + "() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN IF " + ours +
			" THEN RETURN OLD; END IF; RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
		"CREATE TRIGGER " + table + "_no_delete BEFORE DELETE ON " + table + " FOR EACH ROW EXECUTE FUNCTION refuse_delete_of_" + table + "()",
	}
}
