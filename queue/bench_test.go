package queue_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// BenchmarkPickup is the time from the enqueue of a drain to its start, in an idle pool: it shows what
// TaskCheckInterval costs.
func BenchmarkPickup(b *testing.B) {
	both(b, func(b *testing.B, r *queue.Redis) {
		kit := setup(b, r, queue.LaneConfig{})
		ran := make(chan time.Time, 1)
		kit.start(b, queue.ServerConfig{
			Pools: map[string]int{queue.PoolInteractive: 4},
			Handlers: map[string]queue.HandlerFunc{
				queue.TypeChatDrain: func(context.Context, []byte) error {
					ran <- time.Now()
					return nil
				},
			},
		})
		var took []time.Duration
		for epoch := int64(1); b.Loop(); epoch++ {
			pause(rand.N(60 * time.Millisecond)) // or the enqueue would follow the pool's own rhythm
			started := time.Now()
			enqueue(b, kit, queue.NewChatDrainTask("lane", epoch))
			took = append(took, (<-ran).Sub(started))
		}
		slices.Sort(took)
		at := func(q float64) float64 {
			return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000
		}
		b.ReportMetric(at(.5), "p50-ms")
		b.ReportMetric(at(.99), "p99-ms")
	})
}

// BenchmarkEnqueueRaw is asynq alone, to compare with.
func BenchmarkEnqueueRaw(b *testing.B) {
	both(b, func(b *testing.B, r *queue.Redis) {
		client := asynq.NewClientFromRedisClient(r.Conn())
		payload, err := json.Marshal(map[string]string{"id": "0123456789abcdef0123456789abcdef"})
		if err != nil {
			b.Fatal(err)
		}
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := client.Enqueue(asynq.NewTask("raw", payload), asynq.Queue("bulk")); err != nil {
					b.Error(err)
				}
			}
		})
		perSecond(b)
	})
}

// BenchmarkPush is what the front-end does with an update: seal, push to the lane, enqueue a drain.
func BenchmarkPush(b *testing.B) {
	both(b, func(b *testing.B, r *queue.Redis) {
		kit := setup(b, r, queue.LaneConfig{MaxItems: 1 << 30, MaxBytes: 1 << 40})
		var id atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				n := id.Add(1)
				in := incoming(n%1000, n)
				in.Raw = make([]byte, 800)
				if _, err := kit.front.Push(context.Background(), in); err != nil {
					b.Error(err)
				}
			}
		})
		perSecond(b)
	})
}

func perSecond(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

func both(b *testing.B, bench func(*testing.B, *queue.Redis)) {
	b.Helper()
	b.Run("embedded", func(b *testing.B) { bench(b, queuetest.Redis(b)) })
	b.Run("real", func(b *testing.B) { bench(b, queuetest.RealRedis(b)) })
}
