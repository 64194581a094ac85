package app_test

import (
	"encoding/json"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// The benchmarks here run the real program against redis-server (AOF everysec), Postgres (fsync on) and the embedded S3
// in a process of its own. The fake Bot API runs in the program's process, and all of them share the processors of one
// machine: what is reported is what such a machine does in all. Each sizes itself, so they run with -benchtime=1x, and
// each compares with asynq alone, on the same Redis, moments before.

// crowd adds n people.
func (w *world) crowd(n int) []*telegramtest.Person {
	people := make([]*telegramtest.Person, n)
	for i := range people {
		people[i] = w.tg.Person(telegramtest.PersonConfig{FirstName: "Ann" + strconv.Itoa(i), LanguageCode: "en"})
	}
	return people
}

// acquaint makes the people known to the program's database before it runs.
func (w *world) acquaint(people []*telegramtest.Person) {
	w.t.Helper()
	s := w.store()
	for _, p := range people {
		if _, err := s.PersonByTelegram(w.t.Context(), p.ID(), "en"); err != nil {
			w.t.Fatal(err)
		}
	}
}

// agreeAll brings people through /start, all at the same time.
func (w *world) agreeAll(people []*telegramtest.Person) {
	w.t.Helper()
	for _, p := range people {
		p.Start("")
		p.Text(born)
	}
	presses := make([]*telegramtest.Press, len(people))
	for i, p := range people {
		m := w.waitFor(p, time.Minute, telegramtest.Has("Tap Agree"))
		press, err := p.Press(m.MessageID, "✅ Agree")
		if err != nil {
			w.t.Fatal(err)
		}
		presses[i] = press
	}
	for i, p := range people {
		presses[i].Must(w.t)
		w.waitFor(p, time.Minute, telegramtest.Has("credits"))
	}
}

// asynqClient is a client of asynq alone, on the world's Redis.
func (w *world) asynqClient() (*asynq.Client, asynq.RedisConnOpt) {
	w.t.Helper()
	opt, err := asynq.ParseRedisURI(w.redis.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	c := asynq.NewClient(opt)
	w.t.Cleanup(func() { _ = c.Close() })
	return c, opt
}

// rawEnqueue returns how many tasks of size bytes one client enqueues in a second, called by so many goroutines.
func (w *world) rawEnqueue(goroutines, size int) float64 {
	w.t.Helper()
	const tasks = 8000
	client, _ := w.asynqClient()
	payload := make([]byte, size)
	start := time.Now()
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range tasks / goroutines {
				if _, err := client.EnqueueContext(w.t.Context(), asynq.NewTask("raw", payload), asynq.Queue("raw")); err != nil {
					w.t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return tasks / time.Since(start).Seconds()
}

// confirmed waits until Telegram has no update left that the program did not acknowledge.
func (w *world) confirmed(limit time.Duration) {
	w.t.Helper()
	for end := time.Now().Add(limit); len(w.tg.PendingUpdates()) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%d updates are not acknowledged", len(w.tg.PendingUpdates()))
		}
	}
}

// processorTime is what this process has used so far, in seconds.
func processorTime(tb testing.TB) float64 {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// BenchmarkIngest is how many updates a second the front-end takes from Telegram, and workers turn into effects in SQL,
// beside what asynq alone enqueues with one client and the same payloads:
//
//	front    the front-end alone, acknowledging on enqueue
//	enqueue  with workers at the same time: until the effects are there
//	sql      the default: an update is acknowledged when its effect is in SQL
//
// The updates are /help, a short head; its answers are left in the outbox.
func BenchmarkIngest(b *testing.B) {
	b.Run("front", func(b *testing.B) {
		benchIngest(b, config.AckEnqueue, 12_000, func(o *app.Options) { o.Config.Role = config.RoleBot })
	})
	b.Run("enqueue", func(b *testing.B) { benchIngest(b, config.AckEnqueue, 6_000) })
	b.Run("sql", func(b *testing.B) { benchIngest(b, config.AckSQL, 6_000) })
}

func benchIngest(b *testing.B, ack string, updates int, change ...func(*app.Options)) {
	w := newWorld(b, onReal)
	w.env["IMAGIKA_INGEST_ACK"], w.env["IMAGIKA_POOLS"] = ack, "interactive"
	people := w.crowd(500)
	w.acquaint(people)
	sample, err := json.Marshal(people[0].Text("/help"))
	if err != nil {
		b.Fatal(err)
	}
	raw := w.rawEnqueue(1, len(sample))
	for b.Loop() {
		for i := range updates { // they wait at Telegram, whose own work is not to be measured
			people[i%len(people)].Text("/help")
		}
		_, stop := w.start(change...)
		start := time.Now()
		w.confirmed(2 * time.Minute)
		report(b, "updates", float64(updates)/time.Since(start).Seconds(), "raw", raw)
		if ack == config.AckEnqueue && len(change) == 0 {
			w.handled(2 * time.Minute)
			b.ReportMetric(float64(updates)/time.Since(start).Seconds(), "effects/s")
		}
		stop()
	}
}

// report shows a rate beside asynq's, and their ratio in place of the time of an operation.
func report(b *testing.B, name string, rate float64, rawName string, raw float64) {
	b.Helper()
	b.ReportMetric(rate, name+"/s")
	b.ReportMetric(raw, rawName+"/s")
	b.ReportMetric(rate/raw, "ratio")
	b.ReportMetric(0, "ns/op")
}

// handled waits until no lane holds an update: each has had its effect.
func (w *world) handled(limit time.Duration) {
	w.t.Helper()
	r := queuetest.Open(w.t, w.redis.URL())
	lanes := queue.NewLanes(r, queue.NewClient(r, 0, nil), queuetest.Keys(w.t), queue.LaneConfig{}, nil, nil)
	for end := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) {
		stats, err := lanes.Stats(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if stats.Waiting == 0 {
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("%d lanes still hold updates", stats.Waiting)
		}
	}
}
