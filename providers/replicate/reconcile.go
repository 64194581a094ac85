package replicate

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/imagika/imagika/providers"
)

const (
	// skew is how far the service's clock may be off.
	skew = time.Minute
	// settled is how long a prediction that was made may not be listed yet.
	settled = 15 * time.Second
	// span is how long after its attempt was recorded a call may have been made.
	span = 15 * time.Minute
	// maxPages of a hundred predictions are read.
	maxPages = 20
)

// Reconcile implements providers.Reconciler.
func (p *Provider) Reconcile(ctx context.Context, r providers.Request) (providers.Outcome, providers.Submission, error) {
	m, ok := p.find(r.Model)
	id, err := ulid.ParseStrict(r.AttemptID)
	if !ok || err != nil { // without its time a call cannot be looked for
		return providers.Unknown, providers.Submission{}, nil
	}
	at := id.Timestamp()
	if p.now().Sub(at) < settled {
		e := p.client.Fail(providers.Transient, providers.BilledMaybe, "too early to say")
		e.Wait = settled
		return providers.Unknown, providers.Submission{}, e
	}
	s := search{model: m, request: r, from: at.Add(-skew), to: at.Add(span)}
	if err := p.look(ctx, &s); err != nil {
		return providers.Unknown, providers.Submission{}, err
	}
	outcome, found := s.outcome()
	if outcome != providers.Found {
		return outcome, providers.Submission{}, nil
	}
	return outcome, p.submission(m.handle(found, r, nil)), nil
}

// search for the prediction of a call.
type search struct {
	model    model
	request  providers.Request
	from, to time.Time

	named    string   // has the attempt's id in its callback
	alike    []string // have the same words and seed
	unclear  bool     // something may be the call and does not say
	complete bool     // the list was read to the beginning of the time
}

// outcome of a search.
func (s *search) outcome() (providers.Outcome, string) {
	switch {
	case s.named != "":
		return providers.Found, s.named
	case len(s.alike) == 1 && s.complete:
		return providers.Found, s.alike[0]
	case len(s.alike) == 0 && s.complete && !s.unclear:
		return providers.NotAccepted, ""
	}
	return providers.Unknown, ""
}

// look reads the list, newest first, as far as it matters.
func (p *Provider) look(ctx context.Context, s *search) error {
	q := url.Values{
		"created_after":  {s.from.UTC().Format(time.RFC3339Nano)},
		"created_before": {s.to.UTC().Format(time.RFC3339Nano)},
	}
	at := "predictions?" + q.Encode()
	for range maxPages {
		page, err := p.page(ctx, at)
		if err != nil {
			return err
		}
		for _, d := range page.Results {
			if !s.take(d) {
				s.complete = true
				return nil
			}
		}
		if page.Next == "" {
			s.complete = true
			return nil
		}
		at = page.Next
	}
	return nil
}

// page of the list.
type page struct {
	Next    string       `json:"next"`
	Results []prediction `json:"results"`
}

func (p *Provider) page(ctx context.Context, at string) (page, error) {
	var one page
	reply, err := p.client.Ask(ctx, http.MethodGet, at, nil)
	if err != nil {
		return one, err
	}
	defer reply.Close()
	if !reply.OK() {
		return one, p.unanswered(reply)
	}
	return one, reply.JSON(&one)
}

// take looks at a prediction and reports whether those before it matter.
func (s *search) take(d prediction) bool {
	made, err := time.Parse(time.RFC3339, d.CreatedAt)
	switch {
	case err != nil:
		s.unclear = true
		return true
	case made.Before(s.from):
		return false
	case made.After(s.to) || !s.of(d) || !token(d.ID) || slices.Contains(s.request.Known, d.ID):
		return true
	}
	in := d.input()
	switch {
	case strings.Contains(d.Webhook, "/"+s.request.AttemptID):
		s.named = d.ID
	case d.Webhook != "": // another attempt's, or somebody else's
	case in.Prompt == nil || in.seed == nil:
		s.unclear = true
	case *in.Prompt == s.request.Prompt && in.Seed == seed(s.request):
		s.alike = append(s.alike, d.ID)
	}
	return true
}

// of reports whether a prediction is of the model that was asked.
func (s *search) of(d prediction) bool {
	bare, _, _ := strings.Cut(s.model.Name, ":")
	if deployment, ok := strings.CutPrefix(bare, "deployments/"); ok {
		return d.Deployment == deployment || d.Deployment == ""
	}
	return d.Model == bare
}

// input is what is compared of a prediction's input; nil was removed, or never there.
type input struct {
	Prompt *string
	Seed   int64
	seed   *int64
}

func (d prediction) input() (in input) {
	var raw struct {
		Prompt *string         `json:"prompt"`
		Seed   json.RawMessage `json:"seed"`
	}
	if json.Unmarshal(d.Input, &raw) != nil || d.DataRemoved {
		return in
	}
	in.Prompt = raw.Prompt
	if json.Unmarshal(raw.Seed, &in.seed) == nil && in.seed != nil {
		in.Seed = *in.seed
	}
	return in
}
