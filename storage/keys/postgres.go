package keys

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// How long a Postgres is waited for where its URL has no connect_timeout, and after how long that is said.
const (
	connectMost = 10 * time.Second
	connectSlow = 2 * time.Second
)

// ErrURL says that a URL of Postgres cannot be meant.
var ErrURL = errors.New("is no URL of Postgres; look at what stands behind its question mark, such as sslmode=require")

// OpenPostgres makes a pool of connections, here and in package storage, and connects to nothing yet. The error does not tell the URL,
// which may hold a password.
func OpenPostgres(address string) (*sql.DB, error) {
	c, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, ErrURL
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectMost
	}
	return stdlib.OpenDB(*c), nil
}

// Reach asks whether the database of a URL answers. Of a Postgres the error is a sentence for operators, and it is said when it has to
// be waited for.
func Reach(ctx context.Context, db *sql.DB, address string, log *slog.Logger) error {
	at := "its address"
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		at = u.Host
	}
	if log != nil {
		slow := time.AfterFunc(connectSlow, func() { log.WarnContext(ctx, "waiting for postgres", "address", at) })
		defer slow.Stop()
	}
	err := db.PingContext(ctx)
	if err == nil || ctx.Err() != nil || !errors.As(err, new(*pgconn.ConnectError)) {
		return err
	}
	return &unreached{why(err, at), err}
}

// unreached is a Postgres that cannot be worked with, in words of its own.
type unreached struct {
	text string
	err  error
}

func (u *unreached) Error() string { return u.text }
func (u *unreached) Unwrap() error { return u.err }

// why is what keeps somebody from a server: pgx tries several ways and tells of each.
func why(err error, at string) string {
	var refused *pgconn.PgError
	var unknown *net.DNSError
	var code syscall.Errno
	var slow net.Error
	switch {
	case errors.As(err, &refused):
		return "postgres at " + at + " refuses: " + refused.Message
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return "there is no host " + unknown.Name
	case errors.As(err, &code):
		return "no postgres answers at " + at + ": " + code.Error()
	case errors.As(err, &slow) && slow.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no postgres answers at " + at + ": it does not reply in time"
	}
	return fmt.Sprintf("postgres at %s: %s", at, strings.Join(strings.Fields(err.Error()), " "))
}
