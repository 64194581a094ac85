package openai

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
	"github.com/imagika/imagika/providers/writing"
)

// Words go through chat completions, which everybody in the family speaks: one POST, like an image. Nothing is stored at
// the service. A parameter that some models refuse (a temperature, an effort to think) is not sent.

var _ providers.Writer = (*Provider)(nil)

// Writings implements providers.Writer: all of them, if a model for words is configured.
func (p *Provider) Writings() []providers.Writing { return writing.By(p.writer) }

// Write implements providers.Writer.
func (p *Provider) Write(ctx context.Context, r providers.WriteRequest) (providers.Written, error) {
	why := writing.Unfit(p.writer, r)
	if why == "" && r.Picture != nil && strange(*r.Picture) {
		why = "the picture is neither PNG, JPEG nor WebP"
	}
	if why != "" {
		return providers.Written{}, p.client.Cannot(why)
	}
	fields, pictures := p.chat(r)
	body, err := p.client.JSON(ctx, fields, pictures...)
	if err != nil {
		return providers.Written{}, err
	}
	reply, err := p.client.Post(ctx, "chat/completions", body)
	if err != nil {
		return providers.Written{}, err
	}
	if !reply.OK() {
		return providers.Written{}, p.refusal(reply)
	}
	return p.readWords(reply)
}

// turn is a message of a conversation.
type turn struct {
	Role    string `json:"role"`
	Content any    `json:"content"`
}

// chat is the conversation that asks for words.
func (p *Provider) chat(r providers.WriteRequest) (fields map[string]any, pictures []*wire.Picture) {
	var said any = writing.Material(r)
	if r.Picture != nil {
		picture := &wire.Picture{Ref: *r.Picture, DataURL: true}
		pictures = append(pictures, picture)
		said = []any{
			map[string]any{"type": "text", "text": said},
			map[string]any{"type": "image_url", "image_url": map[string]any{"url": picture}},
		}
	}
	fields = map[string]any{
		"model":    p.writer,
		"messages": []turn{{"system", writing.Instruction(r)}, {"user", said}},
	}
	if p.dialect.home().relayed { // gateways know the older names
		fields["max_tokens"] = writing.MaxTokens
	} else {
		fields["max_completion_tokens"], fields["store"] = writing.MaxTokens, false
	}
	if r.Safety != "" && p.dialect.home().relayed {
		fields["user"] = r.Safety
	} else if r.Safety != "" {
		fields["safety_identifier"] = r.Safety
	}
	return fields, pictures
}

// wordsAnswer is what a conversation is answered with.
type wordsAnswer struct {
	Choices []struct {
		Message struct {
			Content json.RawMessage `json:"content"`
			Refusal json.RawMessage `json:"refusal"`
		} `json:"message"`
		Finish string `json:"finish_reason"`
	} `json:"choices"`
	Usage json.RawMessage `json:"usage"`
	Error json.RawMessage `json:"error"`
}

// readWords turns an answer into a prompt, or into the error it is. All of it was billed.
func (p *Provider) readWords(reply *wire.Reply) (providers.Written, error) {
	var a wordsAnswer
	if err := reply.JSON(&a); err != nil {
		return providers.Written{}, err
	}
	reply.Close()
	said := readProblem(a.Error)
	reject := func(how string) error {
		e := p.client.Fail(providers.Rejected, providers.BilledYes, "status %d, %s%s", reply.Status, how, said.tag(p.requestID(reply)))
		e.Stage = "output"
		return e
	}
	if len(a.Choices) == 0 {
		if said.refused() {
			return providers.Written{}, reject("without a choice")
		}
		return providers.Written{}, p.client.Fail(providers.NoOutput, providers.BilledMaybe, "status %d, without a choice%s", reply.Status, said.tag(p.requestID(reply)))
	}
	one := a.Choices[0]
	words := scalar(one.Message.Content)
	text := writing.Tidy(words)
	switch {
	case one.Finish == "content_filter":
		return providers.Written{}, reject("filtered")
	case scalar(one.Message.Refusal) != "", writing.Refused(words):
		return providers.Written{}, reject("refused")
	case text == "", wire.Long(words):
		return providers.Written{}, p.client.Fail(providers.NoOutput, providers.BilledYes, "status %d, without words%s", reply.Status, said.tag(p.requestID(reply)))
	}
	return providers.Written{Text: text, Cost: p.wordsCost(a.Usage, reply.Header)}, nil
}

// wordsUsage is what a conversation consumed.
type wordsUsage struct {
	Prompt     *float64 `json:"prompt_tokens"`
	Completion *float64 `json:"completion_tokens"`
}

// wordsCost is what the answer says it cost, in micro-dollars; -1 if it does not say.
func (p *Provider) wordsCost(text json.RawMessage, h http.Header) int64 {
	if cost := p.dialect.cost(model{}, answer{Usage: text}, h); cost >= 0 && p.dialect.home().relayed {
		return cost
	}
	var u wordsUsage
	_ = json.Unmarshal(text, &u) // numbers of another kind than expected stay empty
	r := wordsRates(original(p.writer))
	if r == (rates{}) || u.Prompt == nil || u.Completion == nil || math.Min(*u.Prompt, *u.Completion) < 0 || math.Max(*u.Prompt, *u.Completion) > 1e9 {
		return -1
	}
	return up(int64(*u.Prompt)*r.text + int64(*u.Completion)*r.output)
}

// wordsRates are the prices of models that write (@pydantic/genai-prices 0.1.8, November 2026); none for one that is not
// known. A dated name has that of its family in front.
func wordsRates(name string) rates {
	for _, row := range []struct {
		family string
		rates  rates
	}{
		{"gpt-5.6-luna", rates{text: 400, output: 1_200}},
		{"gpt-5.4-nano", rates{text: 200, output: 1_250}},
		{"gpt-5.4-mini", rates{text: 750, output: 4_500}},
		{"gpt-5-mini", rates{text: 250, output: 2_000}},
		{"gpt-4.1-mini", rates{text: 400, output: 1_600}},
	} {
		if strings.HasPrefix(name, row.family) {
			return row.rates
		}
	}
	return rates{}
}
