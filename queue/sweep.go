package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// sweepScript raises the epoch of a lane that has items, no live lease, and no drain on its way: the one that was is
// lost, archived, or died with its process. A lane that was expected later (due) is left alone until then.
// KEYS ids items meta; ARGV grace µs, "1" to look only.
var sweepScript = redis.NewScript(luaNow + `
if redis.call('LLEN', KEYS[1]) == 0 then return {'empty'} end
local m = redis.call('HMGET', KEYS[3], 'until', 'owner', 'due', 'sweeps')
local due = tonumber(m[3] or '0')
local wait = tonumber(ARGV[1])
if m[2] then
  due = tonumber(m[1])
  wait = wait / 6
else
  wait = math.min(wait * 2 ^ math.min(tonumber(m[4] or '0'), 10), 60000000)
end
if now < due then return {'live'} end
if now < due + wait then return {'early'} end
if ARGV[2] == '1' then return {'stranded'} end
redis.call('HDEL', KEYS[3], 'owner', 'until')
redis.call('HSET', KEYS[3], 'due', int(now))
redis.call('HINCRBY', KEYS[3], 'sweeps', 1)
if redis.call('HEXISTS', KEYS[3], 'epoch') == 1 then
  redis.call('HINCRBY', KEYS[3], 'epoch', 1)
else
  redis.call('HSET', KEYS[3], 'epoch', int(now))
end
return {'stranded', redis.call('HGET', KEYS[3], 'epoch')}
`)

// Sweep resumes lanes whose drain is gone, the longest unseen first, looking at limit lanes at most. It returns how many
// it resumed. Called every 1–2 s it resumes a lane within 15 s of the death of its drain.
func (l *Lanes) Sweep(ctx context.Context, limit int) (n int, err error) {
	lanes, err := l.oldest(ctx, limit)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, lane := range lanes {
		resumed, err := l.sweep(ctx, lane)
		if err != nil {
			errs = append(errs, err)
		}
		if resumed {
			n++
		}
	}
	l.m.lanesSwept.Add(float64(n))
	return n, errors.Join(errs...)
}

func (l *Lanes) sweep(ctx context.Context, lane string) (resumed bool, err error) {
	reply, err := l.inspect(ctx, lane, false)
	if err != nil {
		return false, err
	}
	switch reply[0] {
	case "empty":
		return false, l.forget(ctx, lane)
	case "stranded":
		epoch, err := replyEpoch(reply, 1)
		if err != nil {
			return false, err
		}
		return true, errors.Join(l.enqueue(ctx, lane, epoch, 0), l.seen(ctx, lane))
	default:
		return false, l.seen(ctx, lane)
	}
}

// inspect runs the script, which changes nothing if it is to look only.
func (l *Lanes) inspect(ctx context.Context, lane string, look bool) ([]string, error) {
	reply, err := sweepScript.Run(ctx, l.conn, laneKeys(lane), l.cfg.Grace.Microseconds(), flag(look)).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("sweep lane: %w", err)
	}
	return reply, nil
}

// seen moves a lane to the end of the index, so that the next sweep begins with others.
func (l *Lanes) seen(ctx context.Context, lane string) error {
	z := redis.Z{Score: float64(time.Now().UnixMilli()), Member: lane}
	if err := l.conn.ZAddXX(ctx, laneIndex, z).Err(); err != nil {
		return fmt.Errorf("index lane: %w", err)
	}
	return nil
}

func (l *Lanes) oldest(ctx context.Context, limit int) ([]string, error) {
	lanes, err := l.conn.ZRange(ctx, laneIndex, 0, int64(limit)-1).Result()
	if err != nil {
		return nil, fmt.Errorf("read index of lanes: %w", err)
	}
	return lanes, nil
}

// LaneStats is a look at the lanes.
type LaneStats struct {
	Waiting  int // lanes that have items, or had some a moment ago
	Stranded int // among the hundred longest unseen: with items and nobody on the way. Sweeps keep it at zero
}

// Stats looks at the lanes and changes nothing.
func (l *Lanes) Stats(ctx context.Context) (LaneStats, error) {
	n, err := l.conn.ZCard(ctx, laneIndex).Result()
	if err != nil {
		return LaneStats{}, fmt.Errorf("count lanes: %w", err)
	}
	stats := LaneStats{Waiting: int(n)}
	lanes, err := l.oldest(ctx, 100)
	if err != nil {
		return stats, err
	}
	for _, lane := range lanes {
		reply, err := l.inspect(ctx, lane, true)
		if err != nil {
			return stats, err
		}
		if reply[0] == "stranded" {
			stats.Stranded++
		}
	}
	return stats, nil
}
