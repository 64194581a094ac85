package openai

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// judge is the model that looks at words and pictures.
const judge = "omni-moderation-latest"

// Moderator is a Provider that judges words and pictures as well. Only OpenAI itself does, at no cost: that a gateway
// has the same path does not mean that somebody answers there.
type Moderator struct{ *Provider }

var _ providers.Moderator = Moderator{}

// NewModerator is New for OpenAI itself.
func NewModerator(o Options) (Moderator, error) {
	o.Dialect = OpenAI
	p, err := New(o)
	return Moderator{p}, err
}

// Moderate implements providers.Moderator. The endpoint is free and can be asked again. It takes one picture at a time, so
// that there is a call for each.
func (m Moderator) Moderate(ctx context.Context, text string, pictures []providers.Reference) ([]providers.Category, error) {
	var found []providers.Category
	for i := range max(len(pictures), 1) {
		var input []any
		var shown []*wire.Picture
		if i == 0 && strings.TrimSpace(text) != "" {
			input = append(input, map[string]any{"type": "text", "text": text})
		}
		if i < len(pictures) {
			if strange(pictures[i]) {
				return nil, m.client.Cannot("a picture is neither PNG, JPEG nor WebP")
			}
			shown = append(shown, &wire.Picture{Ref: pictures[i], DataURL: true})
			input = append(input, map[string]any{"type": "image_url", "image_url": map[string]any{"url": shown[0]}})
		}
		if len(input) == 0 {
			continue
		}
		some, err := m.judge(ctx, input, shown)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// judge makes one call.
func (m Moderator) judge(ctx context.Context, input []any, pictures []*wire.Picture) ([]providers.Category, error) {
	body, err := m.client.JSON(ctx, map[string]any{"model": judge, "input": input}, pictures...)
	if err != nil {
		return nil, err
	}
	reply, err := m.client.Ask(ctx, http.MethodPost, "moderations", body)
	if err != nil {
		return nil, err
	}
	if !reply.OK() {
		return nil, m.refusal(reply)
	}
	var a struct {
		Results []struct {
			Categories map[string]json.RawMessage `json:"categories"`
		} `json:"results"`
	}
	if err := reply.JSON(&a); err != nil {
		return nil, err
	}
	reply.Close()
	if len(a.Results) == 0 {
		return nil, m.client.Fail(providers.NoOutput, providers.BilledNo, "status %d, without a result", reply.Status)
	}
	var found []providers.Category
	for _, one := range a.Results {
		for name, applies := range one.Categories {
			if string(applies) == "true" {
				found = append(found, category(name))
			}
		}
	}
	return found, nil
}

// category is the nearest of ours. One that is newer than this program is taken for the broadest.
func category(name string) providers.Category {
	if name == "sexual/minors" {
		return providers.SexualMinors
	}
	head, _, _ := strings.Cut(name, "/")
	switch head {
	case "sexual":
		return providers.Sexual
	case "violence":
		return providers.Violence
	case "self-harm":
		return providers.SelfHarm
	case "hate":
		return providers.Hate
	case "harassment":
		return providers.Harassment
	}
	return providers.Illicit
}
