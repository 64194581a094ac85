package app_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// slowestCheckout is how long 99 of 100 people may wait for the answer that lets their payment go on. The aim is one second;
// a machine that has other things to do gets another.
const slowestCheckout = 2 * time.Second

// BenchmarkCheckout is how long people wait between paying and Telegram's word that it is through, while every slot that
// paints is taken and more waits: 160 payments at once, at most 16 of them in the pool.
func BenchmarkCheckout(b *testing.B) {
	w := newWorld(b, onReal)
	w.env["IMAGIKA_LOCAL_DELAY"], w.env["IMAGIKA_POOLS"] = "2s", "payments=16,interactive=32,generate=8,deliver=16"
	people := w.crowd(40)
	for b.Loop() {
		_, stop := w.start(func(o *app.Options) { o.Config.WelcomeCredits = 20 })
		w.agreeAll(people)
		bills := w.bills(people)
		for _, p := range people {
			p.Text("a lake at dawn")
			p.Text("a lake at night")
		}
		w.waitFor(people[len(people)-1], time.Minute, telegramtest.Has("number"))
		took := w.payAll(people, bills)
		p50, p99 := took[len(took)/2], took[len(took)*99/100]
		b.ReportMetric(float64(p50.Milliseconds()), "p50-ms")
		b.ReportMetric(float64(p99.Milliseconds()), "p99-ms")
		b.ReportMetric(0, "ns/op")
		if p99 > slowestCheckout {
			b.Errorf("one of a hundred waits %s", p99)
		}
		stop()
	}
}

// bills has everybody order every pack but the subscription, and returns the invoices.
func (w *world) bills(people []*telegramtest.Person) map[*telegramtest.Person][]int64 {
	w.t.Helper()
	all := make(map[*telegramtest.Person][]int64)
	for _, pack := range []string{"sketch", "palette", "easel", "studio"} {
		for _, p := range people {
			p.Start("buy_" + pack)
		}
	}
	for _, p := range people {
		w.waitFor(p, time.Minute, func(telegramtest.Message) bool {
			all[p] = nil
			for _, m := range p.Messages() {
				if m.Invoice != nil {
					all[p] = append(all[p], m.MessageID)
				}
			}
			return len(all[p]) == 4
		})
	}
	return all
}

// payAll pays all at once and returns how long each took, sorted.
func (w *world) payAll(people []*telegramtest.Person, bills map[*telegramtest.Person][]int64) (took []time.Duration) {
	w.t.Helper()
	var group sync.WaitGroup
	var mu sync.Mutex
	for _, p := range people {
		for _, bill := range bills[p] {
			group.Go(func() {
				start := time.Now()
				payment, err := p.Pay(bill)
				if err == nil {
					_, err = payment.Wait(w.t.Context())
				}
				mu.Lock()
				defer mu.Unlock()
				if took = append(took, time.Since(start)); err != nil {
					w.t.Error(err)
				}
			})
		}
	}
	group.Wait()
	slices.Sort(took)
	return took
}
