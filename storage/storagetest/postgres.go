// Package storagetest gives a test a database of its own, on SQLite and on Postgres, each with a key store.
//
// Postgres is the real server, not an imitation: the first test that asks starts one for the whole test binary, and
// every call creates a fresh database in it, dropped when the test ends. Nothing has to be installed as a service and
// nothing outlives the binary. There is no TestMain to forget, so the end of the process itself is the signal: a small
// shell stands between us and the server, reads from a pipe whose other end only we hold, and when that pipe closes,
// by a normal exit, a panic or kill -9 alike, it stops the server and removes its files. (Linux's parent-death signal
// would not do: it fires when the thread that forked ends, which in Go is any time, and it removes no files.)
package storagetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	startTimeout = time.Minute      // from exec to the first answer, on a busy machine
	adminTimeout = 30 * time.Second // one CREATE or DROP DATABASE
	startTries   = 5                // a free port may be taken before the server binds it
)

// errNoPostgres says that no server binaries were found.
var errNoPostgres = errors.New("no postgres server binaries: install the Debian package postgresql (or put initdb in PATH), or run with -short")

// errEnded says that the server ended before it answered, as it does when its port is taken.
var errEnded = errors.New("postgres ended at start")

// One server per kind and test binary, started by the first who asks.
var (
	fastServer    = sync.OnceValues(func() (*server, error) { return startServer("off") })
	durableServer = sync.OnceValues(func() (*server, error) { return startServer("on") })
)

// PostgresURL returns the URL of a new, empty database on a real Postgres server, dropped when the test ends. Tests get a
// server with fsync off; a benchmark gets one with fsync on, so that what it measures includes the disk. Where
// Postgres is not installed the test fails with one line that says so, or is skipped under -short.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	return serverFor(tb).database(tb, "template1")
}

// serverFor returns the server for a test or a benchmark.
func serverFor(tb testing.TB) *server {
	tb.Helper()
	start := fastServer
	if _, ok := tb.(*testing.B); ok {
		start = durableServer
	}
	s, err := start()
	if errors.Is(err, errNoPostgres) && testing.Short() {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatalf("storagetest: %v", err)
	}
	return s
}

// database makes a copy of a database of the server, which nobody may be connected to, dropped when the test ends.
func (s *server) database(tb testing.TB, template string) string {
	tb.Helper()
	name := "t_" + strings.ToLower(rand.Text())
	if err := s.exec(`CREATE DATABASE ` + name + ` TEMPLATE ` + template); err != nil {
		tb.Fatalf("storagetest: create database: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.exec(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			tb.Errorf("storagetest: drop database: %v", err)
		}
	})
	return s.url(name)
}

// server is one running Postgres.
type server struct {
	port     int
	password string

	alive io.Closer       // the server ends when this does, and its folder goes
	gone  <-chan struct{} // closed when it has ended

	migrate  sync.Once
	migrated error
}

// template returns the name of a database with the schema of the program, which is made once.
func (s *server) template() (string, error) {
	const name = "migrated"
	s.migrate.Do(func() {
		if s.migrated = s.exec(`CREATE DATABASE ` + name); s.migrated == nil {
			s.migrated = migrate(s.url(name))
		}
	})
	return name, s.migrated
}

// url returns the address of one of the server's databases.
func (s *server) url(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword("postgres", s.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// exec runs one statement in the maintenance database, on a connection of its own.
func (s *server) exec(sql string) error {
	// Not the test's context: that one is canceled before cleanups run.
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// startServer makes a data folder and starts a server on it, on the first free port that stays free.
func startServer(fsync string) (*server, error) {
	c, err := newCluster(fsync)
	if err != nil {
		return nil, err
	}
	return c.launchFree()
}

// cluster is a data folder that a server can run on.
type cluster struct {
	bin, dir, password, fsync string
	cred                      *syscall.Credential
}

// newCluster makes a data folder.
func newCluster(fsync string) (c cluster, err error) {
	c = cluster{password: rand.Text(), fsync: fsync}
	if c.bin, err = binaries(); err != nil {
		return c, err
	}
	if c.cred, err = unprivileged(); err != nil {
		return c, err
	}
	if c.dir, err = os.MkdirTemp("", "imagika-postgres-"); err != nil {
		return c, fmt.Errorf("temporary folder: %w", err)
	}
	if err := initdb(c.bin, c.dir, c.password, c.cred); err != nil {
		return c, errors.Join(err, os.RemoveAll(c.dir))
	}
	return c, nil
}

// launchFree starts a server on the first free port that stays free.
func (c cluster) launchFree() (s *server, err error) {
	for try := 0; try == 0 || errors.Is(err, errEnded) && try < startTries; try++ {
		var port int
		if port, err = freePort(); err == nil {
			s, err = c.launch(port)
		}
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.dir))
	}
	return s, nil
}

// binaries returns the folder that holds initdb and postgres: the one in PATH, else the newest Debian has installed.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNoPostgres
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return debianVersion(a) - debianVersion(b) })
	return filepath.Dir(newest), nil
}

