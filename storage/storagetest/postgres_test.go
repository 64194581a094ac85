package storagetest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestPostgresGivesEachCallItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for range 2 {
		conn, err := pgx.Connect(t.Context(), PostgresURL(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		// The name is taken if the two calls share a database.
		if _, err := conn.Exec(t.Context(), `CREATE TABLE only_mine (id BIGINT PRIMARY KEY)`); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPostgresDropsTheDatabase(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("user", func(t *testing.T) {
		url = PostgresURL(t)
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn // left open: the drop must not wait for it
	})
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		_ = conn.Close(t.Context())
		t.Fatal("the database outlived its test")
	}
}

func TestPostgresSyncsOnlyForBenchmarks(t *testing.T) {
	t.Parallel()
	if got := fsync(t, PostgresURL(t)); got != "off" {
		t.Errorf("fsync in a test = %s, want off", got)
	}
}

func BenchmarkPostgresCommit(b *testing.B) {
	url := PostgresURL(b)
	if got := fsync(b, url); got != "on" {
		b.Fatalf("fsync in a benchmark = %s, want on", got)
	}
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(b.Context(), `CREATE TABLE t (id BIGINT)`); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := conn.Exec(b.Context(), `INSERT INTO t VALUES (1)`); err != nil {
			b.Fatal(err)
		}
	}
}

func fsync(tb testing.TB, url string) string {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close(context.Background())
	var on string
	if err := conn.QueryRow(tb.Context(), `SHOW fsync`).Scan(&on); err != nil {
		tb.Fatal(err)
	}
	return on
}

func TestDebianVersion(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{
		"/usr/lib/postgresql/9/bin/initdb":  9,
		"/usr/lib/postgresql/17/bin/initdb": 17,
		"/opt/pg/bin/initdb":                0,
	} {
		if got := debianVersion(path); got != want {
			t.Errorf("debianVersion(%s) = %d, want %d", path, got, want)
		}
	}
}

// What is committed is there after the server was killed and started again, at the same address.
func TestPostgresKilledAndStartedAgain(t *testing.T) {
	t.Parallel()
	p := StartPostgres(t)
	url, addr := p.Migrated(), p.Addr()
	s := Open(t, url, nil)
	who, err := s.PersonByTelegram(t.Context(), 4242, "en")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := p.CutConnections(); err != nil {
			t.Fatal(err)
		}
		p.Kill()
		p.Kill()
		if err := s.Ping(t.Context()); err == nil {
			t.Error("a server that was killed answers")
		}
		p.Start()
		if again, err := s.PersonByTelegram(t.Context(), 4242, "en"); err != nil || again.ID != who.ID || p.Addr() != addr {
			t.Errorf("%+v at %s, %v; was %+v at %s", again, p.Addr(), err, who, addr)
		}
	}
}
