package workers

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// WebPrivacy is what is held about somebody, and what they asked for.
type WebPrivacy struct {
	Categories []WebHolding `json:"categories"`
	Requests   []WebRequest `json:"requests"`
	Restricted bool         `json:"restricted"`
	EraseAt    *time.Time   `json:"erase_at,omitempty"`
	PolicyURL  string       `json:"policy_url"`
	Email      *WebEmail    `json:"email,omitempty"`
}

// WebEmail is the address that somebody linked.
type WebEmail struct {
	Address  string    `json:"address"`
	Verified time.Time `json:"verified_at"`
}

// WebHolding counts what is held of a category.
type WebHolding struct {
	ID    storage.Category `json:"id"`
	Title string           `json:"title"`
	About string           `json:"about"` // what for, and how long
	Count int64            `json:"count"`
}

// WebRequest is something that somebody asked about their data.
type WebRequest struct {
	ID      string              `json:"id"`
	Kind    storage.RightKind   `json:"kind"`
	Title   string              `json:"title"`
	Status  storage.RightStatus `json:"status"`
	Note    string              `json:"note"` // the status in words
	Created time.Time           `json:"created_at"`
	Due     *time.Time          `json:"due_at,omitempty"`
	Ended   *time.Time          `json:"ended_at,omitempty"`
}

// Privacy says what is held about a person. That it was asked and answered is on record, once a day.
func (w *Workers) Privacy(ctx context.Context, p storage.Person) (WebPrivacy, error) {
	print := w.printer(p.Lang)
	v := WebPrivacy{Categories: []WebHolding{}, Requests: []WebRequest{}, Restricted: p.Restricted, PolicyURL: policyURL(w.Settings.PolicyURL, print.Language())}
	held, err := w.Store.Holdings(ctx, p.ID)
	if err != nil {
		return v, err
	}
	for _, h := range held {
		v.Categories = append(v.Categories, WebHolding{h.Category, print.Plain(heldTitle(h.Category), nil), print.Plain(heldFor(h.Category), nil), h.Rows})
	}
	asked, err := w.Store.Rights(ctx, p.ID, requestRows)
	if err != nil {
		return v, err
	}
	if _, err := w.Store.NoteAccess(ctx, storage.Effect{User: p.ID}, p.ID, storage.RightWeb); err != nil {
		return v, err
	}
	for _, r := range asked {
		v.Requests = append(v.Requests, webRequest(print, r))
	}
	linked, err := w.Store.Email(ctx, p.ID)
	if err == nil {
		v.Email = &WebEmail{linked.Address, linked.Verified.UTC()}
	}
	if ignore(err, storage.ErrNotFound) != nil {
		return v, err
	}
	v.EraseAt, err = w.eraseAt(ctx, p)
	return v, err
}

// DropEmail forgets the address that a person linked, and says so in their chat. Where there is none, that is fine.
func (w *Workers) DropEmail(ctx context.Context, p storage.Person) error {
	in := w.visitor(p, storage.OriginApp)
	w.say(in, texts.MessageMailRemoved, nil)
	out, err := w.Store.DropEmail(ctx, in.effect, p.ID)
	if err == nil {
		w.post(ctx, out)
	}
	return ignore(err, storage.ErrNotFound)
}

func webRequest(p texts.Printer, r storage.Right) WebRequest {
	v := WebRequest{ID: r.ID, Kind: r.Kind, Title: p.Plain(rightText(r), nil), Status: r.Status, Note: p.Plain(requestText(r.Status), nil), Created: r.Created.UTC()}
	if of := rightOf(p, r); of != "" {
		v.Title += " · " + of
	}
	if r.Ended.IsZero() {
		v.Due = new(r.Due.UTC())
	} else {
		v.Ended = new(r.Ended.UTC())
	}
	return v
}

// WebExport is an export that is being made.
type WebExport struct {
	ID     string              `json:"id"`
	Status storage.RightStatus `json:"status"`
	To     string              `json:"to"` // "chat" or "mail"
}

