package queue_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

var backlog = flag.Int("backlog", 100_000, "tasks that wait in BenchmarkBacklog when there are many")

// hops is how many tasks follow each other in a chain: as many as make a picture of a prompt.
const hops = 4

// BenchmarkChains is how many chains of four tasks that do nothing get through in a second with 64 slots: through this package, through
// asynq alone, and through BullMQ on Node, in turns over the same Redis, where each task but the last enqueues the next one.
func BenchmarkChains(b *testing.B) {
	const chains, turns = 1500, 3
	url := queuetest.StartReal(b, "--appendonly", "yes").URL()
	node := installBullMQ(b)
	r := queuetest.Open(b, url)
	for b.Loop() {
		var ours, plain, bull []float64
		for turn := range turns {
			ours = append(ours, ourChains(b, r, turn, chains))
			plain = append(plain, asynqChains(b, r, chains))
			bull = append(bull, bullChains(b, node, url, chains))
		}
		b.ReportMetric(middle(ours), "imagika/s")
		b.ReportMetric(middle(plain), "asynq/s")
		b.ReportMetric(middle(bull), "bullmq/s")
		b.ReportMetric(middle(ours)/middle(plain), "x_asynq")
		b.ReportMetric(middle(ours)/middle(bull), "x_bullmq")
		b.ReportMetric(0, "ns/op")
	}
}

func middle(all []float64) float64 { return slices.Sorted(slices.Values(all))[len(all)/2] }

// ourChains uses drains, whose ids are of a lane and an epoch.
func ourChains(b *testing.B, r *queue.Redis, turn, chains int) float64 {
	b.Helper()
	kit := setup(b, r, queue.LaneConfig{})
	var left sync.WaitGroup
	left.Add(chains)
	stop := kit.start(b, queue.ServerConfig{
		Pools: map[string]int{queue.PoolInteractive: 64},
		Handlers: map[string]queue.HandlerFunc{
			queue.TypeChatDrain: func(ctx context.Context, payload []byte) error {
				d, err := queue.DecodeChatDrain(payload)
				if err != nil || d.Epoch == hops {
					left.Done()
					return err
				}
				return kit.client.Enqueue(ctx, queue.NewChatDrainTask(d.Lane, d.Epoch+1))
			},
		},
	})
	defer stop()
	start := time.Now()
	for i := range chains {
		enqueue(b, kit, queue.NewChatDrainTask("chain-"+strconv.Itoa(turn)+"-"+strconv.Itoa(i), 1))
	}
	left.Wait()
	return float64(chains) / time.Since(start).Seconds()
}

func asynqChains(b *testing.B, r *queue.Redis, chains int) float64 {
	b.Helper()
	client := asynq.NewClientFromRedisClient(r.Conn())
	link := func(hop byte) *asynq.Task {
		payload := make([]byte, 64)
		payload[0] = hop
		return asynq.NewTask("link", payload)
	}
	var left sync.WaitGroup
	left.Add(chains)
	srv := asynq.NewServer(r.AsynqOpt(), asynq.Config{
		Concurrency: 64, TaskCheckInterval: 20 * time.Millisecond, LogLevel: asynq.ErrorLevel, Queues: map[string]int{"chain": 1},
	})
	err := srv.Start(asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		hop := t.Payload()[0]
		if hop == hops {
			left.Done()
			return nil
		}
		_, err := client.EnqueueContext(ctx, link(hop+1), asynq.Queue("chain"))
		return err
	}))
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Shutdown()
	start := time.Now()
	for range chains {
		if _, err := client.EnqueueContext(b.Context(), link(1), asynq.Queue("chain")); err != nil {
			b.Fatal(err)
		}
	}
	left.Wait()
	return float64(chains) / time.Since(start).Seconds()
}

// installBullMQ returns a folder with BullMQ, of the versions in its lock file.
func installBullMQ(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "cmd", "bench", "peers", "bullmq"))); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("install BullMQ: %v\n%s", err, out)
	}
	return dir
}

func bullChains(b *testing.B, dir, url string, chains int) float64 {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "node", "chain.mjs", url, strconv.Itoa(chains), strconv.Itoa(hops), "64")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("BullMQ: %v", err)
	}
	rate, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		b.Fatal(err)
	}
	return rate
}

// BenchmarkBacklog is how many tasks a second are enqueued and run while a thousand wait before them, and while many do.
func BenchmarkBacklog(b *testing.B) {
	r := queuetest.RealRedis(b)
	kit := setup(b, r, queue.LaneConfig{})
	for b.Loop() {
		fill(b, kit, "waits", 1, 0, 1000)
		small := through(b, kit, 1)
		fill(b, kit, "waits", 1, 1000, *backlog)
		large := through(b, kit, 2)
		b.ReportMetric(0, "ns/op")
		b.Run("large", func(b *testing.B) {
			b.ReportMetric(large, "ops/s")
			b.ReportMetric(large/small, "x_small")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// fill enqueues drains of lanes until so many wait.
func fill(b *testing.B, kit *bundle, lane string, epoch int64, from, to int) {
	b.Helper()
	var group sync.WaitGroup
	for p := range 8 {
		group.Go(func() {
			for i := from + p; i < to; i += 8 {
				enqueue(b, kit, queue.NewChatDrainTask(lane+"-"+strconv.Itoa(i), epoch))
			}
		})
	}
	group.Wait()
}

// through is how many tasks a second are enqueued at the end of the queue while so many are run from its front.
func through(b *testing.B, kit *bundle, epoch int64) float64 {
	b.Helper()
	const tasks = 4000
	var ran sync.WaitGroup
	ran.Add(tasks)
	var n atomic.Int64
	stop := kit.start(b, queue.ServerConfig{
		Pools: map[string]int{queue.PoolInteractive: 64},
		Handlers: map[string]queue.HandlerFunc{
			queue.TypeChatDrain: func(context.Context, []byte) error {
				if n.Add(1) <= tasks { // some more run until the server stops
					ran.Done()
				}
				return nil
			},
		},
	})
	defer stop()
	start := time.Now()
	fill(b, kit, "more", epoch, 0, tasks)
	ran.Wait()
	return tasks / time.Since(start).Seconds()
}
