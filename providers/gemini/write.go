package gemini

import (
	"context"
	"net/url"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
	"github.com/imagika/imagika/providers/writing"
)

var _ providers.Writer = (*Provider)(nil)

// Writings implements providers.Writer: all of them, if a model for words is configured.
func (p *Provider) Writings() []providers.Writing { return writing.By(p.writer) }

// Write implements providers.Writer, by the call that makes images, of a model that makes words.
func (p *Provider) Write(ctx context.Context, r providers.WriteRequest) (providers.Written, error) {
	if why := writing.Unfit(p.writer, r); why != "" {
		return providers.Written{}, p.client.Cannot(why)
	}
	body, err := p.wordsBody(ctx, r)
	if err != nil {
		return providers.Written{}, err
	}
	reply, err := p.client.Post(ctx, "models/"+url.PathEscape(p.writer)+":generateContent", body)
	if err != nil {
		return providers.Written{}, err
	}
	if !reply.OK() {
		return providers.Written{}, p.refusal(reply)
	}
	return p.readWords(reply)
}

// wordsBody asks for words. How much a model thinks first is left to it: the names of that differ from family to family.
func (p *Provider) wordsBody(ctx context.Context, r providers.WriteRequest) (*wire.Body, error) {
	parts := []any{map[string]any{"text": writing.Material(r)}}
	var pictures []*wire.Picture
	if r.Picture != nil {
		part, picture, err := p.inline(*r.Picture)
		if err != nil {
			return nil, err
		}
		parts, pictures = append(parts, part), append(pictures, picture)
	}
	config := map[string]any{"responseModalities": []string{"TEXT"}, "maxOutputTokens": writing.MaxTokens}
	if r.Seed != 0 {
		config["seed"] = int32(r.Seed) //nolint:gosec // any number does
	}
	return p.client.JSON(ctx, map[string]any{
		"systemInstruction": map[string]any{"parts": []any{map[string]any{"text": writing.Instruction(r)}}},
		"contents":          []any{map[string]any{"role": "user", "parts": parts}},
		"generationConfig":  config,
	}, pictures...)
}

// readWords turns an answer into a prompt, or into the error it is.
func (p *Provider) readWords(reply *wire.Reply) (providers.Written, error) {
	var a answer
	if err := reply.JSON(&a); err != nil {
		return providers.Written{}, err
	}
	reply.Close()
	words := a.words()
	text := writing.Tidy(words)
	if err := p.verdict(a, text != "" && !wire.Long(words)); err != nil {
		return providers.Written{}, err
	}
	if writing.Refused(words) {
		made, known := readUsage(a.Usage).made()
		e := p.client.Fail(providers.Rejected, billed(made, known), "status 200, refused")
		e.Stage = "output"
		return providers.Written{}, e
	}
	return providers.Written{Text: text, Cost: writerCost(p.writer, readUsage(a.Usage))}, nil
}

// writerCost is the price of an answer in micro-dollars; -1 if it, or the model, does not say.
func writerCost(name string, u usage) int64 {
	r := writerRates(name)
	if r == (rates{}) {
		return -1
	}
	r.picture = r.words // all that comes out is words
	return r.spent(u)
}

// words are those of the first candidate that are no thoughts. A long one is all there is.
func (a answer) words() string {
	var b strings.Builder
	for i, c := range a.Candidates {
		for _, one := range c.Content.Parts {
			switch {
			case i > 0 || one.Thought:
			case wire.Long(one.Text):
				return one.Text
			default:
				b.WriteString(one.Text)
			}
		}
	}
	return b.String()
}

// writerRates are the prices of models that write (@pydantic/genai-prices 0.1.8, November 2026); none for one that is not
// known. Previews and dated names have that of their family in front.
func writerRates(name string) rates {
	for _, row := range []struct {
		family string
		rates  rates
	}{
		{"gemini-2.5-flash-lite", rates{input: 100, words: 400}},
		{"gemini-2.5-flash", rates{input: 300, words: 2_500}},
		{"gemini-3.1-flash-lite", rates{input: 250, words: 1_500}},
		{"gemini-3.5-flash", rates{input: 1_500, words: 9_000}},
		{"gemini-3-flash", rates{input: 500, words: 3_000}},
	} {
		if strings.HasPrefix(name, row.family) {
			return row.rates
		}
	}
	return rates{}
}
