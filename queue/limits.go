package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Limits shares rates, slots and cooldowns between all processes on one Redis. Clocks are Redis's. It is meant for
// limits that are nobody's fault: who is refused returns a RetryAfter, which burns no retry, or goes elsewhere.
type Limits struct {
	conn redis.UniversalClient
	m    *Metrics
}

// NewLimits returns limits. Metrics may be nil.
func NewLimits(r *Redis, m *Metrics) *Limits {
	return &Limits{conn: r.patient, m: orMetrics(m)}
}

func limitKey(key, what string) string { return limitPrefix + key + "}:" + what }

// reserveScript is GCRA: it keeps the theoretical arrival time of the next call. It books a place and returns the wait
// until it, or books nothing and returns the wait as a refusal. A cooldown moves all places behind its end. go-redis
// repeats a call whose answer is lost: the booking that was made last is not made again, else a person would be told
// that they are fast because a connection broke.
// KEYS rate cool last; ARGV every µs, burst, max wait µs, name of the booking.
var reserveScript = redis.NewScript(luaNow + `
local every, burst, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local cool = tonumber(redis.call('GET', KEYS[2]) or '0')
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now, cool)
local again = redis.call('GET', KEYS[3]) == ARGV[4]
if again then tat = tat - every end
local wait = math.max(tat - (burst - 1) * every, cool, now) - now
if again then return {1, int(wait)} end
if wait > most then return {0, int(wait)} end
tat = tat + every
redis.call('SET', KEYS[1], int(tat), 'PX', int(math.ceil((tat - now) / 1000) + 1000))
redis.call('SET', KEYS[3], ARGV[4], 'PX', 60000)
return {1, int(wait)}
`)

// Reserve books one call under key at a rate of one per every, burst at once, and returns how long to wait before
// making it. If that is longer than maxWait it books nothing and returns the wait and false. An every of zero is no
// limit.
func (l *Limits) Reserve(ctx context.Context, key string, every time.Duration, burst int, maxWait time.Duration) (wait time.Duration, ok bool, err error) {
	if every <= 0 {
		return 0, true, nil
	}
	keys := []string{limitKey(key, "rate"), limitKey(key, "cool"), limitKey(key, "last")}
	reply, err := reserveScript.Run(ctx, l.conn, keys,
		every.Microseconds(), max(burst, 1), maxWait.Microseconds(), rand.Text()).Int64Slice()
	if err != nil {
		return 0, false, fmt.Errorf("reserve a call: %w", err)
	}
	wait, ok = time.Duration(reply[1])*time.Microsecond, reply[0] == 1
	l.m.limited("rate", ok)
	if ok {
		l.m.limitWaiting.Observe(wait.Seconds())
	}
	return wait, ok, nil
}

// unreserveScript gives one place back. If it is repeated because its answer was lost, one call more may come at once. KEYS rate;
// ARGV every µs.
var unreserveScript = redis.NewScript(luaNow + `
local tat = tonumber(redis.call('GET', KEYS[1]) or '0') - tonumber(ARGV[1])
if tat <= now then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], int(tat), 'PX', int(math.ceil((tat - now) / 1000) + 1000))
return 1
`)

// Unreserve gives a place back that Reserve booked under key at that rate, for a call that is not made.
func (l *Limits) Unreserve(ctx context.Context, key string, every time.Duration) error {
	if err := unreserveScript.Run(ctx, l.conn, []string{limitKey(key, "rate")}, every.Microseconds()).Err(); err != nil {
		return fmt.Errorf("give a reserved call back: %w", err)
	}
	return nil
}

// leftScript is how many calls could be booked at once now. KEYS rate; ARGV every µs, burst.
var leftScript = redis.NewScript(luaNow + `
local every, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
return int(math.max(0, math.floor((now + burst * every - tat) / every)))
`)

// Left is how many calls Reserve would book at once now without a wait. It books none.
func (l *Limits) Left(ctx context.Context, key string, every time.Duration, burst int) (int, error) {
	left, err := leftScript.Run(ctx, l.conn, []string{limitKey(key, "rate")}, every.Microseconds(), max(burst, 1)).Int()
	if err != nil {
		return 0, fmt.Errorf("look at a rate: %w", err)
	}
	return left, nil
}

