package site

import (
	"net/http"
	"reflect"
	"slices"
	"sync"
)

// pricedPage is one that shows prices, or may: it is rendered again when they change.
type pricedPage struct {
	path, template, title, about string // path in English; keys of title and about
	label                        string
	on                           bool // it is there with these options
}

// Where pages are, in English, that are linked to from code.
const (
	requestsPath   = policyPath + "/requests"
	developersPath = "/developers"
)

// pricedPages are those that a site has.
func pricedPages(o Options) []pricedPage {
	all := []pricedPage{
		{"/", "home.html", "home.title", "home.about", routeHome, true},
		{"/prices", "prices.html", "prices.title", "prices.about", routePrices, true},
		{"/help", "help.html", "help.title", "help.about", routeHelp, true},
		{requestsPath, "requests.html", "requests.title", "requests.about", routeRequests, true},
		{developersPath, "developers.html", "developers.title", "developers.about", routeDevelopers, o.programs() != ""},
		{securityPage, "security.html", "security.title", "security.about", routeSecurity, contactURI(o.Security) != ""},
	}
	return slices.DeleteFunc(all, func(p pricedPage) bool { return !p.on })
}

// priced keeps those pages until what they show changes.
type priced struct {
	prices func() Prices
	view   view

	mu    sync.Mutex
	shown Prices
	pages map[string]page // by address and offered language
}

// page returns one in a language, rendered now or before.
func (l *priced) page(p *pages, one pricedPage, lang, offer string) (page, error) {
	var now Prices
	if l.prices != nil {
		now = l.prices()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !reflect.DeepEqual(now, l.shown) {
		l.shown = now
		clear(l.pages)
	}
	key := at(lang, one.path) + " " + offer
	if done, ok := l.pages[key]; ok {
		return done, nil
	}
	v := p.in(l.view, lang, one.path, one.title, one.about)
	v.Prices = now
	done, err := render(one.template, p.offer(v, offer))
	if err == nil {
		l.pages[key] = done
	}
	return done, err
}

// show answers with a page in a language.
func (s *site) show(one pricedPage, lang string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := s.pages.priced.page(s.pages, one, lang, offered(r.Header.Get("Accept-Language"), lang))
		s.answer(w, r, p, err)
	})
}

// answer serves a page, or says that it could not be made.
func (s *site) answer(w http.ResponseWriter, r *http.Request, p page, err error) {
	if err != nil {
		s.options.Log.ErrorContext(r.Context(), "page not shown", "error", err)
		http.Error(w, "something went wrong", http.StatusInternalServerError)
		return
	}
	p.ServeHTTP(w, r)
}
