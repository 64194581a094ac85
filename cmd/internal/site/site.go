// Package site is the website: a page that says what the bot is, the privacy policy, and the few addresses that machines
// call (Telegram's webhook, the callbacks of image providers, a health check).
//
// Everything a person reads is known when the process starts, so the pages are rendered once, by [New], and a request is
// answered from memory. A template that cannot be rendered stops the start and not a visitor. There is no script, no
// cookie and nothing loaded from elsewhere; a strict Content-Security-Policy holds the pages to that.
//
// Invariants:
//
//   - The privacy policy describes what the product does now, and its version is the one people agree to in the chat.
//   - A callback is never believed. What it carries is thrown away; it only makes a worker ask the provider sooner.
//   - Handlers that are mounted here (playground, webhook) set their own headers: ours stop at their door.
//   - Nothing about a visitor is logged or counted, beyond which route was asked for and how it ended.
//
// The pages do not know which server they run in. It has to bound the time for headers; the time for bodies is bounded
// here, where one is read.
package site

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Options of [New].
type Options struct {
	// Name is what the bot is called on the pages. Empty means Imagika.
	Name string
	// BotUsername is the bot's name at Telegram, without the @: the pages link to it. Empty shows no link.
	BotUsername string
	// Playground is served at and below /play, and the pages lead there instead of to Telegram. Nil for none.
	Playground http.Handler
	// Webhook takes updates at /telegram. Nil for none.
	Webhook http.Handler
	// Hook is told that a provider called back. It returns ErrForged for a wrong signature and nil for an attempt that
	// does not wait; any other error makes the provider call again. Nil means that nobody calls back.
	Hook func(ctx context.Context, c Callback) error
	// File opens the picture a link's token leads to, or returns ErrNoFile. The caller closes it. Nil where there are no links.
	File func(ctx context.Context, token string) (File, error)
	// Price of an image in credits; zero is free.
	Price int64
	// Welcome is what a new person is given, in credits.
	Welcome int64
	// Shop says that credits can be bought.
	Shop bool
	// RefundDays is how long after a payment it goes back by one tap if nothing of it is spent; zero is never.
	RefundDays int
	// Chats says whether people can talk with each other, PairHours for how long it can be opened after it who they were; zero is
	// not at all.
	Chats     bool
	PairHours int
	// Model is the one used when nobody chose.
	Model string
	// Builtin says that every picture is drawn by the built-in painter, so that nothing leaves the machine.
	Builtin bool
	// Services are the image services that may get prompts, by the names people know; empty where they are not known.
	Services []string
	// PublicURL is where people reach the site, http or https without a path. Empty leaves out what needs it.
	PublicURL string
	// Ready reports what is wrong, if anything. Nil is always ready.
	Ready func(ctx context.Context) error
	// Metrics may be nil.
	Metrics *Metrics
	// Log may be nil.
	Log *slog.Logger
}

// username is the form of a name at Telegram.
var username = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{3,31}$`)

// New renders the pages and returns the website. The error says which option is wrong or which template.
func New(o Options) (http.Handler, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	p, err := render(o)
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	s := &site{options: o, pages: p, mux: http.NewServeMux(), labels: make(map[string]string)}
	for _, r := range s.routes() {
		s.mux.Handle(r.pattern, r.handler)
		s.labels[r.pattern] = r.label
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = "Imagika"
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	return o
}

func (o Options) check() error {
	var errs []error
	if o.BotUsername != "" && !username.MatchString(o.BotUsername) {
		errs = append(errs, fmt.Errorf("bot username %q: must be 4 to 32 letters, digits or _, without the @", o.BotUsername))
	}
	if o.Price < 0 {
		errs = append(errs, fmt.Errorf("price %d: must not be negative", o.Price))
	}
	if o.Welcome < 0 {
		errs = append(errs, fmt.Errorf("welcome credits %d: must not be negative", o.Welcome))
	}
	if u, err := url.Parse(o.PublicURL); o.PublicURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		errs = append(errs, errors.New("public url: must be http:// or https:// and a host"))
	}
	return errors.Join(errs...)
}

// secure reports whether people reach the site over TLS.
func (o Options) secure() bool { return strings.HasPrefix(o.PublicURL, "https://") }

// site is the handler of everything.
type site struct {
	options Options
	pages   pages
	mux     *http.ServeMux
	labels  map[string]string // of the routes, by pattern
}

// readyTimeout bounds a health check, so that it ends before whoever asks gives up.
const readyTimeout = 2 * time.Second

// health is for load balancers: 204 when the site can do its work, else 503. It does not say why to strangers.
func (s *site) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if s.options.Ready != nil {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := s.options.Ready(ctx); err != nil {
			s.options.Log.WarnContext(ctx, "site is not ready", "error", err)
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}
