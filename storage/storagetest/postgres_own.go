package storagetest

import (
	"crypto/rand"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Postgres is a server that a test has for itself, and may kill and start again: what is committed outlives that.
type Postgres struct {
	tb      testing.TB
	cluster cluster
	server  *server
	running bool
}

// StartPostgres starts a server that ends with the test.
func StartPostgres(tb testing.TB) *Postgres {
	tb.Helper()
	p := &Postgres{tb: tb, running: true}
	c, err := newCluster("off") // of a power cut nothing is told by killing a process
	if err == nil {
		p.cluster = c
		p.server, err = c.launchFree()
	}
	if errors.Is(err, errNoPostgres) && testing.Short() {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatalf("storagetest: %v", err)
	}
	tb.Cleanup(p.end)
	return p
}

func (p *Postgres) end() {
	_ = p.server.alive.Close()
	if p.running {
		<-p.server.gone
	}
	_ = os.RemoveAll(p.cluster.dir)
}

// Addr is the server's host and port, which stay.
func (p *Postgres) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.server.port)) }

// New returns the address of a new, empty database.
func (p *Postgres) New() string {
	p.tb.Helper()
	return p.database("template1")
}

// Migrated returns the address of a new, empty database that has the schema.
func (p *Postgres) Migrated() string {
	p.tb.Helper()
	template, err := p.server.template()
	if err != nil {
		p.tb.Fatalf("storagetest: migrate: %v", err)
	}
	return p.database(template)
}

func (p *Postgres) database(template string) string {
	p.tb.Helper()
	name := "t_" + strings.ToLower(rand.Text())
	if err := p.server.exec(`CREATE DATABASE ` + name + ` TEMPLATE ` + template); err != nil {
		p.tb.Fatalf("storagetest: create database: %v", err)
	}
	return p.server.url(name)
}

// Kill ends the server at once, as a crash of all its processes would. Killing twice is no error.
func (p *Postgres) Kill() {
	p.tb.Helper()
	if !p.running {
		return
	}
	text, err := os.ReadFile(filepath.Join(p.cluster.dir, "data", "postmaster.pid"))
	first, _, _ := strings.Cut(string(text), "\n")
	pid, bad := strconv.Atoi(strings.TrimSpace(first))
	if err := errors.Join(err, bad); err != nil {
		p.tb.Fatalf("storagetest: pid of postgres: %v", err)
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		p.tb.Fatalf("storagetest: kill postgres: %v", err)
	}
	<-p.server.gone
	_ = p.server.alive.Close()
	p.running = false
}

// Start starts the server again after Kill, at its address, and waits until it answers.
func (p *Postgres) Start() {
	p.tb.Helper()
	var s *server
	var err error
	for range startTries { // the port may be in use for a moment
		if s, err = p.cluster.launch(p.server.port); err == nil {
			p.server.alive, p.server.gone, p.running = s.alive, s.gone, true
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	p.tb.Fatalf("storagetest: start postgres again: %v", err)
}

// CutConnections ends the connections of all its databases, as an operator does.
func (p *Postgres) CutConnections() error {
	return p.server.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname LIKE 't\_%'`)
}
