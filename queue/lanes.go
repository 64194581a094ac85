package queue

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// LaneConfig bounds lanes. The zero value of each field is its default. Front-ends and workers use the same bounds.
type LaneConfig struct {
	// MaxItems and MaxBytes bound what waits in one lane: 256 updates and 1 MiB of sealed bytes.
	MaxItems, MaxBytes int
	// MaxTries is how often a head may fail before it is given to Handler.Dead: 5.
	MaxTries int
	// Lease is how long a drain that went silent keeps its lane: 10 s. It is renewed each third.
	Lease time.Duration
	// Head is the deadline of one head: 20 s.
	Head time.Duration
	// Heads and Slice are after how many heads and how much time a drain hands its lane over, so that one chatty lane
	// does not sit on a slot: 50 and 5 s.
	Heads int
	Slice time.Duration
	// Grace is how long a lane with items may be without a lease before a sweep resumes it: 3 s, doubled with each sweep
	// that had no effect, up to a minute.
	Grace time.Duration
}

func (c LaneConfig) withDefaults() LaneConfig {
	c.MaxItems = orDefault(c.MaxItems, 256)
	c.MaxBytes = orDefault(c.MaxBytes, 1<<20)
	c.MaxTries = orDefault(c.MaxTries, 5)
	c.Lease = orDefault(c.Lease, 10*time.Second)
	c.Head = orDefault(c.Head, 20*time.Second)
	c.Heads = orDefault(c.Heads, 50)
	c.Slice = orDefault(c.Slice, 5*time.Second)
	c.Grace = orDefault(c.Grace, 3*time.Second)
	return c
}

func orDefault[T int | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// doneTTL is how long it is remembered that an update was handled: longer than any front-end waits for it. Whether an
// update has had its effect is known for good in SQL only.
const doneTTL = 10 * time.Minute

// metaTTL is how long the epoch of an empty lane is remembered. After that it starts again from the server's clock in
// microseconds, which is past every epoch there was.
const metaTTL = 24 * time.Hour

// ErrLaneFull is returned for an update that found its lane full. It is dropped: it may be acknowledged, and the
// person is told once, by the next head (Update.Overflow).
var ErrLaneFull = errors.New("lane is full")

// Lanes drains and repairs lanes. It is safe for concurrent use.
type Lanes struct {
	conn   redis.UniversalClient
	client *Client
	keys   *Keys
	cfg    LaneConfig
	m      *Metrics
	log    *slog.Logger
}

// NewLanes returns lanes for workers. Metrics and log may be nil.
func NewLanes(r *Redis, client *Client, keys *Keys, cfg LaneConfig, m *Metrics, log *slog.Logger) *Lanes {
	return newLanes(r.patient, client, keys, cfg, m, log)
}

func newLanes(conn redis.UniversalClient, c *Client, keys *Keys, cfg LaneConfig, m *Metrics, log *slog.Logger) *Lanes {
	return &Lanes{conn: conn, client: c, keys: keys, cfg: cfg.withDefaults(), m: orMetrics(m), log: orLog(log)}
}

// laneKeys are the list of update hashes, the sealed items by hash, and the meta hash: epoch, bytes, due (µs, when the
// next drain is expected), owner and until (the lease), tries (of the head), sweeps, full ("1": refused something,
// "told": and a head said so).
func laneKeys(lane string) []string {
	p := lanePrefix + lane + "}:"
	return []string{p + "ids", p + "items", p + "meta"}
}

// doneKey marks an update as handled. An update that bypassed the lanes has none.
func doneKey(lane, hash string) string {
	if lane == "" {
		return donePrefix + hash
	}
	return lanePrefix + lane + "}:done:" + hash
}

// luaNow gives scripts the server's clock in microseconds, and a way to write it without an exponent.
const luaNow = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local function int(n) return string.format('%.0f', n) end
`

// pushScript appends updates, each unless it is known, done, or too much, and returns the epoch and a result for each.
// After one that was too much nothing is appended: it may come again, and must not come after what follows it.
// KEYS ids items meta, done of each; ARGV max items, max bytes, hash and sealed of each.
var pushScript = redis.NewScript(luaNow + `
local m = redis.call('HMGET', KEYS[3], 'epoch', 'bytes', 'full')
local epoch, bytes, full = m[1], tonumber(m[2] or '0'), m[3]
local n = redis.call('LLEN', KEYS[1])
local was, shut, results = n, false, {}
for i = 4, #KEYS do
  local hash, sealed, result = ARGV[2 * i - 5], ARGV[2 * i - 4], 'new'
  if redis.call('EXISTS', KEYS[i]) == 1 then
    result = 'done'
  elseif epoch and redis.call('HEXISTS', KEYS[2], hash) == 1 then
    result = 'known'
  elseif shut or n >= tonumber(ARGV[1]) or bytes + #sealed > tonumber(ARGV[2]) then
    result, shut = 'full', true
    if epoch and full ~= 'told' then redis.call('HSET', KEYS[3], 'full', '1') end
  else
    if n == 0 then bytes = 0 end
    epoch = epoch or int(now)
    n, bytes = n + 1, bytes + #sealed
    redis.call('RPUSH', KEYS[1], hash)
    redis.call('HSET', KEYS[2], hash, sealed)
  end
  results[#results + 1] = result
end
if n > was then redis.call('HSET', KEYS[3], 'epoch', epoch, 'bytes', int(bytes)) end
if n > was and was == 0 then
  redis.call('HSET', KEYS[3], 'due', int(now), 'sweeps', '0')
  redis.call('PERSIST', KEYS[3])
end
return {epoch or '0', unpack(results)}
`)

// Results of a push. They are metric labels.
const (
	pushNew   = "new"
	pushKnown = "known"
	pushDone  = "done"
	pushFull  = "full"
)

// enqueue enqueues a drain of the lane at an epoch. That one is there already is success.
func (l *Lanes) enqueue(ctx context.Context, lane string, epoch int64, delay time.Duration) error {
	return l.client.Enqueue(ctx, NewChatDrainTask(lane, epoch).After(delay))
}
