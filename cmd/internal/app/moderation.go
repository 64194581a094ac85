package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/datafile"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/moderation"
	"github.com/imagika/imagika/workers/texts"
)

// openRules reads the rules on prompts.
func (a *App) openRules(c *core) error {
	rules, err := datafile.Read(a.options.Config.Rules, moderation.Default, moderation.Parse)
	if err != nil {
		return fmt.Errorf("IMAGIKA_MODERATION_RULES: %w", err)
	}
	c.rules = moderation.NewJudge(rules, c.metrics.moderation)
	return nil
}

// tendRules keeps the rules up to date with their file while the program runs.
func (a *App) tendRules(ctx context.Context) {
	path := a.options.Config.Rules
	if path == "" || a.core.rules == nil {
		return
	}
	a.group.Go(func() error {
		datafile.Watch(ctx, path, moderation.Parse, func(r *moderation.Rules, err error) {
			a.core.rules.Use(r, err)
			if err != nil {
				a.options.Log.ErrorContext(ctx, "the moderation rules have mistakes; the ones before stay", "error", err)
				return
			}
			a.options.Log.InfoContext(ctx, "moderation rules reloaded", "rules", len(r.Names()))
		})
		return nil
	})
}

// Moderation is what an operator can do about what people ask for. *workers.Desk is one, and so is another process behind
// its socket.
type Moderation interface {
	Appeals(ctx context.Context) ([]workers.AppealView, error)
	Appeal(ctx context.Context, id string) (workers.AppealView, error)
	Decide(ctx context.Context, by storage.By, id string, accept bool) error
	Ban(ctx context.Context, by storage.By, person string, length time.Duration, note string) (workers.StandingView, error)
	Unban(ctx context.Context, by storage.By, person string) (workers.StandingView, error)
	Standing(ctx context.Context, person string) (workers.StandingView, error)
	Reports(ctx context.Context) ([]workers.ReportView, error)
}

// WithModeration hands f the desk of the process that owns the data folder, or one over the databases that the settings
// name: what people are told then is sent by whoever works on them.
func WithModeration(ctx context.Context, c config.Config, log *slog.Logger, f func(Moderation) error) error {
	if c.RedisURL == "" {
		if remote := Dial(ctx, c.Data); remote != nil {
			return f(remote)
		}
	}
	return WithDesk(ctx, c, log, func(d *workers.Desk) error { return f(d) })
}

// WithDesk hands f a desk over the databases that the settings name, beside whoever works on them: they send what people are
// told, and do what is asked for.
func WithDesk(ctx context.Context, c config.Config, log *slog.Logger, f func(*workers.Desk) error) error {
	return WithStore(ctx, c, log, func(s *storage.Store) error {
		sealer, err := openSealer(ctx, c, log)
		if err != nil {
			return err
		}
		catalog, err := texts.New()
		if err != nil {
			return err
		}
		return f(&workers.Desk{Store: s, Sealer: sealer, Texts: catalog, Alone: c.GrantAlone, Operators: c.OperatorChat, PolicyURL: policyPage(c)})
	})
}

// controlModeration serves a Moderation at the socket of the data folder.
func controlModeration(mux *http.ServeMux, m Moderation) {
	mux.HandleFunc("GET /-/appeals", func(w http.ResponseWriter, r *http.Request) {
		all, err := m.Appeals(r.Context())
		show(w, all, err)
	})
	mux.HandleFunc("GET /-/appeals/{id}", func(w http.ResponseWriter, r *http.Request) {
		one, err := m.Appeal(r.Context(), r.PathValue("id"))
		show(w, one, err)
	})
	mux.HandleFunc("POST /-/appeals/{id}/{decision}", func(w http.ResponseWriter, r *http.Request) {
		show(w, struct{}{}, m.Decide(r.Context(), operator(r), r.PathValue("id"), r.PathValue("decision") == decisionAccept))
	})
	mux.HandleFunc("POST /-/bans/{person}", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		length, err := time.ParseDuration(q.Get("for"))
		if err != nil {
			refuse(w, &workers.OperatorError{Text: "how long is not a duration such as 72h"})
			return
		}
		v, err := m.Ban(r.Context(), operator(r), r.PathValue("person"), length, q.Get("note"))
		show(w, v, err)
	})
	mux.HandleFunc("POST /-/bans/{person}/lift", func(w http.ResponseWriter, r *http.Request) {
		v, err := m.Unban(r.Context(), operator(r), r.PathValue("person"))
		show(w, v, err)
	})
	mux.HandleFunc("GET /-/standing/{person}", func(w http.ResponseWriter, r *http.Request) {
		v, err := m.Standing(r.Context(), r.PathValue("person"))
		show(w, v, err)
	})
	mux.HandleFunc("GET /-/reports", func(w http.ResponseWriter, r *http.Request) {
		all, err := m.Reports(r.Context())
		show(w, all, err)
	})
}

// The decisions, as they stand in an address.
const (
	decisionAccept = "accept"
	decisionReject = "reject"
)

// Appeals implements Moderation.
func (r *Remote) Appeals(ctx context.Context) (all []workers.AppealView, err error) {
	return all, r.read(ctx, http.MethodGet, &all, "-", "appeals")
}

// Appeal implements Moderation.
func (r *Remote) Appeal(ctx context.Context, id string) (v workers.AppealView, err error) {
	return v, r.read(ctx, http.MethodGet, &v, "-", "appeals", id)
}

// Decide implements Moderation.
func (r *Remote) Decide(ctx context.Context, by storage.By, id string, accept bool) error {
	decision := decisionReject
	if accept {
		decision = decisionAccept
	}
	return r.post(ctx, &struct{}{}, url.Values{"who": {by.Who}, "why": {by.Why}}, "-", "appeals", id, decision)
}

// Ban implements Moderation.
func (r *Remote) Ban(ctx context.Context, by storage.By, person string, length time.Duration, note string) (v workers.StandingView, err error) {
	return v, r.post(ctx, &v, url.Values{"who": {by.Who}, "why": {by.Why}, "for": {length.String()}, "note": {note}}, "-", "bans", person)
}

// Unban implements Moderation.
func (r *Remote) Unban(ctx context.Context, by storage.By, person string) (v workers.StandingView, err error) {
	return v, r.post(ctx, &v, url.Values{"who": {by.Who}, "why": {by.Why}}, "-", "bans", person, "lift")
}

// Standing implements Moderation.
func (r *Remote) Standing(ctx context.Context, person string) (v workers.StandingView, err error) {
	return v, r.read(ctx, http.MethodGet, &v, "-", "standing", person)
}

// Reports implements Moderation.
func (r *Remote) Reports(ctx context.Context) (all []workers.ReportView, err error) {
	return all, r.read(ctx, http.MethodGet, &all, "-", "reports")
}
