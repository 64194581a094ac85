package hordetest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"image"
	_ "image/jpeg" // what a source may be
	_ "image/png"  // what a source may be
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// job is a call that was found in order.
type job struct {
	prompt, model        string
	width, height, count int
	seed                 int64
}

// refusal is why a call is not taken.
type refusal struct {
	status        int
	code, message string
}

func bad(code, message string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: code, message: message}
}

// models that somebody serves.
func models() []string {
	return []string{"SDXL 1.0", "AlbedoBase XL (SDXL)", "stable_diffusion", "Flux.1-Schnell fp8 (Compact)", "Deliberate"}
}

// checkCall finds a call in order and says what is to be made, or why not.
func checkCall(c Call) (job, *refusal) {
	j := job{width: 512, height: 512, count: 1, seed: 7}
	if strings.Count(c.Header.Get("Client-Agent"), ":") < 2 {
		return j, bad("BadClientAgent", "Client-Agent is name:version:contact")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		if !j.take(name, c.Fields[name]) {
			return j, bad("BadRequest", "Input payload validation failed: "+name)
		}
	}
	params, _ := c.Fields["params"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if !j.param(name, params[name]) {
			return j, bad("BadRequest", "Input payload validation failed: params."+name)
		}
	}
	if _, varies := params["seed_variation"]; varies {
		j.seed++ // the last of several is one above it
	}
	return j, j.rules(c, params)
}

// rules are those that have codes of their own.
func (j job) rules(c Call, params map[string]any) *refusal {
	_, source := c.Fields["source_image"]
	steps, _ := params["steps"].(float64)
	switch {
	case j.prompt == "" || strings.HasPrefix(j.prompt, "###"):
		return bad("MissingPrompt", "You cannot specify an empty prompt.")
	case strings.Contains(j.prompt, "corrupt"):
		return bad("CorruptPrompt", "This prompt appears to violate our terms of service: "+j.prompt)
	case j.width%64 != 0 || j.height%64 != 0:
		return bad("InvalidSize", "Invalid size. The image dimensions have to be multiples of 64.")
	case !slices.Contains(models(), j.model):
		return bad("UnexpectedModelName", "no such model")
	case steps > 500:
		return bad("TooManySteps", "Too many sampling steps.")
	case c.Fields["source_mask"] != nil && !source:
		return bad("SourceMaskUnnecessary", "Please do not pass a source_mask unless you are sending a source_image as well")
	case source && strings.HasPrefix(j.model, "Flux"):
		return bad("UnsupportedModel", "This model is not supported in this mode the moment")
	}
	return nil
}

// take reports whether the value is one that the field can have.
func (j *job) take(name string, v any) bool {
	switch name {
	case "prompt":
		s, ok := v.(string)
		j.prompt = s
		return ok
	case "params":
		_, ok := v.(map[string]any)
		return ok
	case "models":
		list, ok := v.([]any)
		if !ok || len(list) != 1 {
			return false
		}
		j.model, ok = list[0].(string)
		return ok
	case "nsfw", "censor_nsfw", "trusted_workers", "slow_workers", "r2", "shared", "replacement_filter", "dry_run", "allow_downgrade":
		_, ok := v.(bool)
		return ok
	case "webhook":
		s, _ := v.(string)
		return strings.HasPrefix(s, "https://")
	case "source_processing":
		return v == "img2img" || v == "inpainting" || v == "outpainting"
	case "source_image", "source_mask":
		s, _ := v.(string)
		raw, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return false
		}
		_, _, err = image.DecodeConfig(bytes.NewReader(raw))
		return err == nil
	}
	return false
}

// param reports the same of a field of the painting.
func (j *job) param(name string, v any) bool {
	f, number := v.(float64)
	whole := number && f == math.Trunc(f)
	switch name {
	case "width":
		j.width = int(f)
		return whole && f >= 64 && f <= 3072
	case "height":
		j.height = int(f)
		return whole && f >= 64 && f <= 3072
	case "n":
		j.count = int(f)
		return whole && f >= 1 && f <= 20
	case "seed":
		s, ok := v.(string)
		n, err := strconv.ParseInt(s, 10, 64)
		j.seed = n
		return ok && err == nil && n >= 0 && n < 1<<32
	case "seed_variation", "clip_skip":
		return whole && f >= 1 && f <= 1000
	case "steps":
		return whole && f >= 1
	case "cfg_scale":
		return number && f >= 0 && f <= 100
	case "denoising_strength":
		return number && f >= 0.01 && f <= 1
	case "karras", "tiling", "hires_fix":
		_, ok := v.(bool)
		return ok
	case "sampler_name":
		return slices.Contains([]any{"k_euler", "k_euler_a", "k_dpmpp_2m", "DDIM"}, v)
	}
	return false
}

// color of an image.
func (j job) color(seed int64) [3]byte {
	h := fnv.New32a()
	_, _ = h.Write([]byte(j.prompt + strconv.FormatInt(seed, 10)))
	n := h.Sum32()
	return [3]byte{byte(n), byte(n >> 8), byte(n >> 16)}
}

// webp is a lossless file of one color: a palette of one, eight pixels to an index, and codes of one symbol each, so that
// indexes take no bits at all. It is as quick to read as such a file can be.
func webp(width, height int, rgb [3]byte) []byte {
	var b bits
	b.put(0x2f, 8)
	b.put(uint64(width-1), 14)
	b.put(uint64(height-1), 14)
	b.put(0, 4)     // no alpha, version 0
	b.put(0b111, 3) // a transform: the palette
	b.put(0, 8)     // of one color
	b.put(0, 1)     // whose picture has no color cache
	b.codes(rgb[1], rgb[0], rgb[2], 255)
	b.put(0, 3) // no other transform, no color cache, one group of codes
	b.codes(0, 0, 0, 0)
	data := b.bytes()
	out := append([]byte("RIFF"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(out[4:], uint32(12+len(data)))
	out = append(out, "WEBPVP8L"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	return append(out, data...)
}

// bits are written from the lowest.
type bits struct {
	all []bool
}

func (b *bits) put(v uint64, n int) {
	for i := range n {
		b.all = append(b.all, v>>i&1 == 1)
	}
}

// codes of a picture: for green, red, blue and alpha one symbol of eight bits each, and for distances one of one bit.
func (b *bits) codes(symbols ...byte) {
	for _, symbol := range symbols {
		b.put(0b101, 3)
		b.put(uint64(symbol), 8)
	}
	b.put(0b0001, 4)
}

// bytes, of which there has to be an even number.
func (b *bits) bytes() []byte {
	out := make([]byte, (len(b.all)+15)/16*2)
	for i, one := range b.all {
		if one {
			out[i/8] |= 1 << (i % 8)
		}
	}
	return out
}
