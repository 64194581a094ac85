package telegramtest

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryMethodIsServed holds the table of handlers against spec.txt.
func TestEveryMethodIsServed(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	defer s.Close()
	var documented []string
	for _, def := range s.spec.methods {
		documented = append(documented, def.name)
	}
	slices.Sort(documented)
	if diff := cmp.Diff(documented, slices.Sorted(maps.Keys(s.handlers))); diff != "" {
		t.Errorf("methods (-spec.txt +handlers):\n%s", diff)
	}
}

// TestSpecIsClosed checks that every type a field names is known or left out on
// purpose.
func TestSpecIsClosed(t *testing.T) {
	t.Parallel()
	sp := theSpec()
	known := []string{
		"Integer", "String", "Boolean", "True", "Float", "InputFile",
		// Media this server takes none of.
		"InputMediaAnimation", "InputMediaAudio", "InputMediaLivePhoto", "InputMediaVideo",
	}
	for _, defs := range []map[string]*object{sp.methods, sp.types} {
		for _, def := range defs {
			for name, f := range def.fields {
				for _, typ := range f.types {
					typ = strings.ReplaceAll(typ, "[]", "")
					if sp.types[typ] == nil && sp.unions[typ] == nil && !slices.Contains(known, typ) {
						t.Errorf("%s.%s is of an unknown type %s", def.name, name, typ)
					}
				}
			}
		}
	}
	for name, options := range sp.unions {
		for _, option := range options {
			if sp.types[option] == nil {
				t.Errorf("union %s: unknown type %s", name, option)
			}
		}
	}
}

// TestSpecAgreesWithTheDocumentation holds spec.txt against the machine-readable
// documentation where a copy of it lies beside the repository.
func TestSpecAgreesWithTheDocumentation(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../../../shared/botapi/api.json")
	if err != nil {
		t.Log("no copy of the documentation to compare with")
		return
	}
	type entity struct {
		Fields []struct {
			Name     string
			Types    []string
			Required bool
		}
	}
	var doc struct{ Methods, Types map[string]entity }
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	compare := func(name string, def *object, e entity, found bool) {
		if !found {
			t.Errorf("%s is not documented", name)
		}
		want := map[string]string{}
		for _, f := range e.Fields {
			want[f.Name] = strings.ReplaceAll(strings.Join(f.Types, "|"), "Array of ", "[]")
			if f.Required {
				want[f.Name] += "!"
			}
		}
		got := map[string]string{}
		for field, f := range def.fields {
			got[field] = strings.Join(f.types, "|")
			if f.required {
				got[field] += "!"
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-documented +spec.txt):\n%s", name, diff)
		}
	}
	for _, def := range theSpec().methods {
		e, ok := doc.Methods[def.name]
		compare(def.name, def, e, ok)
	}
	for name, def := range theSpec().types {
		e, ok := doc.Types[name]
		compare(name, def, e, ok)
	}
}
