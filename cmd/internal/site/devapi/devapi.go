// Package devapi is the public API for programs: it speaks OpenAI's images API, so that their SDKs work here with another address and
// a token that somebody made in the chat.
//
//	POST   /v1/images/generations               paints; waits for the end, or does not (async), or streams it
//	POST   /v1/images/edits                     the same, of pictures
//	GET    /v1/images/generations/{id}          how one stands
//	GET    /v1/images/generations/{id}/events   the same, whenever it changes
//	DELETE /v1/images/generations/{id}          cancels it
//	GET    /v1/models, /v1/models/{id}
//	GET    /v1/openapi.json                     all of this, for machines
//
// Invariants:
//
//   - What is asked for here is judged, priced and queued as in a chat. Nothing is charged for what is refused or fails.
//   - A request that is repeated with its Idempotency-Key is done once. SDKs repeat what failed by themselves; they are told not to
//     (x-should-retry) where a repetition without a key would paint, and charge, again.
//   - Whoever has no right to something learns nothing, not even that it is there.
//   - A request that ends early, by its deadline, because its program went away or because this process stops, takes nothing back: the
//     picture is painted, and can be fetched. Whoever still listens is told so: SDKs repeat a request whose line breaks.
package devapi

import (
	"cmp"
	"context"
	_ "embed" // the document for machines
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/cmd/internal/site/throttle"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/turnstile"
)

// Workers do what programs ask for. *workers.Workers are.
type Workers interface {
	Authenticate(ctx context.Context, token string) (storage.Person, storage.Token, error)
	Request(ctx context.Context, p storage.Person, w workers.Wish) (workers.View, error)
	View(ctx context.Context, user int64, id string) (workers.View, error)
	Await(ctx context.Context, user int64, id string) (workers.View, error)
	Stop(ctx context.Context, p storage.Person, id string) (workers.View, error)
	Picture(ctx context.Context, user int64, id string, n int) (io.ReadCloser, error)
	FileToken(user int64, id string, n int) string
}

// Limits share rates between processes. *queue.Limits are.
type Limits interface {
	Reserve(ctx context.Context, key string, every time.Duration, burst int, maxWait time.Duration) (wait time.Duration, ok bool, err error)
	Left(ctx context.Context, key string, every time.Duration, burst int) (int, error)
}

// Model is one that programs can name.
type Model struct {
	ID        string   `json:"id"`
	Object    string   `json:"object"`
	Created   int64    `json:"created"`
	OwnedBy   string   `json:"owned_by"`
	Title     string   `json:"title"`
	Edits     bool     `json:"edits"` // it changes pictures too
	Sizes     []string `json:"sizes"`
	Qualities []string `json:"qualities"`
	Credits   int64    `json:"credits"` // of an image of the usual kind
}

// Options of [New].
type Options struct {
	Workers Workers
	Limits  Limits
	// Models lists what programs can name.
	Models func() []Model
	// Proxies are those that are believed who they ask for.
	Proxies []netip.Prefix
	// Site is the address of the site, without a slash at the end; empty is where the request came to.
	Site string
	// Timeout is how long a request waits for its pictures.
	Timeout time.Duration
	// Stopping is closed when the process is told to stop: its listener closes soon after, so nobody waits any longer. Nil never is.
	Stopping <-chan struct{}
	// BodyTime is how long a body may take to arrive; zero is a minute.
	BodyTime time.Duration
	// Hash names people in shared limits.
	Hash func(user int64) string
	Log  *slog.Logger
}

// What one person's programs may do: so many requests in a minute, all of them at once.
const (
	RequestsMinute = 120
	requestEvery   = time.Minute / RequestsMinute
	// WaitsEach is how many requests of a person may wait for pictures, or stream, at once.
	WaitsEach = 32
	waitsAll  = 1000 // in this process, of everybody
	// Pictures that are sent are held in memory, up to maxForm of each request, until they are taken over: before anything is paid. All
	// of them together have to fit into half of what a process may use. Large ones leave some of that to the others: few people could
	// fill it with them.
	uploadsEach  = 1
	uploadsAll   = 3 * maxForm // bytes
	uploadsLarge = 2 * maxForm
	largeForm    = maxForm / 8
)

const editsPath = "/v1/images/edits"

//go:embed openapi.json
var document []byte

// API is the handler of everything below /v1/.
type API struct {
	Options

	mux                   *http.ServeMux
	addresses             *throttle.Throttle
	waits, uploads, large *turnstile.Turnstile
}

// New returns the handler.
func New(o Options) *API {
	o.BodyTime = cmp.Or(o.BodyTime, time.Minute)
	a := &API{
		Options: o, mux: http.NewServeMux(), addresses: throttle.New(throttle.AddressEvery, throttle.AddressBurst),
		waits: &turnstile.Turnstile{Each: WaitsEach, All: waitsAll}, uploads: &turnstile.Turnstile{Each: uploadsEach, All: uploadsAll},
		large: &turnstile.Turnstile{Each: uploadsEach, All: uploadsLarge},
	}
	a.mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document) // the reader may have gone
	})
	for pattern, h := range a.routes() {
		a.mux.Handle(pattern, a.admitted(h))
	}
	a.mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, failure{http.StatusNotFound, kindInvalid, "unknown_url", "", "Unknown request: " + r.Method + " " + r.URL.Path})
	})
	return a
}

