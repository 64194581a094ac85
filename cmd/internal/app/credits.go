package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// Credits is what an operator can do about credits that are given. *workers.Desk is one, and so is another process behind
// its socket.
type Credits interface {
	AddPromo(ctx context.Context, by storage.By, code string, p storage.Promo) (storage.Promo, error)
	Promos(ctx context.Context) ([]storage.Promo, error)
	DisablePromo(ctx context.Context, by storage.By, code string) (storage.Promo, error)
	MoveCredits(ctx context.Context, by storage.By, person string, credits int64, reason string) (workers.CreditView, error)
	DecideCredits(ctx context.Context, by storage.By, id string, agree bool) (workers.CreditView, error)
	Credits(ctx context.Context) ([]workers.CreditView, error)
	Receipt(ctx context.Context, token string) (workers.ReceiptView, error)
}

// WithCredits is WithModeration for credits.
func WithCredits(ctx context.Context, c config.Config, log *slog.Logger, f func(Credits) error) error {
	if c.RedisURL == "" {
		if remote := Dial(ctx, c.Data); remote != nil {
			return f(remote)
		}
	}
	return WithDesk(ctx, c, log, func(d *workers.Desk) error { return f(d) })
}

// controlCredits serves Credits at the socket of the data folder.
func controlCredits(mux *http.ServeMux, c Credits) {
	mux.HandleFunc("GET /-/promos", func(w http.ResponseWriter, r *http.Request) {
		all, err := c.Promos(r.Context())
		show(w, all, err)
	})
	mux.HandleFunc("POST /-/promos/{code}", func(w http.ResponseWriter, r *http.Request) {
		var p storage.Promo
		if err := json.Unmarshal([]byte(r.URL.Query().Get("promo")), &p); err != nil {
			refuse(w, &workers.OperatorError{Text: "the code is not described as it should be"})
			return
		}
		p, err := c.AddPromo(r.Context(), operator(r), r.PathValue("code"), p)
		show(w, p, err)
	})
	mux.HandleFunc("POST /-/promos/{code}/disable", func(w http.ResponseWriter, r *http.Request) {
		p, err := c.DisablePromo(r.Context(), operator(r), r.PathValue("code"))
		show(w, p, err)
	})
	mux.HandleFunc("GET /-/credits", func(w http.ResponseWriter, r *http.Request) {
		all, err := c.Credits(r.Context())
		show(w, all, err)
	})
	mux.HandleFunc("POST /-/credits/of/{person}", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		credits, err := strconv.ParseInt(q.Get("credits"), 10, 64)
		if err != nil {
			refuse(w, &workers.OperatorError{Text: "how many credits is not a number"})
			return
		}
		v, err := c.MoveCredits(r.Context(), operator(r), r.PathValue("person"), credits, q.Get("reason"))
		show(w, v, err)
	})
	mux.HandleFunc("POST /-/credits/orders/{id}/{decision}", func(w http.ResponseWriter, r *http.Request) {
		v, err := c.DecideCredits(r.Context(), operator(r), r.PathValue("id"), r.PathValue("decision") == decisionAccept)
		show(w, v, err)
	})
	mux.HandleFunc("GET /-/receipts/{token}", func(w http.ResponseWriter, r *http.Request) {
		v, err := c.Receipt(r.Context(), r.PathValue("token"))
		show(w, v, err)
	})
}

// AddPromo implements Credits.
func (r *Remote) AddPromo(ctx context.Context, by storage.By, code string, p storage.Promo) (storage.Promo, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return p, err
	}
	return p, r.post(ctx, &p, url.Values{"who": {by.Who}, "why": {by.Why}, "promo": {string(text)}}, "-", "promos", code)
}

// Promos implements Credits.
func (r *Remote) Promos(ctx context.Context) (all []storage.Promo, err error) {
	return all, r.read(ctx, http.MethodGet, &all, "-", "promos")
}

// DisablePromo implements Credits.
func (r *Remote) DisablePromo(ctx context.Context, by storage.By, code string) (p storage.Promo, err error) {
	return p, r.post(ctx, &p, url.Values{"who": {by.Who}, "why": {by.Why}}, "-", "promos", code, "disable")
}

// MoveCredits implements Credits.
func (r *Remote) MoveCredits(ctx context.Context, by storage.By, person string, credits int64, reason string) (v workers.CreditView, err error) {
	q := url.Values{"who": {by.Who}, "why": {by.Why}, "credits": {strconv.FormatInt(credits, 10)}, "reason": {reason}}
	return v, r.post(ctx, &v, q, "-", "credits", "of", person)
}

// DecideCredits implements Credits.
func (r *Remote) DecideCredits(ctx context.Context, by storage.By, id string, agree bool) (v workers.CreditView, err error) {
	decision := decisionReject
	if agree {
		decision = decisionAccept
	}
	return v, r.post(ctx, &v, url.Values{"who": {by.Who}, "why": {by.Why}}, "-", "credits", "orders", id, decision)
}

// Credits implements Credits.
func (r *Remote) Credits(ctx context.Context) (all []workers.CreditView, err error) {
	return all, r.read(ctx, http.MethodGet, &all, "-", "credits")
}

// Receipt implements Credits.
func (r *Remote) Receipt(ctx context.Context, token string) (v workers.ReceiptView, err error) {
	return v, r.read(ctx, http.MethodGet, &v, "-", "receipts", token)
}
