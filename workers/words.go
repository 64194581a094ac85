package workers

import (
	"cmp"
	"fmt"
	"html"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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
	whole := norm.NFC.String(b.String()) // what stood between a letter and its accent is gone
	return strings.TrimFunc(whole, func(r rune) bool { return r == '\u200d' || r == '\ufe0f' || unicode.IsSpace(r) })
}

// typedFlag is a flag as it was typed: by the name it is listed under, or an unknown one.
type typedFlag struct{ name, value string }

// mark is where a flag begins: two dashes, or one of the long ones that phones make of them, or a single one.
var mark = regexp.MustCompile(`(?:^|\s)(--|—|–|-)(\p{L}[^\s=:]*)[=:]?`)

// flagNames are the flags, as they are listed.
func flagNames() []string {
	return []string{"n", "ar", "seed", "no", "model", "quality", "style", "preset"}
}

// listed is the name a flag is listed under; people know some by others. What is unknown stays as it is.
func listed(name string) (string, bool) {
	name = strings.ToLower(name)
	others := map[string]string{"count": "n", "aspect": "ar", "ratio": "ar", "negative": "no", "without": "no", "q": "quality"}
	name = cmp.Or(others[name], name)
	return name, slices.Contains(flagNames(), name)
}

// nextFlag finds the next flag: what stands before it, its name, and what follows. A long or a single dash before a word that is no
// flag is punctuation: dialog and lists begin with one in some languages.
func nextFlag(words string) (before, name, after string, ok bool) {
	for from := 0; ; {
		at := mark.FindStringSubmatchIndex(words[from:])
		if at == nil {
			return words, "", "", false
		}
		name, known := listed(words[from+at[4] : from+at[5]])
		if known || words[from+at[2]:from+at[3]] == "--" {
			return words[:from+at[0]], name, words[from+at[1]:], true
		}
		from += at[5]
	}
}

// split takes the flags out of typed words. A flag and its value stand in one line. Called says which words of several are
// one value.
func split(words string, called func(flag, value string) bool) (prompt string, flags []typedFlag) {
	var rest strings.Builder
	for {
		before, name, after, ok := nextFlag(words)
		rest.WriteString(before)
		if !ok {
			return strings.TrimSpace(rest.String()), flags
		}
		line, _, _ := strings.Cut(after, "\n")
		line, _, _, _ = nextFlag(line)
		value, n := takeValue(name, line, called)
		flags = append(flags, typedFlag{name, value})
		words = after[n:]
	}
}

// takeValue reads a flag's value from what is left of its line, and says how much of it that was: what stands in quotes,
// all of it for what is to be left out, a name of several words, else one word.
func takeValue(name, line string, called func(flag, value string) bool) (value string, n int) {
	body := strings.TrimLeftFunc(line, unicode.IsSpace)
	lead := len(line) - len(body)
	if value, n, ok := quoted(body); ok {
		return value, lead + n
	}
	if name == "no" {
		return strings.TrimSpace(body), len(line)
	}
	ends := wordEnds(body, 4)
	for i := len(ends) - 1; i > 0; i-- {
		if called(name, body[:ends[i]]) {
			return body[:ends[i]], lead + ends[i]
		}
	}
	if len(ends) == 0 {
		return "", 0
	}
	return body[:ends[0]], lead + ends[0]
}

// wordEnds lists where the first words end.
func wordEnds(s string, most int) (ends []int) {
	inside := false
	for i, r := range s {
		if inside && unicode.IsSpace(r) {
			if ends = append(ends, i); len(ends) == most {
				return ends
			}
		}
		inside = !unicode.IsSpace(r)
	}
	if inside {
		ends = append(ends, len(s))
	}
	return ends
}

// quoted reads what stands in quotation marks at the beginning of s, and its length with them.
func quoted(s string) (value string, n int, ok bool) {
	first, size := utf8.DecodeRuneInString(s)
	closing := map[rune]string{'"': `"`, '\'': "'", '“': "”", '„': "“”", '«': "»", '‘': "’"}[first]
	if closing == "" {
		return "", 0, false
	}
	end := strings.IndexAny(s[size:], closing)
	if end < 0 {
		return "", 0, false
	}
	_, last := utf8.DecodeRuneInString(s[size+end:])
	return strings.TrimSpace(s[size : size+end]), size + end + last, true
}

// meant is the flag closest to a misspelled one, and empty if none is close.
func meant(name string) string {
	best := closest(name, flagNames())
	if d := edits(name, best); d > 2 || d >= len(best) && !strings.HasPrefix(name, best) {
		return ""
	}
	return "--" + best
}

// closest is the one of some names that is most like a misspelled one.
func closest(name string, names []string) string {
	return slices.MinFunc(names, func(a, b string) int { return cmp.Compare(edits(name, a), edits(name, b)) })
}

// edits is how many letters have to change to make b of a.
func edits(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, q := range to {
			change := diagonal
			if r != q {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}

// checkPrompt refuses words that say nothing of what to paint, or are too many.
func checkPrompt(words, typed string, most int) error {
	if words != "" && !telling(words) {
		return &wordsError{key: texts.MessagePromptEmpty}
	}
	return checkLength(words, typed, most)
}

// telling reports whether words have a letter, a digit or an emoji of whatever script: without one they are a slip of the finger.
func telling(words string) bool {
	const emoji = "‼⁉〰〽↔⤴⤵◻◼◽◾" // that Unicode counts as punctuation and mathematics
	return strings.ContainsFunc(words, func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.N, unicode.So) || strings.ContainsRune(emoji, r)
	})
}

// checkLength refuses words that are none, or too many.
func checkLength(words, typed string, most int) error {
	switch n := utf8.RuneCountInString(words); {
	case n == 0 && clean(typed) == "" && strings.TrimSpace(typed) != "":
		return &wordsError{key: texts.MessagePromptInvisible}
	case n == 0:
		return &wordsError{key: texts.MessagePromptEmpty}
	case n > most:
		return &wordsError{key: texts.MessagePromptTooLong, data: map[string]any{"Count": most, "Length": n}}
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
