package openai

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
)

// official is OpenAI itself. gpt-image-2 and later take any size within limits and always look closely at pictures;
// the older two have three sizes.
type official struct{}

func (official) home() home {
	return home{url: "https://api.openai.com/v1", keyed: true, perModel: true}
}

// The families of names; a dated name has that of its family in front.
const (
	familyMini = "gpt-image-1-mini"
	familyMid  = "gpt-image-1.5"
	familyFull = "gpt-image-2"
	familyChat = "chatgpt-image-"
	familyAny  = "gpt-image-"
)

func (o official) table() []model {
	names := []string{"gpt-image-2", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst"}
	all := make([]model, len(names))
	for i, name := range names {
		all[i] = o.describe(name)
	}
	return all
}

func (official) knows(name string) bool {
	return named(name) && (strings.HasPrefix(name, familyAny) || strings.HasPrefix(name, familyChat))
}

func (official) describe(name string) model {
	m := model{
		Model: providers.Model{
			Name: name, Operations: wordsAndPictures(), MaxCount: maxCount, MaxRefs: maxRefs, Mask: true,
			Sizes: broadSizes(), Qualities: allQualities(), Timeout: 5 * time.Minute, Typical: 40 * time.Second,
		},
		price: fullPrice, rates: fullRates(), free: true,
	}
	switch {
	case strings.HasPrefix(name, familyMini):
		m.price, m.rates, m.free, m.Sizes, m.Typical = miniPrice, miniRates(), false, classicSizes(), 20*time.Second
	case strings.HasPrefix(name, familyFull):
	case strings.HasPrefix(name, familyMid), strings.HasPrefix(name, familyChat):
		m.price, m.rates, m.free, m.Sizes = midPrice, midRates(), false, classicSizes()
	default: // what comes next
		m.price, m.rates = perImage(unknownPrice), rates{}
	}
	if m.free { // the others would bring it into one of their shapes
		m.Operations = append(m.Operations, providers.Expand)
	}
	return m
}

func (official) compose(m model, r providers.Request) call {
	c := call{path: "images/generations", fields: map[string]any{
		"model": r.Model, "prompt": prompt(r), "n": max(r.Count, 1), "size": m.size(r.Size),
	}}
	if r.Quality != "" {
		c.fields["quality"] = string(r.Quality)
	}
	if r.Safety != "" {
		c.fields["safety_identifier"] = r.Safety
	}
	if r.Operation != providers.Generate {
		c.path, c.form, c.images, c.mask = "images/edits", true, r.References, r.Mask
	}
	return c
}

func (official) cost(m model, a answer, _ http.Header) int64 { return m.rates.spent(a.usage()) }

// size as the model takes it.
func (m model) size(asked providers.Size) string {
	s := m.Nearest(asked)
	if m.free {
		s = fit(asked)
	}
	return strconv.Itoa(s.Width) + "x" + strconv.Itoa(s.Height)
}

// The limits of free sizes.
const (
	sizeStep  = 16
	maxSide   = 3840
	minPixels = 655_360
	maxPixels = 8_294_400
)

// fit moves a size into the limits: sides of 16, at most 3840 and 3:1, and neither too few pixels nor too many.
func fit(s providers.Size) providers.Size {
	if s.Width <= 0 || s.Height <= 0 {
		return providers.Size{Width: 1024, Height: 1024}
	}
	w, h := float64(s.Width), float64(s.Height)
	w, h = max(w, h/3), max(h, w/3)
	scale := 1.0
	if w*h < minPixels {
		scale = math.Sqrt(minPixels / (w * h))
	}
	if w*h > maxPixels {
		scale = math.Sqrt(maxPixels / (w * h))
	}
	scale = min(scale, maxSide/max(w, h))
	fitted := providers.Size{Width: steps(w * scale), Height: steps(h * scale)}
	return settle(fitted, w >= h)
}

// steps rounds to the nearest step.
func steps(v float64) int { return max(1, int(v/sizeStep+0.5)) * sizeStep }

// settle mends what rounding broke, a step of the short or the long side at a time.
func settle(s providers.Size, wide bool) providers.Size {
	long, short := &s.Height, &s.Width
	if wide {
		long, short = &s.Width, &s.Height
	}
	for *long > 3**short {
		*long -= sizeStep
	}
	for *long**short > maxPixels {
		*long -= sizeStep
	}
	for *long**short < minPixels {
		*short += sizeStep
	}
	return s
}

// prompt of a request. A variation is an edit that says so.
func prompt(r providers.Request) string {
	if r.Operation == providers.Expand {
		return strings.TrimSpace("Continue this picture seamlessly into its transparent margins, and leave the rest as it is.\n" + r.Prompt)
	}
	if r.Operation != providers.Vary {
		return r.Prompt
	}
	how := "Make a variation of this image: keep its subject and style, and change details of the composition."
	switch {
	case r.Strength > 0 && r.Strength < 0.35:
		how = "Make a variation of this image that differs from it only in small details."
	case r.Strength > 0.7:
		how = "Make a free variation of this image: keep its subject, and change style and composition."
	}
	return strings.TrimSpace(how + "\n" + r.Prompt)
}
