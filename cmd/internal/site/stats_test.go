package site

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/site/visits"
	"github.com/imagika/imagika/storage"
)

// someVisits are those of thirty days.
func someVisits() visits.Report {
	until := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	r := visits.Report{Since: until.AddDate(0, 0, -30), Until: until}
	for i := range 30 {
		n := int64(40 + 13*i%29 + 3*i)
		r.Days = append(r.Days, storage.VisitLine{Name: r.Since.AddDate(0, 0, i).Format(time.DateOnly), Views: 2 * n, Visitors: n})
	}
	r.Days[3], r.Days[4] = storage.VisitLine{Name: "2026-10-26", Views: 4, Visitors: 3}, storage.VisitLine{Name: "2026-10-27"}
	r.Pages = []storage.VisitLine{{Name: routeHome, Views: 4001, Visitors: 2003}, {Name: routePrivacy, Views: 333, Visitors: 61}, {Name: "rare", Views: 44, Visitors: 4}}
	r.Referrers = []storage.VisitLine{{Name: "rude-words.example.com", Views: 999, Visitors: 777}}
	r.Countries = []storage.VisitLine{{Name: "TR", Views: 2001, Visitors: 1203}, {Name: "DE", Views: 777, Visitors: 555}, {Name: "ZZ", Views: 9, Visitors: 7}, {Name: "IS", Views: 3, Visitors: 2}}
	r.Devices = []storage.VisitLine{{Name: "phone", Views: 3003, Visitors: 1501}, {Name: "desktop", Views: 1001, Visitors: 502}}
	return r
}

func showVisits(context.Context) (visits.Report, error) { return someVisits(), nil }

func TestStats(t *testing.T) {
	t.Parallel()
	h := newSite(t, Options{Stats: showVisits})
	for target, said := range map[string][]string{
		"/stats":    {"Oct 23, 2026 to Nov 21, 2026", "Turkey", "Germany", "Not known", "Phones", "Privacy policy", "4,000", "&lt;5", "<svg", "<code>referrer_host</code>", "lite.ip2location.com"},
		"/de/stats": {"Türkei", "Telefone", "4.000", "Unbekannt", "Do Not Track"},
		"/ru/stats": {"Турция", "Телефоны"}, "/tr/stats": {"Türkiye", "Almanya"}, "/es/stats": {"Turquía", "Ordenadores"},
	} {
		res := ask(t, h, http.MethodGet, target, "")
		html := read(t, res)
		for _, want := range said {
			if res.StatusCode != http.StatusOK || !strings.Contains(html, want) {
				t.Errorf("%s = %d does not say %q", target, res.StatusCode, want)
			}
		}
		for _, exact := range []string{"4001", "4,001", "2003", "1203", "rude-words", "rare", "Iceland", "Island"} {
			if strings.Contains(html, exact) {
				t.Errorf("%s tells %q", target, exact)
			}
		}
	}
	if html := read(t, ask(t, newSite(t, Options{}), http.MethodGet, "/stats", "")); !strings.Contains(html, "Nothing is counted here") || strings.Contains(html, "<svg class=\"chart\"") {
		t.Error("where nothing is counted the page does not say so")
	}
}

// Many who look make one of them read the numbers; while these cannot be read, the page says what was known, or what is counted.
func TestStatsAreReadSeldom(t *testing.T) {
	t.Parallel()
	var reads atomic.Int64
	var away atomic.Bool
	away.Store(true)
	h := newSite(t, Options{Stats: func(ctx context.Context) (visits.Report, error) {
		reads.Add(1)
		if away.Load() {
			return visits.Report{}, errors.New("the database is away")
		}
		return showVisits(ctx)
	}})
	look := func() string { return read(t, ask(t, h, http.MethodGet, "/stats", "")) }
	for range 20 {
		if html := look(); !strings.Contains(html, "cannot be read right now") || !strings.Contains(html, "<code>country</code>") {
			t.Fatalf("without a database: %s", html)
		}
	}
	s, ok := h.(*site)
	if !ok || reads.Load() != 1 {
		t.Fatalf("read %d times", reads.Load())
	}
	tired := func() {
		s.pages.stats.mu.Lock()
		defer s.pages.stats.mu.Unlock()
		s.pages.stats.looked = time.Time{}
	}
	away.Store(false)
	tired()
	look()
	away.Store(true)
	tired()
	for range 20 {
		if !strings.Contains(look(), "4,000") {
			t.Fatal("what was known is forgotten")
		}
	}
	if reads.Load() != 3 {
		t.Errorf("read %d times", reads.Load())
	}
}

// What the page says of numbers is what the program does.
func TestStatsTellTheTruth(t *testing.T) {
	t.Parallel()
	for _, tongue := range tongues() {
		said := readWords(t, tongue.Tag)
		if days := strconv.Itoa(int(storage.VisitsKept / (24 * time.Hour))); !strings.Contains(said["stats.not_ever"], days) {
			t.Errorf("%s: is kept for %s days", tongue.Tag, days)
		}
		if n := strconv.Itoa(storage.ReferrersNamed); !strings.Contains(said["stats.referrer_host_is"], n) {
			t.Errorf("%s: %s hosts have a name", tongue.Tag, n)
		}
	}
}
