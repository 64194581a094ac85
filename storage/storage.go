// Package storage keeps the truth: people, the ledger, generations and everything that is owed to a person, in SQL.
//
// # Design
//
// One SQL text runs on SQLite and on Postgres, through database/sql; the conformance suite runs on both. What the two
// do not share stands in dialect.go: how they are opened, locked and guarded, and what a few migrations in Go say to
// them. On Postgres, statements of a transaction that need no answer between them share a trip (trip.go).
//
// Exported methods open the transaction; lower-case ones take it and compose. The time is read once per transaction.
// A change of status is a conditional UPDATE: zero rows means that somebody else was there first, which is not an
// error of the database but [ErrFenced], [ErrSeen] or [ErrNotFound] for the caller.
//
//   - Money moves in the transaction of the state it pays for (ledger.go). Credits know where they came from until they
//     are spent (lot.go), and what was booked is signed every hour, so that a change by hand shows (checkpoint.go).
//   - What an update does and the note that it was done are one transaction (effect.go).
//   - What a person is told is a row of the outbox, written with its cause (delivery.go).
//   - A generation is worked on by whoever holds its lease; each later write carries the fence of the claim, so that a
//     worker that was frozen and woke up can change nothing (claim.go).
//   - What a person wrote is sealed with a key of theirs before it becomes a row (seal.go).
package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/imagika/imagika/storage/keys"
)

// Lease is how long a claim lasts without renewal. It is renewed every third of it; work of a killed process resumes
// after Lease plus one sweep.
const (
	Lease      = 9 * time.Second
	LeaseRenew = Lease / 3
	LeaseGrace = time.Second
)

// Sentinel errors of this package. Everything else is a fault of the database, see [IsUnavailable].
var (
	ErrNotFound     = errors.New("storage: not found")
	ErrSeen         = errors.New("storage: update already handled")
	ErrFenced       = errors.New("storage: claim lost")
	ErrInsufficient = errors.New("storage: not enough credits")
	ErrKeyReuse     = errors.New("storage: idempotency key reused with other content")
	ErrTooMany      = errors.New("storage: too many generations waiting")
	ErrRestricted   = errors.New("storage: processing is restricted")
	ErrBanned       = errors.New("storage: banned")
	ErrFrozen       = errors.New("storage: credits are owed")
	ErrConsumed     = errors.New("storage: button already used")
	ErrCapped       = errors.New("storage: beyond the person's own limit of the month")
	ErrExpired      = errors.New("storage: the price no longer holds")
	ErrPaid         = errors.New("storage: payment already known")
	ErrSchema       = errors.New("storage: the schema is not that of this release")
)

// Config says where the truth is.
type Config struct {
	URL  string      // file:… for SQLite, postgres://… for Postgres
	Keys *keys.Store // the key store that seals what people write
	Log  *slog.Logger
	// MaxConns bounds connections to Postgres; zero means 12.
	MaxConns int
	// Now is the program's clock; nil means time.Now. Leases use the database's clock instead.
	Now     func() time.Time
	Metrics *Metrics // nil for none
	// Unchanged leaves the schema as it is: one that is not of this release is [ErrSchema].
	Unchanged bool
	// Step, if set, is called before a transaction begins; tests delay or end the process there.
	Step func(ctx context.Context)
	// Doubt has every transaction of which something may be supposed run once in vain, so that tests notice one that cannot run
	// twice.
	Doubt bool
	// Operators are whom it is sealed to who talked with whom; none keeps nothing of it.
	Operators keys.Operators
	// Window is how long that is kept; zero means 72 h.
	Window time.Duration
	// BookYears is for how many years books of people who were erased are kept, counted from the end of the year; zero means BookYears.
	BookYears int
}

// Store is the database. It is safe for concurrent use.
type Store struct {
	dialect dialect
	w       *sql.DB
	r       querier
	pools   []*sql.DB // to be closed
	texts   *prepared // of w, nil on Postgres
	keys    *keys.Store
	log     *slog.Logger
	now     func() time.Time
	ids     *idSource
	metrics *Metrics
	// operators and window are those of Config.
	operators keys.Operators
	window    time.Duration
	bookYears int
	matching  chan struct{} // has an element for each match that is being made
	// trips, claims and looks are short transactions that go together where there are many.
	trips, claims, looks convoy
	// step is Config.Step.
	step func(ctx context.Context)
	// between is what tests put between a transaction and its database.
	between func(statements) statements
	// doubt is Config.Doubt.
	doubt bool
}