// debianVersion returns the major version in a path such as /usr/lib/postgresql/17/bin/initdb, or 0.
func debianVersion(path string) int {
	v, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return v
}

// unprivileged returns whom to run the server as: ourselves, unless we are root, whom Postgres refuses.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("postgres does not run as root and there is no other user for it: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user id: %w", err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("group id: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// initdb makes a fresh cluster in dir/data. A password guards it: a superuser of Postgres can run commands, and other
// people's processes reach loopback too.
func initdb(bin, dir, password string, cred *syscall.Credential) error {
	pwfile := filepath.Join(dir, "password")
	if err := os.WriteFile(pwfile, []byte(password), 0o600); err != nil {
		return fmt.Errorf("password file: %w", err)
	}
	if cred != nil {
		for _, path := range []string{dir, pwfile} {
			if err := os.Chown(path, int(cred.Uid), int(cred.Gid)); err != nil {
				return fmt.Errorf("hand over %s: %w", path, err)
			}
		}
	}
	cmd := exec.CommandContext(context.Background(), filepath.Join(bin, "initdb"), "--pgdata", filepath.Join(dir, "data"),
		"--username=postgres", "--pwfile", pwfile, "--auth=password", "--encoding=UTF8", "--no-locale", "--no-sync")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// keeper runs the server given by its arguments after the first, until the server ends or standard input does; in
// the latter case it stops the server and removes the folder named by the first. Of a server that was ended by somebody else the
// folder stays.
const keeper = `
dir=$1; shift
exec 3<&0
"$@" </dev/null 3<&- >>"$dir/log" 2>&1 &
server=$!
{ cat <&3 >/dev/null; touch "$dir/done"; kill -QUIT $server; } >/dev/null 2>&1 &
watch=$!
wait $server
kill $watch 2>/dev/null
if [ -e "$dir/done" ]; then cd / && rm -rf "$dir"; fi
`

// launch starts the server on a port and waits for its first answer.
func (c cluster) launch(port int) (*server, error) {
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", keeper, "sh", c.dir, filepath.Join(c.bin, "postgres"),
		"-D", filepath.Join(c.dir, "data"), "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync="+c.fsync, "-c", "full_page_writes="+c.fsync, "-c", "max_connections=200")
	cmd.Dir = c.dir
	// A group of its own: an interrupt typed at the terminal must reach us alone, or nobody is left to tidy up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.cred, Setpgid: true}
	alive, err := cmd.StdinPipe() // never written to: the kernel closes it when this process ends
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	ended := make(chan error, 1)
	gone := make(chan struct{})
	go func() { ended <- cmd.Wait(); close(gone) }()
	s := &server{port: port, password: c.password, alive: alive, gone: gone}
	if err := s.await(ended); err != nil {
		log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
		return nil, fmt.Errorf("%w: %s", errors.Join(err, alive.Close()), log)
	}
	return s, nil
}

// await polls until the server answers, ends by itself or takes too long.
func (s *server) await(ended <-chan error) error {
	deadline := time.After(startTimeout)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return errors.Join(errEnded, err)
		case <-deadline:
			return fmt.Errorf("postgres did not answer within %s", startTimeout)
		case <-tick.C:
			if s.exec(`SELECT 1`) == nil {
				return nil
			}
		}
	}
}

// freePort returns a loopback port nobody listens on at this moment.
func freePort() (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
