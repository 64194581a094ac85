package sim_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a connection to Redis. Replies get lost on it, its process can die of a command, and one that is frozen hears nothing.
type wire struct {
	net.Conn
	q   *redisQueue
	n   *node // whose it is; nil where nothing breaks
	out chan []byte
	// greeted says that the first command is on its way, deaf that the next reply is lost.
	greeted, deaf atomic.Bool
	born          time.Time
	over          chan struct{}
	end           func()
}

// dialer makes the wires of a process. That a client is greeted always works, and takes no time: it waits for that with a lock held,
// and simulated time does not pass while somebody else waits for a lock. Nobody gets further than that when Redis is away.
func (q *redisQueue) dialer(n *node) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		conn, err := q.server.Dial()
		if err != nil {
			return nil, err
		}
		c := &wire{Conn: conn, q: q, n: n, out: make(chan []byte, 100), born: time.Now(), over: make(chan struct{})}
		c.end = sync.OnceFunc(func() { close(c.over) })
		q.lock.Lock()
		q.wires[c] = true
		q.lock.Unlock()
		go c.pump()
		return c, nil
	}
}

// gone reports whether nobody gets through.
func (q *redisQueue) gone() bool {
	q.lock.Lock()
	defer q.lock.Unlock()
	return q.away.After(time.Now())
}

// cut cuts wires, but for those whose client is being greeted.
func (q *redisQueue) cut(which func(*wire) bool) {
	q.lock.Lock()
	all := slices.Collect(maps.Keys(q.wires))
	q.lock.Unlock()
	for _, c := range all {
		if which(c) && (c.greeted.Load() || time.Since(c.born) > time.Second) {
			_ = c.Close()
		}
	}
}

// pump writes to the server: a pipe has no room by itself, and a client may write while the server does.
func (c *wire) pump() {
	for {
		select {
		case p := <-c.out:
			if _, err := c.Conn.Write(p); err != nil {
				return
			}
		case <-c.over:
			return
		}
	}
}

// greeting is how a client begins, poll how idle pools ask, a hundred times a second.
var greeting, poll = []byte("*2\r\n$5\r\nhello\r\n"), []byte("*2\r\n$6\r\nexists\r\n")

// Write implements net.Conn.
func (c *wire) Write(p []byte) (int, error) {
	if c.n != nil && !bytes.HasPrefix(p, greeting) {
		c.breaks(p)
	}
	select {
	case <-c.over:
		return 0, net.ErrClosed
	default:
	}
	select {
	case c.out <- bytes.Clone(p):
		return len(p), nil
	case <-c.over:
		return 0, net.ErrClosed
	}
}

// breaks draws what happens to a command.
func (c *wire) breaks(p []byte) {
	c.greeted.Store(true)
	switch {
	case c.n.over(), c.q.gone():
		_ = c.Close()
	case bytes.HasPrefix(p, poll):
	case c.n.up.Load() && c.q.chance("die at redis", 0.0005):
		c.q.kill(c.n)
	case c.q.chance("no way to redis", 0.002):
		c.q.struck("redis cut")
		_ = c.Close()
	case c.q.chance("reply lost", 0.004):
		c.q.struck("redis unheard")
		c.deaf.Store(true)
	}
}

// Read implements net.Conn.
func (c *wire) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.greeted.Load() {
		c.n.thaw()
	}
	if err == nil && c.deaf.Load() {
		_ = c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// Close implements net.Conn.
func (c *wire) Close() error {
	c.end()
	c.q.lock.Lock()
	delete(c.q.wires, c)
	c.q.lock.Unlock()
	return c.Conn.Close()
}
