package site

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/imagika/imagika/cmd/internal/site/visits"
	"github.com/imagika/imagika/storage"
)

const statsPath = "/stats"

// How long a page of numbers is shown before they are read again, and how long reading them may take. They change once a day.
const (
	statsFresh   = 5 * time.Minute
	statsTimeout = 2 * time.Second
)

// stats is the page that shows what is counted of visits.
type stats struct {
	read func(ctx context.Context) (visits.Report, error)
	view view

	mu     sync.Mutex
	public *visits.Public // nil while nobody could read it
	looked time.Time
	pages  map[string]page // by language and offered language
}

// statsView is what its template sees.
type statsView struct {
	view
	On       bool      // something is counted
	Known    bool      // and what is
	From, To time.Time // first and last day
	Sum      visits.PublicLine
	Days     []visits.PublicLine
	Tables   []statsTable
	Chart    template.HTML
	Scale    []int64
	Columns  []storage.PageViewColumn
}

// statsTable adds up by one column. What it is called are keys.
type statsTable struct {
	ID, Title, Head string
	Lines           []visits.PublicLine
}

func newStats(o Options, p *pages, v view) (*stats, error) {
	s := &stats{read: o.Stats, view: v, pages: make(map[string]page)}
	for _, t := range tongues() {
		for _, known := range []*visits.Public{nil, {}} {
			if _, err := s.render(p, t.Tag, "", known); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// page returns it in a language. While the numbers cannot be read, those that were read last are shown.
func (s *stats) page(ctx context.Context, p *pages, lang, offer string) (done page, failed, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read != nil && time.Since(s.looked) > statsFresh {
		failed = s.look(ctx)
	}
	key := lang + " " + offer
	done, ok := s.pages[key]
	if ok {
		return done, failed, nil
	}
	if done, err = s.render(p, lang, offer, s.public); err == nil {
		s.pages[key] = done
	}
	return done, failed, err
}

// look reads the numbers. Whoever comes next does not try again at once.
func (s *stats) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statsTimeout)
	defer cancel()
	s.looked = time.Now()
	report, err := s.read(ctx)
	if err != nil {
		return err
	}
	public := report.Public()
	s.public = &public
	clear(s.pages)
	return nil
}

func (s *stats) render(p *pages, lang, offer string, public *visits.Public) (page, error) {
	v := statsView{view: p.offer(p.in(s.view, lang, statsPath, "stats.title", "stats.about"), offer), Columns: storage.PageViewColumns()}
	v.On = s.read != nil
	if public != nil {
		if err := v.show(*public); err != nil {
			return page{}, err
		}
	}
	return render("stats.html", v)
}

// show adds the numbers.
func (v *statsView) show(p visits.Public) (err error) {
	v.Known, v.From, v.To, v.Sum, v.Days = true, p.Since, p.Until.AddDate(0, 0, -1), p.Total, p.Days
	v.Tables = append(v.Tables, []statsTable{
		{"pages", "stats.pages", "stats.page", called(p.Pages, v.pageName)},
		{"countries", "stats.countries", "stats.country", called(p.Countries, v.countryName)},
		{"devices", "stats.devices", "stats.device", called(p.Devices, func(name string) string { return v.T("stats.on_" + name) })},
	}...)
	chart := visits.Chart{Label: v.T("stats.chart")}
	for _, l := range p.Days {
		title := fmt.Sprintf("%s: %s %s, %s %s", l.Name, v.T("stats.views"), v.Figure(l.Views), v.T("stats.visitors"), v.Figure(l.Visitors))
		chart.Bars = append(chart.Bars, visits.Bar{Title: title, Views: int64(l.Views), Visitors: int64(l.Visitors)})
	}
	v.Scale = chart.Scale()
	v.Chart, err = chart.SVG()
	return err
}

// called gives lines the names that people know.
func called(lines []visits.PublicLine, name func(string) string) []visits.PublicLine {
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i].Name = name(lines[i].Name)
	}
	return lines
}

func (v statsView) pageName(label string) string {
	names := map[string]string{
		routeHome: "page.home", routePrices: "page.prices", routeHelp: "page.help", routePrivacy: "page.policy", routeTerms: "page.terms", routeRequests: "page.requests",
		routeStatus: "page.status", routeStats: "stats.link", routeSecurity: "page.security", routeDevelopers: "page.developers",
	}
	if key, ok := names[label]; ok {
		return v.T(key)
	}
	return label
}

func (v statsView) countryName(code string) string {
	if name := visits.Country(v.Lang, code); name != code {
		return name
	}
	return v.T("stats.unknown")
}

// Figure writes a number as the language does.
func (v statsView) Figure(f visits.Figure) string {
	if f.Few() {
		return f.String()
	}
	return v.T("stats.figure", "N", int64(f))
}

// Is says what a column holds.
func (v statsView) Is(column storage.PageViewColumn) string {
	return v.T("stats." + string(column) + "_is")
}

// stats answers with the page in a language.
func (s *site) stats(lang string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, failed, err := s.pages.stats.page(r.Context(), s.pages, lang, offered(r.Header.Get("Accept-Language"), lang))
		if failed != nil {
			s.options.Log.WarnContext(r.Context(), "visits cannot be read", "error", failed)
		}
		s.answer(w, r, p, err)
	})
}
