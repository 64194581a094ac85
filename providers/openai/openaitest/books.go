package openaitest

import (
	"net/http"
	"strconv"
	"strings"
)

// books adds to an answer what the dialect says about the work and its price.
func (s *Server) books(w http.ResponseWriter, v map[string]any, j job) {
	switch s.dialect {
	case OpenAI:
		v["output_format"], v["quality"], v["background"] = j.format, orWord(j.quality, "auto", "high"), "opaque"
		v["size"], v["usage"] = strconv.Itoa(j.width)+"x"+strconv.Itoa(j.height), j.usage()
	case XAI:
		v["usage"] = map[string]any{"cost_in_usd_ticks": 200_000_000*j.count + 20_000_000*j.pictures}
	case Together:
		delete(v, "created")
		v["id"], v["model"], v["object"] = "oFmXkpJ-4YNCb4-99", j.model, "list"
	case SDCpp:
		v["output_format"] = j.format
	case Gateway:
		v["usage"] = j.usage()
		w.Header().Set("X-Litellm-Response-Cost", "0.0123")
	}
}

func orWord(s, not, otherwise string) string {
	if s == "" || s == not {
		return otherwise
	}
	return s
}

// usage in tokens: a word of four letters is one, a picture that is sent is some thousand.
func (j job) usage() map[string]any {
	words, seen := len(j.prompt)/4+9, 0
	if j.pictures > 0 {
		seen = j.pictures * 4200
	}
	if strings.Contains(j.model, "mini") {
		seen /= 8
	}
	made := j.tokens() * j.count
	return map[string]any{
		"input_tokens": words + seen, "output_tokens": made, "total_tokens": words + seen + made,
		"input_tokens_details": map[string]any{"text_tokens": words, "image_tokens": seen},
	}
}

// tokens of an image, as OpenAI's guide lists them.
func (j job) tokens() int {
	quality := map[string]int{"low": 0, "medium": 1}
	q, ok := quality[j.quality]
	if !ok {
		q = 2
	}
	if strings.Contains(j.model, "gpt-image-2") {
		side := []int{16, 48, 96}[q]
		long, short := max(j.width, j.height), min(j.width, j.height)
		return side * ((2*side*short + long) / (2 * long)) * (2_000_000 + long*short) / 4_000_000
	}
	if j.width == j.height {
		return []int{272, 1056, 4160}[q]
	}
	return []int{408, 1584, 6240}[q]
}
