package a1111test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	_ "image/jpeg" // what is sent
	"image/png"
	"maps"
	"slices"

	_ "golang.org/x/image/webp" // what is sent
)

// job is what a call asks for.
type job struct {
	fields        map[string]any
	prompt        string
	width, height int
	seed          int64
	count         int
	upscale       bool
}

// field checks a value, and says what is wrong with it.
type field func(v any) string

func text(v any) string {
	if _, ok := v.(string); !ok {
		return "str type expected"
	}
	return ""
}

func yes(want bool) field {
	return func(v any) string {
		if got, ok := v.(bool); !ok || got != want {
			return "not what the adapter wants"
		}
		return ""
	}
}

func flag(v any) string {
	if _, ok := v.(bool); !ok {
		return "bool type expected"
	}
	return ""
}

func between(low, high float64) field {
	return func(v any) string {
		n, ok := v.(json.Number)
		f, err := n.Float64()
		if !ok || err != nil || f < low || f > high {
			return "ensure this value is within limits"
		}
		return ""
	}
}

func eighths(v any) string {
	if i := whole(v); i < 64 || i > 8192 || i%8 != 0 {
		return "ensure this value is a multiple of 8"
	}
	return ""
}

func anything(any) string { return "" }

// fields that a path takes.
func fields(path string) map[string]field {
	if path == "extra-single-image" {
		return map[string]field{"image": text, "resize_mode": between(0, 1), "upscaling_resize": between(1, 8), "upscaler_1": text}
	}
	all := map[string]field{
		"prompt": text, "negative_prompt": text, "seed": between(-1, 1<<32-1), "batch_size": between(1, 8), "n_iter": between(1, 1),
		"width": eighths, "height": eighths, "steps": between(1, 150), "cfg_scale": between(0, 30), "sampler_name": text, "scheduler": text,
		"send_images": yes(true), "save_images": yes(false), "force_task_id": text, "override_settings": anything, "tiling": flag,
	}
	if path == "img2img" {
		maps.Copy(all, map[string]field{
			"init_images": anything, "resize_mode": between(0, 3), "denoising_strength": between(0, 1), "mask": text,
			"inpainting_mask_invert": between(0, 1), "inpainting_fill": between(0, 3), "inpaint_full_res": flag, "mask_blur": between(0, 64),
		})
	}
	return all
}

// check finds a call in order and says what is to be made, or why not.
func check(c Call) (job, *refusal) {
	j := job{fields: c.Fields}
	known := fields(c.Path)
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		rule, ok := known[name]
		if !ok {
			return j, invalid(name, "extra fields not permitted")
		}
		if why := rule(c.Fields[name]); why != "" {
			return j, invalid(name, why)
		}
	}
	if c.Path == "extra-single-image" {
		return j, j.enlarge()
	}
	j.prompt, _ = c.Fields["prompt"].(string)
	j.width, j.height, j.count = whole(c.Fields["width"]), whole(c.Fields["height"]), whole(c.Fields["batch_size"])
	j.seed = int64(whole(c.Fields["seed"]))
	settings, _ := c.Fields["override_settings"].(map[string]any)
	if checkpoint, ok := settings["sd_model_checkpoint"]; ok && checkpoint != Checkpoint {
		return j, failed("RuntimeError", "model %q not found, for %s", checkpoint, j.prompt)
	}
	if s, ok := c.Fields["sampler_name"]; ok && s != "DPM++ 2M" && s != "Euler" {
		return j, &refusal{400, map[string]any{"detail": "Sampler not found"}}
	}
	if c.Path == "img2img" {
		return j, j.paintOver()
	}
	return j, nil
}

func (j *job) enlarge() *refusal {
	j.upscale = true
	if name := j.fields["upscaler_1"]; name != Upscaler {
		return failed("AssertionError", "could not find upscaler named %v", name)
	}
	img, why := open(j.fields["image"])
	if why != nil {
		return why
	}
	scale := whole(j.fields["upscaling_resize"])
	j.width, j.height = img.Bounds().Dx()*scale, img.Bounds().Dy()*scale
	return nil
}

func (j *job) paintOver() *refusal {
	list, _ := j.fields["init_images"].([]any)
	if len(list) != 1 {
		return &refusal{404, map[string]any{"detail": "Init image not found"}}
	}
	if _, why := open(list[0]); why != nil {
		return why
	}
	mask, ok := j.fields["mask"]
	if !ok {
		return nil
	}
	img, why := open(mask)
	if why != nil {
		return why
	}
	if _, gray := img.(*image.Gray); !gray {
		return invalid("mask", "a mask with colors or transparency means something else")
	}
	return nil
}

// open a picture in base64.
func open(v any) (image.Image, *refusal) {
	s, _ := v.(string)
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, failed("HTTPException", "Invalid encoded image")
	}
	if img, err := png.Decode(bytes.NewReader(raw)); err == nil {
		return img, nil
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, failed("HTTPException", "Invalid encoded image")
	}
	return img, nil
}

func whole(v any) int {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return int(i)
}
