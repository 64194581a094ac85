package geminitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // of pictures that are sent
	_ "image/png"  // of pictures that are sent
	"net/http"
	"slices"
	"strings"

	_ "golang.org/x/image/webp" // of pictures that are sent
)

// Body is a request of generateContent, as far as image models take it.
type Body struct {
	Contents []Content `json:"contents"`
	System   *Content  `json:"systemInstruction"`
	Safety   []struct {
		Category  string `json:"category"`
		Threshold string `json:"threshold"`
	} `json:"safetySettings"`
	Config Config `json:"generationConfig"`
}

// Content is a turn of the conversation.
type Content struct {
	Role  string `json:"role"`
	Parts []Part `json:"parts"`
}

// Part is words or a picture.
type Part struct {
	Text   string `json:"text,omitempty"`
	Inline *Blob  `json:"inlineData,omitempty"`
}

// Blob is a picture.
type Blob struct {
	MediaType string `json:"mimeType"`
	Data      []byte `json:"data"`
}

// Config is how to answer.
type Config struct {
	Modalities  []string `json:"responseModalities"`
	Candidates  int      `json:"candidateCount"`
	Temperature *float64 `json:"temperature"`
	TopP        *float64 `json:"topP"`
	TopK        *float64 `json:"topK"`
	Seed        *int32   `json:"seed"`
	MaxTokens   *int     `json:"maxOutputTokens"`
	Image       struct {
		Ratio  string `json:"aspectRatio"`
		Size   string `json:"imageSize"`
		People string `json:"personGeneration"`
	} `json:"imageConfig"`
}

// kind is what a model takes.
type kind struct {
	tiers    []string
	pictures int
	tokens   map[string]int
	jpeg     bool
	writes   bool // words, and no images
}

func kinds() map[string]kind {
	return map[string]kind{
		"gemini-3.1-flash-lite":       {pictures: 3_000, writes: true},
		"gemini-2.5-flash-image":      {pictures: 3, tokens: map[string]int{"": 1290}},
		"gemini-3.1-flash-lite-image": {pictures: 14, tokens: map[string]int{"": 1120, "1K": 1120}, tiers: []string{"1K"}, jpeg: true},
		"gemini-3.1-flash-image":      {pictures: 14, tokens: map[string]int{"": 1120, "512": 747, "1K": 1120, "2K": 1680, "4K": 2520}, tiers: []string{"512", "1K", "2K", "4K"}, jpeg: true},
		"gemini-3-pro-image":          {pictures: 14, tokens: map[string]int{"": 1120, "1K": 1120, "2K": 1120, "4K": 2000}, tiers: []string{"1K", "2K", "4K"}, jpeg: true},
	}
}

// kindOf finds a model; its previews and dated forms are it.
func kindOf(model string) (k kind, ok bool) {
	longest := ""
	for name, one := range kinds() {
		if len(name) > len(longest) && (model == name || strings.HasPrefix(model, name+"-")) {
			longest, k, ok = name, one, true
		}
	}
	return k, ok
}

func bad(format string, args ...any) *refusal {
	return &refusal{code: http.StatusBadRequest, status: "INVALID_ARGUMENT", message: fmt.Sprintf(format, args...)}
}

// read checks a call.
func read(model, method string, text []byte) (Call, *refusal) {
	c := Call{Model: model}
	k, ok := kindOf(model)
	if !ok || method != "generateContent" {
		return c, &refusal{http.StatusNotFound, "NOT_FOUND", "models/" + model + " is not found for API version v1beta, or is not supported for generateContent.", nil}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c.Body); err != nil {
		return c, bad("Invalid JSON payload received. %v", err)
	}
	if why := checkConfig(k, c.Body.Config); why != nil {
		return c, why
	}
	return c, checkContents(k, c.Body.Contents)
}

func checkConfig(k kind, c Config) *refusal {
	switch {
	case k.writes && (len(c.Modalities) != 1 || c.Modalities[0] != "TEXT" || c.Image.Ratio != "" || c.Image.Size != ""):
		return bad("The requested combination of response modalities is not supported by the model.")
	case !k.writes && !slices.Contains(c.Modalities, "IMAGE"):
		return bad("The requested combination of response modalities is not supported by the model.")
	case c.Candidates > 1:
		return bad("Multiple candidates is not enabled for this model")
	case c.Image.Size != "" && !slices.Contains(k.tiers, c.Image.Size):
		return bad("imageSize %q is not supported by the model.", c.Image.Size)
	case c.Image.Ratio != "" && !slices.ContainsFunc(shapes(), func(s shape) bool { return s.ratio == c.Image.Ratio }):
		return bad("aspect_ratio must be one of a list")
	}
	return nil
}

func checkContents(k kind, all []Content) *refusal {
	if len(all) == 0 {
		return bad("* GenerateContentRequest.contents: contents is not specified")
	}
	pictures, words := 0, 0
	for _, c := range all {
		for _, p := range c.Parts {
			switch {
			case p.Inline != nil && p.Text == "":
				pictures++
				if why := checkPicture(*p.Inline); why != nil {
					return why
				}
			case p.Inline == nil && p.Text != "":
				words++
			default:
				return bad("* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.")
			}
		}
		if c.Role != "user" {
			return bad("Please use a valid role: user, model.")
		}
	}
	if words == 0 || pictures > k.pictures {
		return bad("%d pictures and %d texts", pictures, words)
	}
	return nil
}

func checkPicture(b Blob) *refusal {
	_, format, err := image.DecodeConfig(bytes.NewReader(b.Data))
	if err != nil || "image/"+format != b.MediaType {
		return bad("Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting")
	}
	return nil
}
