// Package visits counts how often the pages of the site are seen, and does not know by whom.
//
// What leaves this package are sums: day, page, who led here, country, kind of device, views, visitors. They are added up in
// memory and go to the database once a minute. What is needed to count somebody once a day, and to guess a country, is looked at
// while the request is answered and not kept:
//
//   - The visitor is a keyed hash of address, browser and site, in a set in memory that knows nothing else. The key is random,
//     was never written anywhere, and is replaced at midnight UTC and by every start; then nobody can tell whom a hash was of.
//   - The country is looked up in a table that is part of the program, and is an estimate.
//   - Of the page that led here the name of its host is kept, and that only where it looks like one.
//
// Not counted at all, not even as a number of their own, are people whose browser says that they do not want it: DNT and
// Sec-GPC. Nothing is asked of a browser, stored there or read from there; only what it sends anyway is looked at, and no header
// asks it for more.
//
// What that means for the numbers: a visitor is counted once a day, with the view that was their first; those behind one address
// with the same browser are one. A restart, and every further process that serves the site, counts them anew. A process that is
// killed loses what it counted since the last minute; nothing is counted twice, because a batch has a number that the database
// knows (storage.Store.AddPageViews).
//
// Whoever makes up addresses, browsers or referrers fills no memory: see the bounds in counter.go. They can make up visits, as
// with anything that counts visits.
package visits

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/imagika/imagika/storage"
)

// Store keeps what was counted. *storage.Store is one.
type Store interface {
	AddPageViews(ctx context.Context, b storage.PageViewBatch) error
}

// Options of [New].
type Options struct {
	Store Store
	// Host is the site's own name: its pages lead to each other, which is no news. Empty is that of the request.
	Host string
	// Sources are names the operator gives links, as utm_source. Others are not looked at.
	Sources []string
	// Proxies are believed when they say for whom they ask, in X-Forwarded-For. From everybody else the header is not read.
	Proxies []netip.Prefix
	// Now is the program's clock; nil means time.Now.
	Now func() time.Time
	// Metrics may be nil.
	Metrics *Metrics
	// Log may be nil.
	Log *slog.Logger
}
