package devapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// What response_format can be. Who says nothing gets both: OpenAI's models differ in what they answer with.
const (
	formatURL = "url"
	formatB64 = "b64_json"
)

func (a *API) generate(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := a.readJSON(w, r)
	if err != nil {
		return err
	}
	return a.paint(w, r, c, q, func() {})
}

func (a *API) edit(w http.ResponseWriter, r *http.Request, c caller) error {
	leave, err := a.enterUpload(r, c)
	if err != nil {
		return err
	}
	defer leave()
	q, err := a.readForm(w, r)
	if err != nil {
		return err
	}
	return a.paint(w, r, c, q, leave)
}

// paint asks for pictures and answers as the program wants to be answered. Taken is called when those that came with the request are
// no longer held.
func (a *API) paint(w http.ResponseWriter, r *http.Request, c caller, q request, taken func()) error {
	wish, err := q.wish(r, c)
	if err != nil {
		return err
	}
	if q.waits(r) {
		leave, err := enter(a.waits, c, 1)
		if err != nil {
			return err
		}
		defer leave()
	}
	v, err := a.Workers.Request(r.Context(), c.Person, wish)
	if err != nil && v.ID == "" {
		return err
	}
	q.images, q.room, wish.References = nil, nil, nil
	taken()
	h := w.Header()
	h.Set("X-Generation-Id", v.ID)
	h.Set("Location", "/v1/images/generations/"+v.ID)
	if wish.Key == "" { // without a key a repetition is another picture
		h.Set("X-Should-Retry", "false")
	}
	if err == nil {
		err = a.answer(w, r, c, v, q)
	}
	return a.accepted(r, v.ID, err)
}

// answer says what came of a request that was accepted.
func (a *API) answer(w http.ResponseWriter, r *http.Request, c caller, v workers.View, q request) error {
	switch {
	case !q.waits(r):
		reply(w, http.StatusAccepted, a.object(r, v))
		return nil
	case value(q.Stream):
		return a.stream(w, r, c, v.ID)
	}
	return a.await(w, r, c, v, value(q.ResponseFormat))
}

// accepted makes an error of one that comes after a request was accepted: it is painted, and charged, whatever we cannot say of it now.
func (a *API) accepted(r *http.Request, id string, err error) error {
	if _, known := errors.AsType[failure](err); err == nil || known {
		return err
	}
	if r.Context().Err() == nil { // otherwise nobody reads it
		a.Log.WarnContext(r.Context(), "answer to a program failed", "error", err)
	}
	return failure{
		http.StatusServiceUnavailable, kindServer, "result_unavailable", "",
		"It was accepted, and cannot be read right now. Fetch it from /v1/images/generations/" + id + ", or send the request again with the same Idempotency-Key. It is charged once.",
	}
}

