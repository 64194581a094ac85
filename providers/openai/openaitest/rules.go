package openaitest

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// value is a field of a call.
type value struct {
	name string
	v    any
}

// rule checks a field and keeps what it says.
type rule func(j *job, v value) *refusal

// text takes a string of at most so many characters.
func text(limit int, keep func(*job, string)) rule {
	return func(j *job, v value) *refusal {
		s, ok := v.v.(string)
		if !ok || s == "" || len([]rune(s)) > limit {
			return bad(v.name, "%s is no string of 1 to %d characters", v.name, limit)
		}
		if keep != nil {
			keep(j, s)
		}
		return nil
	}
}

// oneOf takes a word of a list.
func oneOf(keep func(*job, string), words ...string) rule {
	return func(j *job, v value) *refusal {
		s, ok := v.v.(string)
		if !ok || !slices.Contains(words, s) {
			return bad(v.name, "Invalid value: %q. Supported values are: %s", s, strings.Join(words, ", "))
		}
		if keep != nil {
			keep(j, s)
		}
		return nil
	}
}

// whole takes an integer within limits; a form brings it as text.
func whole(from, to int, keep func(*job, int)) rule {
	return func(j *job, v value) *refusal {
		f, ok := v.v.(float64)
		if s, is := v.v.(string); is {
			n, err := strconv.Atoi(s)
			f, ok = float64(n), err == nil
		}
		if !ok || f != math.Trunc(f) || f < float64(from) || f > float64(to) {
			return bad(v.name, "%s is no integer from %d to %d", v.name, from, to)
		}
		if keep != nil {
			keep(j, int(f))
		}
		return nil
	}
}

func keepModel(j *job, s string)   { j.model = s }
func keepPrompt(j *job, s string)  { j.prompt = s }
func keepQuality(j *job, s string) { j.quality = s }
func keepFormat(j *job, s string)  { j.format = s }
func keepCount(j *job, n int)      { j.count = n }
func keepWidth(j *job, n int)      { j.width = n }
func keepHeight(j *job, n int)     { j.height = n }

// rules are the fields a dialect takes; everything else is refused.
func (s *Server) rules(c Call) map[string]rule {
	model, _ := c.Fields["model"].(string)
	edit := c.Path == "/images/edits"
	switch s.dialect {
	case XAI:
		return xaiRules(edit)
	case Together:
		return togetherRules()
	case SDCpp:
		return sdcppRules()
	}
	all := map[string]rule{
		"model": text(200, keepModel), "prompt": text(32_000, keepPrompt), "n": whole(1, 10, keepCount), "size": sizeRule(model),
		"quality": oneOf(keepQuality, "low", "medium", "high", "auto"), "background": oneOf(nil, "transparent", "opaque", "auto"),
		"output_format": oneOf(keepFormat, "png", "jpeg"), "output_compression": whole(0, 100, nil),
		"moderation": oneOf(nil, "auto", "low"), "user": text(64, nil),
	}
	if s.dialect == OpenAI {
		all["safety_identifier"] = text(64, nil)
	}
	if edit && !strings.HasPrefix(model, "gpt-image-2") {
		all["input_fidelity"] = oneOf(nil, "high", "low")
	}
	if s.dialect == Gateway && !strings.Contains(model, "gpt-image") { // as LiteLLM: refused where OpenAI would
		all["response_format"] = oneOf(nil, "b64_json", "url")
	}
	return all
}

var sizeWords = regexp.MustCompile(`^([1-9][0-9]{1,3})x([1-9][0-9]{1,3})$`)

// sizeRule takes three sizes, or any within limits for the models that do.
func sizeRule(model string) rule {
	return func(j *job, v value) *refusal {
		s, _ := v.v.(string)
		if s == "auto" {
			return nil
		}
		m := sizeWords.FindStringSubmatch(s)
		if m == nil {
			return bad(v.name, "Invalid size %q", s)
		}
		j.width, _ = strconv.Atoi(m[1])
		j.height, _ = strconv.Atoi(m[2])
		if !strings.Contains(model, "gpt-image-2") {
			return oneOf(nil, "1024x1024", "1536x1024", "1024x1536")(j, v)
		}
		area := j.width * j.height
		if j.width%16 != 0 || j.height%16 != 0 || max(j.width, j.height) > 3840 || max(j.width, j.height) > 3*min(j.width, j.height) ||
			area < 655_360 || area > 8_294_400 {
			return bad(v.name, "Invalid size %q: sides of 16, at most 3840 and 3:1, 655360 to 8294400 pixels", s)
		}
		return nil
	}
}

// xaiShapes are nominal sizes of shapes.
func xaiShapes() map[string][2]int {
	return map[string][2]int{
		"1:1": {1024, 1024}, "4:3": {1152, 864}, "3:4": {864, 1152}, "3:2": {1248, 832}, "2:3": {832, 1248},
		"16:9": {1344, 756}, "9:16": {756, 1344}, "2:1": {1440, 720}, "1:2": {720, 1440},
	}
}

