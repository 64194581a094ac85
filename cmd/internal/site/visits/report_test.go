package visits

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/imagika/imagika/storage"
)

var today = time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)

// counted is a Reader of lines that are known.
type counted map[storage.PageViewColumn][]storage.VisitLine

func (c counted) Visits(_ context.Context, by storage.PageViewColumn, _, _ time.Time) ([]storage.VisitLine, error) {
	if c == nil {
		return nil, errors.New("the database at 203.0.113.9 is away")
	}
	return c[by], nil
}

func some() counted {
	return counted{
		storage.ColumnDay:      {{Name: "2026-11-20", Views: 40, Visitors: 23}, {Name: "2026-11-22", Views: 7, Visitors: 4}},
		storage.ColumnPage:     {{Name: "home", Views: 44, Visitors: 26}, {Name: "privacy", Views: 3, Visitors: 1}},
		storage.ColumnReferrer: {{Name: "", Views: 40, Visitors: 25}, {Name: "<b>.example.com", Views: 7, Visitors: 2}},
		storage.ColumnCountry:  {{Name: "DE", Views: 30, Visitors: 20}, {Name: "TR", Views: 17, Visitors: 7}},
		storage.ColumnDevice:   {{Name: "phone", Views: 47, Visitors: 27}},
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	r, err := Read(t.Context(), some(), 4, today)
	if err != nil {
		t.Fatal(err)
	}
	want := []storage.VisitLine{{Name: "2026-11-19"}, {Name: "2026-11-20", Views: 40, Visitors: 23}, {Name: "2026-11-21"}, {Name: "2026-11-22", Views: 7, Visitors: 4}}
	if diff := cmp.Diff(want, r.Days); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
	if got := r.Total(); got.Views != 47 || got.Visitors != 27 {
		t.Errorf("in all %+v", got)
	}
	p := r.Public()
	if got := fmt.Sprint(p.Total, p.Days, p.Pages, p.Countries, p.Devices); got != "{ 45 25} [{2026-11-19 <5 <5} {2026-11-20 40 20} {2026-11-21 <5 <5} {2026-11-22 5 <5}] "+
		"[{home 40 25}] [{DE 30 20} {TR 15 5}] [{phone 45 25}]" {
		t.Errorf("everybody sees %s", got)
	}
}

// Nobody can tell from what is shown how many came where few came: another number there, and maybe one elsewhere, looks the same.
func TestPublicTellsOfNobody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r Report
		small := rapid.OneOf(rapid.Int64Range(0, Coarse), rapid.Int64Range(0, 40), rapid.Int64Range(0, 5000))
		for i := range 30 {
			visitors := small.Draw(t, "visitors")
			r.Days = append(r.Days, storage.VisitLine{Name: strconv.Itoa(i), Views: visitors + small.Draw(t, "more"), Visitors: visitors})
		}
		r.Countries = r.Days[:rapid.IntRange(0, 30).Draw(t, "countries")]
		shown := r.Public()
		for _, l := range append(append([]PublicLine{shown.Total}, shown.Days...), shown.Countries...) {
			for _, f := range []Figure{l.Views, l.Visitors} {
				if f%Coarse != 0 || f.Few() != (f.String() == "<5") {
					t.Fatalf("shows %s", f)
				}
			}
		}
		for _, l := range shown.Countries {
			if l.Visitors.Few() {
				t.Fatalf("shows who had %s visitors", l.Visitors)
			}
		}
		for i, l := range r.Days {
			if l.Visitors > 0 && l.Visitors < Coarse && !hidden(r.Days, i) {
				t.Fatalf("day %d had %d visitors, as anybody can work out of %v", i, l.Visitors, shown)
			}
		}
	})
}

// hidden reports whether another number of visitors on a day would look the same, if need be with one more on another day.
func hidden(days []storage.VisitLine, i int) bool {
	var total int64
	for _, l := range days {
		total += l.Visitors
	}
	was := days[i].Visitors
	for n := range int64(Coarse) {
		if n == was {
			continue
		}
		if coarse(total-was+n) == coarse(total) {
			return true
		}
		for j, other := range days {
			for _, d := range []int64{-1, 1} {
				if j != i && other.Visitors+d >= 0 && coarse(other.Visitors+d) == coarse(other.Visitors) && coarse(total-was+n+d) == coarse(total) {
					return true
				}
			}
		}
	}
	return false
}

// wellFormed makes sure that every element is closed, and that nothing needs a style or a script that the page may not have.
func wellFormed(t *testing.T, html string) {
	t.Helper()
	for _, refused := range []string{"<script", "<style", " style=", "onclick", "ZgotmplZ", "<no value>"} {
		if strings.Contains(html, refused) {
			t.Errorf("has %s", refused)
		}
	}
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestChart(t *testing.T) {
	t.Parallel()
	for most, want := range map[int64]string{0: "[20 15 10 5 0]", 21: "[40 30 20 10 0]", 40: "[40 30 20 10 0]", 41: "[80 60 40 20 0]", 5_000: "[8000 6000 4000 2000 0]"} {
		c := Chart{Label: `"days" & <nights>`, Bars: []Bar{{"monday", most, most / 2}, {"tuesday", 0, 0}}}
		if got := fmt.Sprint(c.Scale()); got != want {
			t.Errorf("beside %d stands %s, want %s", most, got, want)
		}
		svg, err := c.SVG()
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, string(svg))
		if strings.Count(string(svg), "<title>") != 2 || !strings.Contains(string(svg), "&lt;nights&gt;") {
			t.Errorf("%s", svg)
		}
	}
}

func TestOperators(t *testing.T) {
	t.Parallel()
	ask := func(s Reader, target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		Operators(s, func() time.Time { return today }, slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
		return w
	}
	for target, want := range map[string]string{"/visits/": "24 October 2026", "/visits/?days=7": "16 November 2026", "/visits/?days=1000000": "24 October 2026"} {
		w := ask(some(), target)
		html := w.Body.String()
		wellFormed(t, html)
		for _, said := range []string{want, "Germany", "74%", "nothing said", "&lt;b&gt;.example.com", `aria-current="page"`, "lite.ip2location.com"} {
			if !strings.Contains(html, said) {
				t.Errorf("%s does not say %q", target, said)
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'; style-src 'self'") || w.Code != http.StatusOK {
			t.Errorf("%s: %d, %q", target, w.Code, csp)
		}
	}
	wellFormed(t, ask(counted{}, "/visits/").Body.String())
	if w := ask(counted(nil), "/visits/"); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "203") {
		t.Errorf("without a database: %d %s", w.Code, w.Body)
	}
	if w := ask(some(), "/visits/style.css"); w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("style: %d %v", w.Code, w.Header())
	}
	if w := ask(some(), "/visits/other"); w.Code != http.StatusNotFound {
		t.Errorf("nothing is there, and answers %d", w.Code)
	}
}
