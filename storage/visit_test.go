package storage_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

var (
	monday  = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	tuesday = monday.AddDate(0, 0, 1)
)

// seen are views of one kind.
func seen(day time.Time, page, referrer, country, device string, views, visitors int64) storage.PageViews {
	return storage.PageViews{Day: day, Page: page, Referrer: referrer, Country: country, Device: device, Views: views, Visitors: visitors}
}

func addViews(t *testing.T, s *storage.Store, process string, n int64, views ...storage.PageViews) {
	t.Helper()
	if err := s.AddPageViews(t.Context(), storage.PageViewBatch{Process: process, N: n, Views: views}); err != nil {
		t.Fatal(err)
	}
}

func visits(t *testing.T, s *storage.Store, by storage.PageViewColumn, since, until time.Time) []storage.VisitLine {
	t.Helper()
	lines, err := s.Visits(t.Context(), by, since, until)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// Processes add up. A batch whose answer was lost is given again, and counts once.
func TestPageViewsAddUp(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		first := []storage.PageViews{
			seen(monday.Add(13*time.Hour), "home", "", "DE", "phone", 3, 2),
			seen(monday, "privacy", "news.example.com", "TR", "desktop", 1, 0),
		}
		for range 3 {
			addViews(t, s, "a", 1, first...)
		}
		addViews(t, s, "b", 1, seen(monday, "home", "", "DE", "phone", 2, 1))
		addViews(t, s, "a", 2, seen(tuesday, "home", "news.example.com", "TR", "phone", 5, 5))
		addViews(t, s, "a", 1, first...) // the past comes again
		until := tuesday.AddDate(0, 0, 1)
		for by, want := range map[storage.PageViewColumn][]storage.VisitLine{
			storage.ColumnDay:      {{"2026-11-16", 6, 3}, {"2026-11-17", 5, 5}},
			storage.ColumnPage:     {{"home", 10, 8}, {"privacy", 1, 0}},
			storage.ColumnReferrer: {{"news.example.com", 6, 5}, {"", 5, 3}},
			storage.ColumnCountry:  {{"TR", 6, 5}, {"DE", 5, 3}},
			storage.ColumnDevice:   {{"phone", 10, 8}, {"desktop", 1, 0}},
		} {
			if diff := cmp.Diff(want, visits(t, s, by, monday, until)); diff != "" {
				t.Errorf("by %s (-want +got):\n%s", by, diff)
			}
		}
		if diff := cmp.Diff([]storage.VisitLine{{"2026-11-16", 6, 3}}, visits(t, s, storage.ColumnDay, monday.Add(-time.Hour), tuesday)); diff != "" {
			t.Errorf("the days before the last (-want +got):\n%s", diff)
		}
		if _, err := s.Visits(t.Context(), storage.ColumnViews, monday, until); err == nil {
			t.Error("adds up by what is no column to add up by")
		}
	})
}

// Whatever a program tries to write, no column takes an address, what a browser calls itself, or who somebody is.
func TestPageViewsCanHoldNobody(t *testing.T) {
	t.Parallel()
	row := map[string]string{"page": "home", "referrer_host": "news.example.com", "country": "DE", "device": "phone"}
	eachRaw(t, func(t *testing.T, _ *storage.Store, raw *sql.DB) {
		insert := func(day int, change, to string) error {
			args := []any{day}
			for _, column := range []string{"page", "referrer_host", "country", "device"} {
				value := row[column]
				if column == change {
					value = to
				}
				args = append(args, value)
			}
			_, err := raw.ExecContext(t.Context(), `INSERT INTO page_views (day, page, referrer_host, country, device, views, visitors) VALUES ($1,$2,$3,$4,$5,1,1)`, args...)
			return err
		}
		if err := insert(0, "", ""); err != nil {
			t.Fatal(err)
		}
		for i, personal := range []string{
			"203.0.113.9", "2001:db8::7", "::1", "::ffff:203.0.113.9", "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0", "curl/8.5.0",
			"ada@example.com", "https://example.com/people/ada", strings.Repeat("a", 101),
		} {
			for column := range row {
				if err := insert(1+i, column, personal); err == nil {
					t.Errorf("column %s takes %s", column, personal)
				}
			}
		}
		for _, numbers := range []string{"0, 0", "1, 2", "1, -1"} {
			if _, err := raw.ExecContext(t.Context(), `INSERT INTO page_views VALUES (9, 'home', '', 'DE', 'phone', `+numbers+`)`); err == nil {
				t.Errorf("takes views and visitors %s", numbers)
			}
		}
	})
}

// What people are told is counted is what the table has.
func TestPageViewColumns(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	for _, c := range storage.PageViewColumns() {
		told[string(c)] = true
	}
	live := map[string]bool{}
	for name := range columns(t) {
		if table, column, _ := strings.Cut(name, "."); table == "page_views" {
			live[column] = true
		}
	}
	if diff := cmp.Diff(live, told); diff != "" {
		t.Errorf("(-schema +told):\n%s", diff)
	}
}

// Once a day is over, as many hosts as there is room for keep their name, those that led most people here; nothing is lost.
func TestReferrersAreFolded(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		today, more := s.Now(), 30
		views := []storage.PageViews{seen(today, "home", "", "DE", "phone", 7, 7), seen(today, "home", storage.OtherReferrer, "DE", "phone", 1, 1)}
		for i := range storage.ReferrersNamed + more {
			host := fmt.Sprintf("h%d.example.com", i)
			views = append(views, seen(today, "home", host, "DE", "phone", int64(1000-i), int64(i)), seen(today, "privacy", host, "TR", "phone", 1, 0))
		}
		addViews(t, s, "a", 1, views...)
		all := func(by storage.PageViewColumn) []storage.VisitLine {
			t.Helper()
			return visits(t, s, by, today, today.AddDate(0, 0, 1))
		}
		total := all(storage.ColumnDay)
		retain := func() {
			t.Helper()
			if _, err := s.Retain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		retain()
		if n := len(all(storage.ColumnReferrer)); n != len(views)/2+1 {
			t.Fatalf("%d referrers on a day that is not over", n)
		}
		pass(24 * time.Hour)
		retain()
		retain()
		got := map[string]storage.VisitLine{}
		for _, l := range all(storage.ColumnReferrer) {
			got[l.Name] = l
		}
		if len(got) != storage.ReferrersNamed+2 || got["h0.example.com"].Views != 0 || got["h229.example.com"].Visitors != 229 || got[""].Views != 7 {
			t.Errorf("%d names: %v", len(got), got)
		}
		if other := got[storage.OtherReferrer]; other.Visitors != 29*30/2+1 {
			t.Errorf("the others are %v", other)
		}
		if diff := cmp.Diff(total, all(storage.ColumnDay)); diff != "" {
			t.Errorf("the sum is another (-before +after):\n%s", diff)
		}
	})
}
