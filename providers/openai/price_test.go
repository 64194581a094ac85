package openai

import (
	"net/http"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/openai/openaitest"
	"github.com/imagika/imagika/providers/providertest"
)

func TestAreaTokens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		quality providers.Quality
		w, h    int
		want    int64
	}{
		{providers.QualityHigh, 1024, 1024, 7024},
		{"", 1024, 1024, 7024},
		{providers.QualityHigh, 1536, 1024, 5488},
		{providers.QualityHigh, 1024, 1536, 5488},
		{providers.QualityHigh, 1792, 1024, 5063},
		{providers.QualityHigh, 3584, 2048, 12329},
		{providers.QualityMedium, 1024, 1024, 1756},
		{providers.QualityLow, 1024, 1024, 196},
		{providers.QualityLow, 0, 0, 196},
	}
	for _, tt := range tests {
		if got := areaTokens(tt.quality, providers.Size{Width: tt.w, Height: tt.h}); got != tt.want {
			t.Errorf("%dx%d %q: %d tokens, want %d", tt.w, tt.h, tt.quality, got, tt.want)
		}
	}
}

// TestCosts: what the answer says is taken, and is within what was estimated, whatever is asked.
func TestCosts(t *testing.T) {
	t.Parallel()
	for _, d := range []Dialect{OpenAI, XAI} {
		p, _ := setup(t, d)
		for _, m := range p.Models() {
			for _, q := range append(m.Qualities, "") {
				r := providertest.Request(m, providers.Edit)
				r.Quality, r.Count, r.References = q, 2, append(r.References, providertest.Picture())
				if cost, limit := costs(t, p, r), p.Estimate(r); cost <= 0 || cost > limit {
					t.Errorf("%s %q: %d, estimated %d", m.Name, q, cost, limit)
				}
			}
		}
	}
}

func TestCostOfAnAnswer(t *testing.T) {
	t.Parallel()
	litellm := http.Header{costHeader: {"0.0123"}}
	tests := []struct {
		desc    string
		dialect dialect
		model   string
		usage   string
		header  http.Header
		want    int64
	}{
		{"tokens", official{}, "gpt-image-2", `{"input_tokens":100,"input_tokens_details":{"text_tokens":20,"image_tokens":80},"output_tokens":7024}`, nil, 100 + 640 + 210_720},
		{"tokens of a cent's tenth", official{}, "gpt-image-1-mini", `{"input_tokens":3,"input_tokens_details":{"text_tokens":0,"image_tokens":3},"output_tokens":0}`, nil, 8},
		{"tokens not told apart", official{}, "gpt-image-2", `{"input_tokens":100,"output_tokens":10}`, nil, 800 + 300},
		{"no tokens", official{}, "gpt-image-2", `{}`, nil, -1},
		{"no usage", official{}, "gpt-image-2", ``, nil, -1},
		{"strange usage", official{}, "gpt-image-2", `{"input_tokens":"many","output_tokens":-4}`, nil, -1},
		{"a model without a price", official{}, "gpt-image-9", `{"input_tokens":100,"output_tokens":10}`, nil, -1},
		{"ticks", xai{}, "grok-imagine-image", `{"cost_in_usd_ticks":200000000}`, nil, 20_000},
		{"a part of a micro-dollar", xai{}, "grok-imagine-image", `{"cost_in_usd_ticks":1}`, nil, 1},
		{"no ticks", xai{}, "grok-imagine-image", `{"cost_in_usd_ticks":null}`, nil, -1},
		{"header", gateway{}, "flux", `{"cost":1}`, litellm, 12_300},
		{"dollars", gateway{}, "flux", `{"cost":0.04}`, nil, 40_000},
		{"neither", gateway{}, "gpt-image-2", `{"input_tokens":100,"output_tokens":10}`, nil, -1},
		{"never said", together{}, schnell, `{"cost":1}`, nil, -1},
		{"one's own", sdcpp{}, "sdxl", ``, nil, 0},
	}
	for _, tt := range tests {
		if got := tt.dialect.cost(tt.dialect.describe(tt.model), answer{Usage: []byte(tt.usage)}, tt.header); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.desc, got, tt.want)
		}
	}
}

func TestEstimates(t *testing.T) {
	t.Parallel()
	square := providers.Size{Width: 1024, Height: 1024}
	tests := []struct {
		dialect Dialect
		r       providers.Request
		from    int64
		to      int64
	}{
		{OpenAI, providers.Request{Model: "gpt-image-2", Quality: providers.QualityLow, Size: square}, 5_880, 8_000},
		{OpenAI, providers.Request{Model: "gpt-image-2", Quality: providers.QualityMedium, Size: square}, 52_680, 55_000},
		{OpenAI, providers.Request{Model: "gpt-image-2", Size: square}, 210_720, 213_000},
		{OpenAI, providers.Request{Model: "gpt-image-1-mini", Quality: providers.QualityLow, Size: square}, 5_000, 7_000},
		{OpenAI, providers.Request{Model: "gpt-image-1-mini", Quality: providers.QualityHigh, Size: square}, 36_000, 38_000},
		{OpenAI, providers.Request{Model: "gpt-image-1.5", Quality: providers.QualityHigh, Size: square}, 133_000, 136_000},
		{OpenAI, providers.Request{Model: "gpt-image-9", Size: square}, unknownPrice, unknownPrice},
		{OpenAI, providers.Request{Model: "dall-e-3", Size: square}, 0, 0},
		{Together, providers.Request{Model: schnell, Size: square, Count: 4}, 4 * 2 * 2_700, 4 * 2 * 2_700},
		{Together, providers.Request{Model: schnell}, 2 * 2_700, 2 * 2_700},
		{SDCpp, providers.Request{Model: "sdxl", Size: square}, 0, 0},
	}
	for _, tt := range tests {
		p, _ := setup(t, tt.dialect)
		tt.r.Operation = providers.Generate
		if got := p.Estimate(tt.r); got < tt.from || got > tt.to {
			t.Errorf("%s %s: %d, want %d to %d", tt.r.Model, tt.r.Quality, got, tt.from, tt.to)
		}
	}
}

// TestBooks: a refused call is not billed, one that was done is, once.
func TestBooks(t *testing.T) {
	t.Parallel()
	p, s := setup(t, OpenAI)
	r := ask(p, providers.Generate)
	r.Extra = map[string]any{"style": "vivid"}
	if e := fails(t, p, r); e.Class != providers.BadRequest || e.Scope != providers.ScopeModel {
		t.Errorf("%+v, want a bad request of the model", e)
	}
	r.Extra = nil
	_, _ = providertest.Make(t, p, r)
	if n := len(s.Calls()); n != 2 || s.Billed() != 1 {
		t.Errorf("%d calls, %d billed; want 2 and 1", n, s.Billed())
	}
	s.Fault(openaitest.Fault{Cut: true})
	_ = fails(t, p, r)
	if s.Billed() != 2 {
		t.Errorf("%d billed, want 2", s.Billed())
	}
}
