package geminitest

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// shape is an aspect ratio and its size at 1K.
type shape struct {
	ratio         string
	width, height int
}

// shapes as Google documents them for the 3.x models.
func shapes() []shape {
	return []shape{
		{"1:1", 1024, 1024},
		{"2:3", 848, 1264},
		{"3:2", 1264, 848},
		{"3:4", 896, 1200},
		{"4:3", 1200, 896},
		{"4:5", 928, 1152},
		{"5:4", 1152, 928},
		{"9:16", 768, 1376},
		{"16:9", 1376, 768},
		{"21:9", 1584, 672},
	}
}

// size of the image a call asks for.
func (b Body) size() providers.Size {
	s := providers.Size{Width: 1024, Height: 1024}
	for _, one := range shapes() {
		if one.ratio == b.Config.Image.Ratio {
			s = providers.Size{Width: one.width, Height: one.height}
		}
	}
	switch b.Config.Image.Size {
	case "512":
		return providers.Size{Width: s.Width / 2, Height: s.Height / 2}
	case "2K":
		return providers.Size{Width: 2 * s.Width, Height: 2 * s.Height}
	case "4K":
		return providers.Size{Width: 4 * s.Width, Height: 4 * s.Height}
	}
	return s
}

// paint is the image of a call.
func paint(c Call, draft int) (mediaType string, file []byte) {
	var words strings.Builder
	for _, content := range c.Body.Contents {
		for _, p := range content.Parts {
			words.WriteString(p.Text)
		}
	}
	format := "png"
	if k, _ := kindOf(c.Model); k.jpeg {
		format = "jpeg"
	}
	made := providertest.Paint(format, c.Body.size(), words.String(), int64(draft))
	return made.MediaType, made.Bytes
}

// work is the answer to a call.
func work(c Call, f Fault, n int) map[string]any {
	v := map[string]any{"modelVersion": c.Model, "responseId": "resp-" + strconv.Itoa(n)}
	candidate := map[string]any{"index": 0, "finishReason": "STOP"}
	made := 0
	switch {
	case f.Block != "":
		v["promptFeedback"] = map[string]any{"blockReason": f.Block}
	case f.Finish != "":
		candidate["finishReason"], candidate["finishMessage"] = f.Finish, "Unable to show the generated image."
	case isWriter(c.Model):
		candidate["content"] = map[string]any{"role": "model", "parts": words(c, f)}
		made = 12
	case f.Words:
		candidate["content"] = map[string]any{"role": "model", "parts": []any{map[string]any{"text": "Here is a fox."}}}
		made = 5
	default:
		candidate["content"] = map[string]any{"role": "model", "parts": parts(c, f)}
		k, _ := kindOf(c.Model)
		made = k.tokens[c.Body.Config.Image.Size]
	}
	if f.Block == "" {
		v["candidates"] = []any{candidate}
	}
	if !f.Uncounted {
		v["usageMetadata"] = count(c, f, made)
	}
	return v
}

func isWriter(model string) bool {
	k, _ := kindOf(model)
	return k.writes
}

// words are what a model that writes has to say: what it was told, by numbers.
func words(c Call, f Fault) []any {
	said, pictures := 0, 0
	for _, content := range c.Body.Contents {
		for _, p := range content.Parts {
			said += len(strings.Fields(p.Text))
			if p.Inline != nil {
				pictures++
			}
		}
	}
	answer := map[string]any{"text": "a fox after " + strconv.Itoa(said) + " words and " + strconv.Itoa(pictures) + " pictures"}
	if f.Drafts {
		return []any{map[string]any{"text": "Foxes are red.", "thought": true}, answer}
	}
	return []any{answer}
}

// parts of an answer with an image.
func parts(c Call, f Fault) []any {
	mediaType, file := paint(c, 0)
	data := base64.StdEncoding.EncodeToString(file)
	if f.Type != "" {
		mediaType = f.Type
	}
	if f.Broken {
		data = data[:len(data)/2] + "…" + data[len(data)/2:]
	}
	last := map[string]any{"inlineData": map[string]any{"mimeType": mediaType, "data": data}, "thoughtSignature": base64.StdEncoding.EncodeToString(make([]byte, 12<<10))}
	if !f.Drafts {
		return []any{last}
	}
	kind, draft := paint(c, 1)
	blob := map[string]any{"mimeType": kind, "data": draft}
	return []any{
		map[string]any{"text": "A fox, and a moon.", "thought": true},
		map[string]any{"inlineData": blob, "thought": true},
		map[string]any{"text": "Here it is:"},
		last,
		map[string]any{"inlineData": blob, "thought": true},
		map[string]any{"text": "Enjoy."},
	}
}

// count is usageMetadata.
func count(c Call, f Fault, made int) map[string]any {
	words, pictures := 0, 0
	for _, content := range c.Body.Contents {
		for _, p := range content.Parts {
			words += len(p.Text) / 4
			if p.Inline != nil {
				pictures++
			}
		}
	}
	u := map[string]any{"promptTokenCount": words + 1120*pictures, "totalTokenCount": words + 1120*pictures + made}
	if made > 0 {
		u["candidatesTokenCount"] = made
		modality := "IMAGE"
		if f.Words || isWriter(c.Model) {
			modality = "TEXT"
		}
		u["candidatesTokensDetails"] = []any{map[string]any{"modality": modality, "tokenCount": made}}
	}
	if f.Drafts {
		u["thoughtsTokenCount"] = 300
	}
	return u
}
