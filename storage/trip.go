package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// step is a statement that does not depend on what those before it returned.
type step struct {
	query string
	args  []any
	// row, if set, reads each row that comes back.
	row func(scanner) error
	// loose says that it may touch no row, where others are supposed to.
	loose bool
}

// trip runs steps as one transaction. On Postgres they are one trip, where each statement of another transaction is one, and
// so are its begin and its end: that is most of what short transactions cost; and trips of others go along (convoy.go). As nobody
// looks at the answers until all is done, what must not happen has to break a constraint.
//
// Plan makes the steps and forgets what earlier ones read: it is called again where they are to be run again. Lane is what they
// lock.
func (s *Store) trip(ctx context.Context, lane RelayLane, plan func() []step) error {
	return s.tripWith(ctx, &s.trips, lane, plan)
}

func (s *Store) tripWith(ctx context.Context, others *convoy, lane RelayLane, plan func() []step) error {
	if s.dialect.name == postgresDialect.name && s.between == nil {
		return others.join(ctx, lane, plan)
	}
	return s.write(ctx, func(t tx) error {
		for _, one := range plan() {
			if err := t.stride(ctx, one); err != nil {
				return err
			}
		}
		return nil
	})
}

// look is a trip that only reads.
func (s *Store) look(ctx context.Context, plan func() step) error {
	if s.dialect.name == postgresDialect.name {
		return s.looks.join(ctx, RelayLane{}, func() []step { return []step{plan()} })
	}
	one := plan()
	_, err := collect(ctx, s.r, func(row scanner) (none struct{}, err error) { return none, one.row(row) }, one.query, one.args...)
	return err
}

// lookup is collect for what many ask at once and is found by a key.
func lookup[T any](ctx context.Context, s *Store, scan func(scanner) (T, error), query string, args ...any) (all []T, err error) {
	err = s.look(ctx, func() step { return gather(&all, scan, query, args) })
	return all, err
}

// gather is a statement whose rows become all there is.
func gather[T any](all *[]T, scan func(scanner) (T, error), query string, args []any) step {
	*all = nil
	return step{query: query, args: args, row: func(row scanner) error {
		v, err := scan(row)
		*all = append(*all, v)
		return err
	}}
}

// first is lookup for one row, or ErrNotFound.
func first[T any](ctx context.Context, s *Store, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	return only(lookup(ctx, s, scan, query, args...))
}

// only is the row there is, or ErrNotFound.
func only[T any](all []T, err error) (one T, _ error) {
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return one, err
	}
	return all[0], nil
}

// changed is first for a statement that changes the row, which is all of its transaction.
func changed[T any](ctx context.Context, s *Store, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	var all []T
	err := s.tripWith(ctx, &s.claims, RelayLane{}, func() []step { return []step{gather(&all, scan, query, args)} })
	return only(all, err)
}

// travel runs trips as one transaction of Postgres. What goes wrong where an answer is read is told to the trip that it is the
// answer of; anything else is the error of all, none of which has happened then.
func (s *Store) travel(ctx context.Context, trips []*traveler, hurry bool) error {
	if s.step != nil {
		s.step(ctx)
	}
	conn, err := s.w.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	return onConn(conn, func(c *pgx.Conn) error { return sendTrips(ctx, c, trips, hurry) })
}

// onConn runs f with Postgres' own connection.
func onConn(conn *sql.Conn, f func(*pgx.Conn) error) error {
	return conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("connection of %T", driver)
		}
		return f(c.Conn())
	})
}

// stride runs a step within a transaction.
func (t tx) stride(ctx context.Context, one step) error {
	if one.row == nil {
		_, err := t.exec(ctx, one.query, one.args...)
		return err
	}
	_, err := collect(ctx, t, func(row scanner) (none struct{}, err error) { return none, one.row(row) }, one.query, one.args...)
	return err
}

// anyPlan has the statements of a transaction planned once per connection: each finds its rows by a key, whatever it is. Else
// Postgres plans some of them anew every time, which takes longer than they do. InHurry has them wait for no lock for long too.
const (
	anyPlan = `SELECT set_config('plan_cache_mode', 'force_generic_plan', TRUE)`
	inHurry = anyPlan + `, set_config('lock_timeout', '100ms', TRUE)`
)

// sendTrips sends all steps and then reads the answers. Without a begin they are a transaction of their own.
func sendTrips(ctx context.Context, c *pgx.Conn, trips []*traveler, hurry bool) (err error) {
	var batch pgx.Batch
	if hurry {
		batch.Queue(inHurry)
	} else {
		batch.Queue(anyPlan)
	}
	for _, t := range trips {
		t.steps, t.err = t.plan(), nil
		for _, one := range t.steps {
			batch.Queue(one.query, one.args...)
		}
	}
	answers := c.SendBatch(ctx, &batch)
	defer func() { err = errors.Join(err, answers.Close()) }()
	if _, err := answers.Exec(); err != nil {
		return err
	}
	for _, t := range trips {
		for _, one := range t.steps {
			if err := t.read(answers, one); err != nil {
				return err
			}
		}
	}
	return nil
}

// read reads the answer of a step. An error is the server's.
func (t *traveler) read(answers pgx.BatchResults, one step) error {
	if row := one.row; row != nil {
		one.row = func(r scanner) error {
			t.err = cmp.Or(t.err, row(r))
			return nil
		}
	}
	_, err := answer(answers, one)
	return err
}

// answer reads the answer of a statement and returns how many rows it touched.
func answer(from pgx.BatchResults, one step) (int64, error) {
	if one.row == nil {
		tag, err := from.Exec()
		return tag.RowsAffected(), err
	}
	rows, err := from.Query()
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := one.row(rows); err != nil {
			return 0, err
		}
	}
	return rows.CommandTag().RowsAffected(), rows.Err()
}

// refused reports whether err is the server's answer, so that nothing of the transaction has happened.
func refused(err error) bool {
	_, ok := errors.AsType[*pgconn.PgError](err)
	return ok
}

// waitedForLock reports whether err says that something was locked for too long.
func waitedForLock(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "55P03"
}

// brokeConstraint reports whether err says that a row would have broken one.
func brokeConstraint(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code[:2] == "23"
	}
	lite, ok := errors.AsType[*sqlite.Error](err)
	return ok && lite.Code()&0xff == 19
}
