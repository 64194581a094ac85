package visits

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
)

// shelf is a store that keeps batches, and fails as long as it is told to.
type shelf struct {
	mu      sync.Mutex
	batches []storage.PageViewBatch
	fails   error
	anyway  bool // keeps what it says it did not
}

func (s *shelf) AddPageViews(_ context.Context, b storage.PageViewBatch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails == nil || s.anyway {
		s.batches = append(s.batches, b)
	}
	return s.fails
}

// sums are views and visitors of all batches, those with a number that was seen before left out as the database does.
func (s *shelf) sums() (views, visitors int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var last int64
	for _, b := range s.batches {
		if b.N <= last {
			continue
		}
		last = b.N
		for _, v := range b.Views {
			views, visitors = views+v.Views, visitors+v.Visitors
		}
	}
	return views, visitors
}

func (s *shelf) holds(t *testing.T, views, visitors int64) {
	t.Helper()
	if v, p := s.sums(); v != views || p != visitors {
		t.Errorf("%d views by %d visitors, want %d by %d", v, p, views, visitors)
	}
}

// see is one view by somebody.
func see(t testing.TB, c *Counter, address, agent, page string) {
	t.Helper()
	r := get(t, "/")
	r.RemoteAddr = net.JoinHostPort(address, "4711")
	r.Header.Set("User-Agent", agent)
	c.Count(r, page)
}

func flush(t *testing.T, c *Counter) {
	t.Helper()
	if err := c.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Two people behind one address are two if their browsers differ; whoever comes again today is not new, tomorrow they are.
func TestVisitors(t *testing.T) {
	t.Parallel()
	now, s := time.Date(2026, 11, 22, 23, 59, 0, 0, time.UTC), &shelf{}
	c := New(Options{Store: s, Now: func() time.Time { return now }})
	key := func() [32]byte { return c.people.key }
	for range 3 {
		see(t, c, "203.0.113.9", firefox, "home")
		see(t, c, "203.0.113.9", chrome, "home")
		see(t, c, "203.0.113.10", firefox, "privacy")
	}
	see(t, c, "203.0.113.9", firefox, "privacy")
	flush(t, c)
	s.holds(t, 10, 3)
	of := s.batches[0].Views
	if i := slices.IndexFunc(of, func(v storage.PageViews) bool { return v.Page == "privacy" && v.Device == deviceDesktop }); of[i].Visitors != 1 || of[i].Views != 4 {
		t.Errorf("visitors do not stand where they came in: %+v", of[i])
	}
	today := key()
	now = now.Add(time.Minute)
	see(t, c, "203.0.113.9", firefox, "home")
	if key() == today || len(c.people.seen) != 1 {
		t.Error("yesterday's key, or who came then, is still there")
	}
	flush(t, c)
	s.holds(t, 11, 4)
	if got := s.batches[1].Views[0].Day; got != time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) {
		t.Errorf("counted on %s", got)
	}
	again := New(Options{Store: s, Now: func() time.Time { return now }})
	see(t, again, "203.0.113.9", firefox, "home")
	if again.people.key == key() {
		t.Error("a start has the key of the one before")
	}
}

