package workers

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

var wordsModel = providers.Model{Name: "m", MaxCount: 4, Sizes: []providers.Size{{Width: 1024, Height: 1024}, {Width: 1344, Height: 768}, {Width: 768, Height: 1344}}}

// testVocabulary knows two models, three styles and a preset.
func testVocabulary() vocabulary {
	return vocabulary{
		models:   []named{{"nano-banana", []string{"Nano Banana"}}, {"flux-2", []string{"FLUX.2 Pro"}}, {"flux-schnell", nil}},
		styles:   []named{{"none", nil}, {"oil", []string{"🖼 Oil painting", "🖼 Масло"}}, {"pixel", []string{"Pixel art"}}},
		presets:  []named{{"poster", nil}},
		of:       map[string]storage.Choice{"poster": {Ratio: "9:16", Style: "oil"}},
		maxCount: 4, maxWords: 100,
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	seed := func(n int64) *int64 { return &n }
	for _, tt := range []struct {
		desc, typed, prompt string
		want                storage.Choice
		bad                 texts.Key
	}{
		{"plain", "a red fox", "a red fox", storage.Choice{}, ""},
		{"line breaks stay", "a fox\n\nunder a moon", "a fox\n\nunder a moon", storage.Choice{}, ""},
		{"all of old", "a fox --n 2 --ar 16:9 --seed 7", "a fox", storage.Choice{Count: 2, Ratio: "16:9", Seed: seed(7)}, ""},
		{"flags first, with equals signs, in capitals", "--N=3 --AR:9x16 a fox", "a fox", storage.Choice{Count: 3, Ratio: "9:16"}, ""},
		{"a phone's long dash", "a fox —n 4 –ar 1:1", "a fox", storage.Choice{Count: 4, Ratio: "1:1"}, ""},
		{"single dashes", "a fox -n 2 -ar 16:9 -no rain", "a fox", storage.Choice{Count: 2, Ratio: "16:9", Negative: "rain"}, ""},
		{"a list", "-fox\n-no-smoking sign\n- no 7", "-fox\n-no-smoking sign\n- no 7", storage.Choice{}, ""},
		{"dialog", "—Hola —dijo el zorro\n– Привет", "—Hola —dijo el zorro\n– Привет", storage.Choice{}, ""},
		{"a dash inside words", "a black-and-white fox - really -- yes", "a black-and-white fox - really -- yes", storage.Choice{}, ""},
		{"between lines", "a fox\n--n 2\nunder a moon", "a fox\nunder a moon", storage.Choice{Count: 2}, ""},
		{"what to leave out, up to the next flag", "a fox --no text, two hands --n 2", "a fox", storage.Choice{Negative: "text, two hands", Count: 2}, ""},
		{"what to leave out, up to the end of the line", "a fox --no text\nat night", "a fox\nat night", storage.Choice{Negative: "text"}, ""},
		{"what to leave out, in quotes", "a fox --no “text, hands” at night", "a fox at night", storage.Choice{Negative: "text, hands"}, ""},
		{"a name of two words", "a fox --model nano BANANA at night", "a fox at night", storage.Choice{Model: "nano-banana"}, ""},
		{"part of a name", "a fox --model pro", "a fox", storage.Choice{Model: "flux-2"}, ""},
		{"a name in quotes", "a fox --style 'pixel art' --quality HIGH", "a fox", storage.Choice{Style: "pixel", Quality: "high"}, ""},
		{"a name in another language", "лиса --style масло", "лиса", storage.Choice{Style: "oil"}, ""},
		{"other names", "a fox --count 2 --aspect 1:1 --negative text", "a fox", storage.Choice{Count: 2, Ratio: "1:1", Negative: "text"}, ""},
		{"a quote that never ends", `a fox --style "oil`, "a fox", storage.Choice{Style: "oil"}, ""},
		{"the model's own choice", "a fox --ar auto --quality auto", "a fox", storage.Choice{Ratio: "auto", Quality: "auto"}, ""},
		{"composed characters", "cafe\u0301", "caf\u00e9", storage.Choice{}, ""},
		{"zero-width and bidi marks go", "a\u200b fo\u202ex\u2066", "a fox", storage.Choice{}, ""},
		{"a family stays together", "👨‍👩‍👧 at sea", "👨‍👩‍👧 at sea", storage.Choice{}, ""},
		{"right to left", "שועל אדום", "שועל אדום", storage.Choice{}, ""},
		{"broken bytes", "a \xff\xfefox", "a fox", storage.Choice{}, ""},
		{"count too high", "x --n 5", "", storage.Choice{}, texts.MessageFlagValue},
		{"count below zero", "x --n -1", "", storage.Choice{}, texts.MessageFlagValue},
		{"count not a number", "x --n two", "", storage.Choice{}, texts.MessageFlagValue},
		{"no value", "x --seed", "", storage.Choice{}, texts.MessageFlagMissing},
		{"a flag as value", "x --seed --n 2", "", storage.Choice{}, texts.MessageFlagMissing},
		{"a value in another line", "x --seed\n42 boats", "", storage.Choice{}, texts.MessageFlagMissing},
		{"nothing to leave out", "x --no", "", storage.Choice{}, texts.MessageFlagMissing},
		{"too much to leave out", "x --no " + strings.Repeat("ж", 101), "", storage.Choice{}, texts.MessagePromptTooLong},
		{"twice", "x --n 2 --count 3", "", storage.Choice{}, texts.MessageFlagTwice},
		{"unknown", "x --colour red", "", storage.Choice{}, texts.MessageFlagUnknown},
		{"unknown, in another alphabet", "x --стиль масло", "", storage.Choice{}, texts.MessageFlagUnknown},
		{"a model that is two", "x --model flux", "", storage.Choice{}, texts.MessageFlagValue},
		{"no such style", "x --style crayon", "", storage.Choice{}, texts.MessageFlagValue},
		{"no such quality", "x --quality ultra", "", storage.Choice{}, texts.MessageFlagValue},
		{"no such preset", "x --preset nope", "", storage.Choice{}, texts.MessageFlagValue},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			got, err := testVocabulary().read(tt.typed)
			var bad *wordsError
			if errors.As(err, &bad) != (tt.bad != "") || bad != nil && bad.key != tt.bad {
				t.Fatalf("error %v, want %q", err, tt.bad)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(tt.want, got.typed); diff != "" || got.prompt != tt.prompt {
				t.Errorf("prompt %q, want %q; choice %s", got.prompt, tt.prompt, diff)
			}
		})
	}
}

