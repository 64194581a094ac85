package replicatetest

import (
	"encoding/base64"
	"image"
	_ "image/jpeg" // what a picture may be
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// refusal is why the service does not take a call.
type refusal struct {
	status int
	detail string
}

// job is a call that was found in order.
type job struct {
	model, version, prompt string
	width, height, count   int
	shape                  string
	tiny, match, custom    bool
	single                 bool
	seed                   int64
	scale                  float64
	source                 image.Point
}

// rule checks a field of the input and keeps what it says.
type rule func(s *Server, j *job, v any) bool

func text(keep func(*job, string)) rule {
	return func(_ *Server, j *job, v any) bool {
		t, ok := v.(string)
		if ok && keep != nil {
			keep(j, t)
		}
		return ok
	}
}

func oneOf(keep func(*job, string), words ...string) rule {
	return func(_ *Server, j *job, v any) bool {
		t, ok := v.(string)
		if ok && keep != nil {
			keep(j, t)
		}
		return ok && slices.Contains(words, t)
	}
}

func number(from, to float64, integral bool, keep func(*job, float64)) rule {
	return func(_ *Server, j *job, v any) bool {
		n, ok := v.(float64)
		if ok && keep != nil {
			keep(j, n)
		}
		return ok && n >= from && n <= to && (!integral || n == math.Trunc(n))
	}
}

func truth(_ *Server, _ *job, v any) bool {
	_, ok := v.(bool)
	return ok
}

// maxDataURL is how long a picture inside a request may be.
const maxDataURL = 256 << 10

// picture is a small data URL, or the address of an upload.
func picture(s *Server, j *job, v any) bool {
	t, _ := v.(string)
	var raw []byte
	if kind, encoded, ok := strings.Cut(t, ";base64,"); ok && strings.HasPrefix(kind, "data:image/") && len(t) <= maxDataURL {
		raw, _ = base64.StdEncoding.DecodeString(encoded)
	} else if id, ok := strings.CutPrefix(t, s.URL()+"/files/"); ok {
		raw = s.uploads[id].bytes
	}
	at, ok := size(raw)
	if j.source == (image.Point{}) {
		j.source = at
	}
	return ok
}

func several(limit int) rule {
	return func(s *Server, j *job, v any) bool {
		list, ok := v.([]any)
		for _, one := range list {
			ok = ok && picture(s, j, one)
		}
		return ok && len(list) <= limit
	}
}

func ratios() []string {
	return []string{"1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "4:5", "5:4", "21:9", "9:21"}
}

func keepShape(j *job, s string) {
	j.shape, j.match, j.custom = s, s == "match_input_image", s == "custom"
}

// rules are the fields a model takes; everything else is refused.
func rules(model string) map[string]rule {
	all := map[string]rule{
		"prompt":        text(func(j *job, s string) { j.prompt = s }),
		"seed":          number(0, math.MaxInt32, true, func(j *job, n float64) { j.seed = int64(n) }),
		"output_format": oneOf(nil, "webp", "jpg", "png"), "output_quality": number(0, 100, true, nil),
	}
	switch model {
	case "black-forest-labs/flux-schnell", "black-forest-labs/flux-dev":
		all["aspect_ratio"] = oneOf(keepShape, ratios()...)
		all["megapixels"] = oneOf(func(j *job, s string) { j.tiny = s == "0.25" }, "1", "0.25")
		all["num_outputs"] = number(1, 4, true, func(j *job, n float64) { j.count = int(n) })
		all["num_inference_steps"], all["go_fast"], all["disable_safety_checker"] = number(1, 50, true, nil), truth, truth
		if strings.HasSuffix(model, "dev") {
			all["image"], all["prompt_strength"], all["guidance"] = picture, number(0, 1, false, nil), number(0, 10, false, nil)
		}
	case "black-forest-labs/flux-2-pro", "black-forest-labs/flux-2-max":
		all["aspect_ratio"] = oneOf(keepShape, append(ratios(), "custom", "match_input_image")...)
		all["resolution"] = oneOf(nil, "match_input_image", "0.5 MP", "1 MP", "2 MP", "4 MP")
		all["width"] = number(256, 2048, true, func(j *job, n float64) { j.width = int(n) })
		all["height"] = number(256, 2048, true, func(j *job, n float64) { j.height = int(n) })
		all["safety_tolerance"], all["input_images"] = number(1, 5, true, nil), several(8)
	case "black-forest-labs/flux-kontext-pro":
		all["aspect_ratio"] = oneOf(keepShape, append(ratios(), "2:1", "1:2", "match_input_image")...)
		all["safety_tolerance"], all["input_image"], all["prompt_upsampling"] = number(0, 6, true, nil), picture, truth
	case "nightmareai/real-esrgan":
		return map[string]rule{
			"image": picture, "scale": number(0, 10, false, func(j *job, n float64) { j.scale = n }), "face_enhance": truth,
		}
	case "acme/painter", "acme/fox":
		return map[string]rule{"prompt": text(func(j *job, s string) { j.prompt = s }), "steps": number(1, 99, true, nil)}
	default:
		return nil
	}
	return all
}

// esrganVersions can be run.
func esrganVersions() []string {
	return []string{
		"f121d640bd286e1fdc67f9799164c1d5be36ff74576ee11c803ae5b665dd46aa",
		"42fed1c4974146d4d2414e2be2c5277c7fcf05fcc3a73abf41610695738c1d7b",
	}
}

// named says which model a call is for.
func named(r *http.Request, c Call) (model, version string) {
	version, _ = c.Body["version"].(string)
	model = r.PathValue("owner") + "/" + r.PathValue("name")
	switch {
	case c.Path == "predictions" && slices.Contains(esrganVersions(), version):
		return "nightmareai/real-esrgan", version
	case c.Path == "predictions" && version == strings.Repeat("ab", 32):
		return "acme/painter", version
	case c.Path == "predictions", model == "nightmareai/real-esrgan": // it has no version of its name
		return "", ""
	}
	return model, "hidden"
}

// check finds a call in order and says what is to be made, or why not.
func (s *Server) check(r *http.Request, c Call) (job, *refusal) {
	j := job{count: 1, single: true}
	j.model, j.version = named(r, c)
	known := rules(j.model)
	if known == nil {
		return j, &refusal{http.StatusNotFound, "The requested resource could not be found."}
	}
	for _, field := range slices.Sorted(maps.Keys(c.Body)) {
		if !slices.Contains([]string{"input", "webhook", "webhook_events_filter", "version"}, field) || (field == "version" && c.Path != "predictions") {
			return j, &refusal{http.StatusUnprocessableEntity, "- Additional property " + field + " is not allowed"}
		}
	}
	if hook, ok := c.Body["webhook"].(string); ok && !strings.HasPrefix(hook, "https://") {
		return j, &refusal{http.StatusUnprocessableEntity, "- webhook must be a HTTPS URL"}
	}
	for _, field := range slices.Sorted(maps.Keys(c.Input)) {
		rule, ok := known[field]
		if !ok {
			return j, &refusal{http.StatusUnprocessableEntity, "- input: Additional property " + field + " is not allowed"}
		}
		if !rule(s, &j, c.Input[field]) {
			return j, &refusal{http.StatusUnprocessableEntity, "- input." + field + ": invalid value"}
		}
	}
	return j, j.whole()
}

// whole checks what fields say together, and fills in what was left out.
func (j *job) whole() *refusal {
	if j.scale > 0 || j.model == "nightmareai/real-esrgan" {
		if j.source == (image.Point{}) {
			return &refusal{http.StatusUnprocessableEntity, "- input: image is required"}
		}
		j.width, j.height = int(float64(j.source.X)*j.scale), int(float64(j.source.Y)*j.scale)
		return nil
	}
	if j.prompt == "" {
		return &refusal{http.StatusUnprocessableEntity, "- input: prompt is required"}
	}
	j.single = !strings.HasPrefix(j.model, "black-forest-labs/flux-schnell") && !strings.HasPrefix(j.model, "black-forest-labs/flux-dev")
	switch {
	case j.custom && (j.width%32 != 0 || j.height%32 != 0 || j.width == 0 || j.height == 0):
		return &refusal{http.StatusUnprocessableEntity, "- input.width: must be a multiple of 32"}
	case j.custom:
	case j.match || (j.shape == "" && j.source != image.Point{}):
		if j.source == (image.Point{}) {
			return &refusal{http.StatusUnprocessableEntity, "- input: match_input_image without an input image"}
		}
		j.width, j.height = j.source.X, j.source.Y
	default:
		j.width, j.height = area(j.model, j.shape)
	}
	if j.tiny {
		j.width, j.height = j.width/2, j.height/2
	}
	return nil
}

// area of a shape in a model's own sizes.
func area(model, shape string) (width, height int) {
	table := map[string][2]int{
		"1:1": {1024, 1024}, "16:9": {1344, 768}, "21:9": {1536, 640}, "3:2": {1216, 832}, "5:4": {1088, 896}, "4:3": {1152, 896},
	}
	if strings.Contains(model, "kontext") {
		table = map[string][2]int{
			"1:1": {1024, 1024}, "16:9": {1392, 752}, "21:9": {1568, 672}, "3:2": {1248, 832}, "5:4": {1104, 944}, "4:3": {1184, 880},
		}
	}
	if at, ok := table[shape]; ok {
		return at[0], at[1]
	}
	if w, h, ok := strings.Cut(shape, ":"); ok {
		at := table[h+":"+w]
		return at[1], at[0]
	}
	return 1024, 1024
}

// paint makes the i-th picture of a job. The second image of a seed is not the first of the next one.
func paint(j job, i int) providertest.File {
	size := providers.Size{Width: j.width, Height: j.height}
	return providertest.Paint("png", size, j.prompt+"/"+strconv.Itoa(i), j.seed)
}
