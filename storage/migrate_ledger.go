package storage

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// transfersTable is the journal, append-only: one row is one amount between a person and a house account.
const transfersTable = `CREATE TABLE transfers (
  id             TEXT    PRIMARY KEY,             -- the idempotency key; its form is checked below
  kind           TEXT    NOT NULL CHECK (kind IN ('purchase','grant','hold','capture','release','refund','clawback','expire','gift','take')),
  user_id        BIGINT  NOT NULL,                -- no foreign key, on purpose: it would share-lock a busy account's row
  counter        TEXT    NOT NULL CHECK (counter IN ('stars','promo','revenue','operations','gifts','expired')),
  amount         BIGINT  NOT NULL CHECK (amount >= 0),
  posted         BIGINT  NOT NULL,                -- signed effect on accounts.posted
  held           BIGINT  NOT NULL,                -- signed effect on accounts.held
  ref            TEXT    NOT NULL,                -- generation id, charge id, lot id, or what it is for
  created_at     BIGINT  NOT NULL,
  CHECK (CASE kind
    WHEN 'purchase' THEN counter = 'stars'      AND posted = amount  AND held = 0        AND amount > 0
    WHEN 'grant'    THEN counter IN ('promo','operations','stars')
                                                AND posted = amount  AND held = 0        AND amount > 0
    WHEN 'hold'     THEN counter = 'revenue'    AND posted = 0       AND held = amount   AND amount > 0
    WHEN 'capture'  THEN counter = 'revenue'    AND posted = -amount AND held <= -amount AND amount > 0
    WHEN 'release'  THEN counter = 'revenue'    AND posted = 0       AND held < 0        AND amount = 0
    WHEN 'refund'   THEN counter = 'stars'      AND posted = -amount AND held = 0
    WHEN 'clawback' THEN counter = 'stars'      AND posted = -amount AND held = 0
    WHEN 'expire'   THEN counter = 'expired'    AND posted = -amount AND held = 0        AND amount > 0
    WHEN 'take'     THEN counter = 'operations' AND posted = -amount AND held = 0        AND amount > 0
    ELSE counter = 'gifts' AND held = 0 AND amount > 0 AND (ref LIKE '%:out' AND posted = -amount OR ref LIKE '%:in' AND posted = amount) END),
  CHECK (id = CASE kind WHEN 'purchase' THEN 'pay:' WHEN 'capture' THEN 'settle:' WHEN 'release' THEN 'settle:' ELSE kind || ':' END || ref)
)` // settle:<generation>: capture and release share one key

var ledgerTables = []string{
	`CREATE TABLE transfers_waiting AS SELECT * FROM transfers`,
	`DROP TABLE transfers`,
	transfersTable,
	`INSERT INTO transfers SELECT * FROM transfers_waiting`,
	`DROP TABLE transfers_waiting`,
	// Each index more is a page more to write with each transfer: what only a look at everything needs has none.
	`DROP INDEX open_holds_user`,
	`CREATE INDEX transfers_user ON transfers (user_id, created_at, id)`,
	`CREATE INDEX transfers_age ON transfers (created_at)`,
	`CREATE TABLE lots (
	  id           TEXT   PRIMARY KEY,                -- of the transfer that gave it
	  user_id      BIGINT NOT NULL,
	  source       TEXT   NOT NULL CHECK (source IN ('welcome','daily','referral','promo','gift','operator','return','purchase')),
	  charge_id    TEXT   UNIQUE,                     -- of the payment that bought it
	  credits      BIGINT NOT NULL CHECK (credits > 0),
	  left_        BIGINT NOT NULL CHECK (left_ BETWEEN 0 AND credits), -- credits less all its uses, kept by a trigger
	  expires_at   BIGINT,
	  created_at   BIGINT NOT NULL,
	  CHECK ((source = 'purchase') = (charge_id IS NOT NULL)),
	  CHECK (charge_id IS NULL OR expires_at IS NULL) -- what was paid for stays
	)`,
	`CREATE INDEX lots_user ON lots (user_id) WHERE left_ > 0`,
	`CREATE INDEX lots_due ON lots (expires_at) WHERE left_ > 0 AND expires_at IS NOT NULL`,
	`CREATE TABLE lot_uses (                          -- which lots a transfer took from; less than zero where it gave back
	  transfer_id  TEXT   NOT NULL,
	  lot_id       TEXT   NOT NULL,
	  credits      BIGINT NOT NULL CHECK (credits <> 0),
	  PRIMARY KEY (transfer_id, lot_id)
	)`,
	`CREATE TABLE checkpoints (                       -- a signed link of a chain over the journal
	  n            BIGINT PRIMARY KEY,
	  covers_until BIGINT NOT NULL,                   -- every transfer made before it is in this checkpoint or an earlier one
	  transfers    BIGINT NOT NULL,
	  digest       BYTEA  NOT NULL,                   -- SHA-256 of the digests of its transfers, in order of id
	  prev         BYTEA  NOT NULL,                   -- signature of the one before
	  signature    BYTEA  NOT NULL,
	  created_at   BIGINT NOT NULL
	)`,
	`CREATE TABLE checkpoint_marks (                  -- which checkpoint a transfer is in, to name one that was changed
	  transfer_id  TEXT   PRIMARY KEY,
	  n            BIGINT NOT NULL,
	  digest       BYTEA  NOT NULL                    -- SHA-256 of the transfer with its lots
	)`,
	`CREATE INDEX checkpoint_marks_n ON checkpoint_marks (n)`,
}

