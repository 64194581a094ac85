package workers

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/workers/texts"
)

var wordsModel = providers.Model{Name: "m", MaxCount: 4, Sizes: []providers.Size{{Width: 1024, Height: 1024}, {Width: 1344, Height: 768}, {Width: 768, Height: 1344}}}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		desc, typed, wantPrompt string
		want                    options
		wantError               texts.Key
	}{
		{"plain", "a red fox", "a red fox", options{1, "", -1}, ""},
		{"line breaks stay", "a fox\n\nunder a moon", "a fox\n\nunder a moon", options{1, "", -1}, ""},
		{"all flags", "a fox --n 2 --ar 16:9 --seed 7", "a fox", options{2, "16:9", 7}, ""},
		{"flags first, with equals signs, in capitals", "--N=3 --AR=9:16 a fox", "a fox", options{3, "9:16", -1}, ""},
		{"a phone's long dash", "a fox —n 4", "a fox", options{4, "", -1}, ""},
		{"a dash inside words", "a black-and-white fox - really", "a black-and-white fox - really", options{1, "", -1}, ""},
		{"composed characters", "cafe\u0301", "caf\u00e9", options{1, "", -1}, ""},
		{"zero-width and bidi marks go", "a\u200b fo\u202ex\u2066", "a fox", options{1, "", -1}, ""},
		{"a family stays together", "👨‍👩‍👧 at sea", "👨‍👩‍👧 at sea", options{1, "", -1}, ""},
		{"right to left", "שועל אדום", "שועל אדום", options{1, "", -1}, ""},
		{"broken bytes", "a \xff\xfefox", "a fox", options{1, "", -1}, ""},
		{"empty", "", "", options{1, "", -1}, texts.MessagePromptEmpty},
		{"blank", " \n ", "", options{1, "", -1}, texts.MessagePromptEmpty},
		{"invisible", "\u200b\u2063", "", options{1, "", -1}, texts.MessagePromptInvisible},
		{"only flags", "--n 2", "", options{2, "", -1}, texts.MessagePromptEmpty},
		{"too long", strings.Repeat("ж", 101), "", options{1, "", -1}, texts.MessagePromptTooLong},
		{"count too high", "x --n 5", "", options{1, "", -1}, texts.MessageFlagValue},
		{"count not a number", "x --n two", "", options{1, "", -1}, texts.MessageFlagValue},
		{"no value", "x --seed", "", options{1, "", -1}, texts.MessageFlagMissing},
		{"flag as value", "x --seed --n 2", "", options{1, "", -1}, texts.MessageFlagMissing},
		{"shape the model lacks", "x --ar 7:1", "", options{1, "", -1}, texts.MessageFlagValue},
		{"twice", "x --n 2 --n 3", "", options{2, "", -1}, texts.MessageFlagTwice},
		{"unknown", "x --style oil", "", options{1, "", -1}, texts.MessageFlagUnknown},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			prompt, got, err := parse(tt.typed, wordsModel, 100)
			var bad *wordsError
			if errors.As(err, &bad) != (tt.wantError != "") || bad != nil && bad.key != tt.wantError {
				t.Fatalf("error %v, want %q", err, tt.wantError)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(options{})); diff != "" || prompt != tt.wantPrompt {
				t.Errorf("prompt %q, want %q; options %s", prompt, tt.wantPrompt, diff)
			}
		})
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

// Whatever people type, parse neither panics nor lets through what cannot be shown or stored.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a fox --n 2", "—ar", "--", "\u202e\x00", "👨‍👩‍👧", "--seed 99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		prompt, o, err := parse(typed, wordsModel, 100)
		if err != nil {
			return
		}
		if prompt == "" || !utf8.ValidString(prompt) || len([]rune(prompt)) > 100 || strings.ContainsAny(prompt, "\x00\u200b\u202e") {
			t.Errorf("prompt %q from %q", prompt, typed)
		}
		if o.count < 1 || o.count > 4 || o.seed < -1 {
			t.Errorf("options %+v from %q", o, typed)
		}
	})
}
