package gemini

import (
	"encoding/json"

	"github.com/imagika/imagika/providers"
)

// rates are thousandths of a micro-dollar for a token, which is the price of a million tokens in tenths of a cent: of
// what is sent, of what is thought and written, and of images. The table's are of November 2026 (ai.google.dev, price
// list; @pydantic/genai-prices 0.1.8).
type rates struct{ input, words, picture int64 }

// What a call takes at most besides its prompt and its image, in tokens.
const (
	perReference = 1_290 // the most any model counts for a picture that is sent
	overhead     = 64    // of the sentences around a prompt
	thinking     = 2_048 // before an image, and words beside it
)

// bound is what a call costs at most. No token is shorter than a byte.
func (m model) bound(r providers.Request) int64 {
	refs := max(len(r.References), 1) // an ask before the call does not know its references
	if r.Operation == providers.Generate {
		refs = len(r.References)
	}
	_, tier := m.settle(r.Size)
	in := int64(len(r.Prompt)) + overhead + perReference*int64(min(refs, m.MaxRefs))
	return int64(max(r.Count, 1)) * up(in*m.rates.input+thinking*m.rates.words+m.tokens[min(tier, len(m.tokens)-1)]*m.rates.picture)
}

// maxTokens is more than any call counts, and little enough to be multiplied.
const maxTokens = 1 << 30

// up turns thousandths into micro-dollars.
func up(thousandths int64) int64 { return (thousandths + 999) / 1000 }

// usage is what an answer counts. Numbers that are not there are nil.
type usage struct {
	Prompt     *int64 `json:"promptTokenCount"`
	Tools      int64  `json:"toolUsePromptTokenCount"`
	Candidates *int64 `json:"candidatesTokenCount"`
	Thoughts   int64  `json:"thoughtsTokenCount"`
	Details    []struct {
		Modality string `json:"modality"`
		Count    int64  `json:"tokenCount"`
	} `json:"candidatesTokensDetails"`
}

// readUsage is lenient: an image that was paid for is not lost to a strange number beside it.
func readUsage(text json.RawMessage) (u usage) {
	_ = json.Unmarshal(text, &u) // fields of another type than expected stay empty
	return u
}

// made is the number of tokens that came out, and whether it is known.
func (u usage) made() (n int64, known bool) {
	if u.Candidates == nil {
		return u.Thoughts, u.Prompt != nil
	}
	return *u.Candidates + u.Thoughts, true
}

// spent is the price of an answer in micro-dollars; -1 if it does not count.
func (r rates) spent(u usage) int64 {
	if u.Prompt == nil || u.Candidates == nil || min(*u.Prompt, *u.Candidates, u.Thoughts, u.Tools) < 0 ||
		max(*u.Prompt, *u.Candidates, u.Thoughts, u.Tools) > maxTokens {
		return -1
	}
	pictures := *u.Candidates // not told apart: the dearer of the two
	if len(u.Details) > 0 {
		pictures = 0
		for _, d := range u.Details {
			if d.Modality == "IMAGE" {
				pictures += d.Count
			}
		}
		pictures = max(0, min(pictures, *u.Candidates)) // whatever the details say
	}
	return up((*u.Prompt+u.Tools)*r.input + (*u.Candidates-pictures+u.Thoughts)*r.words + pictures*r.picture)
}
