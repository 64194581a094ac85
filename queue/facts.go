package queue

import (
	"context"
	"fmt"
	"time"
)

// Facts are what a Redis says of itself; empty where it does not say.
type Facts struct {
	Version    string
	AppendOnly string        // "1" where it keeps a log of what was written
	Latency    time.Duration // of a ping
	Ahead      time.Duration // of its clock, before ours
}

// Facts asks Redis about itself.
func (r *Redis) Facts(ctx context.Context) (f Facts, err error) {
	if f.Version, err = info(ctx, r.patient, "server", "redis_version"); err != nil {
		return f, err
	}
	if f.AppendOnly, err = info(ctx, r.patient, "persistence", "aof_enabled"); err != nil {
		return f, err
	}
	began := time.Now()
	if err := r.Ping(ctx); err != nil {
		return f, err
	}
	f.Latency = time.Since(began)
	began = time.Now()
	theirs, err := r.brisk.Time(ctx).Result()
	if err != nil {
		return f, fmt.Errorf("read the clock of redis: %w", err)
	}
	f.Ahead = theirs.Sub(began.Add(time.Since(began) / 2))
	return f, nil
}
