package stabilitytest

import (
	"bytes"
	"image"
	_ "image/jpeg" // of pictures that are sent
	_ "image/png"  // of pictures that are sent
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	_ "golang.org/x/image/webp" // of pictures that are sent

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// maxBody is the largest request: 10 MiB.
const maxBody = 10 << 20

// read takes the form apart.
func (c *Call) read(r *http.Request) *refusal {
	accept := r.Header.Get("Accept")
	if accept != "image/*" && accept != "application/json" {
		return bad("accept: must be one of image/*, application/json")
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return bad("content-type: must be multipart/form-data")
	}
	left := int64(maxBody)
	for {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // NextPart says so in these words.
			return nil
		}
		if err != nil {
			return bad("unreadable form")
		}
		text, err := io.ReadAll(io.LimitReader(part, left+1))
		if left -= int64(len(text)); err != nil || left < 0 {
			return &refusal{http.StatusRequestEntityTooLarge, "payload_too_large", "body: payload cannot be larger than 10MiB in size"}
		}
		name := part.FormName()
		_, twice := c.Fields[name]
		switch {
		case twice || name == "image" && c.Image != nil:
			return bad(name + ": is there twice")
		case name == "image" && part.FileName() != "":
			c.Image = text
		default:
			c.Fields[name] = string(text)
		}
	}
}

func bad(reason string) *refusal { return &refusal{http.StatusBadRequest, "bad_request", reason} }

// endpoint is what a path takes.
type endpoint struct {
	must, may []string
	picture   bool // needs one
}

func endpoints() map[string]endpoint {
	common := []string{"negative_prompt", "seed", "style_preset", "output_format"}
	return map[string]endpoint{
		"generate/core":        {must: []string{"prompt"}, may: append([]string{"aspect_ratio"}, common...)},
		"generate/ultra":       {must: []string{"prompt"}, may: append([]string{"aspect_ratio", "strength"}, common...)},
		"generate/sd3":         {must: []string{"prompt"}, may: append([]string{"aspect_ratio", "strength", "mode", "model", "cfg_scale"}, common...)},
		"edit/outpaint":        {may: []string{"prompt", "left", "up", "right", "down", "creativity", "seed", "style_preset", "output_format"}, picture: true},
		"upscale/fast":         {may: []string{"output_format"}, picture: true},
		"upscale/conservative": {must: []string{"prompt"}, may: []string{"negative_prompt", "seed", "output_format", "creativity"}, picture: true},
	}
}

// check says what is wrong with a call.
func (c *Call) check() *refusal {
	e, ok := endpoints()[c.Path]
	if !ok {
		return &refusal{http.StatusNotFound, "not_found", "no such path"}
	}
	for _, name := range e.must {
		if c.Fields[name] == "" {
			return bad(name + ": is required")
		}
	}
	for name, v := range c.Fields {
		if !slices.Contains(e.must, name) && !slices.Contains(e.may, name) {
			return bad(name + ": unknown field")
		}
		if why := checkField(name, v); why != nil {
			return why
		}
	}
	return c.checkPicture(e)
}

// checkField says what is wrong with a field by itself.
func checkField(name, v string) *refusal {
	words := map[string][]string{
		"aspect_ratio": shapes(), "output_format": {"png", "jpeg"}, "mode": {"text-to-image", "image-to-image"},
		"model":        {"sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium", "sd3.5-flash"},
		"style_preset": {"anime", "cinematic", "photographic", "pixel-art"},
	}
	limits := map[string][2]float64{
		"seed": {0, 4294967294}, "strength": {0, 1}, "cfg_scale": {1, 10}, "creativity": {0, 1},
		"left": {0, 2000}, "up": {0, 2000}, "right": {0, 2000}, "down": {0, 2000},
	}
	if list, ok := words[name]; ok && !slices.Contains(list, v) {
		return bad(name + ": must be one of " + strings.Join(list, ", "))
	}
	if limit, ok := limits[name]; ok {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || f < limit[0] || f > limit[1] || (limit[1] > 1000 && f != math.Trunc(f)) {
			return bad(name + ": must be a number within limits")
		}
	}
	if strings.HasSuffix(name, "prompt") && len([]rune(v)) > 10_000 {
		return bad(name + ": cannot be longer than 10000 characters")
	}
	return nil
}

