// Package site is the website: pages that say what the bot is, what it costs and how it works, the privacy policy and the terms,
// and the few addresses that machines call (Telegram's webhook, the callbacks of image providers, a health check).
//
// A request is answered from memory. Every page is rendered in every language by [New], so that a template or a text that cannot
// be stops the start and not a visitor; those that show prices or a published policy are rendered again when these change. There
// is no script, no cookie and nothing loaded from elsewhere; a strict Content-Security-Policy holds the pages to that.
//
// A language is a part of the address: /prices is English, /de/prices German. What a browser prefers is only offered. What the
// pages say stands in words, one file for each language, beside the texts of the bot, which the pages use too.
//
// Invariants:
//
//   - The privacy policy describes what the product does now, and its version is the one people agree to in the chat.
//   - A callback is never believed. What it carries is thrown away; it only makes a worker ask the provider sooner.
//   - Handlers that are mounted here (playground, webhook) set their own headers: ours stop at their door.
//   - Nothing about a visitor is logged. What is counted of them are sums, see package visits.
//
// The pages do not know which server they run in. It has to bound the time for headers; the time for bodies is bounded
// where one is read, and here where nobody read it. Whoever takes nothing of an answer for a minute is cut off.
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
	"sync"
	"time"

	"github.com/imagika/imagika/cmd/internal/site/visits"
	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/status"
)

// Options of [New].
type Options struct {
	// Name is what the bot is called on the pages. Empty means Imagika.
	Name string
	// BotUsername is the bot's name at Telegram, without the @: the pages link to it. Empty shows no link.
	BotUsername string
	// Playground is served at and below /play, and the pages lead there instead of to Telegram. Nil for none.
	Playground http.Handler
	// App is the Mini App, served at and below /app. Nil for none.
	App http.Handler
	// SignIn says that people can sign in there with a browser alone.
	SignIn bool
	// API is served below /v1/, for programs. Nil for none.
	API http.Handler
	// APIURL is where programs reach it, ending in /v1, as the pages for developers say. Empty shows none of these.
	APIURL string
	// Webhook takes updates at /telegram. Nil for none.
	Webhook http.Handler
	// Hook is told that a provider called back. It returns ErrForged for a wrong signature and nil for an attempt that
	// does not wait; any other error makes the provider call again. Nil means that nobody calls back.
	Hook func(ctx context.Context, c Callback) error
	// File opens the picture a link's token leads to, or returns ErrNoFile. The caller closes it. Nil where there are no links.
	File func(ctx context.Context, token string) (File, error)
	// Operator is who runs the bot, by a name that people can hold them to. Empty names nobody.
	Operator string
	// Prices are what people can choose and buy now. Nil shows the price for everything.
	Prices func() Prices
	// Price of an image in credits where no model has one of its own; zero is free.
	Price int64
	// Daily is what people can take each day, in credits, and DailyMost the most on days in a row; zero is none.
	Daily, DailyMost int64
	// MaxImages is how many images one request can ask for.
	MaxImages int
	// Commands of the bot that the help lists, without the slash.
	Commands []string
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
	// Policy returns a version of the privacy policy, or the one in force for an empty one; ErrNoPolicy if there is none of that name.
	// Nil shows the one that the program brings.
	Policy func(ctx context.Context, version string) (Policy, error)
	// Status measures how everything is doing; Incidents are those that last and those that were resolved since a time, newest
	// first. Nil Status shows no page of it.
	Status    func(ctx context.Context) status.Board
	Incidents func(ctx context.Context, since time.Time) ([]status.Incident, error)
	// Security is how those are reached who mend what is not safe: a mail address, an @username at Telegram or an https address.
	// Anything else offers no security.txt.
	Security string
	// Policies lists the versions of the policy, the newest first. Nil shows none but that.
	Policies func(ctx context.Context) ([]Change, error)
	// Facts are the numbers that the policy names and how the operator is reached; the rest of them follows from the other options.
	Facts policy.Facts
	// PublicURL is where people reach the site, http or https without a path. Empty leaves out what needs it.
	PublicURL string
	// Ready reports what is wrong, if anything. Nil is always ready.
	Ready func(ctx context.Context) error
	// Visits counts views of pages. Nil counts nothing.
	Visits Visits
	// Stats are the visits that everybody may see, of days that are over. Nil says that nothing is counted.
	Stats func(ctx context.Context) (visits.Report, error)
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
	p, err := renderAll(o)
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	s := &site{options: o, pages: p, mux: http.NewServeMux(), labels: make(map[string]string), patience: patience, drain: drainTime}
	for _, r := range s.routes() {
		s.mux.Handle(r.pattern, r.handler)
		s.labels[r.pattern] = r.label
	}
	return s, nil
}

// Lazy is [New] for a process that people start and stop: it checks the options, and renders when somebody first asks.
func Lazy(o Options) (http.Handler, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	made := sync.OnceValues(func() (http.Handler, error) { return New(o) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := made()
		if err != nil {
			o.Log.ErrorContext(r.Context(), "website not rendered", "error", err)
			http.Error(w, "something went wrong", http.StatusInternalServerError)
			return
		}
		s.ServeHTTP(w, r)
	}), nil
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
	o.PublicURL, o.MaxImages = strings.TrimRight(o.PublicURL, "/"), max(o.MaxImages, 1)
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

// programs is where programs ask, empty where they cannot.
func (o Options) programs() string {
	if o.API == nil {
		return ""
	}
	return o.APIURL
}

// secure reports whether people reach the site over TLS.
func (o Options) secure() bool { return strings.HasPrefix(o.PublicURL, "https://") }

// site is the handler of everything.
type site struct {
	options Options
	pages   *pages
	mux     *http.ServeMux
	labels  map[string]string // of the routes, by pattern

	patience, drain time.Duration
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
