package miniapp

import (
	_ "embed"
	"errors"
	"net/http"
	"strconv"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// document describes the API: openapi.json. The tests hold every answer and the table of routes against it.
//
//go:embed openapi.json
var document []byte

// calls are the routes of what people do, all of them through the same methods as their chat.
func (a *app) calls() []route {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []route{
		{method: get, pattern: "/openapi.json", class: classRead, handle: a.showDocument, open: true},
		{method: get, pattern: "/me", class: classRead, handle: a.showMe, resting: true},
		{method: get, pattern: "/models", class: classRead, handle: a.needs(workers.NeedSight, a.models)},
		{method: post, pattern: "/quote", class: classRead, handle: a.needs(workers.NeedUse, a.quote)},

		{method: get, pattern: "/generations", class: classRead, handle: a.needs(workers.NeedSight, a.generations)},
		{method: post, pattern: "/generations", class: classSpend, handle: a.generate, keyed: true},
		{method: get, pattern: "/generations/{id}", class: classRead, handle: a.needs(workers.NeedSight, a.generation)},
		{method: del, pattern: "/generations/{id}", class: classWrite, handle: a.needs(workers.NeedConsent, a.remove), resting: true, keyed: true},
		{method: get, pattern: "/generations/{id}/events", class: classRead, handle: a.needs(workers.NeedSight, a.events)},
		{method: post, pattern: "/generations/{id}/again", class: classSpend, handle: a.again, keyed: true},
		{method: post, pattern: "/generations/{id}/cancel", class: classWrite, handle: a.needs(workers.NeedConsent, a.cancel), resting: true},
		{method: post, pattern: "/generations/{id}/send", class: classWrite, handle: a.needs(workers.NeedSight, a.send), keyed: true},
		{method: put, pattern: "/generations/{id}/favorite", class: classWrite, handle: a.needs(workers.NeedSight, a.favorite(true))},
		{method: del, pattern: "/generations/{id}/favorite", class: classWrite, handle: a.needs(workers.NeedSight, a.favorite(false))},
		{method: post, pattern: "/generations/{id}/share", class: classWrite, handle: a.needs(workers.NeedSight, a.share)},

		{method: get, pattern: "/ledger", class: classRead, handle: a.needs(workers.NeedConsent, a.ledger), resting: true},
		{method: get, pattern: "/packs", class: classRead, handle: a.needs(workers.NeedSight, a.packs)},
		{method: post, pattern: "/invoices", class: classSpend, handle: a.needs(workers.NeedUse, a.invoice), keyed: true},

		{method: get, pattern: "/privacy", class: classRead, handle: a.needs(workers.NeedNothing, a.privacy), resting: true},
		{method: post, pattern: "/privacy/export", class: classSpend, handle: a.needs(workers.NeedNothing, a.export), resting: true},
		{method: get, pattern: "/privacy/erase", class: classRead, handle: a.needs(workers.NeedNothing, a.erasePreview), resting: true},
		{method: post, pattern: "/privacy/erase", class: classWrite, handle: a.needs(workers.NeedNothing, a.erase), resting: true},
		{method: del, pattern: "/privacy/erase", class: classWrite, handle: a.needs(workers.NeedNothing, a.keep), resting: true},
		{method: put, pattern: "/privacy/restrict", class: classWrite, handle: a.needs(workers.NeedNothing, a.restrict), resting: true},
		{method: del, pattern: "/privacy/restrict", class: classWrite, handle: a.needs(workers.NeedNothing, a.unrestrict), resting: true},

		{method: del, pattern: "/privacy/email", class: classWrite, handle: a.needs(workers.NeedNothing, a.dropEmail), resting: true},

		{method: get, pattern: "/settings", class: classRead, handle: a.needs(workers.NeedNothing, a.settings), resting: true},
		{method: http.MethodPatch, pattern: "/settings", class: classWrite, handle: a.change, resting: true},
	}
}

// needs lets a person through to whom the chat would do the same.
func (a *app) needs(n workers.Need, next handler) handler {
	return func(w http.ResponseWriter, r *http.Request, p storage.Person) error {
		if err := a.Workers.Admit(r.Context(), p, n); err != nil {
			return err
		}
		return next(w, r, p)
	}
}

// replyWith replies with what a call returned, or returns its error.
func replyWith[T any](w http.ResponseWriter, status int) func(T, error) error {
	return func(v T, err error) error {
		if err != nil {
			return err
		}
		return reply(w, status, v)
	}
}

// nothingMore answers a call that has nothing to say.
func nothingMore(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

func (a *app) showDocument(w http.ResponseWriter, _ *http.Request, _ storage.Person) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err := w.Write(document)
	return err
}

func (a *app) showMe(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return replyWith[workers.Me](w, http.StatusOK)(a.Workers.Me(r.Context(), p))
}

// limit reads how many items a page has, or the usual number.
func limit(r *http.Request, usual, most int) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, invalid("limit must be a number from 1 to " + strconv.Itoa(most))
	}
	return n, nil
}

// flag reads a yes or no of the query.
func flag(r *http.Request, name string) (bool, error) {
	switch r.URL.Query().Get(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, invalid(name + " must be true or false")
}

// statusOf is what a refusal of the product is in HTTP.
func statusOf(r *workers.Refusal) int {
	switch r.Code {
	case workers.RefusedCredits:
		return http.StatusPaymentRequired
	case workers.RefusedCode:
		return http.StatusUnauthorized
	case workers.RefusedConsent, workers.RefusedBanned, workers.RefusedFrozen, workers.RefusedRestricted, workers.RefusedCapped:
		return http.StatusForbidden
	case workers.RefusedModeration:
		return http.StatusUnprocessableEntity
	case workers.RefusedTooMany:
		return http.StatusTooManyRequests
	case workers.RefusedConflict:
		return http.StatusConflict
	case workers.RefusedModel, workers.RefusedAway:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// refused is what a refusal of the product looks like here, if it is one.
func refused(err error) (refusalError, bool) {
	r, ok := errors.AsType[*workers.Refusal](err)
	if !ok {
		return refusalError{}, false
	}
	return refusalError{status: statusOf(r), code: r.Code, said: r.Text, retry: r.Wait, param: r.Param, price: r.Price, balance: r.Balance}, true
}