// acquireScript takes or renews a slot. Slots of holders that went silent are free again. Who finds none keeps a place
// in the line while he comes back, and nobody who comes later in the order of turn is served before him.
// KEYS slots, line, seen; ARGV member, limit, TTL µs, turn, patience µs.
var acquireScript = redis.NewScript(luaNow + `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', int(now))
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', int(now))) do
  redis.call('ZREM', KEYS[2], gone)
  redis.call('ZREM', KEYS[3], gone)
end
local patience = tonumber(ARGV[5])
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  local ahead = redis.call('ZCOUNT', KEYS[2], '-inf', '(' .. ARGV[4])
  if redis.call('ZCARD', KEYS[1]) + ahead >= tonumber(ARGV[2]) then
    if patience > 0 then
      redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
      redis.call('ZADD', KEYS[3], int(now + patience), ARGV[1])
      local keep = int(math.ceil(patience / 1000) + 1000)
      redis.call('PEXPIRE', KEYS[2], keep)
      redis.call('PEXPIRE', KEYS[3], keep)
    end
    return 0
  end
end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[1], int(now + ARGV[3]), ARGV[1])
local ttl = math.ceil(ARGV[3] / 1000) + 1000
if redis.call('PTTL', KEYS[1]) < ttl then redis.call('PEXPIRE', KEYS[1], int(ttl)) end
return 1
`)

// Acquire takes one of limit slots under key for member, or renews it, for ttl. It reports whether there was one. A
// limit of zero is no limit. A member that finds none and has patience waits in the order of turn, smaller first, for as
// long as it asks again within its patience.
func (l *Limits) Acquire(ctx context.Context, key, member string, limit int, ttl time.Duration, turn int64, patience time.Duration) (ok bool, err error) {
	if limit <= 0 {
		return true, nil
	}
	keys := []string{limitKey(key, "slots"), limitKey(key, "line"), limitKey(key, "seen")}
	n, err := acquireScript.Run(ctx, l.conn, keys, member, limit, ttl.Microseconds(), turn, patience.Microseconds()).Int()
	if err != nil {
		return false, fmt.Errorf("acquire a slot: %w", err)
	}
	l.m.limited("slot", n == 1)
	return n == 1, nil
}

// Release gives the slot of member back. There need not be one.
func (l *Limits) Release(ctx context.Context, key, member string) error {
	if err := l.conn.ZRem(ctx, limitKey(key, "slots"), member).Err(); err != nil {
		return fmt.Errorf("release a slot: %w", err)
	}
	return nil
}

// coolScript never shortens a cooldown. KEYS cool; ARGV µs.
var coolScript = redis.NewScript(luaNow + `
local to = now + ARGV[1]
if tonumber(redis.call('GET', KEYS[1]) or '0') >= to then return 0 end
redis.call('SET', KEYS[1], int(to), 'PX', int(math.ceil(ARGV[1] / 1000) + 1000))
return 1
`)

// Cool keeps everybody off key for at least d. Reserve under the same key books behind it.
func (l *Limits) Cool(ctx context.Context, key string, d time.Duration) error {
	if err := coolScript.Run(ctx, l.conn, []string{limitKey(key, "cool")}, d.Microseconds()).Err(); err != nil {
		return fmt.Errorf("cool down: %w", err)
	}
	return nil
}

// Cooling returns how long each of the keys is still to be left alone, zero for one that is free. It is one trip.
func (l *Limits) Cooling(ctx context.Context, keys ...string) ([]time.Duration, error) {
	pipe := l.conn.Pipeline()
	clock := pipe.Time(ctx)
	ends := make([]*redis.StringCmd, len(keys))
	for i, key := range keys {
		ends[i] = pipe.Get(ctx, limitKey(key, "cool"))
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("look for a cooldown: %w", err)
	}
	left := make([]time.Duration, len(keys))
	for i, end := range ends {
		us, err := end.Int64()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for a cooldown: %w", err)
		}
		left[i] = max(time.UnixMicro(us).Sub(clock.Val()), 0)
	}
	return left, nil
}
