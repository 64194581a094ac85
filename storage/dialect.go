package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/url"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"github.com/imagika/imagika/storage/keys"
)

// dialect is what differs between the engines.
type dialect struct {
	name  string
	goose goose.Dialect
	setup []string // statements without a common text, run once by the second migration
	// allowExpand is a part of the eighth.
	allowExpand func(ctx context.Context, t *sql.Tx) error
	// lotUses and guard are parts of the eleventh; guard makes a table refuse changes of its rows.
	lotUses []string
	guard   func(table string) []string
	// guardOpen, a part of the thirty-first, lets those of its rows be deleted for which a condition on OLD holds.
	guardOpen func(table, ours string) []string
	// inPlace is a part of the thirty-fourth.
	inPlace []string
	// skipLocked locks the rows of lobby that a query over l finds, but for those that somebody else has locked.
	skipLocked string
	// awaitLocked locks them when nobody else has locked them any more; lockGeneration does with those of generations g.
	awaitLocked, lockGeneration string
	// lockNumber makes others wait who lock the same number, until the transaction ends; empty where one transaction writes at a time.
	lockNumber string
	// some is the condition of at most a thousand of the rows that another one finds.
	some func(table, condition string) string
	// matchers is how many matches a process makes at a time. Each holds a connection that writes while it makes what people are
	// told, and may need another for that: there have to be more than matchers.
	matchers int
}

var (
	sqliteDialect = dialect{
		name: "SQLite", goose: goose.DialectSQLite3, setup: sqliteSetup, allowExpand: allowExpandSQLite,
		lotUses: lotUsesSQLite, guard: guardSQLite, guardOpen: guardOpenSQLite, matchers: 1,
		some: func(table, condition string) string {
			return "rowid IN (SELECT rowid FROM " + table + " WHERE " + condition + " LIMIT 1000)"
		},
	}
	postgresDialect = dialect{
		name: "Postgres", goose: goose.DialectPostgres, setup: postgresSetup, allowExpand: allowExpandPostgres,
		lotUses: lotUsesPostgres, guard: guardPostgres, guardOpen: guardOpenPostgres, inPlace: relayRoom, skipLocked: " FOR UPDATE OF l SKIP LOCKED", awaitLocked: " FOR UPDATE OF l",
		lockGeneration: " FOR UPDATE OF g", lockNumber: "SELECT pg_advisory_xact_lock($1)", matchers: 4,
		some: func(table, condition string) string {
			return "ctid = ANY(ARRAY(SELECT ctid FROM " + table + " WHERE " + condition + " LIMIT 1000))"
		},
	}
)

// openDatabase opens the pools: on SQLite one writer connection, because Go's pool is a fair queue and SQLite's busy
// handler is not, and a read-only pool beside it; on Postgres one pool for both.
func openDatabase(address string, maxConns int) (d dialect, w, r *sql.DB, err error) {
	switch {
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		db, err := keys.OpenPostgres(address)
		if err != nil {
			return d, nil, nil, err
		}
		if maxConns == 0 {
			maxConns = 12
		}
		db.SetMaxOpenConns(maxConns)
		db.SetMaxIdleConns(maxConns)
		return postgresDialect, db, db, nil
	case strings.HasPrefix(address, "file:"):
		keys.PrepareSQLite()
		if w, err = sql.Open("sqlite", sqliteDSN(address, false)); err != nil {
			return d, nil, nil, fmt.Errorf("open database: %w", err)
		}
		w.SetMaxOpenConns(1)
		if r, err = sql.Open("sqlite", sqliteDSN(address, true)); err != nil {
			return d, nil, nil, fmt.Errorf("open database: %w", err)
		}
		r.SetMaxOpenConns(4)
		return sqliteDialect, w, r, nil
	}
	return d, nil, nil, errors.New("open database: want file:… or postgres://…")
}

// lockKey makes others wait who lock the same key of a table, for what has to be counted before it is decided and has no row of its own.
func (d dialect) lockKey(ctx context.Context, t tx, table string, key []byte) error {
	if d.lockNumber == "" {
		return nil
	}
	h := fnv.New64a()
	_, _ = h.Write(append([]byte(table+" "), key...)) // never fails
	_, err := t.exec(ctx, d.lockNumber, int64(h.Sum64()))
	return err
}

// sqliteDSN sets the pragmas of every connection. busy_timeout is first because the switch to WAL can itself be busy;
// synchronous is FULL because this file holds money.
func sqliteDSN(address string, readOnly bool) string {
	pragmas := []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)"}
	if readOnly {
		pragmas = append(pragmas, "query_only(1)")
	}
	v := url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	return address + sep + v.Encode()
}

var sqliteSetup = []string{
	`CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers is append-only'); END`,
	`CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers is append-only'); END`,
	`CREATE TRIGGER consents_no_update BEFORE UPDATE ON consents BEGIN SELECT RAISE(ABORT, 'consents is append-only'); END`,
}

var postgresSetup = []string{
	// STABLE, so that the lease index can be used; a statement that waited for a lock sees an older clock and claims less.
	`CREATE FUNCTION now_us() RETURNS BIGINT LANGUAGE SQL STABLE AS
	 $$ SELECT CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000 AS BIGINT) $$`,
	`CREATE FUNCTION refuse_change() RETURNS TRIGGER LANGUAGE plpgsql AS
	 $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$`,
	`CREATE TRIGGER transfers_append_only BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
	`CREATE TRIGGER transfers_no_truncate BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
	`CREATE TRIGGER consents_append_only BEFORE UPDATE ON consents FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
	`ALTER TABLE accounts SET (fillfactor = 70)`,
	`ALTER TABLE generations SET (fillfactor = 70)`,
	`ALTER TABLE deliveries SET (fillfactor = 70)`,
}

// Each does something with each of what a look found, also after one that fails: what one row keeps from being done keeps no other
// from it, unless it is the database that is away.
func Each[T any](found []T, do func(T) error) (failed error) {
	for _, one := range found {
		err := do(one)
		if failed = errors.Join(failed, err); IsUnavailable(err) {
			break
		}
	}
	return failed
}

// IsUnavailable reports whether err says that the database is away, busy or full, as opposed to a statement being
// wrong: the work is to be done again later and nobody is to blame.
func IsUnavailable(err error) bool {
	if err == nil {
		return false
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code[:2] {
		case "08", "53", "57", "58", "40":
			return true
		}
		return false
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		switch lite.Code() & 0xff {
		case 5, 6, 10, 13, 14: // busy, locked, I/O error, full, cannot open
			return true
		}
		return false
	}
	var nerr net.Error
	var cerr *pgconn.ConnectError
	return errors.As(err, &nerr) || errors.As(err, &cerr) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) || isEOF(err)
}

// isEOF recognizes a connection that was cut while an answer was read; pgx wraps it without a type.
func isEOF(err error) bool {
	s := err.Error()
	return strings.Contains(s, "unexpected EOF") || strings.Contains(s, "conn closed") || strings.Contains(s, "broken pipe")
}
