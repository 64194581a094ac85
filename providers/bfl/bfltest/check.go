package bfltest

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	_ "image/jpeg" // what a picture may be
	_ "image/png"  // what a picture may be
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// refusal is why the service does not take a call.
type refusal struct {
	status int
	detail any
}

func invalid(field, kind string) *refusal {
	return &refusal{status: http.StatusUnprocessableEntity, detail: []any{
		map[string]any{"loc": []string{"body", field}, "msg": "the value of " + field + " is not valid", "type": kind},
	}}
}

// rule checks a field and keeps what it says.
type rule func(j *job, v any) bool

func text(keep func(*job, string)) rule {
	return func(j *job, v any) bool {
		s, ok := v.(string)
		if ok && keep != nil {
			keep(j, s)
		}
		return ok
	}
}

func oneOf(keep func(*job, string), words ...string) rule {
	return func(j *job, v any) bool {
		s, ok := v.(string)
		if ok && keep != nil {
			keep(j, s)
		}
		return ok && slices.Contains(words, s)
	}
}

// number within limits, and a multiple of step unless that is zero.
func number(from, to, step float64, keep func(*job, float64)) rule {
	return func(j *job, v any) bool {
		n, ok := v.(float64)
		if ok && keep != nil {
			keep(j, n)
		}
		return ok && n >= from && n <= to && (step == 0 || math.Mod(n, step) == 0)
	}
}

func truth(_ *job, v any) bool {
	_, ok := v.(bool)
	return ok
}

// picture is base64, without "data:".
func picture(keep func(*job, image.Image)) rule {
	return func(j *job, v any) bool {
		s, _ := v.(string)
		raw, err := base64.StdEncoding.DecodeString(s)
		if err != nil || len(raw) > 20<<20 {
			return false
		}
		img, _, err := image.Decode(bytes.NewReader(raw))
		if err != nil {
			return false
		}
		j.pictures++
		if keep != nil {
			keep(j, img)
		}
		return true
	}
}

var ratio = regexp.MustCompile(`^([1-9][0-9]?):([1-9][0-9]?)$`)

// aspect takes a ratio and keeps the closest of sizes.
func aspect(sizes [][2]int) rule {
	return func(j *job, v any) bool {
		s, _ := v.(string)
		m := ratio.FindStringSubmatch(s)
		if m == nil {
			return false
		}
		w, _ := strconv.ParseFloat(m[1], 64)
		h, _ := strconv.ParseFloat(m[2], 64)
		if w/h > 7.0/3 || w/h < 3.0/7 {
			return false
		}
		j.shaped(w/h, sizes)
		return true
	}
}

func (j *job) shaped(want float64, sizes [][2]int) {
	away := func(s [2]int) float64 { return math.Abs(math.Log(float64(s[0]) / float64(s[1]) / want)) }
	best := slices.MinFunc(sizes, func(a, b [2]int) int {
		if away(a) < away(b) {
			return -1
		}
		return 1
	})
	j.width, j.height = best[0], best[1]
}

// both ways round.
func both(sizes ...[2]int) [][2]int {
	for _, s := range slices.Clone(sizes) {
		sizes = append(sizes, [2]int{s[1], s[0]})
	}
	return sizes
}

func kontextSizes() [][2]int {
	return both([2]int{1024, 1024}, [2]int{1104, 944}, [2]int{1184, 880}, [2]int{1248, 832}, [2]int{1328, 800}, [2]int{1392, 752},
		[2]int{1456, 720}, [2]int{1504, 688}, [2]int{1568, 672})
}

func ultraSizes() [][2]int {
	return both([2]int{2048, 2048}, [2]int{2368, 1792}, [2]int{2496, 1664}, [2]int{2752, 1536}, [2]int{3136, 1344})
}

