package storage

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// suppose is write for an f that mostly does what it is meant to. On Postgres its statements do not wait for each other's answers
// where those are what f supposes: that a row was inserted, that a claim still holds. They go together with the next one that has
// something to tell, which saves the trips that most of a short transaction consists of. If a supposition was wrong nothing has
// happened, and f runs again as write runs it, which finds out what is the matter: f has to begin anew then, like any transaction.
func (s *Store) suppose(ctx context.Context, f func(t tx) error) error {
	if s.dialect.name != postgresDialect.name || s.between != nil {
		return s.write(ctx, f)
	}
	if s.step != nil {
		s.step(ctx)
	}
	if err := s.supposing(ctx, f); !errors.Is(err, errSupposed) {
		return err
	}
	return s.writing(ctx, f)
}

// errSupposed says that something was not as supposed.
var errSupposed = errors.New("storage: not as supposed")

func (s *Store) supposing(ctx context.Context, f func(t tx) error) error {
	conn, err := s.w.Conn(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Close()
	p := &supposing{conn: conn}
	defer func() { // also where f panics or ctx ended before the commit left: the connection goes back to the others
		if !p.over {
			p.rollback(ctx)
		}
	}()
	t := tx{p, s.now().UnixMicro(), new([]transfer)}
	if err = f(t); err == nil {
		err = p.check(ctx)
	} else if len(p.waiting) > 0 { // one of these may be what is the matter
		err = errSupposed
	}
	if p.err != nil || err == nil && s.doubt {
		err = cmp.Or(p.err, errSupposed)
	}
	if err != nil {
		return err
	}
	if err := p.commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	s.metrics.committed(*t.booked)
	return nil
}

// supposing is a transaction of Postgres with statements that wait for company.
type supposing struct {
	conn    *sql.Conn
	begun   bool
	over    bool // committed
	waiting []step
	err     error // of one that waited
}

// later has a statement go along with the next one. It is supposed to touch a row, unless it is loose.
func (p *supposing) later(query string, args []any, loose bool) {
	p.waiting = append(p.waiting, step{query: query, args: args, loose: loose})
}

// check sends what waits.
func (p *supposing) check(ctx context.Context) (err error) {
	if len(p.waiting) > 0 {
		_, err = p.send(ctx)
	}
	return err
}

// send sends what waits and then last, all in one trip, and returns how many rows the last one touched.
func (p *supposing) send(ctx context.Context, last ...step) (n int64, err error) {
	if !p.begun {
		p.waiting = slices.Insert(p.waiting, 0, step{query: "begin", loose: true})
	}
	steps, supposed := append(p.waiting, last...), len(p.waiting)
	p.begun, p.waiting = true, nil
	err = onConn(p.conn, func(c *pgx.Conn) error {
		var batch pgx.Batch
		for _, one := range steps {
			batch.Queue(one.query, one.args...)
		}
		answers := c.SendBatch(ctx, &batch)
		for i, one := range steps {
			n, err = answer(answers, one)
			if i < supposed && (refused(err) || err == nil && n == 0 && !one.loose) {
				err = errSupposed
			}
			if err != nil {
				if i < supposed {
					p.err = cmp.Or(p.err, err)
				}
				_ = answers.Close() // tells of it again
				return err
			}
		}
		return answers.Close()
	})
	return n, err
}

// rollbackTime bounds a rollback, which nobody's context ends.
const rollbackTime = 2 * time.Second

func (p *supposing) rollback(ctx context.Context) {
	if !p.begun {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	if _, err := p.conn.ExecContext(ctx, "rollback"); err != nil {
		_ = p.conn.Raw(func(any) error { return driver.ErrBadConn }) // nobody gets it with its transaction open
	}
}

func (p *supposing) commit(ctx context.Context) error {
	if !p.begun {
		return nil
	}
	return onConn(p.conn, func(c *pgx.Conn) error {
		tag, err := c.Exec(ctx, "commit")
		p.over = err == nil
		if err == nil && tag.String() == "ROLLBACK" {
			err = pgx.ErrTxCommitRollback
		}
		return err
	})
}

// ExecContext is for a statement whose answer somebody waits for.
func (p *supposing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	n, err := p.send(ctx, step{query: query, args: args})
	return touched(n), err
}

// QueryContext is for rows that somebody reads at leisure. What collect and row read goes along with what waits.
func (p *supposing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := p.open(ctx); err != nil {
		return nil, err
	}
	return p.conn.QueryContext(ctx, query, args...)
}

// QueryRowContext is QueryContext for one row. Where what waits is not as supposed, what it tells is worth nothing; the transaction
// remembers that and has no end.
func (p *supposing) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	_ = p.open(ctx)
	return p.conn.QueryRowContext(ctx, query, args...)
}

// open begins, and sends what waits.
func (p *supposing) open(ctx context.Context) error {
	if p.begun && len(p.waiting) == 0 {
		return p.err
	}
	_, err := p.send(ctx)
	return err
}

// touched is how many rows a statement touched.
type touched int64

// LastInsertId implements sql.Result.
func (touched) LastInsertId() (int64, error) { return 0, errors.ErrUnsupported }

// RowsAffected implements sql.Result.
func (n touched) RowsAffected() (int64, error) { return int64(n), nil }

// suppose is exec for a statement that mostly touches a row: 1 may be a supposition.
func (t tx) suppose(ctx context.Context, query string, args ...any) (int64, error) {
	if p, ok := t.statements.(*supposing); ok {
		p.later(query, args, false)
		return 1, nil
	}
	return t.exec(ctx, query, args...)
}

// put is exec where nobody asks how many rows it touched.
func (t tx) put(ctx context.Context, query string, args ...any) error {
	if p, ok := t.statements.(*supposing); ok {
		p.later(query, args, true)
		return nil
	}
	_, err := t.exec(ctx, query, args...)
	return err
}

// row is QueryRowContext for a row that is scanned at once.
func (t tx) row(ctx context.Context, query string, args ...any) scanner {
	if p, ok := t.statements.(*supposing); ok {
		return asked{ctx, p, query, args}
	}
	return t.QueryRowContext(ctx, query, args...)
}

// asked is a row that is still to be asked for.
type asked struct {
	ctx   context.Context
	of    *supposing
	query string
	args  []any
}

// Scan implements scanner.
func (a asked) Scan(dest ...any) error {
	found := false
	_, err := a.of.send(a.ctx, step{query: a.query, args: a.args, row: func(row scanner) error {
		found = true
		return row.Scan(dest...)
	}})
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}
