package queue_test

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/imagika/imagika/queue"
)

// cutter is a connection that breaks when somebody subscribes.
type cutter struct {
	net.Conn
	cut *atomic.Bool
}

// Write implements net.Conn.
func (c cutter) Write(p []byte) (int, error) {
	if c.cut.Load() && bytes.Contains(p, []byte("subscribe")) {
		_ = c.Close()
		return 0, net.ErrClosed
	}
	return c.Conn.Write(p)
}

// A server over connections of the caller's, in simulated time. When none of its subscriptions can be made, asynq's end waits for them for ever;
// the server's does not.
func TestShutdownEndsWithoutSubscriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var conns []net.Conn
		var cut atomic.Bool
		cut.Store(true)
		m := miniredis.NewMiniRedis()
		opened := make(chan net.Conn, 1000)
		r, err := queue.Open(t.Context(), queue.RedisConfig{URL: "redis://127.0.0.1:1", Dial: func(context.Context, string, string) (net.Conn, error) {
			c, err := m.Dial()
			opened <- c
			return cutter{c, &cut}, err
		}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := queue.NewServer(r, queue.ServerConfig{Grace: 11 * time.Second, Embedded: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		began := time.Now()
		s.Shutdown()
		if took := time.Since(began); took < 5*time.Second || took > 11*time.Second {
			t.Errorf("took %s", took)
		}
		cut.Store(false)
		for len(opened) > 0 {
			conns = append(conns, <-opened)
		}
		for _, c := range conns {
			_ = c.Close()
		}
		time.Sleep(time.Minute) // asynq ends as well
		_ = r.Close()
		m.Close()
	})
}