// rules are the fields a model takes; everything else is refused.
func rules(model string) map[string]rule {
	all := map[string]rule{
		"prompt": text(func(j *job, s string) { j.prompt = s }),
		"seed":   number(0, math.MaxUint32, 1, func(j *job, n float64) { j.seed = int64(n) }),
		"output_format": oneOf(func(j *job, s string) {
			j.format = s
		}, "jpeg", "png"),
		"safety_tolerance": number(0, 6, 1, nil), "webhook_url": text(nil), "webhook_secret": text(nil),
	}
	width, height := func(j *job, n float64) { j.width = int(n) }, func(j *job, n float64) { j.height = int(n) }
	source := picture(func(j *job, img image.Image) { j.source = img })
	switch {
	case strings.HasPrefix(model, "flux-2-"):
		all["width"], all["height"] = number(64, 4096, 16, width), number(64, 4096, 16, height)
		all["safety_tolerance"] = number(0, 5, 1, nil)
		all["input_image"] = source
		for i := 2; i <= 8 && (i <= 4 || !strings.Contains(model, "klein")); i++ {
			all["input_image_"+strconv.Itoa(i)] = picture(nil)
		}
		if model == "flux-2-flex" {
			all["steps"], all["guidance"] = number(1, 50, 1, nil), number(1.5, 10, 0, nil)
		}
	case strings.HasPrefix(model, "flux-kontext-"):
		all["aspect_ratio"], all["input_image"], all["prompt_upsampling"] = aspect(kontextSizes()), source, truth
	case model == "flux-pro-1.1":
		all["width"], all["height"] = number(256, 1440, 32, width), number(256, 1440, 32, height)
		all["image_prompt"], all["prompt_upsampling"] = picture(nil), truth
	case model == "flux-pro-1.1-ultra":
		all["aspect_ratio"], all["raw"] = aspect(ultraSizes()), truth
		all["image_prompt"], all["image_prompt_strength"] = picture(nil), number(0, 1, 0, nil)
	case model == "flux-pro-1.0-expand":
		all["image"] = picture(func(j *job, img image.Image) {
			j.pictures, j.width, j.height = 0, j.width+img.Bounds().Dx(), j.height+img.Bounds().Dy()
		})
		for field, keep := range map[string]func(*job, float64){"left": widen, "right": widen, "top": heighten, "bottom": heighten} {
			all[field] = number(0, 2048, 1, keep)
		}
		all["steps"], all["guidance"], all["prompt_upsampling"] = number(15, 50, 1, nil), number(1.5, 100, 0, nil), truth
	case model == "flux-pro-1.0-fill":
		all["image"], all["mask"] = source, picture(func(j *job, img image.Image) { j.mask = img })
		all["steps"], all["guidance"] = number(15, 50, 1, nil), number(1.5, 100, 0, nil)
	default:
		return nil
	}
	return all
}

func widen(j *job, n float64)    { j.width += int(n) }
func heighten(j *job, n float64) { j.height += int(n) }

// check finds a call in order and says what is to be made, or why not.
func check(c Call) (job, *refusal) {
	j := job{model: strings.TrimSuffix(c.Model, "-preview"), format: "jpeg"}
	known := rules(j.model)
	if known == nil || (j.model != c.Model && !strings.HasPrefix(c.Model, "flux-2-")) {
		return j, &refusal{status: http.StatusNotFound, detail: "Not Found"}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		rule, ok := known[name]
		if !ok {
			return j, invalid(name, "extra_forbidden")
		}
		if !rule(&j, c.Fields[name]) {
			return j, invalid(name, "value_error")
		}
	}
	return j, j.whole()
}

// whole checks what fields say together, and fills in what was left out.
func (j *job) whole() *refusal {
	if j.prompt == "" && j.model != "flux-pro-1.1" && j.model != "flux-pro-1.1-ultra" && !strings.HasPrefix(j.model, "flux-pro-1.0-") {
		return invalid("prompt", "missing")
	}
	if j.model == "flux-pro-1.0-fill" {
		if why := j.filled(); why != nil {
			return why
		}
	}
	if j.width == 0 || j.height == 0 {
		switch {
		case j.source == nil && strings.HasSuffix(j.model, "ultra"):
			j.width, j.height = 2752, 1536
		case j.source == nil:
			j.width, j.height = 1024, 1024
		case strings.HasPrefix(j.model, "flux-kontext-"):
			j.shaped(float64(j.source.Bounds().Dx())/float64(j.source.Bounds().Dy()), kontextSizes())
		default:
			j.width, j.height = j.source.Bounds().Dx(), j.source.Bounds().Dy()
		}
	}
	if j.width*j.height > 4<<20+1<<18 {
		return invalid("width", "too_large")
	}
	j.cost = price(*j)
	return nil
}

// filled checks a mask: black and white, and of the size of the picture.
func (j *job) filled() *refusal {
	if j.source == nil || j.mask == nil {
		return invalid("image", "missing")
	}
	if j.mask.Bounds().Size() != j.source.Bounds().Size() {
		return invalid("mask", "size_mismatch")
	}
	j.pictures--
	b := j.mask.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, a := j.mask.At(x, y).RGBA()
			if r != g || g != bl || a != 0xffff {
				return invalid("mask", "not_gray")
			}
		}
	}
	j.whites = j.mask.At(b.Min.X, b.Min.Y) == color.Gray{Y: 255}
	return nil
}

// price in credits, as the service's list has it.
func price(j job) float64 {
	more := max(0, math.Ceil(j.megapixels())-1) + 0.5*float64(j.pictures)
	switch j.model {
	case "flux-2-pro":
		return 3 + 1.5*more
	case "flux-2-max":
		return 7 + 3*more
	case "flux-2-flex":
		return 5 + 5*more
	case "flux-2-klein-4b":
		return 1.4 + 0.1*more
	case "flux-2-klein-9b":
		return 1.5 + 0.2*more
	case "flux-kontext-max":
		return 8
	case "flux-pro-1.1-ultra":
		return 6
	case "flux-pro-1.0-fill", "flux-pro-1.0-expand":
		return 5
	}
	return 4
}
