package openai

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/openai/openaitest"
	"github.com/imagika/imagika/providers/providertest"
)

// TestOpenAPI holds every request of the adapter, and every answer of the server it is tested with, to OpenAI's own
// description of the API, where that lies beside the repository.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "shared", "specs", "openai-images.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Logf("%s is not there: nothing to hold the requests to", path)
		return
	}
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	p, s := setup(t, OpenAI)
	for _, m := range p.Models() {
		for _, op := range m.Operations {
			full := providertest.Request(m, op)
			full.Count, full.Quality, full.Safety = 10, providers.QualityHigh, "hash"
			full.Extra = map[string]any{"background": "opaque", "moderation": "low", "output_format": "png", "output_compression": 50}
			if op != providers.Generate {
				full.References = slices.Repeat(full.References, 3)
				mask := providertest.Picture()
				full.Mask = &mask
				delete(full.Extra, "moderation") // not in the document for edits
			}
			for _, r := range []providers.Request{providertest.Request(m, op), full} {
				doc.hold(t, sent(t, p, s, r))
			}
		}
	}
}

// hold checks what was sent. What the document does not know yet has to be on the list.
func (d document) hold(t *testing.T, c openaitest.Call) {
	t.Helper()
	name := "CreateImageRequest"
	if c.Path == "/images/edits" {
		name = "CreateImageEditRequest"
		for field, files := range c.Files {
			field = strings.TrimSuffix(field, "[]")
			c.Fields[field] = "a file"
			if len(files) > 1 {
				c.Fields[field] = slices.Repeat([]any{"a file"}, len(files))
			}
		}
		for _, field := range []string{"n", "output_compression"} { // forms have no numbers
			if n, err := strconv.Atoi(fmt.Sprint(c.Fields[field])); err == nil {
				c.Fields[field] = float64(n)
			}
		}
	}
	for _, why := range d.check(d.Components.Schemas[name], c.Fields, name) {
		t.Error(why)
	}
	for field := range c.Fields {
		if _, ok := d.Components.Schemas[name].Properties[field]; !ok && field != "safety_identifier" {
			t.Errorf("%s has no field %s", name, field)
		}
	}
}

// document is the part of OpenAPI that is looked at.
type document struct {
	Components struct {
		Schemas map[string]schema
	}
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       string
	Nullable   bool
	Enum       []any
	Minimum    *float64
	Maximum    *float64
	MaxItems   *int
	Required   []string
	Properties map[string]schema
	Items      *schema
	AnyOf      []schema
}

// check returns what is wrong with v.
func (d document) check(s schema, v any, at string) (wrong []string) {
	if s.Ref != "" {
		return d.check(d.Components.Schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]], v, at)
	}
	if len(s.AnyOf) > 0 {
		for _, one := range s.AnyOf {
			if wrong = d.check(one, v, at); len(wrong) == 0 {
				return nil
			}
		}
		return wrong
	}
	if v == nil && s.Nullable {
		return nil
	}
	if s.Type != "" && !typed(s.Type, v) {
		return []string{fmt.Sprintf("%s is %T, want %s", at, v, s.Type)}
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		wrong = append(wrong, fmt.Sprintf("%s is %v, want one of %v", at, v, s.Enum))
	}
	return append(wrong, d.within(s, v, at)...)
}

func (d document) within(s schema, v any, at string) (wrong []string) {
	switch v := v.(type) {
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			wrong = append(wrong, fmt.Sprintf("%s is %v, out of bounds", at, v))
		}
	case []any:
		if s.MaxItems != nil && len(v) > *s.MaxItems {
			wrong = append(wrong, fmt.Sprintf("%s has %d items", at, len(v)))
		}
		for i := range v {
			if s.Items != nil {
				wrong = append(wrong, d.check(*s.Items, v[i], at+"[]")...)
			}
		}
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				wrong = append(wrong, at+" lacks "+name)
			}
		}
		for name, one := range v {
			if prop, ok := s.Properties[name]; ok {
				wrong = append(wrong, d.check(prop, one, at+"."+name)...)
			}
		}
	}
	return wrong
}

func typed(want string, v any) bool {
	switch v := v.(type) {
	case nil:
		return want == "null"
	case string:
		return want == "string"
	case bool:
		return want == "boolean"
	case float64:
		return want == "number" || want == "integer" && v == math.Trunc(v)
	case []any:
		return want == "array"
	case map[string]any:
		return want == "object"
	}
	return false
}

// TestCheck: the check itself finds what is wrong.
func TestCheck(t *testing.T) {
	t.Parallel()
	var d document
	err := json.Unmarshal([]byte(`{"components":{"schemas":{"N":{"type":"integer","minimum":1,"maximum":10},"R":{"type":"object",
		"required":["p"],"properties":{"p":{"type":"string"},"n":{"$ref":"#/components/schemas/N"},"q":{"type":"string","enum":["low"]},
		"l":{"type":"array","maxItems":1,"items":{"type":"string"}},"a":{"anyOf":[{"type":"string"},{"type":"null"}]}}}}}}`), &d)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		`{"p":"x","n":10,"q":"low","l":["y"],"a":null}`: 0,
		`{}`:                  1,
		`{"p":1}`:             1,
		`{"p":"x","n":11}`:    1,
		`{"p":"x","n":1.5}`:   1,
		`{"p":"x","q":"b"}`:   1,
		`{"p":"x","l":[1,2]}`: 3,
		`{"p":"x","a":1}`:     1,
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if got := d.check(d.Components.Schemas["R"], v, "R"); len(got) != want {
			t.Errorf("%s: %v, want %d", text, got, want)
		}
	}
}
