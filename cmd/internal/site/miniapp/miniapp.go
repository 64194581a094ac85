// Package miniapp is the Mini App: what people see of their pictures and credits in a page that Telegram opens from the
// chat, and the same in a browser. It is the page's files, and a JSON API at /app/api that speaks for one person.
//
// # Design
//
// There is one table of routes (routes.go). Every call goes through the same gate (gate.go), in this order: how often its
// address may call; who speaks; how often that person may; whether their account is frozen; the form of the address, of the
// Idempotency-Key and of the body. Only then is a handler called, with the person: none has to think of who may, and none can
// forget to. Handlers return errors; one place tells them, in the person's language, as {"error":{"code","message"}} (refusal.go).
//
// # Who speaks
//
// Telegram gives the page initData: who opened it and when, signed with the bot's token (workers/telegram/initdata.go). It
// is exchanged once for a session, a random token of 256 bits that the page holds in memory and in its tab's storage, and sends
// as a bearer. There is no cookie, so that no other page can speak in somebody's name. A session is a row (storage.WebSession)
// under a keyed hash of the token: it ends a quarter of an hour after it was last renewed, after four hours whatever is done, and
// at once when it is signed out or its person is erased. The person is read with it at every call, so that a ban or a frozen
// account holds from the next call on.
//
// A person is made by the chat alone. Who never started the bot is told so, with the link to it.
//
// # What a stolen launch is worth
//
// initData stands in the page's address, behind the #. It is not sent to any server on its way, but it is copied along when
// somebody shares the address from a browser, and it may stay in a history. Telegram's own clients show the very same address
// again when a page is reloaded. So a launch
//
//   - is believed for an hour at most, by Telegram's clock (IMAGIKA_LAUNCH_AGE);
//   - is exchanged once. The page proves with a random key, which it makes before the first exchange and keeps in its tab's
//     storage, that it is the same tab; who shows another key, or none, is refused. A launch that was used is thus worth nothing
//     to anybody else, and one without a key is worth nothing twice.
//
// That it was used is in SQL, in the transaction that opens the session: no restart and no second process forgets it. It names
// the signature and not the text, because the same launch can be escaped in many ways. A key that only a script of ours can reach
// is as safe as the session beside it; one that cannot be read at all would not survive a reload in every client.
//
// # In a browser
//
// Outside of Telegram people sign in with OpenID Connect, where the operator has set that up (oidc.go), and get the same session. Who
// has no Telegram any more signs in by a code that is sent to the e-mail address they linked, where mail is set up (mail.go).
//
// # Limits
//
// Addresses are counted in memory alone, for seconds (minutes, where they have mails sent), and never stored. People are counted in Redis, for all processes together,
// apart for what reads, writes, spends and signs in; without Redis a call is let through, after what this process counts itself.
// Whoever is refused is told when to come again.
package miniapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/imagika/imagika/cmd/internal/site/throttle"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/texts"
	"github.com/imagika/imagika/workers/turnstile"
)

// Limits are shared rates. *queue.Limits is one.
type Limits interface {
	Reserve(ctx context.Context, key string, every time.Duration, burst int, maxWait time.Duration) (wait time.Duration, ok bool, err error)
}

// Launch is what the page's launch says when it is genuine.
type Launch struct {
	Telegram int64  // who opened it
	Lang     string // of their Telegram, an IETF tag; may be empty
	Sum      []byte // the signature
}

// What Options.Launch answers to a launch that is not taken.
var (
	ErrLaunchForged = errors.New("launch is not genuine")
	ErrLaunchOld    = errors.New("launch is too old")
)

// Options of [New].
type Options struct {
	Store *storage.Store
	// Workers do what people want, as they do in a chat.
	Workers *workers.Workers
	Texts   *texts.Catalog
	Keys    *queue.Keys // makes the codes that stand for people in Redis
	Limits  Limits      // nil counts in this process alone
	// Name is what the bot is called on the page.
	Name string
	// Launch checks initData. The error is ErrLaunchForged or ErrLaunchOld.
	Launch func(initData string) (Launch, error)
	// OIDC is where people sign in who come in a browser; nil for nowhere.
	OIDC *OIDC
	// BotUsername is the bot's name at Telegram, without the @; empty shows no link to it.
	BotUsername string
	// Frames are origins beside Telegram's that may show the page in a frame: those of the playground.
	Frames []string
	// Proxies are believed when they say for whom they ask.
	Proxies []netip.Prefix
	// Secure says that people reach the page over TLS.
	Secure bool
	// BodyTime is how long the body of a call may take to arrive; default 10 s.
	BodyTime time.Duration
	// Now may be nil.
	Now func() time.Time
	// Log may be nil.
	Log *slog.Logger
}

// New returns the handler of everything at and below /app/.
func New(o Options) (http.Handler, error) {
	if o.Store == nil || o.Workers == nil || o.Texts == nil || o.Keys == nil || o.Launch == nil {
		return nil, errors.New("miniapp: a collaborator is missing")
	}
	if o.BodyTime == 0 {
		o.BodyTime = bodyTime
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &app{
		Options: o, mux: http.NewServeMux(), addresses: byAddress(), tokens: byToken(), asks: byAsker(), codes: byShower(),
		streams: &turnstile.Turnstile{Each: eventsEach, All: eventsAll},
	}
	if o.OIDC != nil {
		a.issuer = newIssuer(*o.OIDC, o.Now)
	}
	for pattern, methods := range a.byPattern() {
		a.mux.Handle(base+pattern, methods)
	}
	files, err := newPages(o.page())
	if err != nil {
		return nil, fmt.Errorf("miniapp: %w", err)
	}
	for at, f := range files {
		if at == pagePath {
			at += "{$}" // and not what is below
		}
		a.mux.Handle(at, a.show(f))
	}
	a.mux.HandleFunc(base+"/", a.nothing)
	a.mux.HandleFunc("/", a.nowhere)
	return a, nil
}

// page is what the page's template sees. The playground has its own chat.
func (o Options) page() pageView {
	v := pageView{Name: o.Name, OIDC: o.OIDC != nil, Mail: o.Workers.Mail != nil}
	switch {
	case len(o.Frames) > 0:
		v.Chat = "/play"
	case o.BotUsername != "":
		v.Chat = "https://t.me/" + o.BotUsername
	}
	return v
}

// app is the handler.
type app struct {
	Options
	mux     *http.ServeMux
	issuer  *issuer // nil for none
	streams *turnstile.Turnstile

	addresses, tokens, asks, codes *throttle.Throttle
}

// ServeHTTP serves a request.
func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// nothing answers calls to no route.
func (a *app) nothing(w http.ResponseWriter, r *http.Request) {
	a.apiHeaders(w.Header())
	a.refuse(w, r, storage.Person{}, errMissing)
}

// show serves the page or one of its files.
func (a *app) show(f file) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.pageHeaders(w.Header())
		f.ServeHTTP(w, r)
	})
}

// nowhere answers who asks for a page that there is not.
func (a *app) nowhere(w http.ResponseWriter, _ *http.Request) {
	a.pageHeaders(w.Header())
	http.Error(w, "not found", http.StatusNotFound)
}
