package openai

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// answer is what all dialects answer with. Fields that do not matter for the images are read late and leniently: an
// image that was paid for is not lost to a strange number beside it.
type answer struct {
	Data   []datum         `json:"data"`
	Format json.RawMessage `json:"output_format"`
	Usage  json.RawMessage `json:"usage"`
	Error  json.RawMessage `json:"error"`
}

// datum is one image, or what is left of it.
type datum struct {
	B64       string          `json:"b64_json"`
	URL       string          `json:"url"`
	MediaType string          `json:"mime_type"`
	Respects  json.RawMessage `json:"respect_moderation"`
}

// usage is what a call consumed.
type usage struct {
	Input   *float64 `json:"input_tokens"`
	Output  *float64 `json:"output_tokens"`
	Details struct {
		Text    *float64 `json:"text_tokens"`
		Picture *float64 `json:"image_tokens"`
	} `json:"input_tokens_details"`
	CostTicks *float64 `json:"cost_in_usd_ticks"`
	Cost      *float64 `json:"cost"`
}

func (a answer) usage() (u usage) {
	_ = json.Unmarshal(a.Usage, &u) // fields of another type than expected stay empty
	return u
}

// spent is the price of the tokens in micro-dollars; -1 if they are not told.
func (r rates) spent(u usage) int64 {
	if r == (rates{}) || u.Input == nil || u.Output == nil || *u.Input < 0 || *u.Output < 0 {
		return -1
	}
	text, pictures := int64(0), int64(*u.Input) // not told apart: the dearer of the two
	if u.Details.Text != nil && u.Details.Picture != nil {
		text, pictures = int64(*u.Details.Text), int64(*u.Details.Picture)
	}
	return up(text*r.text + pictures*r.picture + int64(*u.Output)*r.output)
}

// read turns an answer into images, or into the error it is.
func (p *Provider) read(ctx context.Context, reply *wire.Reply, m model, r providers.Request) (providers.Submission, error) {
	var a answer
	if err := reply.JSON(&a); err != nil {
		return providers.Submission{}, err
	}
	cost := p.dialect.cost(m, a, reply.Header)
	withheld := a.sift()
	if len(a.Data) == 0 {
		reply.Close()
		return providers.Submission{}, p.nothing(a, withheld, cost, reply)
	}
	return providers.Submission{Images: p.images(ctx, reply, a, m, r), ExternalID: p.requestID(reply), Cost: cost}, nil
}

// sift drops what is no image and reports whether moderation took any away.
func (a *answer) sift() (withheld bool) {
	kept := a.Data[:0]
	for _, d := range a.Data {
		if string(d.Respects) == "false" {
			withheld = true
			continue
		}
		if d.B64 != "" || d.URL != "" {
			kept = append(kept, d)
		}
	}
	a.Data = kept
	return withheld
}

// nothing is a 200 without an image. The work may have been done, and if there is a price it was.
func (p *Provider) nothing(a answer, withheld bool, cost int64, reply *wire.Reply) error {
	billed := providers.BilledMaybe
	switch {
	case cost > 0:
		billed = providers.BilledYes
	case cost == 0:
		billed = providers.BilledNo
	}
	said := readProblem(a.Error)
	if withheld || said.refused() {
		e := p.client.Fail(providers.Rejected, billed, "status %d, without images%s", reply.Status, said.tag(p.requestID(reply)))
		e.Stage = orElse(said.stage, "output")
		return e
	}
	return p.client.Fail(providers.NoOutput, billed, "status %d, without images%s", reply.Status, said.tag(p.requestID(reply)))
}

// images opens one after the other, and closes the answer after the last.
func (p *Provider) images(ctx context.Context, reply *wire.Reply, a answer, m model, r providers.Request) providers.Images {
	return func(yield func(providers.Image, error) bool) {
		defer reply.Close()
		for i, d := range a.Data {
			img, file, err := p.open(ctx, reply, d, a.format())
			if err != nil {
				yield(providers.Image{}, err)
				return
			}
			if m.Seed {
				img.Seed = r.Seed + int64(i)
			}
			more := yield(img, nil)
			_ = file.Close()
			if !more {
				return
			}
		}
	}
}

// format is the media type the whole answer has, if it says so.
func (a answer) format() string {
	var name string
	if json.Unmarshal(a.Format, &name) != nil || name == "" {
		return ""
	}
	return "image/" + strings.ToLower(name)
}

// open opens one image. Nobody comes back for one that does not arrive, from the answer or from an address, whatever the
// address says of later: the call brought none.
func (p *Provider) open(ctx context.Context, reply *wire.Reply, d datum, format string) (providers.Image, io.Closer, error) {
	if d.B64 != "" {
		return p.client.Image(reply.Image(d.B64), orElse(d.MediaType, format), providers.NoOutput), io.NopCloser(nil), nil
	}
	file, said, err := p.client.Download(ctx, d.URL)
	if e, ok := errors.AsType[*providers.Error](err); ok && e.Class != providers.Lost {
		e.Class, e.Wait, e.Scope = providers.NoOutput, 0, ""
	}
	if err != nil {
		return providers.Image{}, nil, err
	}
	return p.client.Image(file, said, providers.NoOutput), file, nil
}

// requestID is what support asks for. It is the external id where it is known to be unique.
func (p *Provider) requestID(reply *wire.Reply) string {
	id := reply.Header.Get("X-Request-Id")
	if !token(id) || !p.dialect.home().keyed {
		return ""
	}
	return id
}
