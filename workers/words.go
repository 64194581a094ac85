package workers

import (
	"cmp"
	"fmt"
	"html"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/workers/texts"
)

// wordsError is what is wrong with what a person typed, in words for that person.
type wordsError struct {
	key  texts.Key
	data map[string]any
	// accepted, if set, is a note that says which values a flag takes.
	accepted     texts.Key
	acceptedData map[string]any
}

// in fills the text's placeholders in a language.
func (e *wordsError) in(p texts.Printer) map[string]any {
	data := maps.Clone(e.data)
	if e.accepted != "" {
		data["Accepted"] = p.Plain(e.accepted, e.acceptedData)
	}
	return data
}

func (e *wordsError) Error() string { return "unusable words: " + string(e.key) }

// clean normalizes what a person typed: composed characters, line breaks kept, and nothing that is invisible or turns
// the direction of what follows. A joiner stays where it joins.
func clean(s string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "")) {
		switch {
		case r == '\n', r == '\t', r == '\u200d', r == '\ufe0f':
			b.WriteRune(r)
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co), r == '\u3164', r == '\u115f', r == '\u1160', r == '\uffa0':
			continue // controls, bidi marks, zero-width characters, private use, fillers
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(strings.Trim(b.String(), "\u200d\ufe0f \n\t"))
}

// maxImages is the most that can be asked for at once. A model that makes fewer in a call is called several times.
const maxImages = 4

// options are what flags chose.
type options struct {
	count int
	ratio string
	seed  int64 // negative for none
}

// flag is "--name value" or "--name=value"; phones turn two dashes into a long one.
var flag = regexp.MustCompile(`(?:^|\s)(?:--|—)([A-Za-z]+)(?:[=\s]+([^\s—-][^\s]*))?`)

// parse splits typed words into prompt and options, and checks both against the model.
func parse(typed string, m providers.Model, promptMax int) (prompt string, o options, err error) {
	o = options{count: 1, seed: -1}
	words := clean(typed)
	if words == "" {
		if strings.TrimSpace(typed) != "" {
			return "", o, &wordsError{key: texts.MessagePromptInvisible}
		}
		return "", o, &wordsError{key: texts.MessagePromptEmpty}
	}
	seen := map[string]bool{}
	for _, f := range flag.FindAllStringSubmatch(words, -1) {
		name := strings.ToLower(f[1])
		if seen[name] {
			return "", o, &wordsError{key: texts.MessageFlagTwice, data: map[string]any{"Flag": "--" + name}}
		}
		seen[name] = true
		if err := o.set(name, f[2], m); err != nil {
			return "", o, err
		}
	}
	prompt = strings.TrimSpace(flag.ReplaceAllString(words, ""))
	switch n := len([]rune(prompt)); {
	case n == 0:
		return "", o, &wordsError{key: texts.MessagePromptEmpty}
	case n > promptMax:
		return "", o, &wordsError{key: texts.MessagePromptTooLong, data: map[string]any{"Count": promptMax, "Length": n}}
	}
	return prompt, o, nil
}

// set takes one flag.
func (o *options) set(name, value string, m providers.Model) error {
	bad := func(accepted texts.Key, data map[string]any) error {
		key := texts.MessageFlagValue
		if value == "" {
			key = texts.MessageFlagMissing
		}
		return &wordsError{key, map[string]any{"Flag": "--" + name, "Value": value}, accepted, data}
	}
	switch name {
	case "n":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > maxImages {
			return bad(texts.NoteCountValues, map[string]any{"Max": maxImages})
		}
		o.count = n
	case "ar":
		if !slices.Contains(ratios(m), value) {
			return bad(texts.NoteRatioValues, map[string]any{"Ratios": strings.Join(ratios(m), ", ")})
		}
		o.ratio = value
	case "seed":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 0 || n > math.MaxInt32 {
			return bad(texts.NoteSeedValues, map[string]any{"Max": math.MaxInt32})
		}
		o.seed = n
	default:
		return &wordsError{key: texts.MessageFlagUnknown, data: map[string]any{"Flag": "--" + name, "Known": "--n, --ar, --seed"}}
	}
	return nil
}

// shapes are the aspect ratios people know.
var shapes = []string{"1:1", "5:4", "4:5", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16", "21:9"}

// ratios lists the aspect ratios a model can make, by the shapes people know.
func ratios(m providers.Model) []string {
	var all []string
	for _, s := range m.Sizes {
		if r := nearest(s); !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	return all
}

// nearest names the shape of a size.
func nearest(s providers.Size) string {
	want := math.Log(float64(s.Width) / float64(s.Height))
	return slices.MinFunc(shapes, func(a, b string) int {
		return cmp.Compare(math.Abs(ratio(a)-want), math.Abs(ratio(b)-want))
	})
}

func ratio(shape string) float64 {
	var w, h float64
	if _, err := fmt.Sscanf(shape, "%g:%g", &w, &h); err != nil {
		return 0
	}
	return math.Log(w / h)
}

// sizeFor is the model's size of a shape; its first one if no shape was chosen.
func sizeFor(m providers.Model, shape string) providers.Size {
	for _, s := range m.Sizes {
		if nearest(s) == shape {
			return s
		}
	}
	return m.Sizes[0]
}

// stripTags turns one of our HTML texts into plain words.
func stripTags(s string) string { return html.UnescapeString(tag.ReplaceAllString(s, "")) }

var tag = regexp.MustCompile(`<[^>]*>`)
