package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// errLeaseLost says that another drain owns the lane, or may own it by now.
var errLeaseLost = errors.New("lane lease lost")

// lease is the right to handle the head of a lane. Every step compares the owner token in Redis, so one that was lost
// changes nothing.
type lease struct {
	l     *Lanes
	lane  string
	owner string
}

// head is the first update of a lane, sealed.
type head struct {
	hash     string
	sealed   []byte
	tries    int // this one included
	overflow bool
}

// takeScript takes the lease. A drain of an earlier epoch may work as well, or a long queue in front of the drains
// would let every sweep outdate the one before; but it leaves the lane alone while a delay lasts, or when it is empty.
// A drain of the current epoch never does: only closing the lane raises the epoch, and the id of this drain stays taken
// for a moment after it looked.
// KEYS ids items meta; ARGV owner, lease µs, epoch.
var takeScript = redis.NewScript(luaNow + `
local m = redis.call('HMGET', KEYS[3], 'epoch', 'owner', 'until', 'due')
if not m[1] then return 'empty' end
if m[2] and m[2] ~= ARGV[1] and tonumber(m[3]) > now then return 'busy' end
if m[1] ~= ARGV[3] then
  if redis.call('LLEN', KEYS[1]) == 0 then return 'empty' end
  if tonumber(m[4] or '0') > now then return 'early' end
end
redis.call('HSET', KEYS[3], 'owner', ARGV[1], 'until', int(now + ARGV[2]), 'sweeps', '0')
return 'taken'
`)

// nextScript counts a try of the head, before it is handled: what kills the process is counted as well. It renews the
// lease. If the list is empty it closes the lane: the epoch rises and the lease is dropped in the same step.
// KEYS ids items meta; ARGV owner, lease µs, meta TTL ms.
var nextScript = redis.NewScript(luaNow + luaClose + `
if redis.call('HGET', KEYS[3], 'owner') ~= ARGV[1] then return {'lost'} end
local id = redis.call('LINDEX', KEYS[1], 0)
if not id then
  close(ARGV[3])
  return {'closed'}
end
redis.call('HSET', KEYS[3], 'until', int(now + ARGV[2]))
local tries = redis.call('HINCRBY', KEYS[3], 'tries', 1)
local full = redis.call('HGET', KEYS[3], 'full') or ''
return {'head', id, redis.call('HGET', KEYS[2], id) or '', int(tries), full}
`)

// luaClose ends an owner's time with an empty list.
const luaClose = `
local function close(ttl)
  redis.call('HINCRBY', KEYS[3], 'epoch', 1)
  redis.call('HDEL', KEYS[3], 'owner', 'until', 'tries', 'full', 'bytes', 'sweeps')
  redis.call('PEXPIRE', KEYS[3], ttl)
end
`

// removeScript removes the head after its effect, marks it as done and says so.
// KEYS ids items meta done; ARGV owner, hash, done TTL ms, channel, "1" if the head told of the overflow, max items.
var removeScript = redis.NewScript(`
if redis.call('HGET', KEYS[3], 'owner') ~= ARGV[1] then return 'lost' end
if redis.call('LINDEX', KEYS[1], 0) == ARGV[2] then
  redis.call('LPOP', KEYS[1])
  redis.call('HINCRBY', KEYS[3], 'bytes', -#(redis.call('HGET', KEYS[2], ARGV[2]) or ''))
  redis.call('HDEL', KEYS[2], ARGV[2])
  redis.call('HDEL', KEYS[3], 'tries')
end
if ARGV[5] == '1' then redis.call('HSET', KEYS[3], 'full', 'told') end
if redis.call('HGET', KEYS[3], 'full') == 'told' and redis.call('LLEN', KEYS[1]) <= ARGV[6] / 2 then
  redis.call('HDEL', KEYS[3], 'full')
end
redis.call('SET', KEYS[4], '1', 'PX', ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[2])
return 'removed'
`)

// releaseScript drops the lease of a lane that has, or may have, items: the epoch rises for the drain that follows.
// KEYS ids items meta; ARGV owner, delay µs, "1" to take back the head's try, meta TTL ms.
var releaseScript = redis.NewScript(luaNow + luaClose + `
if redis.call('HGET', KEYS[3], 'owner') ~= ARGV[1] then return {'lost'} end
if redis.call('LLEN', KEYS[1]) == 0 then
  close(ARGV[4])
  return {'closed'}
end
if ARGV[3] == '1' and tonumber(redis.call('HGET', KEYS[3], 'tries') or '0') > 0 then
  redis.call('HINCRBY', KEYS[3], 'tries', -1)
end
redis.call('HDEL', KEYS[3], 'owner', 'until')
redis.call('HSET', KEYS[3], 'due', int(now + ARGV[2]))
redis.call('HINCRBY', KEYS[3], 'epoch', 1)
return {'released', redis.call('HGET', KEYS[3], 'epoch')}
`)

