package all_test

import (
	"slices"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/a1111"
	"github.com/imagika/imagika/providers/all"
	"github.com/imagika/imagika/providers/bfl"
	"github.com/imagika/imagika/providers/catalogue"
	"github.com/imagika/imagika/providers/comfyui"
	"github.com/imagika/imagika/providers/fal"
	"github.com/imagika/imagika/providers/gemini"
	"github.com/imagika/imagika/providers/horde"
	"github.com/imagika/imagika/providers/openai"
	"github.com/imagika/imagika/providers/replicate"
	"github.com/imagika/imagika/providers/stability"
)

// everything is each provider with a key that is none.
func everything() all.Options {
	return all.Options{
		OpenAI: openai.Options{Key: "k"}, XAI: openai.Options{Key: "k"}, Together: openai.Options{Key: "k"},
		SDCpp: openai.Options{URL: "http://127.0.0.1:1/v1"}, Gateway: openai.Options{URL: "http://127.0.0.1:1/v1"},
		Gemini: gemini.Options{Key: "k"}, BFL: bfl.Options{Key: "k"}, Fal: fal.Options{Key: "id:secret"}, Replicate: replicate.Options{Key: "k"},
		Stability: stability.Options{Key: "k"}, ComfyUI: comfyui.Options{URL: "http://127.0.0.1:1"}, A1111: a1111.Options{URL: "http://127.0.0.1:1"},
		Horde: horde.Options{Key: "0000000000"},
	}
}

// TestDefaultCatalogue configures every provider and expects that the embedded catalogue names only what they know, and
// each of them.
func TestDefaultCatalogue(t *testing.T) {
	t.Parallel()
	list, err := all.All(everything())
	if err != nil {
		t.Fatal(err)
	}
	r, err := providers.NewRouter(providers.Config{Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: list})
	if err != nil {
		t.Fatal(err)
	}
	book, err := catalogue.Default()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Use(book); err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, o := range r.AllOffers() {
		m, _ := r.Model(o.Name)
		for _, op := range o.Operations {
			if !m.Can(op) {
				t.Errorf("%s offers to %s, and no route can", o.Name, op)
			}
		}
		for _, route := range o.Routes {
			named = append(named, route.Provider)
		}
	}
	for _, p := range list {
		if !slices.Contains(named, p.Name()) && p.Name() != "gateway" {
			t.Errorf("no model of the catalogue is made by %s", p.Name())
		}
	}
}

func TestWithoutKeys(t *testing.T) {
	t.Parallel()
	list, err := all.All(all.Options{})
	if err != nil || len(list) != 1 || list[0].Name() != "local" {
		t.Errorf("without any key there are %d providers, %v; want the built-in one", len(list), err)
	}
	if _, err := all.All(all.Options{ComfyUI: comfyui.Options{URL: "not an address"}}); err == nil {
		t.Error("a wrong address was taken")
	}
}
