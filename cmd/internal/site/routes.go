package site

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"time"
)

// route is an address, what it is called in metrics, and who answers.
type route struct {
	pattern string
	label   string
	handler http.Handler
}

// routes is the table of everything served here. Methods are checked by the handlers, because a mux that has a pattern
// for the rest answers 404 where 405 is meant.
func (s *site) routes() []route {
	all := []route{
		{"/healthz", routeHealth, s.own(readOnly(http.HandlerFunc(s.health)))},
		{"/robots.txt", routeAsset, s.own(readOnly(s.pages.robots))},
		{"/favicon.ico", routeAsset, s.own(readOnly(http.RedirectHandler(s.pages.icon.path, http.StatusFound)))},
		{"/", routeMissing, s.own(http.HandlerFunc(s.missingPage))},
	}
	for _, asset := range append(s.pages.pictures.pages, s.pages.icon, s.pages.style) {
		all = append(all, route{asset.path, routeAsset, s.own(readOnly(asset))})
	}
	if s.options.PublicURL != "" {
		all = append(all, route{"/sitemap.xml", routeAsset, s.own(readOnly(s.pages.sitemap))})
	}
	for _, t := range tongues() {
		all = append(all, s.pagesIn(t.Tag)...)
	}
	if s.options.Status != nil {
		all = append(all, s.pages.status.routes(s)...)
	}
	if contactURI(s.options.Security) != "" {
		all = append(all, route{securityPath, routeAsset, s.own(readOnly(http.HandlerFunc(s.security)))})
	}
	if s.options.Hook != nil {
		all = append(all, route{"/hooks/{provider}/{attempt}", routeHook, s.own(http.HandlerFunc(s.hook))})
	}
	if s.options.File != nil {
		all = append(all, route{"/f/{token}", routeFile, s.own(readOnly(http.HandlerFunc(s.file)))})
	}
	if s.options.App != nil {
		all = append(all, route{"/app/", routeApp, s.options.App})
	}
	if s.options.API != nil {
		all = append(all, route{"/v1/", routeAPI, s.options.API})
	}
	if s.options.Webhook != nil {
		all = append(all, route{"/telegram", routeWebhook, s.options.Webhook})
	}
	if s.options.Playground != nil {
		all = append(
			all,
			route{"/play", routePlayground, s.options.Playground},
			route{"/play/", routePlayground, s.options.Playground},
		)
	}
	return all
}

// pagesIn are the pages in a language.
func (s *site) pagesIn(lang string) []route {
	policy, terms := s.own(readOnly(s.pages.policy.in(s, lang))), s.own(readOnly(s.pages.terms.in(s, lang)))
	all := []route{
		{at(lang, policyPath), routePrivacy, policy},
		{at(lang, policyPath) + "/{version}", routePrivacy, policy},
		{at(lang, termsPath), routeTerms, terms},
		{at(lang, termsPath) + "/{version}", routeTerms, terms},
		{at(lang, statsPath), routeStats, s.own(readOnly(s.stats(lang)))},
	}
	for _, one := range pricedPages(s.options) {
		pattern := at(lang, one.path)
		if one.path == "/" {
			pattern += "{$}"
		}
		all = append(all, route{pattern, one.label, s.own(readOnly(s.show(one, lang)))})
	}
	if at(lang, "/") != "/" {
		all = append(all, route{"/" + lang, routeHome, s.own(readOnly(http.RedirectHandler(at(lang, "/"), http.StatusMovedPermanently)))})
	}
	return all
}

// ServeHTTP serves a request and counts it.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := s.mux.Handler(r) // r.Pattern would be overwritten by the mux of a mounted handler
	label, ok := s.labels[pattern]
	if !ok {
		label = routeMissing
	}
	start, rec := time.Now(), newRecorder(w, r, s.patience, s.drain)
	defer rec.end()
	defer func() { s.options.Metrics.served(label, rec, time.Since(start)) }()
	defer s.recover(rec, r)
	s.mux.ServeHTTP(rec, r)
	s.visited(r, label, rec)
}

// recover keeps the server from writing a panic to its own log, which would name the visitor's address.
func (s *site) recover(rec *recorder, r *http.Request) {
	v := recover()
	switch v {
	case nil:
		return
	case http.ErrAbortHandler: // somebody wants the connection cut
		panic(v)
	}
	s.options.Log.ErrorContext(r.Context(), "handler panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	if rec.status == 0 {
		http.Error(rec, "something went wrong", http.StatusInternalServerError)
		return
	}
	panic(http.ErrAbortHandler) // half an answer must not look like a whole one
}

// own sets the headers of answers that are ours.
func (s *site) own(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.setHeaders(w.Header())
		next.ServeHTTP(w, r)
	})
}

// sources lets a page load our style sheet and pictures, and nothing else from anywhere. Nothing connects without a script; it is
// allowed because checkers of pages fetch robots.txt from inside one.
const sources = "default-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (s *site) setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", sources)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), browsing-topics=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if s.options.secure() {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// readOnly answers 405 to everything but reading.
func readOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			notAllowed(w, "GET, HEAD")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func notAllowed(w http.ResponseWriter, allow string) {
	w.Header().Set("Allow", allow)
	http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
}