// Whoever does not want to be counted is nowhere: not among the views, and not in memory.
func TestOptOut(t *testing.T) {
	t.Parallel()
	c := New(Options{Store: &shelf{}})
	for _, header := range []string{"DNT", "Sec-GPC"} {
		r := get(t, "/")
		r.Header.Set(header, "1")
		r.Header.Set("Referer", "https://news.example.com/")
		c.Count(r, "home")
	}
	if len(c.cells)+len(c.people.seen)+len(c.referrers) != 0 {
		t.Errorf("%v, %v, %v", c.cells, c.people.seen, c.referrers)
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	c := New(Options{Store: s, Host: "imagika.example", Sources: []string{"newsletter"}})
	for _, from := range [][2]string{
		{"/?utm_source=newsletter", "https://mail.example.com/"},
		{"/?utm_source=ada-lovelace", "https://mail.example.com/"},
		{"/?utm_source=ada-lovelace", ""},
		{"/", "https://imagika.example/"},
	} {
		r := get(t, from[0])
		r.Header.Set("Referer", from[1])
		c.Count(r, "home")
	}
	flush(t, c)
	got := map[string]int64{}
	for _, v := range s.batches[0].Views {
		got[v.Referrer] = v.Views
	}
	if diff := cmp.Diff(map[string]int64{"newsletter": 1, "mail.example.com": 1, "": 2}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A batch that may have arrived is given again as it was; what was counted since follows. One that the database takes for wrong
// does not keep others waiting for ever.
func TestFlush(t *testing.T) {
	t.Parallel()
	s := &shelf{fails: net.ErrClosed, anyway: true}
	c := New(Options{Store: s})
	if err := c.Flush(t.Context()); err != nil || len(s.batches) != 0 {
		t.Errorf("nothing was written: %v, %v", err, s.batches)
	}
	see(t, c, "203.0.113.9", firefox, "home")
	for range 2 * mostTries {
		if err := c.Flush(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Fatal(err)
		}
		see(t, c, "203.0.113.9", firefox, "home")
	}
	s.fails = nil
	flush(t, c)
	s.holds(t, 1, 1)
	flush(t, c)
	s.holds(t, 2*mostTries+1, 1)

	s.fails, s.anyway = errors.New("a check of the table"), false
	see(t, c, "203.0.113.9", firefox, "home")
	for range mostTries {
		if err := c.Flush(t.Context()); err == nil {
			t.Fatal("written")
		}
	}
	s.fails = nil
	see(t, c, "203.0.113.9", firefox, "home")
	flush(t, c)
	s.holds(t, 2*mostTries+2, 1)
}

// What was counted is written once a minute and at the end, and yesterday's key goes at midnight though nobody comes.
func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		c := New(Options{Store: s})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { c.Run(ctx); close(done) }()
		synctest.Wait()
		see(t, c, "203.0.113.9", firefox, "home")
		s.holds(t, 0, 0)
		time.Sleep(flushEvery)
		synctest.Wait()
		s.holds(t, 1, 1)
		key := c.people.key
		time.Sleep(day)
		synctest.Wait()
		if c.people.key == key || len(c.people.seen) != 0 {
			t.Error("a key outlives its day")
		}
		see(t, c, "203.0.113.9", firefox, "home")
		stop()
		<-done
		s.holds(t, 2, 2)
	})
}

// flood is views of so many people who do not exist, each led here by a host that does not exist from a country of its own.
func flood(t testing.TB, c *Counter, n int) {
	t.Helper()
	r := get(t, "/")
	r.Header.Set("Referer", "")
	for i := range n {
		r.RemoteAddr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(1 + i%200), byte(i >> 16), byte(i >> 8), byte(i)}), 4711).String()
		r.Header["Referer"][0] = fmt.Sprintf("https://h%d.example.com/", i)
		r.Header["User-Agent"][0] = fmt.Sprintf("%s %d", firefox, i)
		c.Count(r, "home")
	}
}

// Whoever makes up people, hosts and browsers fills no memory, and every view counts all the same.
func TestFlood(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	c := New(Options{Store: s})
	c.bounds = bounds{visitors: 500, referrers: 20, cells: 100}
	const n = 3000
	flood(t, c, n)
	if len(c.people.seen) != 500 || len(c.referrers) != 20 || len(c.cells) > 101 {
		t.Errorf("%d people, %d hosts, %d sums", len(c.people.seen), len(c.referrers), len(c.cells))
	}
	flush(t, c)
	s.holds(t, n, 500)
}

// BenchmarkMemory says what is kept of three times as many made-up visits as there is room for, beside those that there is.
func BenchmarkMemory(b *testing.B) {
	held := func(n int) float64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		c := New(Options{Store: &shelf{}})
		flood(b, c, n)
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(c)
		return float64(after.HeapAlloc) - float64(before.HeapAlloc)
	}
	country(netip.MustParseAddr("2001:4860:4860::8888")) // unpacks the table
	for b.Loop() {
		full := held(usualBounds.visitors)
		ratio := held(3*usualBounds.visitors) / full
		b.ReportMetric(full/1e6, "MB")
		b.ReportMetric(ratio, "ratio")
		if ratio > 1.2 {
			b.Errorf("three times as many made-up visits take %.2f times the memory", ratio)
		}
	}
}

func BenchmarkCount(b *testing.B) {
	c, r := New(Options{Store: &shelf{}}), get(b, "/")
	r.Header.Set("Referer", "https://news.example.com/")
	for b.Loop() {
		c.Count(r, "home")
	}
}
