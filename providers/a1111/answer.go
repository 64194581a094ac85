package a1111

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// answer to all three calls: images or, of an upscale, an image.
type answer struct {
	Images []string        `json:"images"`
	Image  string          `json:"image"`
	Info   json.RawMessage `json:"info"`
}

// info is the JSON inside the text that comes with images.
type info struct {
	Seeds []int64 `json:"all_seeds"`
	First int     `json:"index_of_first_image"` // those before it are grids
}

// own are the images that were asked for, and their seeds as far as they are told.
func (a answer) own(count int) (images []string, seeds []int64) {
	if a.Image != "" {
		return []string{a.Image}, nil
	}
	var text string
	var said info
	if json.Unmarshal(a.Info, &text) != nil || json.Unmarshal([]byte(text), &said) != nil {
		said = info{}
	}
	images = a.Images
	if said.First > 0 && said.First < len(images) {
		images = images[said.First:]
	}
	return images[:min(count, len(images))], said.Seeds
}

func (p *Provider) read(reply *wire.Reply, r providers.Request) (providers.Submission, error) {
	var a answer
	if err := reply.JSON(&a); err != nil {
		return providers.Submission{}, err
	}
	images, seeds := a.own(max(r.Count, 1))
	images = slices.DeleteFunc(images, func(s string) bool { return s == "" })
	if len(images) == 0 {
		reply.Close()
		return providers.Submission{}, p.client.Fail(providers.NoOutput, providers.BilledNo, "an answer without images")
	}
	return providers.Submission{Images: p.images(reply, images, seeds, r.Seed), Cost: 0}, nil
}

// images opens one after the other, and closes the answer after the last.
func (p *Provider) images(reply *wire.Reply, images []string, seeds []int64, seed int64) providers.Images {
	return func(yield func(providers.Image, error) bool) {
		defer reply.Close()
		for i, text := range images {
			img := p.client.Image(reply.Image(text), "", providers.NoOutput)
			img.Seed = seed + int64(i)
			if i < len(seeds) {
				img.Seed = seeds[i]
			}
			if !yield(img, nil) {
				return
			}
		}
	}
}

// problem is what the server says about a failure: {"error":"OutOfMemoryError","detail":"","body":"","errors":"…"}, or
// {"detail":…} where it is the framework that says it.
type problem struct {
	Error  string          `json:"error"`
	Errors json.RawMessage `json:"errors"`
	Detail json.RawMessage `json:"detail"`
}

// says reports whether one of these phrases is in what was said.
func (p problem) says(phrases ...string) bool {
	said := strings.ToLower(p.Error + " " + string(p.Errors) + " " + string(p.Detail))
	return slices.ContainsFunc(phrases, func(s string) bool { return strings.Contains(said, s) })
}

// refusal is the error of a status that is not 2xx. The server charges nothing and does not begin anew by itself: its own
// 500 is the end of the call, even as a page. What a proxy says proves nothing.
func refusal(reply *wire.Reply) error {
	var said problem
	e := reply.Refusal(&said)
	missing := said.says("not found", "could not find", "no upscaler", "unknown upscaler")
	switch {
	case reply.Status == http.StatusInternalServerError && missing:
		e.Class, e.Billed, e.Scope = providers.BadRequest, providers.BilledNo, providers.ScopeModel
	case reply.Status == http.StatusInternalServerError:
		e.Class, e.Billed = providers.Transient, providers.BilledNo
	case e.Class == providers.BadRequest:
		e.Scope = providers.ScopeModel
	}
	if token(said.Error) {
		e.Err = fmt.Errorf("%w, %s", e.Err, said.Error)
	}
	return e
}

// token reports whether s is the name of a class of failures rather than somebody's words.
func token(s string) bool { return wire.Token(s, 64, ".") }
