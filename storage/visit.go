package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Visits are counted, and nobody in them: a row says how often a page was seen on a day from one country, with one kind of
// device, led there by one site. There is no row per visit. What the columns cannot hold is in the checks of the table.

const (
	// VisitsKept is how long page views are kept: less than the 25 months that measuring an audience without asking may last.
	VisitsKept = 760 * 24 * time.Hour
	// ReferrersNamed is how many hosts of a day keep their name once it is over; the others are added up.
	ReferrersNamed = 200
	// OtherReferrer stands for hosts without a name of their own. No host is called that: it has no dot.
	OtherReferrer = "other"
)

// PageViews is how often a page was seen on a day, from one place in one way.
type PageViews struct {
	Day      time.Time // UTC, its beginning
	Page     string    // name of the route
	Referrer string    // host of the page that led here, or a name the operator gave a link; empty is none
	Country  string    // ISO 3166-1, two letters; ZZ is unknown
	Device   string    // phone, tablet, desktop or other
	Views    int64
	Visitors int64 // of those views, how many were somebody's first of the day
}

// PageViewColumn is a column of what is kept of visits.
type PageViewColumn string

// The columns, which are everything there is.
const (
	ColumnDay      PageViewColumn = "day"
	ColumnPage     PageViewColumn = "page"
	ColumnReferrer PageViewColumn = "referrer_host"
	ColumnCountry  PageViewColumn = "country"
	ColumnDevice   PageViewColumn = "device"
	ColumnViews    PageViewColumn = "views"
	ColumnVisitors PageViewColumn = "visitors"
)

// PageViewColumns lists them in the order of the table.
func PageViewColumns() []PageViewColumn {
	return []PageViewColumn{ColumnDay, ColumnPage, ColumnReferrer, ColumnCountry, ColumnDevice, ColumnViews, ColumnVisitors}
}

// PageViewBatch is what a process counted for a while.
type PageViewBatch struct {
	Process string // random, the same while it runs
	N       int64  // rises with each batch
	Views   []PageViews
}

// AddPageViews adds a batch to what is there. A batch that was added before is not added again, so whoever does not know whether
// it was can simply repeat it.
func (s *Store) AddPageViews(ctx context.Context, b PageViewBatch) error {
	// Every process takes the rows in the same order: two never wait for each other.
	views := slices.SortedFunc(slices.Values(b.Views), func(v, o PageViews) int {
		return cmp.Or(v.Day.Compare(o.Day), strings.Compare(v.Page, o.Page), strings.Compare(v.Referrer, o.Referrer), strings.Compare(v.Country, o.Country),
			strings.Compare(v.Device, o.Device))
	})
	return s.write(ctx, func(t tx) error {
		fresh, err := t.exec(ctx, `INSERT INTO page_view_batches (process, n, added_at) VALUES ($1,$2,$3)
			ON CONFLICT (process) DO UPDATE SET n = excluded.n, added_at = excluded.added_at WHERE page_view_batches.n < excluded.n`, b.Process, b.N, t.now)
		if err != nil || fresh == 0 {
			return err
		}
		for _, v := range views {
			if err := t.addPageViews(ctx, v); err != nil {
				return fmt.Errorf("add page views: %w", err)
			}
		}
		return nil
	})
}

func (t tx) addPageViews(ctx context.Context, v PageViews) error {
	_, err := t.exec(ctx, `INSERT INTO page_views (day, page, referrer_host, country, device, views, visitors) VALUES ($1,$2,$3,$4,$5,$6,$7)
		ON CONFLICT (day, page, referrer_host, country, device)
		DO UPDATE SET views = page_views.views + excluded.views, visitors = page_views.visitors + excluded.visitors`,
		dayOf(v.Day), v.Page, v.Referrer, v.Country, v.Device, v.Views, v.Visitors)
	return err
}

// dayOf is the beginning of a day, in µs.
func dayOf(t time.Time) int64 { return t.UTC().Truncate(24 * time.Hour).UnixMicro() }

// VisitLine is a line of a report: of a day, a page or a host.
type VisitLine struct {
	Name     string `json:"name"` // of a day, 2026-11-22; of the others as in PageViews
	Views    int64  `json:"views"`
	Visitors int64  `json:"visitors"` // added up over days: somebody who comes on two of them is counted twice
}

// Visits adds up what was seen from the day of since to the one before until, for each value of a column other than views and
// visitors: days in their order, the others with the most visitors first.
func (s *Store) Visits(ctx context.Context, by PageViewColumn, since, until time.Time) ([]VisitLine, error) {
	order := "3 DESC, 2 DESC, 1"
	switch by {
	case ColumnDay:
		order = "1"
	case ColumnPage, ColumnReferrer, ColumnCountry, ColumnDevice:
	default:
		return nil, fmt.Errorf("visits by %q: no such column", by)
	}
	return collect(ctx, s.r, func(row scanner) (v VisitLine, err error) {
		if by == ColumnDay {
			var day int64
			err = row.Scan(&day, &v.Views, &v.Visitors)
			v.Name = time.UnixMicro(day).UTC().Format(time.DateOnly)
			return v, err
		}
		return v, row.Scan(&v.Name, &v.Views, &v.Visitors)
	}, `SELECT `+string(by)+`, CAST(SUM(views) AS BIGINT), CAST(SUM(visitors) AS BIGINT) FROM page_views WHERE day >= $1 AND day < $2 GROUP BY 1 ORDER BY `+order,
		dayOf(since), dayOf(until))
}

// named is the condition of rows whose referrer has a name.
const named = `referrer_host NOT IN ('', '` + OtherReferrer + `')`

// foldReferrers adds up the hosts of days that are over, but for those that led most people here: whoever makes up many of them
// fills no table.
func foldReferrers(ctx context.Context, t tx) error {
	const day, back = int64(24 * time.Hour / time.Microsecond), 8 // days; a process adds what it counted within a minute
	today := t.now / day * day
	full, err := collect(ctx, t, func(row scanner) (at int64, err error) { return at, row.Scan(&at) },
		`SELECT day FROM page_views WHERE day >= $1 AND day < $2 AND `+named+` GROUP BY day HAVING COUNT(DISTINCT referrer_host) > $3`,
		today-back*day, today, ReferrersNamed)
	if err != nil {
		return err
	}
	for _, at := range full {
		gone, err := collect(ctx, t, func(row scanner) (PageViews, error) {
			v := PageViews{Day: time.UnixMicro(at), Referrer: OtherReferrer}
			return v, row.Scan(&v.Page, &v.Country, &v.Device, &v.Views, &v.Visitors)
		}, `DELETE FROM page_views WHERE day = $1 AND `+named+` AND referrer_host NOT IN (
				SELECT referrer_host FROM page_views WHERE day = $1 AND `+named+` GROUP BY referrer_host
				ORDER BY SUM(visitors) DESC, SUM(views) DESC, referrer_host LIMIT $2)
			RETURNING page, country, device, views, visitors`, at, ReferrersNamed)
		if err != nil {
			return fmt.Errorf("fold referrers: %w", err)
		}
		for _, v := range gone {
			if err := t.addPageViews(ctx, v); err != nil {
				return fmt.Errorf("fold referrers: %w", err)
			}
		}
	}
	return nil
}
