package local

import (
	"slices"
	"strings"
	"unicode"
)

// wish is something a prompt can ask for beyond what the picture shows: a style, a mood, a change of a reference.
//
// Words are in English, Russian, German, Turkish and Spanish, without accents. One that ends in "-" stands for all that
// begin so, "_" joins words that stand together, and "_._" leaves room for up to two others between them.
type wish struct{ name, words string }

// phrasebook finds wishes in prompts.
type phrasebook struct {
	first map[string][]saying // by the first two letters of the phrase
}

// saying is one way to say a wish.
type saying struct {
	name  string
	words []string
}

func newPhrasebook(rows []wish) phrasebook {
	v := phrasebook{first: make(map[string][]saying)}
	for _, row := range rows {
		for w := range strings.FieldsSeq(row.words) {
			p := saying{row.name, strings.Split(w, "_")}
			key := beginning(p.words[0])
			v.first[key] = append(v.first[key], p)
		}
	}
	for _, ps := range v.first {
		slices.SortStableFunc(ps, func(a, b saying) int { return length(b) - length(a) })
	}
	return v
}

func length(p saying) int { return len(strings.Join(p.words, "")) + 100*len(p.words) }

func beginning(w string) string {
	r := []rune(w)
	return string(r[:min(2, len(r))])
}

// said is a word of a prompt and where it stands.
type said struct {
	word     string // folded
	from, to int
}

// words splits a prompt; hyphens split too.
func spoken(prompt string) []said {
	var all []said
	from := -1
	for i, r := range prompt + " " {
		inside := unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mn, r)
		switch {
		case inside && from < 0:
			from = i
		case !inside && from >= 0:
			all = append(all, said{fold(strings.ToLower(prompt[from:i])), from, i})
			from = -1
		}
	}
	return all
}

// find returns the wishes of a prompt, each once, in order, and the prompt without the words that said them.
func (v phrasebook) find(prompt string) (names []string, rest string) {
	all := spoken(prompt)
	left := []byte(prompt)
	for i := 0; i < len(all); i++ {
		p, n := v.match(all[i:])
		if n == 0 {
			continue
		}
		if !slices.Contains(names, p.name) {
			names = append(names, p.name)
		}
		for j, w := range all[i : i+n] {
			if p.says(w.word) || j == 0 {
				w.blank(left)
			}
		}
		i += n - 1
	}
	return names, strings.Join(strings.Fields(string(left)), " ")
}

// blank takes a word out of its prompt, and the hyphens that tied it to others.
func (w said) blank(prompt []byte) {
	for k := max(w.from-1, 0); k < min(w.to+1, len(prompt)); k++ {
		if w.from <= k && k < w.to || prompt[k] == '-' {
			prompt[k] = ' '
		}
	}
}

// match is the longest phrase the words begin with, and how many of them it is.
func (v phrasebook) match(all []said) (saying, int) {
	for _, p := range v.first[beginning(all[0].word)] {
		if n := p.length(all); n > 0 {
			return p, n
		}
	}
	return saying{}, 0
}

// length is how many words the phrase takes at the start of these, zero if they do not say it.
func (p saying) length(all []said) int {
	at, gap := 0, 0
	for _, w := range p.words {
		if w == "." {
			gap = 2
			continue
		}
		for at < len(all) && !begins(all[at].word, w) && gap > 0 {
			at, gap = at+1, gap-1
		}
		if at >= len(all) || !begins(all[at].word, w) {
			return 0
		}
		at, gap = at+1, 0
	}
	return at
}

// says reports whether a word is one of the phrase's.
func (p saying) says(word string) bool {
	return slices.ContainsFunc(p.words, func(w string) bool { return begins(word, w) })
}

// begins reports whether a word is w or, where w ends in "-", begins with it.
func begins(word, w string) bool {
	if stem, ok := strings.CutSuffix(w, "-"); ok {
		return strings.HasPrefix(word, stem)
	}
	return word == w
}
