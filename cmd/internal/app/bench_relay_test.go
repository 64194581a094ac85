package app_test

import (
	"context"
	"flag"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

var relayConversations = flag.Int("relay.conversations", 200, "conversations of BenchmarkRelay")

// relaySeconds is for how long each of their people says something every second, and three things at once every fifth.
const relaySeconds = 10

// BenchmarkRelay is how long what somebody says is on its way to their partner's chat: from Telegram through ingestion, the
// lane of the chat, SQL, the lane of the conversation and back. 200 conversations go on at the same time. The ratio is that of the
// aim, 100 ms, to what 99 of 100 messages take.
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
		began := time.Now()
		took := w.talkAll(people)
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
	var talking sync.WaitGroup
	for i, p := range people {
		talking.Go(func() {
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			time.Sleep(time.Duration(i) * time.Second / time.Duration(len(people))) // not all in step
			for k := range relaySeconds {
				for range 1 + 2*((k+i)%5/4) {
					say(p)
				}
				<-tick.C
			}
		})
	}
	arrived := make(map[string]bool)
	all := 2 * *relayConversations * (relaySeconds + 2*relaySeconds/5)
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
