package texts

import (
	"strings"
	"testing"
	"time"
)

// spaces shows non-breaking spaces as plain ones.
func spaces(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

func TestSpan(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	for _, tt := range []struct {
		d                  time.Duration
		en, ru, de, tr, es string
	}{
		{0, "1 s", "1 с", "1 Sek.", "1 sn", "1 s"},
		{time.Second, "1 s", "1 с", "1 Sek.", "1 sn", "1 s"},
		{1500 * time.Millisecond, "2 s", "2 с", "2 Sek.", "2 sn", "2 s"},
		{59 * time.Second, "59 s", "59 с", "59 Sek.", "59 sn", "59 s"},
		{59*time.Second + 1, "1 min", "1 мин", "1 Min.", "1 dk", "1 min"},
		{61 * time.Second, "2 min", "2 мин", "2 Min.", "2 dk", "2 min"},
		{time.Hour, "1 h", "1 ч", "1 Std.", "1 sa", "1 h"},
		{80 * time.Minute, "1 h 20 min", "1 ч 20 мин", "1 Std. 20 Min.", "1 sa 20 dk", "1 h 20 min"},
		{1234 * time.Hour, "1,234 h", "1 234 ч", "1.234 Std.", "1.234 sa", "1.234 h"},
	} {
		for lang, want := range map[string]string{"en": tt.en, "ru": tt.ru, "de": tt.de, "tr": tt.tr, "es": tt.es} {
			if got := c.For(lang).span(tt.d); spaces(got) != want || strings.Contains(got, " ") {
				t.Errorf("%s: span(%v) = %q, want %q, unbroken", lang, tt.d, got, want)
			}
		}
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	for _, tt := range []struct {
		from, until time.Duration
		lang, want  string
	}{
		{20 * time.Second, 40 * time.Second, "en", "20–40 s"},
		{20 * time.Second, 40 * time.Second, "ru", "20–40 с"},
		{50 * time.Second, 2 * time.Minute, "de", "50 Sek. – 2 Min."},
		{2 * time.Minute, 5 * time.Minute, "tr", "2–5 dk"},
		{50 * time.Minute, 80 * time.Minute, "es", "50 min – 1 h 20 min"},
		{time.Hour, 80 * time.Minute, "en", "1 h – 1 h 20 min"},
		{10 * time.Second, 10 * time.Second, "en", "10 s"},
		{90 * time.Second, 2 * time.Minute, "en", "2 min"},
		{10 * time.Second, 5 * time.Second, "en", "5 s"},
	} {
		if got := spaces(c.For(tt.lang).between(tt.from, tt.until)); got != tt.want {
			t.Errorf("%s: between %v and %v: %q, want %q", tt.lang, tt.from, tt.until, got, tt.want)
		}
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	when := time.Date(2026, 3, 2, 1, 5, 0, 0, time.FixedZone("", 2*3600)) // the evening before, in UTC
	for lang, want := range map[string]string{
		"en": "Mar 1, 2026, 23:05 UTC",
		"ru": "1 марта 2026, 23:05 UTC",
		"de": "1. März 2026, 23:05 UTC",
		"tr": "1 Mar 2026, 23:05 UTC",
		"es": "1 mar 2026, 23:05 UTC",
	} {
		if got := spaces(c.For(lang).date(when)); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	for _, lang := range c.Languages() {
		seen := map[string]bool{}
		for month := range 12 {
			got := c.For(lang).date(time.Date(2026, time.Month(month+1), 9, 0, 0, 0, 0, time.UTC))
			if seen[got] || strings.Contains(got, "2026-") {
				t.Errorf("%s: month %d is written %q", lang, month+1, got)
			}
			seen[got] = true
		}
	}
}
