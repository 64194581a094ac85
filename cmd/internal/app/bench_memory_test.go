package app_test

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// BenchmarkInFlight is the memory of a process for every 1,000 generations in flight: with a provider that keeps each
// caller waiting, and with one that answers with a handle and is polled. The program runs in a process of its own, with
// every pool and the bot. Resident is what the kernel counts, heap what lives on Go's heap; stacks make the difference.
func BenchmarkInFlight(b *testing.B) {
	for _, model := range []string{"local", "local-async"} {
		b.Run(model, func(b *testing.B) {
			w := newWorld(b, onReal)
			maps.Copy(w.env, map[string]string{
				"IMAGIKA_MODEL": model, "IMAGIKA_LOCAL_DELAY": "10m", "IMAGIKA_CALL_TIMEOUT": "10m", "IMAGIKA_STOP_GRACE": "20m",
				"IMAGIKA_POOLS":           "payments,interactive,deliver,maintenance,conversation,generate=1300",
				"IMAGIKA_PERSON_PARALLEL": "12", "IMAGIKA_ADMIN_ADDR": freeAddr(b),
			})
			for b.Loop() {
				benchInFlight(b, w)
			}
		})
	}
}

func benchInFlight(b *testing.B, w *world) {
	people := w.crowd(100)
	c := w.spawn("")
	defer c.Kill()
	idle := resident(b, c.Pid())
	w.agreeAll(people)
	w.fly(people, 2, 200) // connections and buffers that a busy process has anyway
	heap, rss := w.heap(), resident(b, c.Pid())
	w.fly(people, 10, 1200)
	b.ReportMetric(w.heap()-heap, "heap-MB/1000")
	b.ReportMetric(resident(b, c.Pid())-rss, "resident-MB/1000")
	b.ReportMetric(idle, "idle-MB")
	b.ReportMetric(0, "ns/op")
}

// fly lets each person ask for so many pictures more, and waits until all are with the provider; then past a heartbeat of
// asynq, the renewal of every claim and a few collections: what stays is what flying costs.
func (w *world) fly(people []*telegramtest.Person, each int, all float64) {
	w.t.Helper()
	for i := range each {
		for _, p := range people {
			p.Text("a red fox, number " + strconv.Itoa(i))
		}
	}
	for end := time.Now().Add(2 * time.Minute); w.submitted() < all; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%v of %v generations are in flight", w.submitted(), all)
		}
	}
	for range 4 {
		time.Sleep(2 * time.Second)
		w.heap()
	}
}

// submitted is how many calls the provider has taken.
func (w *world) submitted() float64 {
	return w.metric("imagika_provider_inflight{") + w.metric(`imagika_provider_requests_total{op="generate"`)
}

// heap is what lives on the program's Go heap, in MB.
func (w *world) heap() float64 {
	w.t.Helper()
	_, _ = io.Copy(io.Discard, w.admin("/debug/pprof/heap?gc=1"))
	return w.metric("go_memstats_heap_alloc_bytes") / (1 << 20)
}

// metric is the sum of the program's metrics whose line begins so.
func (w *world) metric(prefix string) (sum float64) {
	w.t.Helper()
	lines := bufio.NewScanner(w.admin("/metrics"))
	for lines.Scan() {
		if i := strings.LastIndexByte(lines.Text(), ' '); i > 0 && strings.HasPrefix(lines.Text(), prefix) {
			if v, err := strconv.ParseFloat(lines.Text()[i+1:], 64); err == nil {
				sum += v
			}
		}
	}
	return sum
}

// admin gets a page of the program's admin listener.
func (w *world) admin(path string) io.Reader {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.env["IMAGIKA_ADMIN_ADDR"]+path, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s, %v", path, resp.Status, err)
	}
	return strings.NewReader(string(body))
}

// resident is the memory of a process, in MB.
func resident(tb testing.TB, pid int) float64 {
	tb.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		tb.Skip("no /proc on this system")
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		tb.Fatal(err)
	}
	return kb / 1024
}

// freeAddr is an address nobody listened on a moment ago.
func freeAddr(tb testing.TB) string {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
