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
		{"/{$}", routeHome, s.own(readOnly(s.pages.home))},
		{"/privacy", routePrivacy, s.own(readOnly(s.pages.privacy))},
		{"/healthz", routeHealth, s.own(readOnly(http.HandlerFunc(s.health)))},
		{"/robots.txt", routeAsset, s.own(readOnly(s.pages.robots))},
		{"/favicon.ico", routeAsset, s.own(readOnly(http.RedirectHandler(s.pages.icon.path, http.StatusFound)))},
		{s.pages.icon.path, routeAsset, s.own(readOnly(s.pages.icon))},
		{s.pages.style.path, routeAsset, s.own(readOnly(s.pages.style))},
		{"/", routeMissing, s.own(s.pages.missing)},
	}
	if s.options.Hook != nil {
		all = append(all, route{"/hooks/{provider}/{attempt}", routeHook, s.own(http.HandlerFunc(s.hook))})
	}
	if s.options.File != nil {
		all = append(all, route{"/f/{token}", routeFile, s.own(readOnly(http.HandlerFunc(s.file)))})
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

// ServeHTTP serves a request and counts it.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := s.mux.Handler(r) // r.Pattern would be overwritten by the mux of a mounted handler
	label, ok := s.labels[pattern]
	if !ok {
		label = routeMissing
	}
	start, rec := time.Now(), &recorder{ResponseWriter: w}
	defer func() { s.options.Metrics.served(label, rec, time.Since(start)) }()
	defer s.recover(rec, r)
	s.mux.ServeHTTP(rec, r)
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

// policy lets a page load our style sheet and pictures, and nothing else from anywhere.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (s *site) setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
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

// recorder remembers how a request ended.
type recorder struct {
	http.ResponseWriter
	status int // zero until the first byte
}

// Unwrap lets http.ResponseController reach the connection: event streams flush, callbacks bound their reading.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader implements http.ResponseWriter. Informational answers do not end anything.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}
