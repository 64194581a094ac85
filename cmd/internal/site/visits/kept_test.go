package visits_test

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/imagika/imagika/cmd/internal/site"
	"github.com/imagika/imagika/cmd/internal/site/visits"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// Somebody looks at pages, through a proxy and with a browser like no other. After that the database, the log and the metrics know
// that a page was seen, and nothing that tells of them.
func TestNobodyIsKept(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			const agent = "Mozilla/5.0 (X11; Linux x86_64; zyxcanary) Gecko/20100101 Firefox/142.0"
			var log strings.Builder
			url, registry := storagetest.Migrated(t, engine), prometheus.NewRegistry()
			s, logger := storagetest.Open(t, url, nil), slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			counter := visits.New(visits.Options{
				Store: s, Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Metrics: visits.NewMetrics(registry, site.Pages()), Log: logger,
			})
			h, err := site.New(site.Options{Visits: counter, Metrics: site.NewMetrics(registry), Log: logger})
			if err != nil {
				t.Fatal(err)
			}
			etag := ""
			for _, path := range []string{"/", "/privacy?who=zyxcanary", "/zyxcanary", "/"} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
				r.RemoteAddr = "10.77.66.55:4711"
				for name, value := range map[string]string{
					"User-Agent": agent, "X-Forwarded-For": "8.8.8.77", "Referer": "https://zyxcanary:zyxcanary@news.example.com/zyxcanary?zyxcanary", "Cookie": "a=zyxcanary",
					"If-None-Match": etag,
				} {
					r.Header.Set(name, value)
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Header().Get("Set-Cookie") != "" || w.Header().Get("Accept-CH") != "" {
					t.Errorf("%s asks the browser for something: %v", path, w.Header())
				}
				etag = w.Header().Get("ETag")
			}
			for _, method := range []string{http.MethodHead, http.MethodPost} {
				r := httptest.NewRequestWithContext(t.Context(), method, "/", nil)
				r.Header.Set("User-Agent", agent)
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
			if err := counter.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			rows := dump(t, engine, url)
			if got := strings.Count(rows, "news.example.com"); got != 2 || !strings.Contains(rows, "US") {
				t.Errorf("what was seen is not there, so the search proves nothing:\n%s", rows)
			}
			w := httptest.NewRecorder()
			promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
			if !strings.Contains(w.Body.String(), `imagika_site_page_views_total{page="home"} 2`) {
				t.Errorf("the metrics do not count:\n%s", w.Body)
			}
			for name, text := range map[string]string{"the database": rows, "the log": log.String(), "the metrics": w.Body.String()} {
				for _, canary := range []string{"zyxcanary", "8.8.8.77", "10.77.66.55", "Firefox", "Gecko"} {
					if strings.Contains(text, canary) {
						t.Errorf("%s knows %s:\n%s", name, canary, text)
					}
				}
			}
		})
	}
}

// dump is every row of every table.
func dump(t *testing.T, engine, url string) string {
	t.Helper()
	driver := map[string]string{storagetest.OnSQLite: "sqlite", storagetest.OnPostgres: "pgx"}[engine]
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all strings.Builder
	for _, table := range storage.Inventory() {
		rows, err := db.QueryContext(t.Context(), `SELECT * FROM `+table.Name)
		if err != nil {
			t.Fatal(err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(names))
			for i := range values {
				values[i] = new(sql.NullString)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&all, "%s", table.Name)
			for _, v := range values {
				fmt.Fprintf(&all, " %s", v.(*sql.NullString).String)
			}
			all.WriteString("\n")
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil { //nolint:sqlclosecheck // a table at a time
			t.Fatal(err)
		}
	}
	return all.String()
}

// Every page has a name that the table takes, and what is counted adds up in the database: between processes, and over a day's end.
func TestPagesFitTheTable(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t, storagetest.OnSQLite)
	now := time.Date(2026, 11, 22, 23, 59, 59, 0, time.UTC)
	for range 2 {
		c := visits.New(visits.Options{Store: s, Now: func() time.Time { return now }})
		for _, page := range site.Pages() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0")
			c.Count(r, page)
		}
		if err := c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
	}
	r, err := visits.Read(t.Context(), s, 2, now)
	if err != nil {
		t.Fatal(err)
	}
	n := int64(len(site.Pages()))
	for i, day := range []string{"2026-11-22", "2026-11-23"} {
		if got := r.Days[i]; got != (storage.VisitLine{Name: day, Views: n, Visitors: 1}) {
			t.Errorf("%+v", got)
		}
	}
	if len(r.Pages) != int(n) {
		t.Errorf("%v", r.Pages)
	}
}
