package comfyui

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

const handleVersion = 1

// handle is all that is kept of a call.
type handle struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Seed    int64  `json:"seed"`
	Count   int    `json:"count"`
	Batch   bool   `json:"batch,omitempty"` // all images come from the one seed
}

func (h handle) seal() []byte {
	text, _ := json.Marshal(h) // a struct of strings and numbers always marshals
	return text
}

func (p *Provider) open(sealed []byte) (h handle, err error) {
	if json.Unmarshal(sealed, &h) != nil || h.Version != handleVersion || h.ID == "" {
		return h, p.client.Fail(providers.Lost, providers.BilledNo, "the handle is not one of this provider")
	}
	return h, nil
}

// ask makes a call that can be repeated. Whatever goes wrong with it, the call it is about goes on.
func (p *Provider) ask(ctx context.Context, method, at string, body *wire.Body, v any) error {
	reply, err := p.client.Ask(ctx, method, at, body)
	if err != nil {
		return err
	}
	defer reply.Close()
	if !reply.OK() {
		return asked(reply)
	}
	if v == nil {
		return nil
	}
	return reply.JSON(v)
}

// place is where a call is.
type place int

const (
	gone place = iota
	waiting
	painting
	finished
)

// found is a call and what the server knows of it.
type found struct {
	place  place
	ahead  int    // calls before it, while it waits
	record record // once it is finished
}

// look finds a call. The queue is asked first: a call moves from there into the history and never back.
func (p *Provider) look(ctx context.Context, id string) (found, error) {
	var q struct {
		Running []entry `json:"queue_running"`
		Pending []entry `json:"queue_pending"`
	}
	if err := p.ask(ctx, http.MethodGet, "queue", nil, &q); err != nil {
		return found{}, err
	}
	is := func(e entry) bool { return e.id == id }
	if slices.ContainsFunc(q.Running, is) {
		return found{place: painting}, nil
	}
	if i := slices.IndexFunc(q.Pending, is); i >= 0 {
		f := found{place: waiting, ahead: len(q.Running)}
		for _, e := range q.Pending { // in the order of a heap, which is none
			if e.number < q.Pending[i].number {
				f.ahead++
			}
		}
		return f, nil
	}
	history := map[string]record{}
	if err := p.ask(ctx, http.MethodGet, "history/"+url.PathEscape(id), nil, &history); err != nil {
		return found{}, err
	}
	if r, ok := history[id]; ok {
		return found{place: finished, record: r}, nil
	}
	return found{place: gone}, nil
}

// entry of the queue: [number, id, graph, …].
type entry struct {
	number float64
	id     string
}

// UnmarshalJSON implements json.Unmarshaler. What has another form is nobody's call.
func (e *entry) UnmarshalJSON(text []byte) error {
	var fields []json.RawMessage
	if json.Unmarshal(text, &fields) == nil && len(fields) > 1 {
		_ = json.Unmarshal(fields[0], &e.number)
		_ = json.Unmarshal(fields[1], &e.id)
	}
	return nil
}

// record of the history. Nodes of others leave all kinds of things there, so that the outputs are read one by one.
type record struct {
	Outputs map[string]json.RawMessage `json:"outputs"`
	Status  struct {
		Word     string            `json:"status_str"`
		Messages []json.RawMessage `json:"messages"`
	} `json:"status"`
}

// file that a node left behind.
type file struct {
	Name      string `json:"filename"`
	Subfolder string `json:"subfolder"`
	Type      string `json:"type"`
}

// files are the images of a call in the order of its nodes: what was saved or, if nothing was, what is only shown.
func (r record) files() []file {
	var saved, shown []file
	for _, id := range nodes(r.Outputs) {
		var out struct {
			Images []file `json:"images"`
		}
		if json.Unmarshal(r.Outputs[id], &out) != nil {
			continue
		}
		for _, f := range out.Images {
			switch {
			case !picture(f.Name):
			case f.Type == "output":
				saved = append(saved, f)
			default:
				shown = append(shown, f)
			}
		}
	}
	if len(saved) > 0 {
		return saved
	}
	return shown
}

func nodes(outputs map[string]json.RawMessage) []string {
	ids := make([]string, 0, len(outputs))
	for id := range outputs {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, before)
	return ids
}

func picture(file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".png", ".jpg", ".jpeg", ".webp":
		return true
	}
	return false
}

// Poll implements providers.Poller.
func (p *Provider) Poll(ctx context.Context, sealed []byte) (providers.Progress, error) {
	h, err := p.open(sealed)
	if err != nil {
		return providers.Progress{}, err
	}
	f, err := p.look(ctx, h.ID)
	if err != nil {
		return providers.Progress{}, err
	}
	switch f.place {
	case waiting:
		return providers.Progress{Fraction: -1, NextPoll: p.pace * time.Duration(min(f.ahead+1, 5)), Ahead: f.ahead}, nil
	case painting:
		return providers.Progress{Started: true, Fraction: -1, NextPoll: p.pace}, nil
	}
	if _, err := p.result(f); err != nil {
		return providers.Progress{}, err
	}
	return providers.Progress{Done: true, Started: true, Fraction: 1}, nil
}