// Open connects and brings the schema up to date.
func Open(ctx context.Context, c Config) (*Store, error) {
	d, w, r, err := openDatabase(c.URL, c.MaxConns)
	if err != nil {
		return nil, err
	}
	s := &Store{
		dialect: d, w: w, r: r, pools: []*sql.DB{w}, keys: c.Keys, log: c.Log, now: c.Now, ids: newIDSource(), metrics: c.Metrics,
		operators: c.Operators, window: cmp.Or(c.Window, 72*time.Hour), bookYears: cmp.Or(c.BookYears, BookYears), matching: make(chan struct{}, d.matchers), step: c.Step, doubt: c.Doubt,
	}
	if w != r {
		s.pools = append(s.pools, r)
		s.texts, s.r = newPrepared(w), newPrepared(r)
	}
	s.trips.travel, s.claims.travel, s.looks.travel = s.travel, s.travel, s.travel
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.metrics == nil {
		s.metrics = NewMetrics(nil)
	}
	if err := keys.Reach(ctx, w, c.URL, c.Log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	bring, what := s.migrate, "migrate database"
	if c.Unchanged {
		bring, what = s.migrated, "look at the schema"
	}
	if err := bring(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", what, err), s.Close())
	}
	return s, nil
}

// Engine names the database for people: "SQLite" or "Postgres".
func (s *Store) Engine() string { return s.dialect.name }

// Now is the program's clock, as transactions see it.
func (s *Store) Now() time.Time { return s.now() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.w.PingContext(ctx) }

// Close ends all connections.
func (s *Store) Close() (err error) {
	for _, db := range s.pools {
		err = errors.Join(err, db.Close())
	}
	return err
}

// tx is a transaction and the time it began.
type tx struct {
	statements
	now int64 // µs
	// booked are the entries of the ledger so far; nil where nothing is booked.
	booked *[]transfer
}

// statements is what *sql.DB and *sql.Tx have in common.
type statements interface {
	querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// write runs f in a transaction. The outcome of a COMMIT may be unknown to us; every transaction can be run again,
// because what it does has a key.
func (s *Store) write(ctx context.Context, f func(t tx) error) error {
	if s.step != nil {
		s.step(ctx)
	}
	return s.writing(ctx, f)
}

func (s *Store) writing(ctx context.Context, f func(t tx) error) error {
	raw, err := s.w.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	t := tx{raw, s.now().UnixMicro(), new([]transfer)}
	if s.texts != nil {
		p := &preparedTx{Tx: raw, of: s.texts}
		defer p.learn(ctx)
		t.statements = p
	}
	if s.between != nil {
		t.statements = s.between(t.statements)
	}
	defer raw.Rollback()
	if err := f(t); err != nil {
		return err
	}
	if err := raw.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	s.metrics.committed(*t.booked)
	return nil
}

// alone is write for an f of which only the last statement changes anything. On Postgres that statement is its own
// transaction, which saves the trips that begin and commit cost. SQLite needs none, and tells of a failed commit only
// where there is one.
func (s *Store) alone(ctx context.Context, f func(t tx) error) error {
	if s.dialect.name == sqliteDialect.name {
		return s.write(ctx, f)
	}
	return f(tx{statements: s.w, now: s.now().UnixMicro()})
}

// exec runs a statement and returns how many rows it touched.
func (t tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// change runs a conditional statement that must touch a row; if it touches none, it returns miss.
func (t tx) change(ctx context.Context, miss error, query string, args ...any) error {
	n, err := t.suppose(ctx, query, args...)
	if err == nil && n == 0 {
		return miss
	}
	return err
}

// querier is what reads.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// collect reads all rows with scan.
func collect[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) (all []T, err error) {
	if t, ok := q.(tx); ok {
		if p, ok := t.statements.(*supposing); ok {
			_, err = p.send(ctx, gather(&all, scan, query, args))
			return all, err
		}
	}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// scanner is what *sql.Row and *sql.Rows have in common.
type scanner interface{ Scan(dest ...any) error }

// notFound turns the standard library's answer into ours.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// micros and its inverse: times are BIGINT microseconds, NULL is the zero time.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func fromMicros(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMicro(n.Int64).UTC()
}
