package moderation

import (
	"slices"
	"unicode"
)

// word is something of a text that may be a word: a run, or several that were written apart.
type word struct {
	forms       []string
	first, last int // the runs it covers
	span        Span
	whole       bool // only terms that are whole words are looked for
}

const (
	maxJoined  = 12 // runs that are tried as one word
	maxLetters = 40 // of such a word
	maxGap     = 3  // characters between them
)

// words lists what can be read at every place of a text, by the place of the first run.
func words(text string) [][]word {
	read := readText(text)
	all := make([][]word, len(read.words))
	for i, r := range read.words {
		all[i] = append(all[i], word{forms(r), i, i, Span{r.start(), r.end()}, false})
		all[i] = append(all[i], read.spelled(i)...)
		all[i] = append(all[i], read.joined(i)...)
	}
	return all
}

// spelled reads letters that stand alone, one after the other, as a word: s e x, s.e.x.
func (r *reading) spelled(i int) (all []word) {
	var letters run
	for j := i; j < len(r.words) && j < i+maxJoined && len(r.words[j]) == 1; j++ {
		letters = append(letters, r.words[j]...)
		if j-i >= 2 {
			all = append(all, word{forms(letters), i, j, Span{letters.start(), letters.end()}, j-i == 2})
		}
		if len(r.gaps[j]) > maxGap {
			break
		}
	}
	return all
}

// joined reads runs with no space between them as a word, if one of them is a single letter, a sign between them stands
// for a letter, or they are all that is written in one piece: po-rn, sh!t.
func (r *reading) joined(i int) (all []word) {
	text, lead := slices.Clone(r.words[i]), r.signBefore(i)
	odd, begins := lead != nil || len(r.words[i]) == 1, i == 0 || spaced(r.gaps[i-1])
	text = append(lead, text...)
	for j := i; j < len(r.words) && j < i+maxJoined && len(text) <= maxLetters; j++ {
		if j > i {
			gap := r.gaps[j-1]
			if len(gap) > maxGap || spaced(gap) {
				break
			}
			signs, star := signsIn(gap)
			if star {
				all = append(all, r.starred(i, j, text)...)
			}
			odd = odd || len(signs) > 0 || len(r.words[j]) == 1
			text = append(append(text, signs...), r.words[j]...)
		}
		tail := r.signsAfter(j)
		ends := j == len(r.words)-1 || spaced(r.gaps[j])
		if len(tail) == 0 && len(text) == j-i+1 && j-i >= 2 {
			continue // letters that stand alone: spelled has them
		}
		if len(tail) > 0 || odd && (j > i || lead != nil) || j > i && begins && ends {
			whole := append(slices.Clone(text), tail...)
			all = append(all, word{forms(whole), i, j, Span{whole.start(), whole.end()}, true})
		}
	}
	return all
}

// starred reads a star as any vowel.
func (r *reading) starred(i, j int, before run) []word {
	vowels, place := "aeiou", before[len(before)-1]
	if unicode.Is(unicode.Cyrillic, place.r) {
		vowels = "аеиоуыюя"
	}
	w := word{nil, i, j, Span{before.start(), r.words[j].end()}, true}
	for _, v := range vowels {
		place.r, place.latin = v, 0
		w.forms = append(w.forms, forms(slices.Concat(before, run{place}, r.words[j]))...)
	}
	return []word{w}
}

// signBefore is a sign that begins the word at i: $ex.
func (r *reading) signBefore(i int) run {
	gap := r.lead
	if i > 0 {
		gap = r.gaps[i-1]
	}
	if len(gap) == 0 || !hasLetter(r.words[i]) {
		return nil
	}
	return lettersFor(gap[len(gap)-1:], letterSigns)
}

// signsAfter are signs that end the word at j: a$$.
func (r *reading) signsAfter(j int) run {
	if len(r.gaps[j]) == 0 || !hasLetter(r.words[j]) {
		return nil
	}
	return lettersFor(r.gaps[j][:min(2, len(r.gaps[j]))], letterSigns)
}

func hasLetter(r run) bool {
	return slices.ContainsFunc(r, func(g glyph) bool { return !isDigit(g.r) })
}

// signsIn are the letters that signs between two runs stand for, and whether they are a single star.
func signsIn(gap run) (letters run, star bool) {
	letters = lettersFor(gap, letterSigns)
	if letters == nil {
		letters = lettersFor(gap, innerSigns)
	}
	return letters, len(gap) == 1 && gap[0].r == '*'
}

// lettersFor reads signs as letters, up to the first that is none.
func lettersFor(signs run, by map[rune]rune) (letters run) {
	for _, g := range signs {
		to, ok := by[g.r]
		if !ok {
			break
		}
		letters = append(letters, glyph{to, 0, g.start, g.end})
	}
	return letters
}

func spaced(gap run) bool {
	return slices.ContainsFunc(gap, func(g glyph) bool { return unicode.IsSpace(g.r) })
}
