package comfyuitest

import (
	"bytes"
	"encoding/json"
	"image"
	_ "image/jpeg" // what is uploaded
	_ "image/png"  // what is uploaded
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	_ "golang.org/x/image/webp" // what is uploaded
)

// Node of a graph.
type Node struct {
	Class  string         `json:"class_type"`
	Inputs map[string]any `json:"inputs"`
}

// class of nodes: what each input has to be and what comes out.
type class struct {
	in   map[string]rule
	out  []string
	last bool // shows or saves images
}

// rule of an input: a type of links, or a check of a value that says what is wrong.
type rule struct {
	link  string
	value func(s *Server, v any) string
}

func from(kind string) rule { return rule{link: kind} }

func number(low, high float64, step int64) rule {
	return rule{value: func(_ *Server, v any) string {
		n, ok := v.(json.Number)
		f, err := n.Float64()
		whole, bad := n.Int64()
		switch {
		case !ok || err != nil:
			return "invalid_input_type"
		case f < low:
			return "value_smaller_than_min"
		case f > high:
			return "value_bigger_than_max"
		case step > 0 && (bad != nil || whole%step != 0):
			return "invalid_input_type"
		}
		return ""
	}}
}

func word() rule {
	return rule{value: func(_ *Server, v any) string {
		if _, ok := v.(string); !ok {
			return "invalid_input_type"
		}
		return ""
	}}
}

func flag() rule {
	return rule{value: func(_ *Server, v any) string {
		if _, ok := v.(bool); !ok {
			return "invalid_input_type"
		}
		return ""
	}}
}

func oneOf(words ...string) rule {
	return rule{value: func(_ *Server, v any) string {
		if w, ok := v.(string); !ok || !slices.Contains(words, w) {
			return "value_not_in_list"
		}
		return ""
	}}
}

func uploaded() rule {
	return rule{value: func(s *Server, v any) string {
		if _, ok := s.open(v); !ok {
			return "custom_validation_failed"
		}
		return ""
	}}
}

// open finds "folder/name [type]".
func (s *Server) open(v any) ([]byte, bool) {
	name, _ := v.(string)
	name, kind, _ := strings.Cut(name, " [")
	if kind = strings.TrimSuffix(kind, "]"); kind == "" {
		kind = "input"
	}
	dir, base := path.Split(name)
	text, ok := s.files[file{Name: base, Subfolder: strings.TrimSuffix(dir, "/"), Type: kind}.key()]
	return text, ok
}

// classes of nodes the server has, with the inputs that nodes.py gives them.
func classes() map[string]class {
	pixels, anySeed := number(1, 16384, 1), number(0, math.MaxUint64, 1)
	methods := oneOf("nearest-exact", "bilinear", "area", "bicubic", "lanczos")
	return map[string]class{
		"CheckpointLoaderSimple": {in: map[string]rule{"ckpt_name": oneOf(Checkpoint, Other)}, out: []string{"MODEL", "CLIP", "VAE"}},
		"CLIPTextEncode":         {in: map[string]rule{"text": word(), "clip": from("CLIP")}, out: []string{"CONDITIONING"}},
		"EmptyLatentImage": {in: map[string]rule{
			"width": number(16, 16384, 8), "height": number(16, 16384, 8), "batch_size": number(1, 4096, 1),
		}, out: []string{"LATENT"}},
		"KSampler": {in: map[string]rule{
			"model": from("MODEL"), "positive": from("CONDITIONING"), "negative": from("CONDITIONING"), "latent_image": from("LATENT"),
			"seed": anySeed, "steps": number(1, 10000, 1), "cfg": number(0, 100, 0), "denoise": number(0, 1, 0),
			"sampler_name": oneOf("euler", "dpmpp_2m", "dpmpp_sde"), "scheduler": oneOf("normal", "karras", "simple"),
		}, out: []string{"LATENT"}},
		"VAEDecode":     {in: map[string]rule{"samples": from("LATENT"), "vae": from("VAE")}, out: []string{"IMAGE"}},
		"VAEEncode":     {in: map[string]rule{"pixels": from("IMAGE"), "vae": from("VAE")}, out: []string{"LATENT"}},
		"LoadImage":     {in: map[string]rule{"image": uploaded()}, out: []string{"IMAGE", "MASK"}},
		"LoadImageMask": {in: map[string]rule{"image": uploaded(), "channel": oneOf("alpha", "red", "green", "blue")}, out: []string{"MASK"}},
		"ImageScale": {in: map[string]rule{
			"image": from("IMAGE"), "upscale_method": methods, "width": pixels, "height": pixels, "crop": oneOf("disabled", "center"),
		}, out: []string{"IMAGE"}},
		"ImageScaleBy": {in: map[string]rule{
			"image": from("IMAGE"), "upscale_method": methods, "scale_by": number(0.01, 8, 0),
		}, out: []string{"IMAGE"}},
		"SetLatentNoiseMask":    {in: map[string]rule{"samples": from("LATENT"), "mask": from("MASK")}, out: []string{"LATENT"}},
		"UpscaleModelLoader":    {in: map[string]rule{"model_name": oneOf(Upscaler)}, out: []string{"UPSCALE_MODEL"}},
		"ImageUpscaleWithModel": {in: map[string]rule{"upscale_model": from("UPSCALE_MODEL"), "image": from("IMAGE")}, out: []string{"IMAGE"}},
		"ImageCompositeMasked": {in: map[string]rule{
			"destination": from("IMAGE"), "source": from("IMAGE"), "mask": from("MASK"), "x": number(0, 16384, 1), "y": number(0, 16384, 1),
			"resize_source": flag(),
		}, out: []string{"IMAGE"}},
		"PreviewImage": {in: map[string]rule{"images": from("IMAGE")}, last: true},
		"SaveImage":    {in: map[string]rule{"images": from("IMAGE"), "filename_prefix": word()}, last: true},
	}
}