func TestAPresetIsRead(t *testing.T) {
	t.Parallel()
	got, err := testVocabulary().read("a fox --preset Poster --ar 1:1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(storage.Choice{Ratio: "1:1", Style: "oil"}, got.typed.Over(got.preset)); diff != "" {
		t.Error(diff)
	}
	v := testVocabulary()
	v.presets = nil
	_, err = v.read("a fox --preset poster")
	if bad, ok := errors.AsType[*wordsError](err); !ok || bad.key != texts.MessagePresetsEmpty {
		t.Errorf("without presets: %v", err)
	}
}

func TestMeant(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"sed": "--seed", "styel": "--style", "mdoel": "--model", "n2": "--n", "qualty": "--quality", "presets": "--preset", "as": "--ar",
		"colour": "", "v": "", "стиль": "", "chaos": "",
	} {
		if got := meant(typed); got != want {
			t.Errorf("--%s means %q, want %q", typed, got, want)
		}
	}
}

func TestCheckLength(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]texts.Key{
		"": texts.MessagePromptEmpty, " \n ": texts.MessagePromptEmpty, "\u200b\u2063": texts.MessagePromptInvisible,
		strings.Repeat("ж", 101): texts.MessagePromptTooLong, strings.Repeat("ж", 100): "",
	} {
		err := checkLength(clean(typed), typed, 100)
		if bad, ok := errors.AsType[*wordsError](err); ok != (want != "") || ok && bad.key != want {
			t.Errorf("%.10q: %v, want %q", typed, err, want)
		}
	}
}