// result is what a call left, or why it left nothing.
func (p *Provider) result(f found) ([]file, error) {
	switch f.place {
	case gone:
		return nil, p.client.Fail(providers.Lost, providers.BilledNo, "the server does not know the call any more")
	case waiting, painting:
		return nil, p.client.Fail(providers.BadRequest, providers.BilledNo, "the call is not done")
	}
	if f.record.Status.Word == "error" {
		return nil, p.failure(f.record.Status.Messages)
	}
	files := f.record.files()
	if len(files) == 0 {
		return nil, p.client.Fail(providers.NoOutput, providers.BilledNo, "the graph left no images")
	}
	return files, nil
}

// Fetch implements providers.Fetcher.
func (p *Provider) Fetch(ctx context.Context, sealed []byte) (providers.Images, error) {
	h, err := p.open(sealed)
	if err != nil {
		return nil, err
	}
	f, err := p.look(ctx, h.ID)
	if err != nil {
		return nil, err
	}
	files, err := p.result(f)
	if err != nil {
		return nil, err
	}
	return p.images(ctx, h, files[:min(len(files), h.Count)]), nil
}

func (p *Provider) images(ctx context.Context, h handle, files []file) providers.Images {
	return func(yield func(providers.Image, error) bool) {
		for i, f := range files {
			body, said, err := p.client.Download(ctx, p.view(f))
			if err != nil {
				yield(providers.Image{}, free(err))
				return
			}
			img := p.client.Image(body, said, providers.Transient)
			img.Seed = h.Seed
			if !h.Batch {
				img.Seed += int64(i)
			}
			more := yield(img, nil)
			_ = body.Close()
			if !more {
				return
			}
		}
	}
}

// view is the address of a file's pixels, without what the server wrote into it.
func (p *Provider) view(f file) string {
	q := url.Values{"filename": {f.Name}, "subfolder": {f.Subfolder}, "type": {f.Type}, "channel": {"rgb"}}
	return p.base + "/view?" + q.Encode()
}

// Reconcile implements providers.Reconciler: the id is ours.
func (p *Provider) Reconcile(ctx context.Context, r providers.Request) (providers.Outcome, providers.Submission, error) {
	id := callID(r.AttemptID)
	f, err := p.look(ctx, id)
	if err != nil {
		return providers.Unknown, providers.Submission{}, err
	}
	if f.place == gone {
		return providers.NotAccepted, providers.Submission{}, nil
	}
	return providers.Found, p.submission(id, r), nil
}

// Cancel implements providers.Canceler.
func (p *Provider) Cancel(ctx context.Context, sealed []byte) (unbilled bool, err error) {
	h, err := p.open(sealed)
	if err != nil {
		return false, err
	}
	reply, err := p.client.Ask(ctx, http.MethodPost, "api/jobs/"+url.PathEscape(h.ID)+"/cancel", nil)
	if err != nil {
		return false, err
	}
	defer reply.Close()
	switch {
	case reply.Status == http.StatusNotFound, reply.Status == http.StatusMethodNotAllowed: // before it could
		return p.remove(ctx, h.ID)
	case !reply.OK():
		return false, asked(reply)
	}
	var said struct {
		Canceled bool `json:"cancelled"`
	}
	if err := reply.JSON(&said); err != nil || said.Canceled {
		return said.Canceled, err
	}
	f, err := p.look(ctx, h.ID)
	return err == nil && f.fruitless(), err
}

// fruitless reports whether a call ended without a result.
func (f found) fruitless() bool {
	return f.place == gone || f.place == finished && f.record.Status.Word == "error"
}

// remove takes a call out of the queue or, if it is being painted, stops that.
func (p *Provider) remove(ctx context.Context, id string) (bool, error) {
	if err := p.tell(ctx, "queue", map[string]any{"delete": []string{id}}); err != nil {
		return false, err
	}
	f, err := p.look(ctx, id)
	if err != nil || f.place != painting {
		return err == nil && f.fruitless(), err
	}
	if err := p.tell(ctx, "interrupt", map[string]any{"prompt_id": id}); err != nil {
		return false, err
	}
	return true, nil
}

func (p *Provider) tell(ctx context.Context, at string, v any) error {
	body, err := p.client.JSON(ctx, v)
	if err != nil {
		return err
	}
	return p.ask(ctx, http.MethodPost, at, body, nil)
}

// Deletes implements providers.Deleter.
func (*Provider) Deletes() bool { return true }

// Delete implements providers.Deleter: the history forgets the graph, words included. Files that graphs saved stay in the
// folder of the server, which has no call that removes them.
func (p *Provider) Delete(ctx context.Context, id string) error {
	return p.tell(ctx, "history", map[string]any{"delete": []string{id}})
}