func xaiRules(edit bool) map[string]rule {
	scale := func(j *job, by int) { j.width, j.height = j.width*by, j.height*by }
	all := map[string]rule{
		"model": text(200, keepModel), "prompt": text(10_000, keepPrompt), "n": whole(1, 10, keepCount),
		"response_format": oneOf(nil, "url", "b64_json"), "user": text(64, nil),
		"aspect_ratio": func(j *job, v value) *refusal {
			name, _ := v.v.(string)
			s, ok := xaiShapes()[name]
			if !ok {
				return bad(v.name, "aspect_ratio %q is not supported", name)
			}
			j.width, j.height = s[0], s[1]
			return nil
		},
		"resolution": oneOf(func(j *job, s string) { scale(j, int(s[0]-'0')) }, "1k", "2k"),
	}
	if edit {
		source := func(j *job, v any) bool {
			m, ok := v.(map[string]any)
			j.pictures++
			return ok && len(m) == 2 && m["type"] == "image_url" && dataURL(m["url"])
		}
		all["image"] = func(j *job, v value) *refusal {
			if !source(j, v.v) {
				return bad(v.name, "image is no picture")
			}
			return nil
		}
		all["images"] = func(j *job, v value) *refusal {
			list, _ := v.v.([]any)
			for _, one := range list {
				if !source(j, one) {
					return bad(v.name, "images holds what is no picture")
				}
			}
			return nil
		}
	}
	return all
}

func togetherRules() map[string]rule {
	picture := func(j *job, v value) *refusal {
		j.pictures++
		if !dataURL(v.v) {
			return bad(v.name, "%s is no picture", v.name)
		}
		return nil
	}
	return map[string]rule{
		"model": text(200, keepModel), "prompt": text(10_000, keepPrompt), "n": whole(1, 4, keepCount),
		"width": whole(64, 2048, keepWidth), "height": whole(64, 2048, keepHeight), "steps": whole(1, 100, nil),
		"seed": whole(math.MinInt32, math.MaxInt32, func(j *job, n int) { j.seed = int64(n) }), "negative_prompt": text(10_000, nil),
		"response_format": oneOf(nil, "base64", "url"), "output_format": oneOf(keepFormat, "jpeg", "png"), "image_url": picture,
		"reference_images": func(j *job, v value) *refusal {
			list, _ := v.v.([]any)
			for _, one := range list {
				if why := picture(j, value{v.name, one}); why != nil {
					return why
				}
			}
			return nil
		},
		"guidance_scale": whole(0, 20, nil),
	}
}

func sdcppRules() map[string]rule {
	return map[string]rule{
		"prompt": blockRule, "n": whole(1, 8, keepCount), "output_format": oneOf(keepFormat, "png", "jpeg"), "output_compression": whole(0, 100, nil),
		"size": func(j *job, v value) *refusal {
			s, _ := v.v.(string)
			m := sizeWords.FindStringSubmatch(s)
			if m == nil {
				return bad(v.name, "invalid size")
			}
			j.width, _ = strconv.Atoi(m[1])
			j.height, _ = strconv.Atoi(m[2])
			return nil
		},
	}
}

var blockWords = regexp.MustCompile(`<sd_cpp_extra_args>(.*?)</sd_cpp_extra_args>`)

// blockRule reads the first block of a prompt and removes all, as the server does.
func blockRule(j *job, v value) *refusal {
	s, _ := v.v.(string)
	j.prompt = strings.TrimSpace(blockWords.ReplaceAllString(s, "")) + " "
	m := blockWords.FindStringSubmatch(s)
	if m == nil {
		return nil
	}
	var args struct {
		Seed     int64          `json:"seed"`
		Negative string         `json:"negative_prompt"`
		Strength float64        `json:"strength"`
		Clip     int            `json:"clip_skip"`
		Sample   map[string]any `json:"sample_params"`
	}
	d := json.NewDecoder(strings.NewReader(m[1]))
	d.DisallowUnknownFields()
	if err := d.Decode(&args); err != nil {
		return bad(v.name, "invalid sd_cpp_extra_args")
	}
	j.seed = args.Seed
	return nil
}

// checkMask: a PNG of the size of the first image. Where it may paint it is transparent, or for stable-diffusion.cpp
// white.
func (s *Server) checkMask(c Call) *refusal {
	if len(c.Files["mask"]) == 0 {
		return nil
	}
	mask, err := png.Decode(bytes.NewReader(c.Files["mask"][0]))
	if err != nil || len(c.Files["mask"]) > 1 || len(c.Files["mask"][0]) > 4<<20 {
		return bad("mask", "Invalid mask image format - mask must be one PNG of at most 4 MB")
	}
	first := append(c.Files["image[]"], c.Files["image"]...)[0]
	of, _, err := image.DecodeConfig(bytes.NewReader(first))
	if err != nil || mask.Bounds().Dx() != of.Width || mask.Bounds().Dy() != of.Height {
		return bad("mask", "Invalid mask image format - mask size does not match image size")
	}
	gray := mask.ColorModel() == color.GrayModel
	if gray != (s.dialect == SDCpp) {
		return bad("mask", "Invalid mask image format - mask image missing alpha channel")
	}
	return nil
}