// handler answers a request of somebody who is known.
type handler func(w http.ResponseWriter, r *http.Request, c caller) error

// routes are those that need a token; a test walks them.
func (a *API) routes() map[string]handler {
	return map[string]handler{
		"POST /v1/images/generations":            a.generate,
		"POST " + editsPath:                      a.edit,
		"GET /v1/images/generations/{id}":        a.show,
		"DELETE /v1/images/generations/{id}":     a.cancel,
		"GET /v1/images/generations/{id}/events": a.follow,
		"GET /v1/models":                         a.models,
		"GET /v1/models/{id}":                    a.model,
	}
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	if strings.HasPrefix(a.Site, "https://") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	a.mux.ServeHTTP(w, r)
}

// caller is whose program asks, and with which token.
type caller struct {
	storage.Person
	token storage.Token
	shown string // the token itself
}

// admitted finds out who asks, and lets through what keeps to the limits: that of an address first, because strangers ask the database too.
func (a *API) admitted(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, failure{http.StatusUnauthorized, kindInvalid, "missing_api_key", "", "Send a token that you made with /api in the chat, as Authorization: Bearer img_…"})
			return
		}
		token = strings.TrimSpace(token)
		if wait := a.addresses.Take(throttle.Address(r, a.Proxies), time.Now()); wait > 0 {
			tooMany(w, wait)
			return
		}
		p, t, err := a.Workers.Authenticate(r.Context(), token)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, failure{http.StatusUnauthorized, kindInvalid, "invalid_api_key", "", "This token is not valid: it may have been revoked."})
		case err != nil:
			a.away(w, r, err)
		case a.limited(w, r, p.ID):
		default:
			if err := h(w, r, caller{p, t, token}); err != nil {
				a.refuse(w, r, err)
			}
		}
	})
}

// limited says what is left of the minute, and refuses what is beyond it.
func (a *API) limited(w http.ResponseWriter, r *http.Request, user int64) bool {
	key := "api:" + a.Hash(user)
	wait, ok, err := a.Limits.Reserve(r.Context(), key, requestEvery, RequestsMinute, 0)
	if err != nil {
		return false // who cannot count lets through: the work itself has limits of its own
	}
	h, left := w.Header(), 0
	if ok {
		if left, err = a.Limits.Left(r.Context(), key, requestEvery, RequestsMinute); err != nil {
			return false
		}
	}
	h.Set("X-Ratelimit-Limit-Requests", strconv.Itoa(RequestsMinute))
	h.Set("X-Ratelimit-Remaining-Requests", strconv.Itoa(left))
	h.Set("X-Ratelimit-Reset-Requests", (time.Duration(RequestsMinute-left) * requestEvery).String())
	if ok {
		return false
	}
	tooMany(w, max(wait, requestEvery))
	return true
}

// tooMany answers somebody who asks too often.
func tooMany(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("X-Should-Retry", "true")
	setRetry(w.Header(), wait)
	fail(w, failure{http.StatusTooManyRequests, kindRate, "rate_limit_exceeded", "", "Too many requests. Wait, and send this again."})
}

// enter lets a request of somebody through a turnstile, or says why it has to come back. Nothing has begun then.
func enter(t *turnstile.Turnstile, c caller, weight int) (leave func(), err error) {
	leave, err = t.EnterWith(c.ID, weight)
	switch {
	case errors.Is(err, turnstile.ErrEach):
		return nil, failure{http.StatusTooManyRequests, kindRate, "rate_limit_exceeded", "", "Too many requests of yours wait at once. Let one end, or ask with async. Nothing was begun."}
	case err != nil:
		return nil, failure{http.StatusServiceUnavailable, kindServer, "service_unavailable", "", "Too many requests wait right now. Nothing was begun. Send this again, or ask with async."}
	}
	return leave, nil
}

// setRetry says when to come back, in whole seconds and as SDKs read it more finely.
func setRetry(h http.Header, wait time.Duration) {
	h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	h.Set("Retry-After-Ms", strconv.FormatInt(wait.Milliseconds(), 10))
}

// away answers when a server of ours does not.
func (a *API) away(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody reads it
	}
	a.Log.WarnContext(r.Context(), "request of a program failed", "error", err)
	setRetry(w.Header(), awayWait)
	fail(w, failure{http.StatusServiceUnavailable, kindServer, "service_unavailable", "", "Something is away for a moment. Nothing was charged. Send this again."})
}

// awayWait is when it is worth trying again.
const awayWait = 2 * time.Second
