package storage

import (
	"context"
	"database/sql"
	"regexp"
	"sync"
)

// prepared is a SQLite database that parses each text once per connection: by itself the driver parses at every call, which
// takes longer than most of these statements run. Postgres needs none of this, pgx does it.
//
// A text is prepared outside of transactions, because what is prepared within one is forgotten at its end; the first
// transaction that uses a text runs it unprepared.
type prepared struct {
	*sql.DB

	mu    sync.Mutex
	stmts map[string]*sql.Stmt
}

// limits are the parameters that bound how many rows come. SQLite plans by their values, so that a statement with one of them
// is parsed again at each call, unless it is a part of something.
var limits = regexp.MustCompile(`\bLIMIT \$\d+`)

func newPrepared(db *sql.DB) *prepared { return &prepared{DB: db, stmts: map[string]*sql.Stmt{}} }

// known returns the statement of a text, or nil.
func (p *prepared) known(query string) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stmts[query]
}

// stmt returns the statement of a text, or nil where it cannot be prepared: running the text tells why.
func (p *prepared) stmt(ctx context.Context, query string) *sql.Stmt {
	if s := p.known(query); s != nil {
		return s
	}
	fresh, err := p.PrepareContext(ctx, limits.ReplaceAllString(query, "$0 + 0"))
	if err != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.stmts[query]; s != nil {
		_ = fresh.Close() // somebody else was faster
		return s
	}
	p.stmts[query] = fresh
	return fresh
}

// QueryContext is that of the database.
func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := p.stmt(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return p.DB.QueryContext(ctx, query, args...)
}

// QueryRowContext is that of the database.
func (p *prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := p.stmt(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return p.DB.QueryRowContext(ctx, query, args...)
}

// preparedTx is a transaction that uses the statements of its database and remembers what it could not.
type preparedTx struct {
	*sql.Tx
	of     *prepared
	missed []string
}

// learn prepares for the next transaction what this one, which has ended, ran unprepared.
func (t *preparedTx) learn(ctx context.Context) {
	for _, query := range t.missed {
		t.of.stmt(ctx, query)
	}
}

func (t *preparedTx) stmt(ctx context.Context, query string) *sql.Stmt {
	s := t.of.known(query)
	if s == nil {
		t.missed = append(t.missed, query)
		return nil
	}
	return t.StmtContext(ctx, s)
}

// ExecContext is that of the transaction.
func (t *preparedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := t.stmt(ctx, query); s != nil {
		return s.ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, query, args...)
}

// QueryContext is that of the transaction.
func (t *preparedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := t.stmt(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, query, args...)
}

// QueryRowContext is that of the transaction.
func (t *preparedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := t.stmt(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return t.Tx.QueryRowContext(ctx, query, args...)
}
