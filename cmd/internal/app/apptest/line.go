package apptest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"
)

// Line is the line between the program and a server: a proxy of a few dozen lines, in place of one that brings a server, an API
// and their dependencies along.
type Line struct {
	Addr string // where the program finds the server

	mu     sync.Mutex
	target string
	broken bool
	mute   bool
	lag    time.Duration
	conns  map[net.Conn]bool
}

// NewLine listens in front of the server at target, until the test ends.
func NewLine(tb testing.TB, target string) *Line {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	b := &Line{Addr: l.Addr().String(), target: target, conns: make(map[net.Conn]bool)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { b.join(c) })
		}
	})
	tb.Cleanup(func() {
		_ = l.Close()
		b.Cut()
		wg.Wait()
	})
	return b
}

// join copies both ways until one end closes.
func (l *Line) join(client net.Conn) {
	defer l.forget(client)
	if !l.keep(client) {
		return
	}
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", l.leads())
	if err != nil {
		return
	}
	defer l.forget(server)
	if !l.keep(server) {
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { l.pump(server, client, false); _ = server.Close() })
	l.pump(client, server, true)
	_ = client.Close()
	wg.Wait()
}

// pump copies one way. Of a muted line answers are read, and go nowhere.
func (l *Line) pump(to, from net.Conn, answers bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			lag, lost := l.state()
			if lag > 0 {
				time.Sleep(lag)
			}
			if lost && answers {
				continue
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *Line) state() (lag time.Duration, mute bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lag, l.mute
}

func (l *Line) leads() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.target
}

// keep reports whether the connection may live.
func (l *Line) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.broken {
		l.conns[c] = true
	}
	return !l.broken
}

func (l *Line) forget(c net.Conn) {
	_ = c.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

// Cut ends all connections and lets no new one through.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = true
	l.hangUp()
}

func (l *Line) hangUp() {
	for c := range l.conns {
		_ = c.Close()
	}
}

// Mute loses what the server answers, until Mend. What it is asked to do it does.
func (l *Line) Mute() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mute = true
}

// Delay makes whatever passes take so long, each way.
func (l *Line) Delay(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lag = d
}

// Mend makes the line as new. Connections that have lost answers end.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mute {
		l.hangUp()
	}
	l.broken, l.mute, l.lag = false, false, 0
}

// CutFor cuts the line and mends it after a while.
func (l *Line) CutFor(d time.Duration) {
	l.Cut()
	time.AfterFunc(d, l.Mend)
}

// Lead makes the line lead to another server.
func (l *Line) Lead(target string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.target = target
}