// check finds what is wrong with a graph: nothing, or a type and what to say of each node.
func (s *Server) check(graph map[string]Node) (kind string, nodes map[string]any) {
	all, last := classes(), false
	nodes = map[string]any{}
	for id, n := range graph {
		c, ok := all[n.Class]
		if !ok {
			return "missing_node_type", nil
		}
		last = last || c.last
		if why := s.checkNode(graph, n, c, all); len(why) > 0 {
			nodes[id] = map[string]any{"class_type": n.Class, "errors": why, "dependent_outputs": []string{}}
		}
	}
	switch {
	case !last:
		return "prompt_no_outputs", nil
	case len(nodes) > 0:
		return "prompt_outputs_failed_validation", nodes
	}
	return "", nil
}

func (s *Server) checkNode(graph map[string]Node, n Node, c class, all map[string]class) (why []any) {
	say := func(kind, input string) {
		why = append(why, map[string]any{"type": kind, "message": kind, "details": input, "extra_info": map[string]any{"input_name": input}})
	}
	for name := range n.Inputs {
		if _, ok := c.in[name]; !ok {
			say("unknown_input", name)
		}
	}
	for name, r := range c.in {
		v, ok := n.Inputs[name]
		switch {
		case !ok:
			say("required_input_missing", name)
		case r.link != "":
			if kind := linked(graph, v, all); kind != r.link {
				say("return_type_mismatch", name)
			}
		default:
			if bad := r.value(s, v); bad != "" {
				say(bad, name)
			}
		}
	}
	return why
}

// linked is the type of what comes over a link.
func linked(graph map[string]Node, v any, all map[string]class) string {
	id, slot := target(v)
	out := all[graph[id].Class].out
	if slot < 0 || slot >= len(out) {
		return ""
	}
	return out[slot]
}

func target(v any) (id string, slot int) {
	pair, ok := v.([]any)
	if !ok || len(pair) != 2 {
		return "", -1
	}
	id, _ = pair[0].(string)
	n, ok := pair[1].(json.Number)
	at, err := n.Int64()
	if !ok || err != nil {
		return "", -1
	}
	return id, int(at)
}

// pixels is a picture, or what will become one.
type pixels struct {
	width, height int
	seed          int64
}

// carryOut makes the images of every node that shows or saves some.
func (s *Server) carryOut(graph map[string]Node) map[string][]pixels {
	made := map[string][]pixels{}
	for id := range maps.Keys(graph) {
		if classes()[graph[id].Class].last {
			made[id] = s.paint(graph, graph[id].Inputs["images"])
		}
	}
	return made
}

// paint follows a link back to where its pictures come from.
func (s *Server) paint(graph map[string]Node, link any) []pixels {
	id, _ := target(link)
	in := graph[id].Inputs
	switch graph[id].Class {
	case "EmptyLatentImage":
		return slices.Repeat([]pixels{{width: whole(in["width"]), height: whole(in["height"])}}, whole(in["batch_size"]))
	case "KSampler":
		made := s.paint(graph, in["latent_image"])
		for i := range made {
			made[i].seed = int64(whole(in["seed"]) + 7919*i) // one seed, and a batch of noise
		}
		return made
	case "VAEDecode", "SetLatentNoiseMask":
		return s.paint(graph, in["samples"])
	case "VAEEncode":
		return s.paint(graph, in["pixels"])
	case "LoadImage":
		text, _ := s.open(in["image"])
		head, _, _ := image.DecodeConfig(bytes.NewReader(text)) // what is no picture is empty
		return []pixels{{width: head.Width, height: head.Height}}
	case "ImageScale":
		made := s.paint(graph, in["image"])
		for i := range made {
			made[i].width, made[i].height = whole(in["width"]), whole(in["height"])
		}
		return made
	case "ImageScaleBy":
		f, _ := in["scale_by"].(json.Number).Float64()
		return larger(s.paint(graph, in["image"]), f)
	case "ImageUpscaleWithModel":
		return larger(s.paint(graph, in["image"]), 4)
	case "ImageCompositeMasked":
		return s.paint(graph, in["source"])
	}
	return nil
}

func larger(made []pixels, factor float64) []pixels {
	for i := range made {
		made[i].width = int(math.Round(float64(made[i].width) * factor))
		made[i].height = int(math.Round(float64(made[i].height) * factor))
	}
	return made
}

func whole(v any) int {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return int(i)
}
