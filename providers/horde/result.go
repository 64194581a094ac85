package horde

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// painted is one image of a request.
type painted struct {
	Image    string          `json:"img"`
	Seed     json.RawMessage `json:"seed"`
	Censored bool            `json:"censored"`
	State    string          `json:"state"`
	Metadata []struct {
		Type string `json:"type"`
	} `json:"gen_metadata"`
}

// hidden reports whether the safety checker took the image away.
func (g painted) hidden() bool {
	for _, m := range g.Metadata {
		if m.Type == "censorship" {
			return true
		}
	}
	return g.Censored || g.State == "censored"
}

// seed is told as text.
func (g painted) seed() int64 {
	n, _ := strconv.ParseInt(strings.Trim(string(g.Seed), `"`), 10, 64) // zero is as good as any where none is said
	return n
}

// Fetch implements providers.Fetcher. It may be asked ten times a minute.
func (p *Provider) Fetch(ctx context.Context, sealed []byte) (providers.Images, error) {
	id, err := p.read(sealed)
	if err != nil {
		return nil, err
	}
	reply, err := p.client.Ask(ctx, http.MethodGet, "generate/status/"+id, nil)
	if err != nil {
		return nil, err
	}
	if !reply.OK() {
		defer reply.Close()
		return nil, p.unanswered(reply)
	}
	var v struct {
		Done        bool      `json:"done"`
		Faulted     bool      `json:"faulted"`
		Generations []painted `json:"generations"`
	}
	if err := reply.JSON(&v); err != nil {
		return nil, err
	}
	seen, hidden := visible(v.Generations)
	if len(seen) > 0 && (v.Done || v.Faulted) {
		return p.images(ctx, reply, seen), nil
	}
	reply.Close()
	switch {
	case !v.Done && !v.Faulted:
		return nil, p.client.Fail(providers.Transient, providers.BilledNo, "not done")
	case hidden > 0:
		e := p.client.Fail(providers.Rejected, providers.BilledNo, "%d images were censored", hidden)
		e.Stage = "output"
		return nil, e
	}
	return nil, p.client.Fail(providers.NoOutput, providers.BilledNo, "done without an image")
}

func visible(all []painted) (seen []painted, hidden int) {
	for _, g := range all {
		switch {
		case g.hidden():
			hidden++
		case g.Image != "":
			seen = append(seen, g)
		}
	}
	return seen, hidden
}

// images opens a result. The answer is kept until the last was read, because images may stand in it.
func (p *Provider) images(ctx context.Context, reply *wire.Reply, all []painted) providers.Images {
	return func(yield func(providers.Image, error) bool) {
		defer reply.Close()
		for _, g := range all {
			file, said, err := p.open(ctx, reply, g)
			if err != nil {
				yield(providers.Image{}, err)
				return
			}
			img := p.client.Image(file, said, providers.Transient) // it can be asked for again
			img.Seed = g.seed()
			more := yield(img, nil)
			_ = file.Close()
			if !more {
				return
			}
		}
	}
}

func (p *Provider) open(ctx context.Context, reply *wire.Reply, g painted) (file io.ReadCloser, mediaType string, err error) {
	if strings.HasPrefix(g.Image, "https://") || strings.HasPrefix(g.Image, "http://") {
		file, mediaType, err = p.client.Download(ctx, g.Image)
		if failed, ok := errors.AsType[*providers.Error](err); ok {
			failed.Billed = providers.BilledNo // another request costs nothing
		}
		return file, mediaType, err
	}
	return io.NopCloser(reply.Image(g.Image)), "", nil
}
