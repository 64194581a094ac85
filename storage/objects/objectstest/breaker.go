package objectstest

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/imagika/imagika/storage/objects"
)

// NewBreakable returns a new, empty bucket on a real S3, and the means to cut it off.
func NewBreakable(tb testing.TB) (*objects.Store, *Breaker) {
	tb.Helper()
	conf := Config(tb)
	var lc net.ListenConfig
	l, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("objectstest: %v", err)
	}
	b := &Breaker{target: conf.Endpoint, conns: make(map[net.Conn]bool)}
	var wg sync.WaitGroup
	wg.Go(func() { b.accept(l) })
	tb.Cleanup(func() {
		_ = l.Close()
		b.Break()
		wg.Wait()
	})
	conf.Endpoint = l.Addr().String()
	s, err := objects.Open(tb.Context(), conf)
	if err != nil {
		tb.Fatalf("objectstest: %v", err)
	}
	tb.Cleanup(s.Close)
	return s, b
}

// Breaker is the line between a store and its server.
type Breaker struct {
	target string

	mu     sync.Mutex
	broken bool
	conns  map[net.Conn]bool
}

// Break cuts all connections, uploads under way included, and lets no new one through.
func (b *Breaker) Break() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = true
	for c := range b.conns {
		_ = c.Close()
	}
}

// Mend lets connections through again.
func (b *Breaker) Mend() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = false
}

// accept joins every connection with one to the server, until the listener is closed.
func (b *Breaker) accept(l net.Listener) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		wg.Go(func() { b.join(client) })
	}
}

// join copies in both directions until one end is closed.
func (b *Breaker) join(client net.Conn) {
	defer b.forget(client)
	if !b.remember(client) {
		return
	}
	server, err := net.Dial("tcp", b.target) //nolint:noctx // loopback, and Break closes it
	if err != nil {
		return
	}
	defer b.forget(server)
	if !b.remember(server) {
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	})
	_, _ = io.Copy(client, server)
	_ = client.Close()
	wg.Wait()
}

// remember reports whether the connection may live.
func (b *Breaker) remember(c net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.broken {
		b.conns[c] = true
	}
	return !b.broken
}

func (b *Breaker) forget(c net.Conn) {
	_ = c.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, c)
}
