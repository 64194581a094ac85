package replicate

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strings"

	"github.com/imagika/imagika/providers"
)

// handle is what there is to know of a prediction.
type handle struct {
	Version int      `json:"v"`
	ID      string   `json:"id"`
	Seed    int64    `json:"seed,omitempty"` // of the first image, if it is honored
	Image   int64    `json:"image"`          // price of an image in micro-dollars, -1 is not known
	Second  int64    `json:"second"`         // price of a second
	Files   []string `json:"files,omitempty"`
}

const handleVersion = 1

// handle of a prediction of this model.
func (m model) handle(id string, r providers.Request, files []string) handle {
	h := handle{Version: handleVersion, ID: id, Image: -1, Files: files}
	if m.Seed {
		h.Seed = seed(r)
	}
	switch {
	case !m.listed:
	case m.price.second > 0:
		h.Image, h.Second = 0, m.price.second
	case m.price.megapixel > 0 && len(r.References) == 0 && r.Size != (providers.Size{}):
		h.Image = m.price.bound(r)
	case m.price.megapixel == 0:
		h.Image = m.price.image
	}
	return h
}

// submission is a prediction that was accepted.
func (p *Provider) submission(h handle) providers.Submission {
	sealed, _ := json.Marshal(h) // strings and numbers always marshal
	return providers.Submission{Handle: sealed, ExternalID: h.ID, NextPoll: p.pause, Cost: -1}
}

// read a handle.
func (p *Provider) read(sealed []byte) (handle, error) {
	var h handle
	if json.Unmarshal(sealed, &h) != nil || h.Version != handleVersion || !token(h.ID) {
		return h, p.client.Fail(providers.Lost, providers.BilledMaybe, "not a handle of this provider")
	}
	return h, nil
}

// prediction as it stands. What is not needed to go on is read leniently.
type prediction struct {
	ID          string          `json:"id"`
	Model       string          `json:"model"`
	Version     string          `json:"version"`
	Deployment  string          `json:"deployment"`
	Status      string          `json:"status"`
	Input       json.RawMessage `json:"input"`
	Output      json.RawMessage `json:"output"`
	Error       json.RawMessage `json:"error"`
	Metrics     json.RawMessage `json:"metrics"`
	Webhook     string          `json:"webhook"`
	CreatedAt   string          `json:"created_at"`
	StartedAt   string          `json:"started_at"`
	CompletedAt string          `json:"completed_at"`
	DataRemoved bool            `json:"data_removed"`
}

// The statuses.
const (
	statusStarting   = "starting"
	statusProcessing = "processing"
	statusSucceeded  = "succeeded"
	statusFailed     = "failed"
	statusCanceled   = "canceled"
	statusAborted    = "aborted" // before it began
)

type metrics struct {
	Seconds float64 `json:"predict_time"`
	Images  float64 `json:"image_count"`
}

func (d prediction) metrics() (m metrics) {
	_ = json.Unmarshal(d.Metrics, &m) // fields of another type than expected stay empty
	return m
}

// images are the addresses in the output, which is one, a list, or an object with either.
func (d prediction) images() (all []string) {
	var one string
	var list []string
	var object struct {
		Image  string   `json:"image"`
		Images []string `json:"images"`
	}
	switch {
	case json.Unmarshal(d.Output, &one) == nil:
		list = []string{one}
	case json.Unmarshal(d.Output, &list) == nil:
	case json.Unmarshal(d.Output, &object) == nil:
		list = append(object.Images, object.Image)
	}
	for _, address := range list {
		if strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
			all = append(all, address)
		}
	}
	return all
}

// idle reports that the prediction ended before it began, so that nobody worked on it.
func (d prediction) idle() bool {
	return d.Status == statusAborted || (d.Status == statusCanceled && d.StartedAt == "" && d.metrics().Seconds == 0)
}

// over reports that the prediction ended without an image.
func (d prediction) over() bool {
	switch d.Status {
	case statusStarting, statusProcessing, statusSucceeded:
		return false
	case statusFailed, statusCanceled, statusAborted:
		return true
	}
	return d.CompletedAt != "" // a word of the future
}

