package faltest

import (
	"bytes"
	"encoding/base64"
	"image"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// endpoint is a model's path: the fields it takes, and what its output looks like.
type endpoint struct {
	fields []string
	refs   int  // pictures it takes at most, and one at least
	marks  bool // says has_nsfw_concepts
	single bool // answers with one image
}

// endpoints are those that the server has. The last is a model that no adapter knows.
func endpoints() map[string]endpoint {
	flux2 := []string{"image_size", "seed", "safety_tolerance", "enable_safety_checker", "output_format", "sync_mode", "prompt!"}
	many := []string{"num_images", "seed", "guidance_scale", "output_format", "sync_mode", "prompt!"}
	dev := append([]string{"image_size", "num_inference_steps", "enable_safety_checker", "acceleration"}, many...)
	kontext := append([]string{"aspect_ratio", "safety_tolerance", "enhance_prompt"}, many...)
	varied := append([]string{"num_inference_steps", "enable_safety_checker", "acceleration", "strength", "image_url!"}, many...)
	all := map[string]endpoint{
		"fal-ai/flux/schnell":            {fields: dev, marks: true},
		"fal-ai/flux/dev":                {fields: dev, marks: true},
		"fal-ai/flux/dev/image-to-image": {fields: varied, refs: 1, marks: true},
		"fal-ai/esrgan":                  {fields: []string{"image_url!", "scale", "model", "face", "tile", "output_format"}, refs: 1, single: true},
		"fal-ai/flux-2-pro/outpaint": {
			fields: []string{"image_url!", "expand_left", "expand_top", "expand_right", "expand_bottom", "seed", "safety_tolerance", "output_format", "sync_mode"},
			refs:   1,
		},
		"acme/painter/v2":      {fields: []string{"prompt!", "image_size", "num_images", "style"}},
		"acme/painter/v2/edit": {fields: []string{"prompt!", "image_size", "num_images", "image_urls!"}, refs: 4},
	}
	for _, name := range []string{"fal-ai/flux-2-pro", "fal-ai/flux-2-max"} {
		all[name] = endpoint{fields: flux2}
		all[name+"/edit"] = endpoint{fields: append([]string{"image_urls!"}, flux2...), refs: 9}
	}
	for _, name := range []string{"fal-ai/flux-pro/kontext", "fal-ai/flux-pro/kontext/max"} {
		all[name] = endpoint{fields: append([]string{"image_url!"}, kontext...), refs: 1, marks: true}
		all[name+"/multi"] = endpoint{fields: append([]string{"image_urls!"}, kontext...), refs: 4, marks: true}
		all[name+"/text-to-image"] = endpoint{fields: kontext, marks: true}
	}
	return all
}

// job is a call that was found in order.
type job struct {
	prompt, format       string
	width, height, count int
	seed                 int64
	marks, single        bool
}

// check finds a call in order and says what is to be made, or why not.
func check(c Call) (job, string) {
	e := endpoints()[c.Path]
	j := job{count: 1, format: "jpeg", width: 1024, height: 768, seed: 7, marks: e.marks, single: e.single}
	for _, field := range e.fields {
		if name, needed := strings.CutSuffix(field, "!"); needed && c.Fields[name] == nil {
			return j, name + ": Field required"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		if !slices.Contains(e.fields, name) && !slices.Contains(e.fields, name+"!") {
			return j, name + ": Extra inputs are not permitted"
		}
		if !j.take(name, c.Fields[name], e) {
			return j, name + ": Input is not valid"
		}
	}
	if f, ok := c.Fields["scale"].(float64); ok || j.single {
		if !ok {
			f = 2
		}
		j.width, j.height = j.width*int(f), j.height*int(f)
	}
	for _, field := range []string{"expand_left", "expand_right"} {
		n, _ := c.Fields[field].(float64)
		j.width += int(n)
	}
	for _, field := range []string{"expand_top", "expand_bottom"} {
		n, _ := c.Fields[field].(float64)
		j.height += int(n)
	}
	return j, ""
}

// take reports whether the value is one that the field can have.
func (j *job) take(name string, v any, e endpoint) bool {
	switch name {
	case "prompt":
		s, ok := v.(string)
		j.prompt = s
		return ok && s != ""
	case "seed":
		n, ok := whole(v, math.MinInt32, 1<<53)
		j.seed = n
		return ok
	case "expand_left", "expand_top", "expand_right", "expand_bottom":
		_, ok := whole(v, 0, 2048)
		return ok
	case "num_images":
		n, ok := whole(v, 1, 4)
		j.count = int(n)
		return ok
	case "image_size":
		return j.size(v)
	case "aspect_ratio":
		s, _ := v.(string)
		wh, ok := ratios()[s]
		j.width, j.height = wh[0], wh[1]
		return ok
	case "output_format":
		j.format, _ = v.(string)
		return j.format == "jpeg" || j.format == "png"
	case "image_url":
		return j.picture(v)
	case "image_urls":
		list, ok := v.([]any)
		return ok && len(list) > 0 && len(list) <= e.refs && !slices.ContainsFunc(list, func(one any) bool { return !new(job).picture(one) })
	}
	return knob(name, v)
}

// knob is a field that changes nothing here.
func knob(name string, v any) bool {
	switch name {
	case "scale", "strength", "guidance_scale", "num_inference_steps", "tile":
		f, ok := v.(float64)
		return ok && f > 0 && f <= 50 && (name != "strength" || f <= 1)
	case "safety_tolerance":
		s, _ := v.(string)
		return len(s) == 1 && s >= "1" && s <= "6"
	case "sync_mode", "enable_safety_checker", "enhance_prompt", "face":
		_, ok := v.(bool)
		return ok
	}
	_, ok := v.(string)
	return ok
}

func whole(v any, from, to float64) (int64, bool) {
	f, ok := v.(float64)
	return int64(f), ok && f == math.Trunc(f) && f >= from && f <= to
}

func (j *job) size(v any) bool {
	m, ok := v.(map[string]any)
	if !ok || len(m) != 2 {
		return false
	}
	w, okW := whole(m["width"], 64, 2048)
	h, okH := whole(m["height"], 64, 2048)
	j.width, j.height = int(w), int(h)
	return okW && okH && w%16 == 0 && h%16 == 0
}

// ratios and the sizes they come to.
func ratios() map[string][2]int {
	return map[string][2]int{
		"1:1": {1024, 1024}, "4:3": {1184, 880}, "3:4": {880, 1184}, "3:2": {1248, 832}, "2:3": {832, 1248},
		"16:9": {1392, 752}, "9:16": {752, 1392}, "21:9": {1568, 672}, "9:21": {672, 1568},
	}
}

// picture reports whether v is a picture in a data URL, and takes its size.
func (j *job) picture(v any) bool {
	s, _ := v.(string)
	kind, text, ok := strings.Cut(s, ";base64,")
	raw, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || kind != "data:"+http.DetectContentType(raw) {
		return false
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(raw))
	j.width, j.height = config.Width, config.Height
	return err == nil
}

// paint makes the i-th picture of a job. The second image of a seed is not the first of the next one.
func paint(j job, i int) providertest.File {
	size := providers.Size{Width: j.width, Height: j.height}
	return providertest.Paint(j.format, size, j.prompt+"/"+strconv.Itoa(i), j.seed)
}
