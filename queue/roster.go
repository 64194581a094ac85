package queue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// The roster says which processes run which pools. Each says every few seconds that it lives, and hears in return
// whether it is to stop taking tasks.
const (
	rosterKey = poolsPrefix + "seen"  // hash: process/pool to the server's time in µs, a space, and a Seat in JSON
	drainKey  = poolsPrefix + "drain" // set: ids of processes that are to take nothing more

	rosterBeat = 3 * time.Second
	// rosterGone is the silence after which a process is taken for gone.
	rosterGone = 15 * time.Second
	// drainKept is how long a wish to drain waits for a process that does not hear it.
	drainKept = 24 * time.Hour
)

// Seat is a pool in one process, as that process last said.
type Seat struct {
	Process  string    `json:"process"` // id to name it by, new with each start
	Host     string    `json:"host"`
	PID      int       `json:"pid"`
	Pool     string    `json:"pool"`
	Slots    int       `json:"slots"`
	Busy     int       `json:"busy"`
	Started  time.Time `json:"started"`
	Progress time.Time `json:"progress"` // when a task last ended here; the start, before the first
	Draining bool      `json:"draining"` // it takes nothing more
}

// Roster reads who runs what. It is safe for concurrent use and closes with its Redis.
type Roster struct{ conn redis.UniversalClient }

// NewRoster returns a roster. It is impatient: an absent Redis is an error soon.
func NewRoster(r *Redis) *Roster { return &Roster{r.brisk} }

// beatScript writes what a process says of its pools. KEYS seen; ARGV name and seat of each pool.
var beatScript = redis.NewScript(luaNow + `
for i = 1, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], int(now) .. ' ' .. ARGV[i + 1]) end
return 1
`)

// Seats lists the pools that run, by pool, host and process. What has been silent for long is left out, and forgotten.
func (r *Roster) Seats(ctx context.Context) ([]Seat, error) {
	now, err := r.conn.Time(ctx).Result()
	if err != nil {
		return nil, fmt.Errorf("read roster: %w", err)
	}
	said, err := r.conn.HGetAll(ctx, rosterKey).Result()
	if err != nil {
		return nil, fmt.Errorf("read roster: %w", err)
	}
	var seats []Seat
	var gone []string
	for name, text := range said {
		seat, at, err := readSeat(text)
		switch silent := now.Sub(at); {
		case err != nil, silent > time.Hour:
			gone = append(gone, name)
		case silent <= rosterGone:
			seats = append(seats, seat)
		}
	}
	slices.SortFunc(seats, func(a, b Seat) int { return strings.Compare(a.order(), b.order()) })
	if len(gone) == 0 {
		return seats, nil
	}
	if err := r.conn.HDel(ctx, rosterKey, gone...).Err(); err != nil {
		return seats, fmt.Errorf("clean roster: %w", err)
	}
	return seats, nil
}

func (s Seat) order() string { return s.Pool + "\x00" + s.Host + "\x00" + s.Process }

func readSeat(text string) (s Seat, at time.Time, err error) {
	us, body, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(us, 10, 64)
	if err != nil {
		return s, at, fmt.Errorf("read seat: %w", err)
	}
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		return s, at, fmt.Errorf("read seat: %w", err)
	}
	return s, time.UnixMicro(n), nil
}

// ErrNoProcess says that no such process runs pools.
var ErrNoProcess = errors.New("no such process")

// Drain asks a process to take no more tasks, in any of its pools, and to finish what it has. It hears of it within
// seconds and stays so until it ends. An unknown process is ErrNoProcess.
func (r *Roster) Drain(ctx context.Context, process string) error {
	seats, err := r.Seats(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(seats, func(s Seat) bool { return s.Process == process }) {
		return fmt.Errorf("%q: %w", process, ErrNoProcess)
	}
	_, err = r.conn.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.SAdd(ctx, drainKey, process)
		p.Expire(ctx, drainKey, drainKept)
		return nil
	})
	if err != nil {
		return fmt.Errorf("drain process: %w", err)
	}
	return nil
}

// presence keeps the seats of a server on the roster.
type presence struct {
	conn    redis.UniversalClient
	server  *Server
	process string
	host    string
	started time.Time
	log     *slog.Logger
}

func newPresence(s *Server, r *Redis, log *slog.Logger) *presence {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &presence{r.brisk, s, strings.ToLower(rand.Text()[:8]), host, time.Now(), log}
}

// keep says every few seconds what there is to say, until ctx ends. A beat that fails is made up for by the next.
func (p *presence) keep(ctx context.Context) {
	tick := time.NewTicker(rosterBeat)
	defer tick.Stop()
	for {
		drain, err := p.beat(ctx)
		if err != nil && ctx.Err() == nil {
			p.log.DebugContext(ctx, "roster not written", slog.Any("error", err))
		}
		if drain {
			p.log.InfoContext(ctx, "draining: this process takes no more tasks", slog.String("process", p.process))
			p.server.Stop()
			continue // and say so
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// beat reports whether the process is to drain and does not yet.
func (p *presence) beat(ctx context.Context) (drain bool, err error) {
	draining := p.server.draining()
	var args []any
	for _, pool := range p.server.pools {
		seat, err := json.Marshal(Seat{
			Process: p.process, Host: p.host, PID: os.Getpid(), Pool: pool.Name, Slots: pool.Concurrency, Busy: int(pool.busy.Load()),
			Started: p.started.UTC(), Progress: pool.lastEnd(p.started).UTC(), Draining: draining,
		})
		if err != nil {
			return false, fmt.Errorf("write roster: %w", err)
		}
		args = append(args, p.field(pool), seat)
	}
	if err := beatScript.Run(ctx, p.conn, []string{rosterKey}, args...).Err(); err != nil {
		return false, fmt.Errorf("write roster: %w", err)
	}
	asked, err := p.conn.SIsMember(ctx, drainKey, p.process).Result() // elsewhere, in a cluster
	if err != nil {
		return false, fmt.Errorf("read roster: %w", err)
	}
	return asked && !draining, nil
}

func (p *presence) field(pool *pool) string { return p.process + "/" + pool.Name }

// leave takes the seats off the roster.
func (p *presence) leave(ctx context.Context) error {
	var fields []string
	for _, pool := range p.server.pools {
		fields = append(fields, p.field(pool))
	}
	_, err := p.conn.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.HDel(ctx, rosterKey, fields...)
		pipe.SRem(ctx, drainKey, p.process)
		return nil
	})
	if err != nil {
		return fmt.Errorf("leave roster: %w", err)
	}
	return nil
}