// await answers with the pictures when they are there.
func (a *API) await(w http.ResponseWriter, r *http.Request, c caller, v workers.View, format string) error {
	ctx, cancel := context.WithTimeout(r.Context(), a.Timeout)
	defer cancel()
	go func() {
		select {
		case <-a.Stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	v, err := a.Workers.Await(ctx, c.ID, v.ID)
	if err != nil {
		return err
	}
	if v.Open() {
		return failure{
			http.StatusGatewayTimeout, kindServer, "timeout", "",
			"It is still being painted. Fetch it from /v1/images/generations/" + v.ID + ", or send the request again with the same Idempotency-Key. It is charged once.",
		}
	}
	if f, bad := ended(v); bad {
		return f
	}
	all := a.images(r, c, v, format)
	if format != formatURL {
		return a.sendImages(w, r, c, v, all)
	}
	reply(w, http.StatusOK, all)
	return nil
}

// ended is why there are no pictures, if there are none. Nothing was charged then, unless there have been some.
func ended(v workers.View) (failure, bool) {
	switch {
	case len(v.Images) > 0:
		return failure{}, false
	case v.Status == storage.StatusStored, v.Status == storage.StatusDelivered, v.Status == storage.StatusUndeliverable:
		return failure{http.StatusGone, kindInvalid, "deleted", "", "Its pictures were deleted. (" + v.ID + ")"}, true
	case v.Status == storage.StatusRefused:
		return failure{http.StatusBadRequest, kindUser, "moderation_blocked", "prompt", "The request was refused by a safety check. Nothing was charged. (" + v.ID + ")"}, true
	case v.Status == storage.StatusCanceled:
		return failure{http.StatusConflict, kindInvalid, "canceled", "", "It was canceled. Nothing was charged. (" + v.ID + ")"}, true
	case v.Reason == storage.ReasonUnsupported || v.Reason == storage.ReasonBadReference:
		return failure{http.StatusBadRequest, kindInvalid, "unsupported", "", "The model cannot make this. Nothing was charged. (" + v.ID + ")"}, true
	}
	return failure{http.StatusInternalServerError, kindServer, string(v.Reason), "", "It could not be painted. Nothing was charged. (" + v.ID + ")"}, true
}

// image is one of an answer. The picture itself, as b64_json, is put in when it is sent.
type image struct {
	URL    string `json:"url,omitempty"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// answer is what OpenAI's images API answers with. A size that it has no name for is left out; every picture has its own.
type answer struct {
	Created      int64   `json:"created"`
	Data         []image `json:"data"`
	Background   string  `json:"background"`
	OutputFormat string  `json:"output_format,omitempty"`
	Size         string  `json:"size,omitempty"`
	Quality      string  `json:"quality,omitempty"`
	Usage        usage   `json:"usage"`
	ID           string  `json:"id"`
	Model        string  `json:"model"`
	Seed         int64   `json:"seed"`
}

// usage is in credits; nothing here is counted in tokens.
type usage struct {
	InputTokens   int     `json:"input_tokens"`
	OutputTokens  int     `json:"output_tokens"`
	TotalTokens   int     `json:"total_tokens"`
	InputDetails  details `json:"input_tokens_details"`
	OutputDetails details `json:"output_tokens_details"`
	Credits       int64   `json:"credits"`
}

type details struct {
	Text  int `json:"text_tokens"`
	Image int `json:"image_tokens"`
}

// images is the answer without the pictures, but with the links to them where they are wanted.
func (a *API) images(r *http.Request, c caller, v workers.View, format string) answer {
	out := answer{
		Created: v.Ended.Unix(), Data: []image{}, Background: "opaque", Quality: v.Quality, Usage: usage{Credits: v.Charged}, ID: v.ID, Model: v.Model, Seed: v.Seed,
	}
	for _, i := range v.Images {
		one := image{Width: i.Width, Height: i.Height}
		if format != formatB64 {
			one.URL = a.link(r, c, v.ID, i.N)
		}
		out.Data = append(out.Data, one)
		out.OutputFormat, out.Size = strings.TrimPrefix(i.MediaType, "image/"), namedSize(i)
	}
	return out
}

// link leads to a picture for a while, without a token.
func (a *API) link(r *http.Request, c caller, id string, n int) string {
	return a.site(r) + "/f/" + a.Workers.FileToken(c.ID, id, n)
}

// site is where the site is reached.
func (a *API) site(r *http.Request) string {
	if a.Site != "" {
		return a.Site
	}
	return "http://" + r.Host
}

// models lists what can be named.
func (a *API) models(w http.ResponseWriter, _ *http.Request, _ caller) error {
	reply(w, http.StatusOK, map[string]any{"object": "list", "data": a.Models()})
	return nil
}

func (a *API) model(w http.ResponseWriter, r *http.Request, _ caller) error {
	for _, m := range a.Models() {
		if m.ID == r.PathValue("id") {
			reply(w, http.StatusOK, m)
			return nil
		}
	}
	return failure{http.StatusNotFound, kindInvalid, "model_not_found", "model", "There is no such model."}
}

// show answers how a generation stands.
func (a *API) show(w http.ResponseWriter, r *http.Request, c caller) error {
	v, err := a.view(r, c)
	if err == nil {
		reply(w, http.StatusOK, a.object(r, v))
	}
	return err
}

// view reads the generation that the address names, of those that were asked for by programs of the caller's.
func (a *API) view(r *http.Request, c caller) (workers.View, error) {
	v, err := a.Workers.View(r.Context(), c.ID, r.PathValue("id"))
	if err == nil && v.Origin != storage.OriginAPI {
		err = errNotFound
	}
	return v, err
}

// cancel stops a generation as far as that is possible.
func (a *API) cancel(w http.ResponseWriter, r *http.Request, c caller) error {
	if _, err := a.view(r, c); err != nil {
		return err
	}
	v, err := a.Workers.Stop(r.Context(), c.Person, r.PathValue("id"))
	if err == nil {
		reply(w, http.StatusOK, a.object(r, v))
	}
	return err
}