// renewScript keeps the lease. KEYS ids items meta; ARGV owner, lease µs.
var renewScript = redis.NewScript(luaNow + `
if redis.call('HGET', KEYS[3], 'owner') ~= ARGV[1] then return 'lost' end
redis.call('HSET', KEYS[3], 'until', int(now + ARGV[2]))
return 'renewed'
`)

// take returns nil without an error if the lane is somebody else's business.
func (l *Lanes) take(ctx context.Context, lane string, epoch int64, owner string) (*lease, error) {
	reply, err := takeScript.Run(ctx, l.conn, laneKeys(lane), owner, l.cfg.Lease.Microseconds(), epoch).Text()
	if err != nil {
		return nil, fmt.Errorf("take lane: %w", err)
	}
	if reply != "taken" {
		return nil, nil //nolint:nilnil // No lease and no error: there is nothing to do.
	}
	return &lease{l: l, lane: lane, owner: owner}, nil
}

// next returns the head, nil if the lane was empty and is closed now, or errLeaseLost.
func (s *lease) next(ctx context.Context) (*head, error) {
	reply, err := nextScript.Run(ctx, s.l.conn, laneKeys(s.lane),
		s.owner, s.l.cfg.Lease.Microseconds(), metaTTL.Milliseconds()).StringSlice()
	switch {
	case err != nil:
		return nil, fmt.Errorf("next of lane: %w", err)
	case reply[0] == "lost":
		return nil, errLeaseLost
	case reply[0] == "closed":
		return nil, s.l.forget(ctx, s.lane)
	}
	tries, err := strconv.Atoi(reply[3])
	if err != nil {
		return nil, fmt.Errorf("next of lane: tries: %w", err)
	}
	return &head{hash: reply[1], sealed: []byte(reply[2]), tries: tries, overflow: reply[4] == "1"}, nil
}

// remove ends a head that was handled.
func (s *lease) remove(ctx context.Context, h *head) error {
	keys := append(laneKeys(s.lane), doneKey(s.lane, h.hash))
	reply, err := removeScript.Run(ctx, s.l.conn, keys,
		s.owner, h.hash, doneTTL.Milliseconds(), ackChannel, flag(h.overflow), s.l.cfg.MaxItems).Text()
	if err != nil {
		return fmt.Errorf("remove head of lane: %w", err)
	}
	if reply == "lost" {
		return errLeaseLost
	}
	return nil
}

// release gives the lane back and enqueues the drain that goes on after the delay. It works although ctx is done: an
// orderly end must not cost the chat a lease.
func (s *lease) release(ctx context.Context, delay time.Duration, undo bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	reply, err := releaseScript.Run(ctx, s.l.conn, laneKeys(s.lane),
		s.owner, delay.Microseconds(), flag(undo), metaTTL.Milliseconds()).StringSlice()
	switch {
	case err != nil:
		return fmt.Errorf("release lane: %w", err)
	case reply[0] == "lost":
		return errLeaseLost
	case reply[0] == "closed":
		return s.l.forget(ctx, s.lane)
	}
	epoch, err := replyEpoch(reply, 1)
	if err != nil {
		return err
	}
	return s.l.enqueue(ctx, s.lane, epoch, delay)
}

// renew returns errLeaseLost if another owner has the lane.
func (s *lease) renew(ctx context.Context) error {
	reply, err := renewScript.Run(ctx, s.l.conn, laneKeys(s.lane), s.owner, s.l.cfg.Lease.Microseconds()).Text()
	if err != nil {
		return fmt.Errorf("renew lane: %w", err)
	}
	if reply == "lost" {
		return errLeaseLost
	}
	return nil
}

// forget takes an empty lane out of the index, and puts it back if something was pushed meanwhile: a push writes the
// lane first and the index after it, so either this sees its item or its entry comes later than the removal.
func (l *Lanes) forget(ctx context.Context, lane string) error {
	var n *redis.IntCmd
	_, err := l.conn.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.ZRem(ctx, laneIndex, lane)
		n = p.LLen(ctx, laneKeys(lane)[0])
		return nil
	})
	if err == nil && n.Val() > 0 {
		err = l.conn.ZAdd(ctx, laneIndex, redis.Z{Score: float64(time.Now().UnixMilli()), Member: lane}).Err()
	}
	if err != nil {
		return fmt.Errorf("forget lane: %w", err)
	}
	return nil
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func replyEpoch(reply []string, i int) (int64, error) {
	if i >= len(reply) {
		return 0, errors.New("script of lane: no epoch in reply")
	}
	epoch, err := strconv.ParseInt(reply[i], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("script of lane: epoch: %w", err)
	}
	return epoch, nil
}
