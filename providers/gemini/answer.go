package gemini

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

// answer is what comes with status 200, be it an image or a refusal.
type answer struct {
	Candidates []struct {
		Content struct {
			Parts []part `json:"parts"`
		} `json:"content"`
		Finish string `json:"finishReason"`
	} `json:"candidates"`
	Feedback struct {
		Block string `json:"blockReason"`
	} `json:"promptFeedback"`
	Usage json.RawMessage `json:"usageMetadata"`
	ID    json.RawMessage `json:"responseId"`
}

type part struct {
	Text   string `json:"text"`
	Inline struct {
		MediaType string `json:"mimeType"`
		Data      string `json:"data"`
	} `json:"inlineData"`
	Thought bool `json:"thought"`
}

// read turns an answer into an image, or into the error it is.
func (p *Provider) read(reply *wire.Reply, m model) (providers.Submission, error) {
	var a answer
	if err := reply.JSON(&a); err != nil {
		return providers.Submission{}, err
	}
	made, ok := a.image()
	if e := p.verdict(a, ok); e != nil {
		reply.Close()
		return providers.Submission{}, e
	}
	return providers.Submission{Images: p.images(reply, made), ExternalID: a.id(), Cost: m.rates.spent(readUsage(a.Usage))}, nil
}

// image is the last one that is no draft.
func (a answer) image() (last part, found bool) {
	for _, c := range a.Candidates {
		for _, one := range c.Content.Parts {
			if one.Inline.Data != "" && !one.Thought && strings.HasPrefix(one.Inline.MediaType, "image/") {
				last, found = one, true
			}
		}
	}
	return last, found
}

// verdict is the error that an answer is; nil if it is an image that may be shown.
func (p *Provider) verdict(a answer, found bool) error {
	made, known := readUsage(a.Usage).made()
	for _, c := range a.Candidates {
		if refusing(c.Finish) {
			e := p.client.Fail(providers.Rejected, billed(made, known), "status 200%s", tag(c.Finish))
			e.Stage = "output"
			return e
		}
	}
	switch {
	case found:
		return nil
	case a.Feedback.Block != "" && a.Feedback.Block != "BLOCKED_REASON_UNSPECIFIED":
		e := p.client.Fail(providers.Rejected, providers.BilledNo, "status 200%s", tag(a.Feedback.Block))
		if made > 0 {
			e.Billed = providers.BilledYes
		}
		e.Stage = "input"
		return e
	case len(a.Candidates) == 0:
		return p.client.Fail(providers.NoOutput, billed(made, known), "status 200, no candidate")
	}
	return p.client.Fail(providers.NoOutput, billed(made, known), "status 200, no image%s", tag(a.Candidates[0].Finish))
}

// refusing reports that an image was not made, or not handed out, because of what it would show.
func refusing(finish string) bool {
	return slices.Contains([]string{"SAFETY", "PROHIBITED_CONTENT", "RECITATION", "SPII", "BLOCKLIST", "LANGUAGE", "MODEL_ARMOR", "JAILBREAK"},
		strings.TrimPrefix(finish, "IMAGE_"))
}

// billed is what a count of the tokens that came out says about an answer without an image.
func billed(made int64, known bool) providers.Billed {
	switch {
	case made > 0:
		return providers.BilledYes
	case known:
		return providers.BilledNo
	}
	return providers.BilledMaybe
}

// images opens the one image, and closes the answer after it.
func (p *Provider) images(reply *wire.Reply, made part) providers.Images {
	return func(yield func(providers.Image, error) bool) {
		defer reply.Close()
		yield(p.client.Image(reply.Image(made.Inline.Data), made.Inline.MediaType, providers.NoOutput), nil)
	}
}

// id is what support asks for.
func (a answer) id() string {
	var id string
	if json.Unmarshal(a.ID, &id) != nil || !token(id) {
		return ""
	}
	return id
}

// token reports whether s is a code rather than somebody's words.
func token(s string) bool { return wire.Token(s, 96, "-.") }

// tag is what an operator may know of what Google says: codes, never messages, which may quote a prompt or a key.
func tag(codes ...string) string { return wire.Tokens(96, "-.", codes...) }
