// Package keys is the key store: a secret key per person, under which everything that is theirs is sealed.
//
// Erasing a person means destroying one row here. That only holds if copies of the row are few and short-lived, so the
// key store is a database of its own (a file or a Postgres database), apart from the one it protects, with backups of
// its own that age out within days. A backup of the main database and of the bucket cannot be read without it, and it
// cannot be read without a master key, which is in neither.
//
// Invariants:
//
//   - A key is made once. Whoever comes first inserts it, everybody reads back what is stored.
//   - A destroyed key stays destroyed: the row remains, without key, so that nobody makes the person another one. Open
//     processes forget the key at once where Destroy was called and within CacheTTL elsewhere.
//   - A stored key is wrapped by a master key and bound to its row, so that it cannot be copied to another person's. It
//     names its master key: the first of [Config].Master wraps, all of them unwrap, [Store.Rewrap] moves on.
//   - What is sealed is bound to its place by associated data (table|column|row, or the object's key). Moved elsewhere
//     it does not open.
//   - Ids in logs ([Store.LogIDs]) are made by a key that changes every LogKeyTime and is destroyed as long after that.
//   - Blind indexes ([Store.Index]) and signatures ([Store.Sign]) use random secrets kept here, wrapped, not the master
//     key: they survive rotation.
//
// The two tables are created with CREATE TABLE IF NOT EXISTS and not by a migration tool: their shape is the format of
// the wrapped key, which carries its own version, and a store this small should be readable with nothing but this file.
//
// Destruction reaches as far as the engine lets it: on SQLite the old bytes are overwritten and the log is truncated; on
// Postgres they linger in dead tuples and WAL until those are reused, as they do in backups until these age out.
package keys

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

var (
	// ErrDestroyed says that the person's key was destroyed: what it sealed is gone, and there will be no other.
	ErrDestroyed = errors.New("keys: the key was destroyed")
	// ErrNoKey says that none was ever made.
	ErrNoKey = errors.New("keys: no key")
	// ErrUnknownMaster says that something is wrapped by a master key that was not given.
	ErrUnknownMaster = errors.New("keys: wrapped by another master key")
	// ErrOpen says that something did not open: sealed by another key, moved from its place, cut short or altered.
	ErrOpen = errors.New("keys: does not open: sealed by another key, moved or altered")
)

// Config says where the keys are and what unwraps them.
type Config struct {
	// URL is file:PATH for SQLite (created with mode 0600 if missing) or postgres://… for Postgres.
	URL string
	// Master are the master keys, at least one: the first wraps, all unwrap.
	Master []MasterKey
	// CacheSize bounds the keys held in memory. Zero means 4096.
	CacheSize int
	// CacheTTL bounds for how long a key is used after another process has destroyed it. Zero means CacheTime.
	CacheTTL time.Duration
	// Log may be nil.
	Log *slog.Logger
	// Now is the clock by which the key of ids in logs changes; nil means time.Now.
	Now func() time.Time
}

// CacheTime is for how long a key is used after another process has destroyed it, unless [Config] says otherwise.
const CacheTime = time.Minute

// Store hands out people's keys. It is safe for concurrent use.
type Store struct {
	db     *sql.DB
	sqlite bool
	ring   ring
	cache  *cache
	index  []byte // HMAC key of Index
	// signing is what the keys of Sign are derived from.
	signing []byte
	logs    logKeys
	now     func() time.Time
	log     *slog.Logger
}

const schema = `
CREATE TABLE IF NOT EXISTS person_keys (
	user_id      BIGINT PRIMARY KEY,
	wrapped      BYTEA,           -- NULL once destroyed
	created_at   BIGINT NOT NULL, -- microseconds
	destroyed_at BIGINT,
	CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
CREATE TABLE IF NOT EXISTS index_keys (
	name       TEXT PRIMARY KEY,
	wrapped    BYTEA NOT NULL,
	created_at BIGINT NOT NULL
);`

// Open opens the key store, creates its tables and its own secrets if they are missing, and makes sure that the given
// master keys fit. The error is [ErrUnknownMaster] if they do not.
func Open(ctx context.Context, c Config) (*Store, error) {
	if len(c.Master) == 0 || slices.ContainsFunc(c.Master, func(k MasterKey) bool { return k.aead == nil }) {
		return nil, errors.New("keys: no master key")
	}
	db, lite, err := open(c.URL)
	if err != nil {
		return nil, err
	}
	s := &Store{
		db: db, sqlite: lite, ring: c.Master, log: c.Log, now: c.Now,
		cache: newCache(orDefault(c.CacheSize, 4096), orDefault(c.CacheTTL, CacheTime)),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err = Reach(ctx, db, c.URL, c.Log); err == nil {
		err = s.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// Begun reports whether a Postgres database has a key store in it, whose secrets some master key wraps. It makes nothing.
func Begun(ctx context.Context, address string, log *slog.Logger) (begun bool, err error) {
	db, _, err := open(address)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := Reach(ctx, db, address, log); err != nil {
		return false, err
	}
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM index_keys)`).Scan(&begun)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == noTable {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("keys: look for secrets: %w", err)
	}
	return begun, nil
}

// noTable is what Postgres says of a table that is not there.
const noTable = "42P01"

// Close releases the database.
func (s *Store) Close() error {
	return s.db.Close()
}

// prepare creates what is missing and loads the secrets of the store itself.
func (s *Store) prepare(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, schema)
	if err != nil {
		// On Postgres two processes can both find a table missing; the loser gets an error, and the table.
		_, err = s.db.ExecContext(ctx, schema)
	}
	if err != nil {
		return fmt.Errorf("keys: create tables: %w", err)
	}
	if s.index, err = s.loadSecret(ctx, indexName); err != nil {
		return err
	}
	if s.signing, err = s.loadSecret(ctx, signName); err != nil {
		return err
	}
	if err := s.turnLogKeys(ctx); err != nil {
		return err
	}
	_, err = s.loadSecret(ctx, masterPrefix+s.ring[0].ID()) // says since when it wraps
	return err
}

// open returns a handle for the URL and reports whether it is SQLite.
func open(rawURL string) (db *sql.DB, lite bool, err error) {
	scheme, _, _ := strings.Cut(rawURL, ":")
	switch scheme {
	case "file":
		db, err = openSQLite(rawURL)
		return db, true, err
	case "postgres", "postgresql":
		if db, err = OpenPostgres(rawURL); err != nil {
			return nil, false, err
		}
		db.SetMaxOpenConns(4) // almost everything is answered by the cache
		return db, false, nil
	}
	return nil, false, errors.New("keys: the URL must begin with file: or postgres://")
}

// openSQLite opens one connection: SQLite has one writer anyway, and reads are cached.
func openSQLite(rawURL string) (*sql.DB, error) {
	PrepareSQLite()
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("keys: malformed file URL")
	}
	path := u.Path
	if path == "" {
		path = u.Opaque
	}
	if path == "" || path == ":memory:" {
		return nil, errors.New("keys: the file URL names no file")
	}
	// SQLite would create it readable by all; its log files take the mode of the database.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	// busy_timeout comes first: switching to WAL can itself find the database busy.
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)"+
		"&_pragma=synchronous(FULL)&_pragma=secure_delete(1)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
