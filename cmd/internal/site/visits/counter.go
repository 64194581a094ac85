package visits

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/imagika/imagika/storage"
)

// bounds are how much is kept in memory. Beyond them views are counted as before, but not who they are by, which host led here, or
// from which country.
type bounds struct {
	visitors  int // of a day; a hash of 8 bytes each
	referrers int // names of a day
	cells     int // sums that wait for the database
}

// usualBounds are some 10 MB when all of them are reached.
var usualBounds = bounds{visitors: 1 << 17, referrers: 1000, cells: 10_000}

// flushEvery is how much is lost at most when the process is killed.
const flushEvery = time.Minute

// cell is what views are added up by.
type cell struct {
	day                             int64 // s, its beginning
	page, referrer, country, device string
}

// sum is how often.
type sum struct{ views, visitors int64 }

// Counter counts views. It is safe for concurrent use.
type Counter struct {
	options Options
	bounds  bounds
	process string

	mu        sync.Mutex
	day       int64 // s, the beginning of the one that is counted
	people    crowd
	referrers map[string]struct{} // names of the day
	cells     map[cell]sum

	flushing sync.Mutex
	pending  *storage.PageViewBatch // was given to the database, which did not say that it has it
	n        int64                  // of the last batch
	tries    int                    // of the pending one
}

// mostTries is how often the database may refuse a batch for another reason than being away, before it is dropped: there is
// something wrong with it, and others wait behind it.
const mostTries = 5

// New returns a counter that has counted nothing.
func New(o Options) *Counter {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil, nil)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Counter{options: o, bounds: usualBounds, process: rand.Text(), cells: make(map[cell]sum)}
}

// Count notes that a page was answered with, if the request is one of somebody who looks at pages and does not mind.
func (c *Counter) Count(r *http.Request, page string) {
	switch why := uncounted(r); why {
	case "":
	case reasonOptedOut:
		return
	default:
		c.options.Metrics.skipped(why)
		return
	}
	from, address := c.referrer(r), Client(r, c.options.Proxies)
	k := cell{page: page, referrer: from, country: country(address), device: device(r)}

	c.mu.Lock()
	defer c.mu.Unlock()
	k.day = c.today()
	k.referrer = c.named(k.referrer)
	first, full := c.people.first(address, r.UserAgent(), c.host(r), c.bounds.visitors)
	if full {
		c.options.Metrics.skipped(reasonFull)
	}
	c.add(k, first)
	c.options.Metrics.viewed(page, first)
}

// today is the day that is counted. With a new one everybody is new.
func (c *Counter) today() int64 {
	if now := c.options.Now().UTC().Truncate(day).Unix(); now != c.day {
		c.day, c.referrers = now, make(map[string]struct{})
		c.people.renew()
	}
	return c.day
}

// named is a referrer, as long as there are not too many.
func (c *Counter) named(referrer string) string {
	if referrer == "" || referrer == storage.OtherReferrer {
		return referrer
	}
	if _, known := c.referrers[referrer]; known {
		return referrer
	}
	if len(c.referrers) >= c.bounds.referrers {
		return storage.OtherReferrer
	}
	referrer = strings.Clone(referrer) // not the whole header
	c.referrers[referrer] = struct{}{}
	return referrer
}

// add counts a view. A cell that there is no room for is counted with those of its page and device.
func (c *Counter) add(k cell, first bool) {
	s, known := c.cells[k]
	if !known && len(c.cells) >= c.bounds.cells {
		k.referrer, k.country = storage.OtherReferrer, unknownCountry
		s = c.cells[k]
	}
	s.views++
	if first {
		s.visitors++
	}
	c.cells[k] = s
}

// Run gives what was counted to the database every minute, until ctx ends, and then once more.
func (c *Counter) Run(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			c.last(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			c.mu.Lock()
			c.today() // a key does not outlive its day because nobody comes
			c.mu.Unlock()
			c.try(ctx)
		}
	}
}

// last gives away what is left, without keeping anybody waiting for long.
func (c *Counter) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if c.try(ctx) {
		c.try(ctx) // the first was one that had failed before
	}
}

func (c *Counter) try(ctx context.Context) bool {
	err := c.Flush(ctx)
	if err != nil {
		c.options.Log.WarnContext(ctx, "visits not written yet", "error", err)
	}
	return err == nil
}

// Flush gives a batch to the database. One that may or may not have arrived is given again, as it is, before what was counted
// since.
func (c *Counter) Flush(ctx context.Context) error {
	c.flushing.Lock()
	defer c.flushing.Unlock()
	if c.pending == nil {
		c.pending = c.take()
	}
	if c.pending == nil {
		return nil
	}
	err := c.options.Store.AddPageViews(ctx, *c.pending)
	c.options.Metrics.flushed(err)
	if err != nil && !storage.IsUnavailable(err) {
		c.tries++
	}
	if err == nil || c.tries >= mostTries {
		c.pending, c.tries = nil, 0
	}
	return err
}

// take is what was counted since the last time; nil if nothing was.
func (c *Counter) take() *storage.PageViewBatch {
	c.mu.Lock()
	cells := c.cells
	c.cells = make(map[cell]sum)
	c.mu.Unlock()
	if len(cells) == 0 {
		return nil
	}
	c.n++
	b := &storage.PageViewBatch{Process: c.process, N: c.n, Views: make([]storage.PageViews, 0, len(cells))}
	for k, s := range cells {
		b.Views = append(b.Views, storage.PageViews{
			Day: time.Unix(k.day, 0).UTC(), Page: k.page, Referrer: k.referrer, Country: k.country, Device: k.device, Views: s.views, Visitors: s.visitors,
		})
	}
	return b
}

// host is the name by which the site is asked for.
func (c *Counter) host(r *http.Request) string { return cmp.Or(c.options.Host, bare(r.Host)) }

// referrer says who led here: a name that the operator gave a link, or the host of a page.
func (c *Counter) referrer(r *http.Request) string {
	if source := r.URL.Query().Get("utm_source"); slices.Contains(c.options.Sources, source) {
		return source
	}
	return referrer(r.Referer(), c.host(r))
}
