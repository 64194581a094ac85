package comfyui

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
)

//go:embed graphs
var graphs embed.FS

// inpaint is the variant of an edit that has a mask.
const inpaint = "inpaint"

// The models that are there without the operator's workflows.
const (
	sdxl    = "sdxl"
	upscale = "upscale"
)

const maxCount = 4

// model is a model and its graphs, by operation or inpaint.
type model struct {
	providers.Model
	graphs     map[string]*workflow
	checkpoint string // empty is the provider's
}

// builtIn are the graphs of SDXL, and those of an upscaler where the operator has one.
func builtIn(upscaler bool) (map[string]map[string]*workflow, error) {
	files := map[string]map[string]string{
		sdxl: {"generate": "generate", "edit": "edit", "vary": "edit", inpaint: inpaint},
	}
	if upscaler {
		files[upscale] = map[string]string{upscale: upscale}
	}
	all := map[string]map[string]*workflow{}
	for name, variants := range files {
		all[name] = map[string]*workflow{}
		for variant, file := range variants {
			text, err := graphs.ReadFile("graphs/" + file + ".json")
			if err != nil {
				return nil, err
			}
			if all[name][variant], err = parseWorkflow(string(text)); err != nil {
				return nil, fmt.Errorf("graph %s %w", file, err)
			}
		}
	}
	return all, nil
}

// add reads an operator's workflows into all. A key is the name of a model, with ":" and a variant where what the graph
// is for cannot be seen from its placeholders.
func add(all map[string]map[string]*workflow, workflows map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(workflows)) {
		w, err := parseWorkflow(workflows[key])
		if err != nil {
			return fmt.Errorf("workflow %s: %w", key, err)
		}
		name, variants := key, w.variants()
		if i := strings.LastIndexByte(key, ':'); i > 0 {
			name, variants = key[:i], []string{key[i+1:]}
		}
		if all[name] == nil {
			all[name] = map[string]*workflow{}
		}
		for _, variant := range variants {
			if err := w.suits(variant); err != nil {
				return fmt.Errorf("workflow %s: %w", key, err)
			}
			all[name][variant] = w
		}
	}
	return nil
}

// variants are what a graph is for, by what it takes.
func (w *workflow) variants() []string {
	switch {
	case w.uses["mask"]:
		return []string{inpaint}
	case w.uses["image"] && w.uses["prompt"]:
		return []string{"edit", "vary"}
	case w.uses["image"]:
		return []string{upscale}
	}
	return []string{"generate"}
}

// suits says why a graph cannot be used for a variant.
func (w *workflow) suits(variant string) error {
	switch variant {
	case "generate":
		if w.images > 0 || w.uses["mask"] {
			return errors.New("a graph that generates takes no {{image}} and no {{mask}}")
		}
		return nil
	case "edit", "vary", upscale:
		if w.uses["mask"] {
			return fmt.Errorf("%s takes no {{mask}}", variant)
		}
	case inpaint:
		if !w.uses["mask"] {
			return errors.New("inpaint needs {{mask}}")
		}
	default:
		return fmt.Errorf("%q is none of generate, edit, vary, upscale, inpaint", variant)
	}
	if !w.uses["image"] {
		return fmt.Errorf("%s needs {{image}}", variant)
	}
	return nil
}

// newModel says what the graphs together can do.
func newModel(name string, graphs map[string]*workflow) (model, error) {
	m := model{Model: providers.Model{
		Name: name, MaxCount: 1, Seed: true, Async: true, Cancel: true,
		// What a server of one's own needs is its own business: it may have to load a model of ten gigabytes first.
		Timeout: 15 * time.Minute, Typical: 30 * time.Second,
		// One is painted, one waits so that nothing stands still; the rest waits where it can still be moved elsewhere.
		ResultTTL: time.Hour, MaxParallel: 2,
		Sizes: []providers.Size{
			{Width: 1024, Height: 1024},
			{Width: 1152, Height: 896},
			{Width: 896, Height: 1152},
			{Width: 1344, Height: 768},
			{Width: 768, Height: 1344},
		},
	}, graphs: graphs}
	for _, op := range []providers.Operation{providers.Generate, providers.Edit, providers.Vary, providers.Upscale} {
		if graphs[string(op)] != nil {
			m.Operations = append(m.Operations, op)
		}
	}
	if graphs[inpaint] != nil {
		m.Operations = append(m.Operations, providers.Expand)
	}
	if graphs[inpaint] != nil && graphs["edit"] == nil {
		return m, fmt.Errorf("model %s: inpaint without edit", name)
	}
	for _, w := range graphs {
		m.MaxCount, m.MaxRefs = max(m.MaxCount, w.most()), max(m.MaxRefs, w.images)
		m.Seed, m.Negative, m.Mask = m.Seed && w.repeatable(), m.Negative || w.uses["negative"], m.Mask || w.uses["mask"]
		if w.uses["steps"] {
			m.Qualities = []providers.Quality{providers.QualityLow, providers.QualityMedium, providers.QualityHigh}
		}
	}
	return m, nil
}

// steps of a sampler that a quality stands for.
func steps(q providers.Quality) int {
	switch q {
	case providers.QualityLow:
		return 15
	case providers.QualityHigh:
		return 40
	}
	return 25
}

// strength is how much of a reference is painted over where nobody said.
func strength(variant string) float64 {
	switch variant {
	case inpaint:
		return 0.9
	case "vary":
		return 0.5
	}
	return 0.75
}

// checkpointFile reports whether a name is that of a file with a model: those take the graphs of SDXL.
func checkpointFile(name string) bool {
	file := strings.HasSuffix(name, ".safetensors") || strings.HasSuffix(name, ".ckpt")
	return file && !strings.ContainsAny(name, "\r\n\"{}") && !strings.Contains(name, "..")
}
