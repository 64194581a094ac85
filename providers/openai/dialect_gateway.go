package openai

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
)

// gateway is a server that passes OpenAI's requests on: LiteLLM, new-api, Portkey, bifrost, LocalAI. Its names are its
// own; one that ends like OpenAI's own is taken to be that model.
type gateway struct{}

func (gateway) home() home { return home{relayed: true} }

func (gateway) table() []model { return nil }

func (gateway) knows(name string) bool { return named(name) }

func (g gateway) describe(name string) model {
	own := original(name)
	if !g.isOpenAI(name) {
		return conservative(name)
	}
	m := official{}.describe(own)
	m.Name = name
	return m
}

// original is a name without what gateways put in front: "azure/gpt-image-2".
func original(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

func (gateway) isOpenAI(name string) bool { return official{}.knows(original(name)) }

// compose is OpenAI's, and asks all others for base64: some would answer with addresses, and OpenAI's models refuse to
// be asked.
func (g gateway) compose(m model, r providers.Request) call {
	c := official{}.compose(m, r)
	delete(c.fields, "safety_identifier")
	if r.Safety != "" {
		c.fields["user"] = r.Safety
	}
	if !g.isOpenAI(r.Model) {
		c.fields["response_format"] = "b64_json"
	}
	return c
}

// costHeader is what LiteLLM says a call cost, in dollars.
const costHeader = "X-Litellm-Response-Cost"

func (gateway) cost(_ model, a answer, h http.Header) int64 {
	if dollars, err := strconv.ParseFloat(h.Get(costHeader), 64); err == nil && dollars >= 0 && dollars < 1000 {
		return int64(math.Ceil(dollars * 1e6))
	}
	if dollars := a.usage().Cost; dollars != nil && *dollars >= 0 && *dollars < 1000 {
		return int64(math.Ceil(*dollars * 1e6))
	}
	return -1
}
