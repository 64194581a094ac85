package miniapp

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/imagika/imagika/storage"
)

// base is where the API is.
const base = "/app/api"

// handler answers a call of a person, who is nobody where the route is open. What it returns as an error is told to them (see
// refuse); it must not have written anything then.
type handler func(w http.ResponseWriter, r *http.Request, p storage.Person) error

// route is a call of the API. The pattern is below base; {id} in it names a generation, by the form of its id.
type route struct {
	method, pattern string
	class           class
	handle          handler
	// open needs no session.
	open bool
	// resting works also while the person's account is frozen: it is about their data itself, takes something back, or is theirs
	// already (workers/privacy_restrict.go).
	resting bool
	// keyed needs an Idempotency-Key, which idempotencyKey returns.
	keyed bool
}

// routes is the table.
func (a *app) routes() []route {
	return slices.Concat(a.oidcRoutes(), a.mailRoutes(), a.calls(), []route{
		{method: http.MethodPost, pattern: "/session", class: classEnter, handle: a.signIn, open: true},
		{method: http.MethodPost, pattern: "/session/renew", class: classWrite, handle: a.renew, resting: true},
		{method: http.MethodDelete, pattern: "/session", class: classWrite, handle: a.signOut, resting: true},
		{method: http.MethodDelete, pattern: "/sessions", class: classWrite, handle: a.signOutEverywhere, resting: true},
	})
}

// byMethod is who answers at one pattern.
type byMethod struct {
	a  *app
	of map[string]http.Handler
}

func (m byMethod) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := m.of[r.Method]; h != nil {
		h.ServeHTTP(w, r)
		return
	}
	m.a.apiHeaders(w.Header())
	w.Header().Set("Allow", strings.Join(slices.Sorted(maps.Keys(m.of)), ", "))
	m.a.refuse(w, r, storage.Person{}, errMethod)
}

// byPattern are the routes, each behind the gate.
func (a *app) byPattern() map[string]byMethod {
	all := make(map[string]byMethod)
	for _, r := range a.routes() {
		if all[r.pattern].of == nil {
			all[r.pattern] = byMethod{a, make(map[string]http.Handler)}
		}
		all[r.pattern].of[r.method] = a.gate(r)
	}
	return all
}
