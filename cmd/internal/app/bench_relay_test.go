package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

var relayConversations = flag.Int("relay.conversations", 200, "conversations of BenchmarkRelay")

// relaySeconds is for how long their people talk; relayPattern is how many things somebody says at once in each second: one a second
// in the long run, most of them in bursts. Those who talk begin at different times, and go on by the clock, whether what they said
// has arrived or not.
const relaySeconds = 10

var relayPattern = [...]int{1, 1, 0, 3, 0}

// BenchmarkRelay is how long what somebody says is on its way to their partner's chat: from Telegram through ingestion, the
// lane of the chat, SQL, the lane of the conversation and back. 200 conversations go on at the same time. The ratio is that of the
// aim, 100 ms, to what 99 of 100 messages take, of a program that has been at it for a while; cold is the first time after its start.
//
// Where a machine does other things beside, only what a message costs can be compared: milliseconds of processors in this process,
// which the fake Bot API and those who talk share, and in the servers; transactions of Postgres, reads by themselves included;
// and reads of Redis, each of which is a trip or several at once.
func BenchmarkRelay(b *testing.B) {
	w := newWorld(b, onReal)
	w.env["IMAGIKA_POOLS"] = "interactive=32,conversation=32,deliver=8"
	people := w.crowd(2 * *relayConversations)
	for _, p := range people {
		p.Start("")
	}
	w.introduce(people)
	for b.Loop() {
		_, stop := w.start()
		cold := w.talkAll(people) // with a program that has just started, to which all of them are new
		b.ReportMetric(float64(cold[len(cold)*99/100].Microseconds())/1000, "cold-p99-ms")
		before, began := w.spent(), time.Now()
		took := w.talkAll(people)
		w.spent().report(b, before, float64(len(took)))
		rate := float64(len(took)) / time.Since(began).Seconds()
		p50, p99 := took[len(took)/2], took[len(took)*99/100]
		b.ReportMetric(float64(p50.Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(p99.Microseconds())/1000, "p99-ms")
		b.ReportMetric(rate, "messages/s")
		b.ReportMetric(100/max(0.001, float64(p99.Microseconds())/1000), "ratio")
		b.ReportMetric(0, "ns/op")
		stop()
	}
}

// spent is what this process and the servers it started have spent so far.
type spent struct {
	own, postgres, redis float64 // ms of processors
	transactions, reads  float64
}

func (w *world) spent() (s spent) {
	w.t.Helper()
	s.own = 1000 * processorTime(w.t)
	of := descendantsTime(w.t)
	s.postgres, s.redis = of["postgres"], of["redis-server"]
	ctx := w.t.Context()
	db, err := sql.Open("pgx", w.env["IMAGIKA_DATABASE_URL"])
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	const q = `SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()`
	if err := db.QueryRowContext(ctx, q).Scan(&s.transactions); err != nil {
		w.t.Fatal(err)
	}
	o, err := redis.ParseURL(w.redis.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	conn := redis.NewClient(o)
	defer conn.Close()
	for line := range strings.Lines(conn.Info(ctx, "stats").Val()) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "total_reads_processed:"); ok {
			s.reads, _ = strconv.ParseFloat(n, 64)
		}
	}
	return s
}

// report reports what a message cost.
func (s spent) report(b *testing.B, before spent, messages float64) {
	b.Helper()
	b.ReportMetric((s.own-before.own)/messages, "cpu-ms/msg")
	b.ReportMetric((s.postgres-before.postgres)/messages, "postgres-ms/msg")
	b.ReportMetric((s.redis-before.redis)/messages, "redis-ms/msg")
	b.ReportMetric((s.transactions-before.transactions)/messages, "transactions/msg")
	b.ReportMetric((s.reads-before.reads)/messages, "redis-reads/msg")
}

// descendantsTime is the processor time, in milliseconds, of the processes that this one started, by their names.
func descendantsTime(tb testing.TB) map[string]float64 {
	tb.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		tb.Fatal(err)
	}
	parent, name, ticks := make(map[int]int), make(map[int]string), make(map[int]float64)
	for _, path := range stats {
		line, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		left, right := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
		pid, _ := strconv.Atoi(strings.TrimSpace(string(line[:left])))
		f := strings.Fields(string(line[right+1:]))
		parent[pid], _ = strconv.Atoi(f[1])
		name[pid] = string(line[left+1 : right])
		for _, used := range f[11:15] { // its own, and that of children which have ended
			n, _ := strconv.ParseFloat(used, 64)
			ticks[pid] += n
		}
	}
	all := make(map[string]float64)
	for pid := range parent {
		for up := parent[pid]; up > 1; up = parent[up] {
			if up == os.Getpid() {
				all[name[pid]] += 10 * ticks[pid] // 100 a second
				break
			}
		}
	}
	return all
}

// introduce brings people together, two by two.
func (w *world) introduce(people []*telegramtest.Person) {
	w.t.Helper()
	s, ctx := w.store(), w.t.Context()
	for i := range people {
		p, err := s.PersonByTelegram(ctx, people[i].ID(), "en")
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := s.Enter(ctx, storage.Effect{User: p.ID}, storage.Search{ID: strconv.Itoa(i), User: p.ID, Lang: "en"}, 0, nil); err != nil {
			w.t.Fatal(err)
		}
		if i%2 == 0 {
			continue
		}
		if _, _, err := s.Match(ctx, p.ID, func(context.Context, storage.Conversation, [2]storage.Search) ([]storage.Send, error) {
			return nil, nil
		}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// talkAll lets everybody talk, and returns how long what they said was on its way, sorted.
func (w *world) talkAll(people []*telegramtest.Person) (took []time.Duration) {
	w.t.Helper()
	var mu sync.Mutex
	sent, n := make(map[string]time.Time), 0
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Minute)
	defer cancel()
	events := w.tg.Subscribe(ctx, w.tg.Seq())
	say := func(p *telegramtest.Person) {
		mu.Lock()
		n++
		words := "words " + strconv.Itoa(n)
		sent[words] = time.Now()
		mu.Unlock()
		p.Text(words)
	}
	begin := time.Now()
	var talking sync.WaitGroup
	for i, p := range people {
		talking.Go(func() {
			first := begin.Add(time.Duration(i) * time.Second / time.Duration(len(people))) // not all in step
			for k := range relaySeconds {
				time.Sleep(time.Until(first.Add(time.Duration(k) * time.Second)))
				for range relayPattern[(k+i)%len(relayPattern)] {
					say(p)
				}
			}
		})
	}
	arrived := make(map[string]bool)
	all := len(people) * relaySeconds
	for e := range events {
		if e.Kind != telegramtest.EventNew || !e.Message.FromBot() || !strings.HasPrefix(e.Message.Text, "words ") {
			continue
		}
		mu.Lock()
		if arrived[e.Message.Text] {
			w.t.Errorf("%q arrived twice", e.Message.Text)
		}
		arrived[e.Message.Text] = true
		took = append(took, e.Time.Sub(sent[e.Message.Text]))
		mu.Unlock()
		if len(arrived) == all {
			break
		}
	}
	talking.Wait()
	if len(arrived) != all {
		w.t.Fatalf("%d of %d arrived", len(arrived), all)
	}
	slices.Sort(took)
	return took
}
