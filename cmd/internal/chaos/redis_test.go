package chaos_test

import (
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/queue/queuetest"
)

// cache is the Redis of a run: two servers of which one is in use. They have one password, so that one can follow the other.
type cache struct {
	t        *testing.T
	line     *apptest.Line
	password string

	mu   sync.Mutex // of whoever does something to the servers
	dirs [2]string
	two  [2]*queuetest.Server
	used int

	sizes sync.Mutex
	was   []aofSize // of the last seconds, oldest first
}

// aofSize is how long the append-only file was.
type aofSize struct {
	at   time.Time
	path string
	size int64
}

func newCache(t *testing.T) *cache {
	t.Helper()
	c := &cache{t: t, password: rand.Text()}
	for i := range c.two {
		c.dirs[i] = t.TempDir()
		c.two[i] = queuetest.StartReal(t, "--dir", c.dirs[i], "--requirepass", c.password, "--masterauth", c.password, "--appendonly", "yes",
			"--appendfsync", "everysec", "--maxmemory-policy", "noeviction", "--aof-use-rdb-preamble", "no", "--repl-diskless-sync-delay", "0")
	}
	c.line = apptest.NewLine(t, c.two[0].Addr())
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { c.watch(done) })
	t.Cleanup(func() { close(done); watching.Wait() })
	return c
}

// url is the address of the server in use, past the line.
func (c *cache) url() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return "redis://:" + c.password + "@" + c.two[c.used].Addr()
}

func (c *cache) conn(i int) *redis.Client {
	return redis.NewClient(&redis.Options{Addr: c.two[i].Addr(), Password: c.password, MaxRetries: -1})
}

// watch remembers how long the append-only file was, because a power cut takes the last second of it.
func (c *cache) watch(done <-chan struct{}) {
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case <-done:
			tick.Stop()
			return
		case <-tick.C:
		}
		for _, dir := range c.dirs {
			files, _ := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.incr.aof"))
			for _, path := range files {
				if info, err := os.Stat(path); err == nil {
					c.sizes.Lock()
					c.was = append(c.was, aofSize{time.Now(), path, info.Size()})
					c.was = c.was[max(0, len(c.was)-100):]
					c.sizes.Unlock()
				}
			}
		}
	}
}

// kill ends the server in use as kill -9 does and starts it again after a while. With lost, what it wrote in the last second is
// gone, as after a power cut.
func (c *cache) kill(away, lost time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.two[c.used].Kill()
	defer c.two[c.used].Start()
	time.Sleep(away)
	if lost == 0 {
		return nil
	}
	return c.cut(c.dirs[c.used], now.Add(-lost))
}

// cut makes the append-only files as long as they were at a time.
func (c *cache) cut(dir string, at time.Time) error {
	c.sizes.Lock()
	defer c.sizes.Unlock()
	then := map[string]int64{}
	for _, s := range c.was {
		if strings.HasPrefix(s.path, dir) && !s.at.After(at) {
			then[s.path] = s.size
		}
	}
	for path, size := range then {
		if err := os.Truncate(path, size); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

// flush empties the server in use.
func (c *cache) flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn := c.conn(c.used)
	defer conn.Close()
	return conn.FlushAll(c.t.Context()).Err()
}

// failover makes the other server a replica, lets it catch up, kills the one in use without another word, and leads everybody to the
// replica: what had not been passed on yet is gone.
func (c *cache) failover() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := 1 - c.used
	conn := c.conn(next)
	defer conn.Close()
	host, port, err := net.SplitHostPort(c.two[c.used].Addr())
	if err != nil {
		return err
	}
	ctx := c.t.Context()
	if err := conn.ReplicaOf(ctx, host, port).Err(); err != nil {
		return err
	}
	for end := time.Now().Add(20 * time.Second); !strings.Contains(conn.Info(ctx, "replication").Val(), "master_link_status:up"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("the replica does not follow: %s", conn.Info(ctx, "replication").Val())
		}
	}
	c.line.Cut()
	c.two[c.used].Kill()
	if err := conn.ReplicaOf(ctx, "NO", "ONE").Err(); err != nil {
		return err
	}
	c.line.Lead(c.two[next].Addr())
	c.line.Mend()
	c.two[c.used].Start()
	c.used = next
	return nil
}