// AskExport has everything about a person packed and sent to their chat. Who signed in by the e-mail address that they linked, and so
// reads what comes there, gets it there.
func (w *Workers) AskExport(ctx context.Context, p storage.Person, byMail bool) (WebExport, error) {
	in := w.visitor(p, storage.OriginApp)
	open, wait, err := w.exportsOf(ctx, p.ID)
	switch {
	case err != nil:
		return WebExport{}, err
	case open != nil:
		return WebExport{}, w.refused(in, RefusedConflict, texts.MessageExportRunning, exportState(*open))
	case wait > 0:
		r := w.refused(in, RefusedTooMany, texts.MessageExportLimit, map[string]any{"Until": wait})
		r.Wait = wait
		return WebExport{}, r
	}
	r, to, err := w.exportTo(ctx, in, byMail)
	if err != nil {
		return WebExport{}, err
	}
	ref, err := w.beginExport(ctx, in, r)
	if errors.Is(err, storage.ErrConsumed) { // asked twice at once
		return WebExport{}, w.refused(in, RefusedConflict, texts.MessageExportRunning, exportState(storage.Right{}))
	}
	return WebExport{ref.ID, storage.RightAsked, to}, err
}

// exportTo is the request that sends an export somewhere, which the person is told in their chat.
func (w *Workers) exportTo(ctx context.Context, in *incoming, byMail bool) (r storage.Right, to string, err error) {
	r = storage.Right{Kind: storage.RightExport, Origin: storage.RightWeb}
	if !byMail {
		w.say(in, texts.MessageExportStarted, nil)
		return r, "chat", nil
	}
	linked, err := w.Store.Email(ctx, in.person.ID)
	if err != nil {
		return r, "", err
	}
	w.say(in, texts.MessagePortStarted, map[string]any{"Address": linked.Address})
	r.Kind = storage.RightPort
	r.Body, err = json.Marshal(exportPlan{Address: linked.Address})
	return r, "mail", err
}

// WebErasePreview is what an erasure would take.
type WebErasePreview struct {
	Text         string     `json:"text"` // all of it in words
	Records      int64      `json:"records"`
	Images       int64      `json:"images"`
	Running      int64      `json:"running"`
	Credits      int64      `json:"credits"`
	Stars        int64      `json:"stars"`
	Payments     int64      `json:"payments"`
	Subscription bool       `json:"subscription"`
	Grace        float64    `json:"grace"` // seconds
	EraseAt      *time.Time `json:"erase_at,omitempty"`
}

// ErasePreview says what goes and what stays.
func (w *Workers) ErasePreview(ctx context.Context, p storage.Person) (WebErasePreview, error) {
	text, e, subscribed, err := w.erasePreview(ctx, w.visitor(p, storage.OriginApp))
	if err != nil {
		return WebErasePreview{}, err
	}
	at, err := w.eraseAt(ctx, p)
	return WebErasePreview{
		stripTags(text), e.Rows, e.Images, e.Running, e.Credits, e.Stars, e.Payments, subscribed, w.Settings.EraseGrace.Seconds(), at,
	}, err
}

// Erase has a person's account erased after the time of grace, and says so in their chat, where it can be called off too. Asked
// again, it changes nothing.
func (w *Workers) Erase(ctx context.Context, p storage.Person) (time.Time, error) {
	at, err := w.eraseAt(ctx, p)
	if err != nil || at != nil {
		return deref(at), err
	}
	in := w.visitor(p, storage.OriginApp)
	if err := once(w.beginErase(ctx, in, storage.RightWeb)); err != nil { // asked twice at once
		return time.Time{}, err
	}
	at, err = w.eraseAt(ctx, p)
	return deref(at), err
}

func deref(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// Keep calls an erasure off that waits. Where none does, that is fine.
func (w *Workers) Keep(ctx context.Context, p storage.Person) error {
	r, err := w.Store.Erasure(ctx, p.ID)
	if err != nil {
		return ignore(err, storage.ErrNotFound)
	}
	in := w.visitor(p, storage.OriginApp)
	w.say(in, texts.MessageEraseKept, nil)
	out, err := w.Store.CancelRight(ctx, in.effect, p.ID, r.ID)
	if errors.Is(err, storage.ErrNotFound) { // taken back just now, or begun
		return w.Admit(ctx, p, NeedNothing)
	}
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// Restrict freezes a person's account, and says so in their chat.
func (w *Workers) Restrict(ctx context.Context, p storage.Person) error {
	if p.Restricted {
		return nil
	}
	in := w.visitor(p, storage.OriginApp)
	return w.freeze(ctx, in, func() { w.say(in, texts.MessageRestricted, nil, w.restrictedButtons(in)...) })
}

// Unrestrict ends that.
func (w *Workers) Unrestrict(ctx context.Context, p storage.Person) error {
	if !p.Restricted {
		return nil
	}
	in := w.visitor(p, storage.OriginApp)
	w.say(in, texts.MessageUnrestricted, nil)
	return w.thaw(ctx, in)
}