// What says nothing is no prompt, in whatever script.
func TestCheckPrompt(t *testing.T) {
	t.Parallel()
	for typed, telling := range map[string]bool{
		"?": false, ". . .": false, "///": false, "-": false, "€ + §": false, "¿!": false, "״": false, "…": false, "": false, "\u200b": false,
		"x": true, "7": true, "лиса": true, "狐": true, "キツネ": true, "ثعلب": true, "लोमड़ी": true, "½": true, "🦊": true, "❤️": true, "☺": true, "1️⃣": true,
		"🇩🇪": true, "‼️": true, "↔️": true, "? fox": true,
	} {
		err := checkPrompt(clean(typed), typed, 100)
		if (err == nil) != telling {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if bad, ok := errors.AsType[*wordsError](checkPrompt("?", "?", 100)); !ok || bad.key != texts.MessagePromptEmpty {
		t.Errorf("a question mark: %v", bad)
	}
}

func TestSizeFor(t *testing.T) {
	t.Parallel()
	for shape, want := range map[string]providers.Size{"": {Width: 1024, Height: 1024}, "16:9": {Width: 1344, Height: 768}, "9:16": {Width: 768, Height: 1344}, "1:1": {Width: 1024, Height: 1024}} {
		if got := sizeFor(wordsModel, shape); got != want {
			t.Errorf("size for %q is %+v, want %+v", shape, got, want)
		}
	}
}

// What was set once gives way to what the model can do.
func TestWithin(t *testing.T) {
	t.Parallel()
	m := wordsModel
	m.Qualities = []providers.Quality{providers.QualityLow}
	for _, tt := range []struct{ set, want storage.Choice }{
		{storage.Choice{}, storage.Choice{Count: 1}},
		{storage.Choice{Ratio: "21:9", Quality: "high", Count: 9}, storage.Choice{Count: 4}},
		{storage.Choice{Ratio: "16:9", Quality: "low", Count: 2}, storage.Choice{Ratio: "16:9", Quality: "low", Count: 2}},
		{storage.Choice{Ratio: "auto", Quality: "auto"}, storage.Choice{Count: 1}},
	} {
		if diff := cmp.Diff(tt.want, within(tt.set, m, 4)); diff != "" {
			t.Errorf("%+v: %s", tt.set, diff)
		}
	}
}

// Whatever people type, reading it neither panics nor lets through what cannot be shown or stored, and of words without a
// flag nothing is lost.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"a fox --n 2", "—ar", "--", "\u202e\x00", "👨‍👩‍👧", "--seed 99999999999999999999", "a --no “b” c", "--model nano banana", "x --ar=1:1\ny", "—x:—no y",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		c, err := testVocabulary().read(typed)
		if err != nil {
			return
		}
		if !utf8.ValidString(c.prompt) || strings.ContainsAny(c.prompt, "\x00\u200b\u202e") {
			t.Errorf("prompt %q from %q", c.prompt, typed)
		}
		if c.typed.Count < 0 || c.typed.Count > 4 {
			t.Errorf("choice %+v from %q", c.typed, typed)
		}
		whole := clean(typed)
		if flagged := c.typed != (storage.Choice{}) || c.preset != (storage.Choice{}); !flagged && c.prompt != whole {
			t.Errorf("prompt %q of %q, which has no flags", c.prompt, whole)
		}
		if !inOrder(strings.Fields(c.prompt), whole) {
			t.Errorf("prompt %q has words that %q has not", c.prompt, whole)
		}
	})
}

// inOrder reports whether all words stand in s, one after the other.
func inOrder(words []string, s string) bool {
	for _, word := range words {
		_, after, ok := strings.Cut(s, word)
		if !ok {
			return false
		}
		s = after
	}
	return true
}
