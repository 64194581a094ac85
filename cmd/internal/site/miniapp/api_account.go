package miniapp

import (
	"net/http"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

func (a *app) ledger(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	n, err := limit(r, 30, 100)
	if err != nil {
		return err
	}
	return replyWith[workers.WebLedger](w, http.StatusOK)(a.Workers.WebLedger(r.Context(), p, r.URL.Query().Get("before"), n))
}

func (a *app) packs(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return replyWith[workers.WebPacks](w, http.StatusOK)(a.Workers.WebPacks(r.Context(), p))
}

func (a *app) invoice(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	var b struct {
		Pack string `json:"pack"`
	}
	if err := a.decode(w, r, &b); err != nil {
		return err
	}
	return replyWith[workers.Link](w, http.StatusOK)(a.Workers.InvoiceLink(r.Context(), p, b.Pack, idempotencyKey(r)))
}

func (a *app) privacy(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return replyWith[workers.WebPrivacy](w, http.StatusOK)(a.Workers.Privacy(r.Context(), p))
}

func (a *app) export(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return replyWith[workers.WebExport](w, http.StatusAccepted)(a.Workers.AskExport(r.Context(), p, speakerOf(r).session.Origin == storage.SessionMail))
}

func (a *app) erasePreview(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return replyWith[workers.WebErasePreview](w, http.StatusOK)(a.Workers.ErasePreview(r.Context(), p))
}

// erasure is one that waits.
type erasure struct {
	At time.Time `json:"erase_at"`
}

func (a *app) erase(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	var b struct {
		Confirm bool `json:"confirm"`
	}
	if err := a.decode(w, r, &b); err != nil {
		return err
	}
	if !b.Confirm {
		return invalid("confirm must be true")
	}
	at, err := a.Workers.Erase(r.Context(), p)
	return replyWith[erasure](w, http.StatusAccepted)(erasure{at}, err)
}

func (a *app) keep(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return nothingMore(w, a.Workers.Keep(r.Context(), p))
}

func (a *app) restrict(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return nothingMore(w, a.Workers.Restrict(r.Context(), p))
}

func (a *app) unrestrict(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return nothingMore(w, a.Workers.Unrestrict(r.Context(), p))
}

func (a *app) dropEmail(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return nothingMore(w, a.Workers.DropEmail(r.Context(), p))
}

func (a *app) settings(w http.ResponseWriter, _ *http.Request, p storage.Person) error {
	return reply(w, http.StatusOK, a.Workers.WebSettings(p))
}

func (a *app) change(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	var c workers.WebChange
	if err := a.decode(w, r, &c); err != nil {
		return err
	}
	need := workers.NeedNothing // the language, and what is told unasked, are theirs to correct
	if c.Sets() {
		need = workers.NeedUse
	}
	if err := a.Workers.Admit(r.Context(), p, need); err != nil {
		return err
	}
	if err := a.Workers.ChangeSettings(r.Context(), p, c); err != nil {
		return err
	}
	now, err := a.Store.PersonByID(r.Context(), p.ID)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, a.Workers.WebSettings(now))
}
