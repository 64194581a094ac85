package local

import (
	"errors"
	"strings"
	"testing"

	"github.com/imagika/imagika/providers"
)

// Every phrase that is added is one the painter understands: the side of the picture it is for is no longer open.
func TestAdditionsAreUnderstood(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	foxes := []string{"a red fox", "рыжая лиса", "ein roter Fuchs", "kızıl tilki", "un zorro rojo"}
	for i, a := range sides() {
		for _, phrase := range a.phrases {
			for l, language := range languages {
				words := foxes[l] + ", " + phrase[l]
				how, _ := p.looks.of(words)
				if a.open(understand(p.dict, words, ""), how) {
					t.Errorf("side %d: %q leaves it open", i, words)
				}
				if got := p.speech(foxes[l]); got != l {
					t.Errorf("%q is taken for %s, not %s", foxes[l], languages[got], language)
				}
			}
		}
	}
}

func TestImprove(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	write := func(text string, seed int64) (string, error) {
		got, err := p.Write(t.Context(), providers.WriteRequest{Writing: providers.Improve, Text: text, Seed: seed})
		return got.Text, err
	}
	once, err := write("a red fox.", 7)
	if err != nil || !strings.HasPrefix(once, "a red fox, ") {
		t.Fatalf("%q, %v", once, err)
	}
	if again, _ := write("a red fox.", 7); again != once {
		t.Errorf("%q, and then %q", once, again)
	}
	if other, _ := write("a red fox.", 8); other == once {
		t.Errorf("another seed says %q again", other)
	}
	kept, err := write("a red fox at night, oil painting", 7)
	if err != nil || strings.Contains(kept, "sunset") || strings.Contains(kept, "watercolor") {
		t.Errorf("%q, %v: what was said is said again", kept, err)
	}
	var e *providers.Error
	if full, err := write(once, 9); !errors.As(err, &e) || e.Class != providers.NoOutput || e.Billed != providers.BilledNo {
		t.Errorf("%q, %v; nothing was left open", full, err)
	}
}

func TestTheOtherWritingsAreRefused(t *testing.T) {
	t.Parallel()
	for _, r := range []providers.WriteRequest{{Writing: providers.Translate, Text: "a fox"}, {Writing: providers.Describe}, {Writing: providers.Improve}} {
		_, err := New(Options{}).Write(t.Context(), r)
		var e *providers.Error
		if !errors.As(err, &e) || e.Class != providers.BadRequest {
			t.Errorf("%s: %v", r.Writing, err)
		}
	}
}
