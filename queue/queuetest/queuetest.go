// Package queuetest gives tests and benchmarks a Redis of their own: one in the process, or a real server as a child.
//
// The one in the process runs everything this repository does with Redis, at about 1,700 tasks a second. Tests of
// scripts run on both, see Each. Both end with the test.
package queuetest

import (
	"bufio"
	"context"
	"crypto/rand"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/imagika/imagika/queue"
)

// Redis returns a connection to a Redis in this process.
func Redis(tb testing.TB) *queue.Redis {
	tb.Helper()
	return Open(tb, URL(tb))
}

// URL starts a Redis in this process and returns its address, password included.
func URL(tb testing.TB) string {
	tb.Helper()
	m := miniredis.NewMiniRedis()
	password := rand.Text()
	m.RequireAuth(password)
	if err := m.StartAddr("127.0.0.1:0"); err != nil {
		tb.Fatalf("queuetest: start redis: %v", err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		advance(m, stop)
	}()
	tb.Cleanup(func() {
		close(stop)
		<-stopped
		m.Close()
	})
	return "redis://:" + password + "@" + m.Addr()
}

// advance lets keys expire: by itself the server's TTLs stand still. Its own clock for TTLs would sort all keys at
// every access.
func advance(m *miniredis.Miniredis, stop <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.FastForward(time.Second)
		case <-stop:
			return
		}
	}
}

// RealRedis returns a connection to a real redis-server of its own. Without the program the test is skipped.
func RealRedis(tb testing.TB) *queue.Redis {
	tb.Helper()
	return Open(tb, RealURL(tb))
}

// RealURL starts a real redis-server on a free loopback port and returns its address, password included. It keeps its
// data in memory.
func RealURL(tb testing.TB) string {
	tb.Helper()
	return StartReal(tb).URL()
}

// Server is a redis-server that a test may kill and start again.
type Server struct {
	tb       testing.TB
	port     int
	password string
	args     []string
	cmd      *exec.Cmd
}

// StartReal starts a redis-server with further arguments, such as "--appendonly", "yes". Its folder outlives Kill.
func StartReal(tb testing.TB, args ...string) *Server {
	tb.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if !testing.Short() {
			tb.Fatal("queuetest: no redis-server: install the Debian package redis-server, or run with -short")
		}
		tb.Skip("queuetest: no redis-server on this machine")
	}
	s := &Server{tb: tb, port: freePort(tb), password: rand.Text()}
	s.args = append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", tb.TempDir(),
		"--requirepass", s.password, "--save", "", "--appendonly", "no", "--daemonize", "no",
	}, args...)
	s.Start()
	tb.Cleanup(s.Kill)
	return s
}

// Addr is the server's host and port.
func (s *Server) Addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// URL is the server's address, password included.
func (s *Server) URL() string { return "redis://:" + s.password + "@" + s.Addr() }

// Start starts the server, for the first time or after Kill, and waits until it takes connections.
func (s *Server) Start() {
	s.tb.Helper()
	s.cmd = exec.CommandContext(context.Background(), "redis-server", s.args...)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.tb.Fatalf("queuetest: pipe of redis-server: %v", err)
	}
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatalf("queuetest: start redis-server: %v", err)
	}
	lines := bufio.NewScanner(out)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return
		}
	}
	s.Kill()
	s.tb.Fatalf("queuetest: redis-server did not start:\n%s", strings.Join(said, "\n"))
}

// Kill ends the server at once, as a crash would. Killing twice is no error.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Hang lets the server take connections and commands and answer none, until it is killed.
func (s *Server) Hang() {
	s.tb.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		s.tb.Fatalf("queuetest: stop redis-server: %v", err)
	}
}

// freePort returns a port nobody listened on a moment ago.
func freePort(tb testing.TB) int {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("queuetest: free port: %v", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Each runs a test on the Redis in the process and, where there is one, on a real one.
func Each(t *testing.T, test func(t *testing.T, r *queue.Redis)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) *queue.Redis{"embedded": Redis, "real": RealRedis} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// Open opens a connection that closes with the test, before the server it leads to.
func Open(tb testing.TB, url string) *queue.Redis {
	tb.Helper()
	r, err := queue.Open(tb.Context(), queue.RedisConfig{URL: url})
	if err != nil {
		tb.Fatalf("queuetest: %v", err)
	}
	tb.Cleanup(func() { _ = r.Close() })
	return r
}

// Flush empties Redis, as a wipe would.
func Flush(tb testing.TB, r *queue.Redis) {
	tb.Helper()
	if err := r.Clear(tb.Context()); err != nil {
		tb.Fatalf("queuetest: %v", err)
	}
}

// Keys returns keys made from a random secret.
func Keys(tb testing.TB) *queue.Keys {
	tb.Helper()
	secret := make([]byte, queue.SecretSize)
	if _, err := rand.Read(secret); err != nil {
		tb.Fatalf("queuetest: secret: %v", err)
	}
	k, err := queue.NewKeys(secret)
	if err != nil {
		tb.Fatalf("queuetest: %v", err)
	}
	return k
}
