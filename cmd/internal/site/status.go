package site

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/status"
)

// statusPages show how everything is doing and what was wrong: as a page, as a feed, and for monitors.
type statusPages struct {
	options  Options
	pages    *pages
	base     view
	observer *observer
}

const statusPath = "/status"

// statusDays is how many days the page looks back.
const statusDays = 90

// cacheStatus is how long somebody in between may keep what is measured.
const cacheStatus = "public, max-age=5"

func newStatusPages(o Options, p *pages, base view) (*statusPages, error) {
	s := &statusPages{options: o, pages: p, base: base, observer: &observer{options: o}}
	for _, t := range tongues() { // of a service in which nothing is known
		if _, err := s.boardPage(&glance{board: status.Judge(status.Readings{})}, t.Tag); err != nil {
			return nil, err
		}
		if _, err := s.incidentPage(status.Incident{Impact: status.Notice, Resolved: time.Unix(0, 0)}, t.Tag); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// in is the view of a page in a language.
func (p *statusPages) in(lang, path string) view {
	return p.pages.in(p.base, lang, path, "status.title", "status.about")
}

// routes are those of the status page.
func (p *statusPages) routes(s *site) []route {
	all := []route{{statusPath + ".json", routeAsset, s.own(readOnly(http.HandlerFunc(p.machine)))}}
	for _, t := range tongues() {
		own := func(f func(w http.ResponseWriter, r *http.Request, lang string)) http.Handler {
			return s.own(readOnly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f(w, r, t.Tag) })))
		}
		all = append(all, route{at(t.Tag, statusPath), routeStatus, own(p.board)}, route{at(t.Tag, statusPath+"/{id}"), routeStatus, own(func(w http.ResponseWriter, r *http.Request, lang string) {
			p.incident(w, r, lang, s.missingPage)
		})})
		if p.options.PublicURL != "" {
			all = append(all, route{at(t.Tag, statusPath+".atom"), routeAsset, own(p.feed)})
		}
	}
	return all
}

// show answers with a page of the newest look.
func (p *statusPages) show(w http.ResponseWriter, r *http.Request, name string, render func(l *glance) (page, error)) {
	l := p.observer.get(r.Context())
	if l == nil {
		http.Error(w, "try again", http.StatusServiceUnavailable) // whoever asked has gone
		return
	}
	answer, err := l.page(name, func() (page, error) { return render(l) })
	if err != nil {
		p.options.Log.ErrorContext(r.Context(), "status not shown", "error", err)
		http.Error(w, "something went wrong", http.StatusInternalServerError)
		return
	}
	answer.ServeHTTP(w, r)
}

func (p *statusPages) board(w http.ResponseWriter, r *http.Request, lang string) {
	p.show(w, r, "board "+lang, func(l *glance) (page, error) { return p.boardPage(l, lang) })
}

func (p *statusPages) boardPage(l *glance, lang string) (page, error) {
	answer, err := render("status.html", p.boardView(l, lang))
	answer.cache, answer.vary = cacheStatus, ""
	return answer, err
}

// incident is the page of one incident.
func (p *statusPages) incident(w http.ResponseWriter, r *http.Request, lang string, missing http.HandlerFunc) {
	id := r.PathValue("id")
	find := func(l *glance) int {
		return slices.IndexFunc(l.incidents, func(i status.Incident) bool { return i.ID == id })
	}
	if l := p.observer.get(r.Context()); l == nil || find(l) < 0 {
		missing(w, r)
		return
	}
	p.show(w, r, id+" "+lang, func(l *glance) (page, error) {
		if find(l) < 0 {
			return page{}, errors.New("an incident is gone")
		}
		return p.incidentPage(l.incidents[find(l)], lang)
	})
}

func (p *statusPages) incidentPage(i status.Incident, lang string) (page, error) {
	v := p.in(lang, statusPath+"/"+i.ID)
	one := v.incident(i)
	v.Heading = v.T("status.headline", "Headline", one.Title)
	answer, err := render("incident.html", incidentPage{v, one})
	answer.cache, answer.vary = cacheStatus, ""
	return answer, err
}

// machine is the page for monitors. Its fields are only added to.
func (p *statusPages) machine(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*") // anybody may build a page of their own
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	p.show(w, r, "json", func(l *glance) (page, error) {
		body, err := json.MarshalIndent(p.machineView(l), "", "  ")
		return newPage("", "", "application/json; charset=utf-8", cacheStatus, append(body, '\n')), err
	})
}

type (
	machineState struct {
		ID     string       `json:"id"`
		Name   string       `json:"name"`
		Status status.State `json:"status"`
	}
	machineModel struct {
		machineState

		Services []machineState `json:"services"`
		Wait     machineRange   `json:"wait_seconds"`
		Take     machineRange   `json:"take_seconds"`
	}
	machineRange struct {
		P50 float64 `json:"p50"`
		P95 float64 `json:"p95"`
	}
	machineLine struct {
		ID      status.Part  `json:"id"`
		Waiting int          `json:"waiting"`
		Oldest  float64      `json:"oldest_seconds"`
		Wait    machineRange `json:"wait_seconds"`
	}
	machineBoard struct {
		Status    status.State      `json:"status"`
		Headline  string            `json:"headline"`
		Measured  time.Time         `json:"measured_at"`
		Parts     []machineState    `json:"parts"`
		Models    []machineModel    `json:"models"`
		Lines     []machineLine     `json:"lines"`
		Incidents []status.Incident `json:"incidents"` // that last
		Known     bool              `json:"incidents_known"`
	}
)

func seconds(r status.Range) machineRange { return machineRange{r.P50.Seconds(), r.P95.Seconds()} }

func (p *statusPages) machineView(l *glance) machineBoard {
	v, open := p.in(policy.Fallback, statusPath), lasting(l.incidents)
	state := l.board.With(status.Worst(open))
	b := machineBoard{
		Status: state, Headline: v.headline(l.board, state), Measured: l.board.At.UTC().Truncate(time.Second),
		Parts: []machineState{}, Models: []machineModel{}, Lines: []machineLine{}, Incidents: append([]status.Incident{}, open...), Known: l.current,
	}
	for _, s := range l.board.PartsWith(open) {
		b.Parts = append(b.Parts, machineState{string(s.Part), v.part(s.Part), s.State})
	}
	for _, m := range l.board.Models {
		one := machineModel{machineState{m.Name, m.Title["en"], m.State}, []machineState{}, seconds(m.Wait), seconds(m.Take)}
		for _, s := range m.Services {
			one.Services = append(one.Services, machineState{s.Title, s.Title, s.State})
		}
		b.Models = append(b.Models, one)
	}
	for _, line := range l.board.Lines {
		b.Lines = append(b.Lines, machineLine{line.Part, line.Waiting, line.Oldest.Seconds(), seconds(line.Last)})
	}
	return b
}

// lasting are the incidents that are not over and have begun.
func lasting(all []status.Incident) []status.Incident {
	now := time.Now()
	return slices.DeleteFunc(slices.Clone(all), func(i status.Incident) bool { return !i.Lasts() || i.Began.After(now) })
}
