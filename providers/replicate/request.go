package replicate

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// call is a POST as it is being made.
type call struct {
	body     map[string]any
	pictures []*wire.Picture // inside the body, in their order
	files    []string        // ids of those that were uploaded
}

// maxInline is the weight of a picture that goes inside the request: as a data URL it may have 256 KB.
const maxInline = 190 << 10

// compose makes the body of a request; larger pictures are uploaded on the way.
func (p *Provider) compose(ctx context.Context, m model, r providers.Request) (*call, error) {
	c := &call{}
	pictures := make([]any, len(r.References))
	for i, ref := range r.References {
		if ref.Bytes > 0 && ref.Bytes <= maxInline {
			inline := &wire.Picture{Ref: ref, DataURL: true}
			pictures[i], c.pictures = inline, append(c.pictures, inline)
			continue
		}
		id, address, err := p.upload(ctx, i, ref)
		if err != nil {
			return c, err
		}
		pictures[i], c.files = address, append(c.files, id)
	}
	in := m.input(r, pictures)
	for field, v := range r.Extra {
		switch {
		case fixed(field):
		case v == nil:
			delete(in, field)
		default:
			in[field] = v
		}
	}
	c.body = map[string]any{"input": in}
	if m.version != "" {
		c.body["version"] = m.version
	}
	if strings.HasPrefix(r.CallbackURL, "https://") {
		c.body["webhook"], c.body["webhook_events_filter"] = r.CallbackURL, []string{"completed"}
	}
	return c, nil
}

// fixed reports whether a field is not the operator's to set for a route: words, pictures, what is billed by, and what a
// lost call is found by.
func fixed(field string) bool {
	switch field {
	case "prompt", "seed", "num_outputs", "image", "input_image", "input_images":
		return true
	}
	return false
}

// input of the model. Pictures are strings, or stand-ins for them.
func (m model) input(r providers.Request, pictures []any) map[string]any {
	if m.family == esrgan {
		return map[string]any{"image": pictures[0], "scale": scale(r), "face_enhance": false}
	}
	in := map[string]any{"prompt": r.Prompt}
	sized := r.Size.Width > 0 && r.Size.Height > 0
	if m.family != plain {
		in["seed"], in["output_format"] = seed(r), "png"
	}
	switch m.family {
	case flux1:
		in["num_outputs"] = max(r.Count, 1)
		if sized {
			in["aspect_ratio"], in["megapixels"] = wire.Nearest(flux1Shapes(), r.Size), small(r.Size)
		}
		if r.Operation == providers.Vary {
			in["image"], in["prompt_strength"] = pictures[0], strength(r)
		}
	case flux2:
		frame(in, r.Size, len(pictures) > 0)
		if len(pictures) > 0 {
			in["input_images"] = pictures
		}
	case kontext:
		if sized {
			in["aspect_ratio"] = wire.Nearest(wire.Kontext(), r.Size)
		}
		if len(pictures) > 0 {
			in["input_image"] = pictures[0]
		}
	}
	return in
}

// frame says how large an image is to be, or that it is to be like the first picture.
func frame(in map[string]any, s providers.Size, match bool) {
	switch {
	case s.Width > 0 && s.Height > 0:
		in["aspect_ratio"], in["width"], in["height"] = "custom", side(s.Width), side(s.Height)
	case match:
		in["aspect_ratio"], in["resolution"] = "match_input_image", "match_input_image"
	}
}

func scale(r providers.Request) int {
	if r.Scale == 0 {
		return 2
	}
	return r.Scale
}

// small is the word for about how many megapixels.
func small(s providers.Size) string {
	if s.Megapixels() < 0.5 {
		return "0.25"
	}
	return "1"
}

// strength is how far a variation goes; the model's own default is 0.8.
func strength(r providers.Request) float64 {
	if r.Strength <= 0 {
		return 0.8
	}
	return min(r.Strength, 1)
}

// side is a multiple of 32 within limits.
func side(n int) int { return min(max((n+16)/32*32, 256), 2048) }

// seed within what every model takes.
func seed(r providers.Request) int64 { return int64(uint32(r.Seed) & math.MaxInt32) }

// upload a picture, which costs nothing. The file is gone after a day, or when the prediction has ended.
func (p *Provider) upload(ctx context.Context, i int, ref providers.Reference) (id, address string, err error) {
	var f wire.Form
	f.File("content", "picture-"+strconv.Itoa(i+1)+cmp.Or(wire.Extension(ref), ".png"), ref)
	body, err := p.client.Form(ctx, f)
	if err != nil {
		return "", "", err
	}
	reply, err := p.client.Ask(ctx, http.MethodPost, "files", body)
	if err != nil {
		return "", "", err
	}
	defer reply.Close()
	if !reply.OK() {
		return "", "", p.notUploaded(reply)
	}
	var file struct {
		ID   string `json:"id"`
		URLs struct {
			Get string `json:"get"`
		} `json:"urls"`
	}
	if err := reply.JSON(&file); err != nil {
		return "", "", err
	}
	if !token(file.ID) || file.URLs.Get == "" {
		return "", "", p.client.Fail(providers.Transient, providers.BilledNo, "uploaded without an address")
	}
	return file.ID, file.URLs.Get, nil
}

// forget deletes uploaded pictures. What is left behind is gone after a day.
func (p *Provider) forget(ctx context.Context, files []string) {
	for _, id := range files {
		reply, err := p.client.Ask(ctx, http.MethodDelete, "files/"+id, nil)
		if err != nil {
			return
		}
		reply.Close()
	}
}
