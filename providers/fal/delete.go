package fal

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// platform is the client of the service that deletes, nil without its key.
func platform(o Options) (*wire.Client, error) {
	if o.AdminKey == "" {
		return nil, nil
	}
	return wire.New(wire.Options{
		Provider: name, Base: cmp.Or(o.AdminURL, adminURL), Dir: o.Dir,
		Header: http.Header{"Authorization": {"Key " + o.AdminKey}, "Accept": {"application/json"}, "User-Agent": {"imagika"}},
	})
}

// Deletes implements providers.Deleter.
func (p *Provider) Deletes() bool { return p.admin != nil }

// Delete implements providers.Deleter. It takes words and results; pictures never lie there, because they go along with
// requests. A file that could not be deleted is named in an answer that is otherwise a success: then it is tried again.
func (p *Provider) Delete(ctx context.Context, id string) error {
	if !token(id) {
		return p.client.Fail(providers.BadRequest, providers.BilledNo, "not an id of this provider")
	}
	reply, err := p.admin.Ask(ctx, http.MethodDelete, "models/requests/"+url.PathEscape(id)+"/payloads", nil)
	if err != nil {
		return err
	}
	defer reply.Close()
	if !reply.OK() {
		e := reply.Refusal(nil)
		if e.Class == providers.Lost {
			return nil // it is gone
		}
		return e
	}
	var said struct {
		Files []struct {
			Exception *string `json:"exception"`
		} `json:"cdn_delete_results"`
	}
	if err := reply.JSON(&said); err != nil {
		return err
	}
	for _, f := range said.Files {
		if f.Exception != nil && *f.Exception != "" {
			return p.client.Fail(providers.Transient, providers.BilledNo, "a result was not deleted")
		}
	}
	return nil
}
