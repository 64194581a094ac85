package queue

import (
	"context"
	"slices"
	"strings"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// spareOpt is an option whose clients answer the polls of idle pools without a script.
type spareOpt struct{ asynq.RedisConnOpt }

// MakeRedisClient implements asynq.RedisConnOpt.
func (o spareOpt) MakeRedisClient() any {
	made := o.RedisConnOpt.MakeRedisClient()
	if c, ok := made.(*redis.Client); ok {
		c.AddHook(spare{c})
	}
	return made
}

// spare looks whether there is anything to do before it lets one of asynq's two polling scripts run: the one that takes a
// pending task and the one that moves tasks that are due. A server of its own runs them in microseconds. The embedded one makes
// a Lua state for each, a hundred times a second for pools that have nothing to do. What is added between the look and the
// script that then did not run is found by the next poll.
type spare struct{ c *redis.Client }

// DialHook implements redis.Hook.
func (spare) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (spare) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// ProcessHook implements redis.Hook.
func (s spare) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		poll, ok := cmd.(*redis.Cmd)
		if !ok || !strings.HasPrefix(cmd.Name(), "eval") {
			return next(ctx, cmd)
		}
		source, takes := polled(poll.Args())
		if source == "" {
			return next(ctx, cmd)
		}
		switch n, err := s.c.Exists(ctx, source).Result(); {
		case err != nil || n > 0:
			return next(ctx, cmd)
		case takes:
			poll.SetErr(redis.Nil)
			return redis.Nil
		}
		poll.SetVal(int64(0))
		return nil
	}
}

// polled returns the key a polling script of asynq's reads from, and whether it takes a task, from [EVALSHA, script, number of
// keys, keys …]. It is empty for every other script.
func polled(args []any) (source string, takes bool) {
	if len(args) < 5 {
		return "", false
	}
	n, _ := args[2].(int)
	first, _ := args[3].(string)
	second, _ := args[4].(string)
	kind := func(key string, of ...string) bool {
		i := strings.LastIndexByte(key, ':')
		return strings.HasPrefix(key, "asynq:{") && slices.Contains(of, key[i+1:])
	}
	switch {
	case n == 4 && kind(first, "pending") && kind(second, "paused"):
		return first, true
	case n == 2 && kind(first, "scheduled", "retry") && kind(second, "pending"):
		return first, false
	}
	return "", false
}