// checkPicture says what is wrong with the picture and the fields that belong to it.
func (c *Call) checkPicture(e endpoint) *refusal {
	starts := e.picture || c.Fields["strength"] != "" || c.Fields["mode"] == "image-to-image"
	switch {
	case starts && c.Image == nil:
		return bad("image: is required")
	case !starts && c.Image != nil:
		return bad("image: strength is required when image is provided")
	case !starts:
		return nil
	case c.Path == "generate/sd3" && (c.Fields["aspect_ratio"] != "" || c.Fields["mode"] != "image-to-image" || c.Fields["strength"] == ""):
		return bad("mode: image-to-image takes a strength and no aspect_ratio")
	}
	if c.Path == "edit/outpaint" && c.pixels("left")+c.pixels("right")+c.pixels("up")+c.pixels("down") == 0 {
		return bad("left, right, up, down: at least one must be more than 0")
	}
	head, _, err := image.DecodeConfig(bytes.NewReader(c.Image))
	area := head.Width * head.Height
	if err != nil || min(head.Width, head.Height) < 32 || (c.Path == "upscale/fast" && (area > 1<<20 || max(head.Width, head.Height) > 1536)) ||
		(strings.HasPrefix(c.Path, "generate") && min(head.Width, head.Height) < 64) || area > 9_437_184 {
		return bad("image: total pixel count must be within limits")
	}
	return nil
}

func shapes() []string {
	return []string{"16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"}
}

func (c *Call) pixels(field string) int {
	n, _ := strconv.Atoi(c.Fields[field])
	return n
}

// size of the image a call asks for.
func (c *Call) size() providers.Size {
	if head, _, err := image.DecodeConfig(bytes.NewReader(c.Image)); err == nil {
		if c.Path == "edit/outpaint" {
			return providers.Size{Width: head.Width + c.pixels("left") + c.pixels("right"), Height: head.Height + c.pixels("up") + c.pixels("down")}
		}
		scale := 1
		if c.Path == "upscale/fast" {
			scale = 4
		}
		if c.Path == "upscale/conservative" {
			scale = 2
		}
		return providers.Size{Width: scale * head.Width, Height: scale * head.Height}
	}
	large := map[string]providers.Size{
		"16:9": {Width: 1600, Height: 896}, "21:9": {Width: 1856, Height: 768}, "3:2": {Width: 1536, Height: 1024}, "5:4": {Width: 1344, Height: 1088},
		"": {Width: 1216, Height: 1216}, "1:1": {Width: 1216, Height: 1216},
	}
	normal := map[string]providers.Size{
		"16:9": {Width: 1344, Height: 768}, "21:9": {Width: 1536, Height: 640}, "3:2": {Width: 1216, Height: 832}, "5:4": {Width: 1088, Height: 896},
		"": {Width: 1024, Height: 1024}, "1:1": {Width: 1024, Height: 1024},
	}
	if c.Path == "generate/core" {
		normal = large
	}
	shape := c.Fields["aspect_ratio"]
	if s, ok := normal[shape]; ok {
		return s
	}
	a, b, _ := strings.Cut(shape, ":")
	s := normal[b+":"+a]
	return providers.Size{Width: s.Height, Height: s.Width}
}

// paint is the image of a call, and its seed: without one a random number of its own, always the same.
func paint(c Call) (seed int64, file []byte) {
	if seed, _ = strconv.ParseInt(c.Fields["seed"], 10, 64); seed == 0 {
		seed = 343_940_597
	}
	return seed, providertest.Paint(c.Fields["output_format"], c.size(), c.Fields["prompt"], seed).Bytes
}
