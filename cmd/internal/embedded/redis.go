// Package embedded is what a machine with nothing installed runs on: a Redis and an S3 inside this process, and the
// secrets and addresses they need in one data folder.
//
// Both speak the real protocol over loopback, behind random credentials, so that the rest of the program has one code
// path and does not know. What they are not: Redis keeps nothing across a restart (open work is found again in SQL,
// and Telegram gives out again what had no effect yet). S3 writes objects to the disk before it says that they are
// stored (sync.go). Only the all-in-one command imports this package.
//
// The data folder belongs to one process at a time, see [LockFolder].
package embedded

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// redisTick is how often keys are aged. Expiry is late by up to this much.
const redisTick = time.Second

// RedisServer is a Redis in this process.
type RedisServer struct {
	// URL holds the password: it is not to be printed.
	URL string

	server *miniredis.Miniredis
	stop   context.CancelFunc
	done   chan struct{}
}

// Redis starts a Redis on a free loopback port. It ends with ctx or by Close.
func Redis(ctx context.Context) (*RedisServer, error) {
	password := rand.Text()
	m := miniredis.NewMiniRedis()
	m.RequireAuth(password) // before anybody can connect
	if err := m.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("embedded redis: %w", err)
	}
	u := url.URL{Scheme: "redis", User: url.UserPassword("", password), Host: m.Addr(), Path: "/0"}
	ctx, stop := context.WithCancel(ctx)
	r := &RedisServer{URL: u.String(), server: m, stop: stop, done: make(chan struct{})}
	go r.age(ctx)
	return r, nil
}

// Close stops the server and forgets everything.
func (r *RedisServer) Close() {
	r.stop()
	<-r.done
}

// age makes keys expire: in this Redis time stands still unless it is told that some has passed. (It could look at the
// clock itself, but then it sorts all keys at every command.)
func (r *RedisServer) age(ctx context.Context) {
	defer close(r.done)
	defer r.server.Close()
	tick := time.NewTicker(redisTick)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// What really passed: a busy machine drops ticks.
			now := time.Now()
			r.server.FastForward(now.Sub(last))
			last = now
		}
	}
}
