package app_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/imagika/imagika/providers/local"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// BenchmarkGenerations is how many prompts a second become delivered pictures, with a provider that takes no time,
// beside bare chains of as many tasks in asynq alone. A generation is four tasks (drain, generate, status message,
// result), seven transactions, an upload to S3, a download, and two calls of Telegram. Nobody's rate limits apply.
func BenchmarkGenerations(b *testing.B) {
	const prompts = 12
	w := newWorld(b, onReal)
	w.env["IMAGIKA_WELCOME_CREDITS"], w.env["IMAGIKA_PERSON_WAITING"] = "1000", "1000"
	people := w.crowd(100)
	chains := w.chains(4, 3000)
	w.start(withProvider(local.New(local.Options{Flat: true})), withModel(local.ModelFlat))
	w.agreeAll(people)
	for round := 0; b.Loop(); round++ {
		used, start := processorTime(b), time.Now()
		for i := range prompts {
			for _, p := range people {
				p.Text("a red fox, number " + strconv.Itoa(i))
			}
		}
		for _, p := range people {
			w.shown(p, (round+1)*prompts, 3*time.Minute)
		}
		all := float64(prompts * len(people))
		report(b, "gen", all/time.Since(start).Seconds(), "chain", chains)
		b.ReportMetric((processorTime(b)-used)/all*1000, "cpu-ms/gen")
	}
}

// shown waits until a person has n pictures.
func (w *world) shown(p *telegramtest.Person, n int, limit time.Duration) {
	w.t.Helper()
	for end := time.Now().Add(limit); pictures(p) < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%d pictures of %d; the chat:\n%s", pictures(p), n, w.tg.Transcript(p))
		}
	}
}

// chains returns how many chains of tasks a second asynq alone gets through: each task enqueues the next one.
func (w *world) chains(hops, n int) float64 {
	w.t.Helper()
	client, opt := w.asynqClient()
	var left sync.WaitGroup
	left.Add(n)
	srv := asynq.NewServer(opt, asynq.Config{
		Concurrency: 64, TaskCheckInterval: 20 * time.Millisecond, LogLevel: asynq.ErrorLevel, Queues: map[string]int{"chain": 1},
	})
	err := srv.Start(asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		hop := t.Payload()[0]
		if int(hop) == hops {
			left.Done()
			return nil
		}
		_, err := client.EnqueueContext(ctx, link(hop+1), asynq.Queue("chain"))
		return err
	}))
	if err != nil {
		w.t.Fatal(err)
	}
	defer srv.Shutdown()
	start := time.Now()
	for range n {
		if _, err := client.EnqueueContext(w.t.Context(), link(1), asynq.Queue("chain")); err != nil {
			w.t.Fatal(err)
		}
	}
	left.Wait()
	return float64(n) / time.Since(start).Seconds()
}

// link is a task of a chain, about as large as ours.
func link(hop byte) *asynq.Task {
	payload := make([]byte, 64)
	payload[0] = hop
	return asynq.NewTask("link", payload)
}
