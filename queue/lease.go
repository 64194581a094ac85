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
	alone    bool // nothing is behind it
}

// luaClose ends an owner's time with an empty list.
const luaClose = `
local function close(ttl)
  redis.call('HINCRBY', KEYS[3], 'epoch', 1)
  redis.call('HDEL', KEYS[3], 'owner', 'until', 'tries', 'full', 'bytes', 'sweeps')
  redis.call('PEXPIRE', KEYS[3], ttl)
end
`

// luaNext hands its owner the head and renews the lease. A try of the head is counted before it is handled: what kills the
// process is counted as well. If the list is empty it closes the lane: the epoch rises and the lease is dropped in the same step.
const luaNext = luaClose + `
local function hand(owner, lease, ttl)
  local id = redis.call('LINDEX', KEYS[1], 0)
  if not id then
    close(ttl)
    return {'closed'}
  end
  redis.call('HSET', KEYS[3], 'owner', owner, 'until', int(now + lease), 'sweeps', '0')
  local tries = redis.call('HINCRBY', KEYS[3], 'tries', 1)
  local full = redis.call('HGET', KEYS[3], 'full') or ''
  return {'head', id, redis.call('HGET', KEYS[2], id) or '', int(tries), full, int(redis.call('LLEN', KEYS[1]))}
end
`

// takeScript takes the lease and the head. A drain of an earlier epoch may work as well, or a long queue in front of the
// drains would let every sweep outdate the one before; but it leaves the lane alone while a delay lasts, or when it is empty.
// A drain of the current epoch never does: only closing the lane raises the epoch, and the id of this drain stays taken
// for a moment after it looked.
// KEYS ids items meta; ARGV owner, lease µs, epoch, meta TTL ms.
var takeScript = redis.NewScript(luaNow + luaNext + `
local m = redis.call('HMGET', KEYS[3], 'epoch', 'owner', 'until', 'due')
if not m[1] then return {'empty'} end
if m[2] and m[2] ~= ARGV[1] and tonumber(m[3]) > now then return {'busy'} end
if m[1] ~= ARGV[3] then
  if redis.call('LLEN', KEYS[1]) == 0 then return {'empty'} end
  if tonumber(m[4] or '0') > now then return {'early'} end
end
return hand(ARGV[1], ARGV[2], ARGV[4])
`)

// removeScript removes the head after its effect, marks it as done, says so, and hands out what is behind it.
// KEYS ids items meta done; ARGV owner, hash, done TTL ms, channel, "1" if the head told of the overflow, max items,
// "1" to hand out nothing, lease µs, meta TTL ms.
var removeScript = redis.NewScript(luaNow + luaNext + `
if redis.call('HGET', KEYS[3], 'owner') ~= ARGV[1] then return {'lost'} end
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
if ARGV[7] == '1' then return {'removed'} end
return hand(ARGV[1], ARGV[8], ARGV[9])
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

// take returns nil without an error if the lane is somebody else's business, or empty and closed now.
func (l *Lanes) take(ctx context.Context, lane string, epoch int64, owner string) (*lease, *head, error) {
	reply, err := takeScript.Run(ctx, l.conn, laneKeys(lane),
		owner, l.cfg.Lease.Microseconds(), epoch, metaTTL.Milliseconds()).StringSlice()
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("take lane: %w", err)
	case reply[0] == "closed":
		return nil, nil, l.forget(ctx, lane)
	case reply[0] != "head":
		return nil, nil, nil
	}
	h, err := readHead(reply)
	return &lease{l: l, lane: lane, owner: owner}, h, err
}

func readHead(reply []string) (*head, error) {
	if len(reply) < 6 {
		return nil, errors.New("script of lane: no head in reply")
	}
	tries, err := strconv.Atoi(reply[3])
	if err != nil {
		return nil, fmt.Errorf("script of lane: tries: %w", err)
	}
	return &head{hash: reply[1], sealed: []byte(reply[2]), tries: tries, overflow: reply[4] == "1", alone: reply[5] == "1"}, nil
}

// remove ends a head that was handled and returns what is behind it: nil if that was the last one, and the lane is closed
// now, or if nothing more is wanted.
func (s *lease) remove(ctx context.Context, h *head, last bool) (*head, error) {
	removed, left := s.sendRemove(ctx, h, last)
	if unscripted(removed) && removeScript.Load(ctx, s.l.conn).Err() == nil {
		removed, left = s.sendRemove(ctx, h, last)
	}
	reply, err := removed.StringSlice()
	switch {
	case err != nil:
		return nil, fmt.Errorf("remove head of lane: %w", err)
	case reply[0] == "lost":
		return nil, errLeaseLost
	case left != nil:
		err = s.l.forgot(ctx, s.lane, left)
	case reply[0] == "closed":
		err = s.l.forget(ctx, s.lane)
	}
	if err != nil || reply[0] != "head" {
		return nil, err
	}
	return readHead(reply)
}

// sendRemove makes one trip of removing a head and, where the lane will most likely be empty then, of forgetting the lane. In
// a cluster the two would overtake each other.
func (s *lease) sendRemove(ctx context.Context, h *head, last bool) (removed *redis.Cmd, left *redis.IntCmd) {
	pipe := s.l.conn.Pipeline()
	keys := append(laneKeys(s.lane), doneKey(s.lane, h.hash))
	removed = removeScript.EvalSha(ctx, pipe, keys, s.owner, h.hash, doneTTL.Milliseconds(), ackChannel, flag(h.overflow),
		s.l.cfg.MaxItems, flag(last), s.l.cfg.Lease.Microseconds(), metaTTL.Milliseconds())
	if h.alone && !last && !clustered(s.l.conn) {
		left = s.l.sendForget(ctx, pipe, s.lane)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	return removed, left
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
	if clustered(l.conn) { // the one has to be done before the other
		if err := l.conn.ZRem(ctx, laneIndex, lane).Err(); err != nil {
			return fmt.Errorf("forget lane: %w", err)
		}
		return l.forgot(ctx, lane, l.conn.LLen(ctx, laneKeys(lane)[0]))
	}
	pipe := l.conn.Pipeline()
	left := l.sendForget(ctx, pipe, lane)
	_, _ = pipe.Exec(ctx) // each command has its own error
	return l.forgot(ctx, lane, left)
}

func (l *Lanes) sendForget(ctx context.Context, pipe redis.Pipeliner, lane string) (left *redis.IntCmd) {
	pipe.ZRem(ctx, laneIndex, lane)
	return pipe.LLen(ctx, laneKeys(lane)[0])
}

func (l *Lanes) forgot(ctx context.Context, lane string, left *redis.IntCmd) error {
	err := left.Err()
	if err == nil && left.Val() > 0 {
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