// ledgerLots gives old transfers their lots. All of them were given and none expires, so what was spent was the oldest
// first: a capture and a lot meet where they cover the same stretch of the credits a person ever had.
var ledgerLots = []string{
	`INSERT INTO lots (id, user_id, source, charge_id, credits, left_, created_at)
		SELECT id, user_id, CASE WHEN kind = 'purchase' THEN 'purchase' WHEN counter = 'operations' THEN 'operator'
			WHEN ref LIKE 'welcome:%' THEN 'welcome' ELSE 'promo' END,
			CASE WHEN kind = 'purchase' THEN ref END, amount, amount, created_at
		FROM transfers WHERE kind IN ('purchase','grant')`,
	`INSERT INTO lot_uses (transfer_id, lot_id, credits)
		SELECT s.id, l.id, CAST(CASE WHEN s.upto < l.upto THEN s.upto ELSE l.upto END
			- CASE WHEN s.upto - s.amount > l.upto - l.credits THEN s.upto - s.amount ELSE l.upto - l.credits END AS BIGINT)
		FROM (SELECT id, user_id, amount, SUM(amount) OVER (PARTITION BY user_id ORDER BY created_at, id) AS upto
			FROM transfers WHERE kind IN ('capture','refund') AND amount > 0) s
		JOIN (SELECT id, user_id, credits, SUM(credits) OVER (PARTITION BY user_id ORDER BY source = 'purchase', created_at, id) AS upto
			FROM lots) l ON l.user_id = s.user_id AND l.upto - l.credits < s.upto AND s.upto - s.amount < l.upto`,
}

// appendOnly are the tables whose rows stay as they are.
var appendOnly = []string{"transfers", "lot_uses", "checkpoints", "checkpoint_marks"}

// ledger is migration 11: new kinds of transfers, lots, and checkpoints. The journal is made anew, because SQLite cannot
// change a check.
func (s *Store) ledger(ctx context.Context, t *sql.Tx) error {
	statements := slices.Concat(ledgerTables, s.dialect.lotUses, ledgerLots)
	for _, table := range appendOnly {
		statements = append(statements, s.dialect.guard(table)...)
	}
	for _, q := range statements {
		if _, err := t.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%.40s…: %w", q, err)
		}
	}
	return nil
}

// The trigger spares what takes credits a statement per lot while everybody else waits for the account.
var lotUsesSQLite = []string{
	`CREATE TRIGGER lot_uses_count AFTER INSERT ON lot_uses BEGIN UPDATE lots SET left_ = left_ - NEW.credits WHERE id = NEW.lot_id; END`,
}

var lotUsesPostgres = []string{
	`CREATE FUNCTION count_lot_use() RETURNS TRIGGER LANGUAGE plpgsql AS
	 $$ BEGIN UPDATE lots SET left_ = left_ - NEW.credits WHERE id = NEW.lot_id; RETURN NULL; END $$`,
	`CREATE TRIGGER lot_uses_count AFTER INSERT ON lot_uses FOR EACH ROW EXECUTE FUNCTION count_lot_use()`,
	`ALTER TABLE lots SET (fillfactor = 70)`,
}

func guardSQLite(table string) []string {
	refuse := " ON " + table + " BEGIN SELECT RAISE(ABORT, '" + table + " is append-only'); END"
	return []string{
		"CREATE TRIGGER " + table + "_no_update BEFORE UPDATE" + refuse,
		"CREATE TRIGGER " + table + "_no_delete BEFORE DELETE" + refuse,
	}
}

func guardPostgres(table string) []string {
	return []string{
		"CREATE TRIGGER " + table + "_append_only BEFORE UPDATE OR DELETE ON " + table + " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
		"CREATE TRIGGER " + table + "_no_truncate BEFORE TRUNCATE ON " + table + " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
	}
}