// cost in micro-dollars; -1 is not known.
func (h handle) cost(d prediction) int64 {
	m := d.metrics()
	if h.Second > 0 {
		if m.Seconds <= 0 || m.Seconds > 1e6 {
			return -1
		}
		return int64(math.Ceil(m.Seconds * float64(h.Second)))
	}
	if h.Image < 0 {
		return -1
	}
	n := int64(len(d.images()))
	if m.Images > 0 && m.Images <= 100 {
		n = int64(m.Images)
	}
	return n * h.Image
}

// ask for a prediction. One that ended without an image is an error.
func (p *Provider) ask(ctx context.Context, h handle) (prediction, error) {
	var d prediction
	reply, err := p.client.Ask(ctx, http.MethodGet, "predictions/"+h.ID, nil)
	if err != nil {
		return d, err
	}
	defer reply.Close()
	if !reply.OK() {
		return d, p.unanswered(reply)
	}
	if err := reply.JSON(&d); err != nil {
		return d, err
	}
	return d, p.ended(d)
}

// ended is the error of a prediction that will have no image.
func (p *Provider) ended(d prediction) error {
	switch {
	case d.Status == statusFailed:
		return p.failed(d)
	case d.over() && d.idle():
		return p.client.Fail(providers.Canceled, providers.BilledNo, "the prediction is %s", d.word())
	case d.over():
		return p.client.Fail(providers.Canceled, providers.BilledMaybe, "the prediction is %s", d.word())
	case d.Status == statusSucceeded && len(d.images()) == 0 && d.DataRemoved:
		return p.client.Fail(providers.Lost, providers.BilledYes, "the result was removed")
	case d.Status == statusSucceeded && len(d.images()) == 0:
		return p.client.Fail(providers.NoOutput, providers.BilledYes, "succeeded without an image")
	}
	return nil
}

// word is the status, if it is one.
func (d prediction) word() string {
	if token(d.Status) {
		return d.Status
	}
	return "over"
}

// Poll implements providers.Poller. When the prediction has ended, what was uploaded for it is deleted.
func (p *Provider) Poll(ctx context.Context, sealed []byte) (providers.Progress, error) {
	h, err := p.read(sealed)
	if err != nil {
		return providers.Progress{}, err
	}
	d, err := p.ask(ctx, h)
	if d.Status == statusSucceeded || d.over() {
		p.forget(ctx, h.Files)
	}
	switch {
	case err != nil:
		return providers.Progress{}, err
	case d.Status == statusSucceeded:
		return providers.Progress{Done: true, Started: true, Fraction: 1, Cost: h.cost(d)}, nil
	}
	return providers.Progress{Started: d.Status == statusProcessing, Fraction: -1, NextPoll: p.pause, Cost: -1}, nil
}

// Fetch implements providers.Fetcher. It asks again, because addresses of results are not kept.
func (p *Provider) Fetch(ctx context.Context, sealed []byte) (providers.Images, error) {
	h, err := p.read(sealed)
	if err != nil {
		return nil, err
	}
	d, err := p.ask(ctx, h)
	if err != nil {
		return nil, err
	}
	if d.Status != statusSucceeded {
		return nil, p.client.Fail(providers.Transient, providers.BilledMaybe, "not ready")
	}
	return p.client.Pictures(ctx, d.images(), func(i int) int64 {
		if h.Seed == 0 {
			return 0
		}
		return h.Seed + int64(i)
	}), nil
}

// Cancel implements providers.Canceler. Only what was canceled before it began certainly costs nothing.
func (p *Provider) Cancel(ctx context.Context, sealed []byte) (bool, error) {
	h, err := p.read(sealed)
	if err != nil {
		return false, err
	}
	reply, err := p.client.Ask(ctx, http.MethodPost, "predictions/"+h.ID+"/cancel", nil)
	if err != nil {
		return false, err
	}
	defer reply.Close()
	if !reply.OK() {
		return false, p.unanswered(reply)
	}
	var d prediction
	if err := reply.JSON(&d); err != nil {
		return false, err
	}
	if d.over() {
		p.forget(ctx, h.Files)
	}
	return d.idle(), nil
}
