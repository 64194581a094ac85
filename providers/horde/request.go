package horde

import (
	"context"
	"maps"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// body of a request.
func (p *Provider) body(ctx context.Context, m model, r providers.Request) (*wire.Body, error) {
	params := m.parameters(r)
	fields := map[string]any{
		"prompt": prompt(m, r), "params": params, "models": []string{m.Name}, "nsfw": false, "censor_nsfw": true,
		"trusted_workers": true, "slow_workers": true, "r2": true, "shared": false, "replacement_filter": true,
	}
	if strings.HasPrefix(r.CallbackURL, "https://") { // it takes no other
		fields["webhook"] = r.CallbackURL
	}
	var pictures []*wire.Picture
	if r.Operation == providers.Vary {
		source := &wire.Picture{Ref: r.References[0]}
		fields["source_image"], fields["source_processing"] = source, "img2img"
		pictures = append(pictures, source)
	}
	merge(fields, params, r.Extra)
	return p.client.JSON(ctx, fields, pictures...)
}

// separator of what is wanted and what is not.
const separator = "###"

// prompt and what is not wanted, in one text.
func prompt(m model, r providers.Request) string {
	text := strings.ReplaceAll(r.Prompt, separator, "# # #")
	if no := strings.ReplaceAll(r.Negative, separator, "# # #"); no != "" && m.Negative {
		text += " " + separator + " " + no
	}
	return text
}

// defaultStrength of a variation.
const defaultStrength = 0.6

// maxSeed is the highest of the Horde's seeds.
const maxSeed = 1<<32 - 1

func (m model) parameters(r providers.Request) map[string]any {
	size := m.Nearest(r.Size)
	params := map[string]any{"width": size.Width, "height": size.Height, "n": max(r.Count, 1)}
	maps.Copy(params, m.params)
	if first := r.Seed & maxSeed; r.Seed != 0 {
		params["seed"] = strconv.FormatInt(first, 10)
		if r.Count > 1 { // the machines get it plus how many are left to do
			params["seed"], params["seed_variation"] = strconv.FormatInt(max(first-1, 0), 10), 1
		}
	}
	if r.Operation == providers.Vary {
		params["denoising_strength"] = defaultStrength
		if r.Strength > 0 {
			params["denoising_strength"] = max(r.Strength, 0.01)
		}
	}
	return params
}

// above are the operator's parameters that are of the request; all others are of the painting.
func above(name string) bool {
	switch name {
	case "trusted_workers", "slow_workers", "extra_slow_workers", "replacement_filter", "validated_backends", "allow_downgrade",
		"worker_blacklist", "workers", "style", "disable_batching":
		return true
	}
	return false
}

// merge adds what the operator set for the route; a null takes a field away. What a person asked for, who may see it,
// and what would change who is answered are not the operator's to set.
func merge(fields, params, extra map[string]any) {
	for name, v := range extra {
		to := params
		switch name {
		case "prompt", "n", "source_image", "source_mask", "extra_source_images", "models", "webhook", "dry_run", "shared", "r2", "nsfw",
			"censor_nsfw", "params", "source_processing":
			continue
		}
		if above(name) {
			to = fields
		}
		if v == nil {
			delete(to, name)
			continue
		}
		to[name] = v
	}
}
