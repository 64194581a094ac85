package miniapp

import (
	"net/http"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// wishBody is what somebody wants painted.
type wishBody struct {
	Prompt   string      `json:"prompt"`
	Negative string      `json:"negative"`
	Model    string      `json:"model"`
	Aspect   string      `json:"aspect"`
	Quality  string      `json:"quality"`
	Style    string      `json:"style"`
	Count    int         `json:"count"`
	Seed     *int64      `json:"seed"`
	Parent   *parentBody `json:"parent"`
}

// parentBody is the image that is to be changed.
type parentBody struct {
	ID string `json:"id"`
	N  int    `json:"n"`
}

// wish reads what somebody wants painted. It is shown in their chat too, so that it is not lost with the app.
func (a *app) wish(w http.ResponseWriter, r *http.Request) (workers.Wish, error) {
	var b wishBody
	if err := a.decode(w, r, &b); err != nil {
		return workers.Wish{}, err
	}
	v := workers.Wish{
		Origin: storage.OriginApp, Form: storage.FormChat, Key: idempotencyKey(r), Prompt: b.Prompt, Negative: b.Negative,
		Model: b.Model, Aspect: b.Aspect, Quality: b.Quality, Style: b.Style, Count: b.Count, Seed: b.Seed,
	}
	if b.Parent != nil {
		if !storage.IsID(b.Parent.ID) {
			return v, errMissing
		}
		v.Parent, v.ParentN = b.Parent.ID, b.Parent.N
	}
	return v, nil
}

func (a *app) models(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return replyWith[workers.WebModels](w, http.StatusOK)(a.Workers.WebModels(r.Context(), p))
}

func (a *app) quote(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	wanted, err := a.wish(w, r)
	if err != nil {
		return err
	}
	return replyWith[workers.WebQuote](w, http.StatusOK)(a.Workers.WebQuote(r.Context(), p, wanted))
}

func (a *app) generate(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	wanted, err := a.wish(w, r)
	if err != nil {
		return err
	}
	return replyWith[workers.Card](w, http.StatusAccepted)(a.Workers.Paint(r.Context(), p, wanted))
}

func (a *app) again(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return replyWith[workers.Card](w, http.StatusAccepted)(a.Workers.Again(r.Context(), p, r.PathValue("id"), idempotencyKey(r)))
}

func (a *app) generations(w http.ResponseWriter, r *http.Request, p storage.Person) (err error) {
	q := r.URL.Query()
	f := storage.Filter{Words: q.Get("search")}
	if f.Favorites, err = flag(r, "favorite"); err != nil {
		return err
	}
	if f.Open, err = flag(r, "open"); err != nil {
		return err
	}
	n, err := limit(r, 30, 60)
	if err != nil {
		return err
	}
	before := q.Get("before")
	if before != "" && !storage.IsID(before) {
		return invalid("before is not the next of a page")
	}
	return replyWith[workers.CardPage](w, http.StatusOK)(a.Workers.Cards(r.Context(), p, f, before, n))
}

func (a *app) generation(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return replyWith[workers.Card](w, http.StatusOK)(a.Workers.Card(r.Context(), p, r.PathValue("id")))
}

func (a *app) cancel(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return replyWith[workers.Card](w, http.StatusOK)(a.Workers.Cancel(r.Context(), p, r.PathValue("id")))
}

func (a *app) remove(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	return nothingMore(w, a.Workers.Delete(r.Context(), p, r.PathValue("id"), idempotencyKey(r)))
}

func (a *app) favorite(on bool) handler {
	return func(w http.ResponseWriter, r *http.Request, p storage.Person) error {
		return nothingMore(w, a.Workers.Favor(r.Context(), p, r.PathValue("id"), on))
	}
}

// sendBody says which images are to go to the chat, and how.
type sendBody struct {
	N  *int   `json:"n"`
	As string `json:"as"`
}

func (a *app) send(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	var b sendBody
	if err := a.decode(w, r, &b); err != nil {
		return err
	}
	n := -1
	if b.N != nil {
		if n = *b.N; n < 0 {
			return invalid("n must not be negative")
		}
	}
	if b.As != "photo" && b.As != "file" {
		return invalid("as must be photo or file")
	}
	return nothingMore(w, a.Workers.SendToChat(r.Context(), p, r.PathValue("id"), n, b.As == "file", idempotencyKey(r)))
}

func (a *app) share(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	var b struct {
		N       int  `json:"n"`
		Prepare bool `json:"prepare"`
	}
	if err := a.decode(w, r, &b); err != nil {
		return err
	}
	return replyWith[workers.Shared](w, http.StatusOK)(a.Workers.Share(r.Context(), p, r.PathValue("id"), b.N, b.Prepare))
}
