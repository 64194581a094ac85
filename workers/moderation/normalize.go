package moderation

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// glyph is a character as it is read. One that stands for two letters is two glyphs of the same place.
type glyph struct {
	r          rune // folded
	latin      rune // the Latin letter it looks like, if it is of another alphabet; else 0
	start, end int  // bytes of the text it was read from
}

// run is a stretch of letters and digits, or of what separates them.
type run []glyph

func (r run) start() int { return r[0].start }
func (r run) end() int   { return r[len(r)-1].end }

// reading is a text as runs: words[i] is followed by gaps[i], which is empty only after the last.
type reading struct {
	words []run
	gaps  []run
	lead  run // before the first word
}

// Normalize is how a text is read, word by word, for people who write rules. Normalizing twice is normalizing once.
func Normalize(text string) string {
	read := readText(text)
	words := make([]string, len(read.words))
	for i, w := range read.words {
		words[i] = norm.NFC.String(forms(w)[0])
	}
	return strings.Join(words, " ")
}

// readText finds the words.
func readText(text string) (read reading) {
	for _, g := range glyphs(text) {
		switch inWord := isWord(g.r); {
		case !inWord && len(read.words) == 0:
			read.lead = append(read.lead, g)
		case !inWord:
			last := len(read.gaps) - 1
			read.gaps[last] = append(read.gaps[last], g)
		default:
			read.word(g)
		}
	}
	return read
}

// word goes on with the last word or begins another: after a gap, and where one kind of script ends without one.
func (r *reading) word(g glyph) {
	if last := len(r.words) - 1; last >= 0 && len(r.gaps[last]) == 0 {
		if w := r.words[last]; alphabetic(w[len(w)-1].r) == alphabetic(g.r) {
			r.words[last] = append(w, g)
			return
		}
	}
	r.words, r.gaps = append(r.words, run{g}), append(r.gaps, nil)
}

// glyphs reads a text character by character and leaves out what nobody sees.
func glyphs(text string) []glyph {
	all := make([]glyph, 0, len(text))
	var it norm.Iter
	it.InitString(norm.NFKD, text)
	for !it.Done() {
		start := it.Pos()
		part := it.Next()
		for len(part) > 0 {
			r, size := utf8.DecodeRune(part)
			part = part[size:]
			if r < utf8.RuneSelf {
				all = append(all, glyph{lower(r), 0, start, it.Pos()})
				continue
			}
			if unseen(r) {
				continue
			}
			for _, f := range fold(r) {
				all = append(all, glyph{f, latinFor(r, f), start, it.Pos()})
			}
		}
	}
	return all
}

// unseen characters neither show nor part words: accents (which NFKD has taken off), joiners, fillers, broken bytes.
func unseen(r rune) bool {
	switch r {
	case '\u115f', '\u1160', utf8.RuneError: // fillers of Hangul
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf)
}

// isWord reports whether a glyph is part of a word.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return isLatin(r) || isDigit(r)
	}
	return unicode.In(r, unicode.L, unicode.Nd, unicode.Mc)
}

// isLatin reports whether a glyph is one of the 26 letters.
func isLatin(r rune) bool { return 'a' <= r && r <= 'z' }

// alphabetic scripts share look-alikes; between them and all others a word ends.
func alphabetic(r rune) bool {
	return isLatin(r) || isDigit(r) || unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee)
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// forms are the words a run can be read as, the likeliest first: in one alphabet where it mixes several, with letters for
// digits, without the letters that were repeated for effect. There is at least one, and never many.
func forms(r run) []string {
	if plain(r) {
		return []string{string(spell(r, func(g glyph) rune { return g.r }))}
	}
	var all []string
	for _, in := range alphabets(r) {
		for _, plain := range unleet(in) {
			for _, one := range unrepeat(plain) {
				if word := string(one); !slices.Contains(all, word) {
					all = append(all, word)
				}
			}
		}
	}
	return all
}

// plain reports whether there is nothing to read into a run, as there is in most.
func plain(r run) bool {
	last := rune(0)
	for _, g := range r {
		if !isLatin(g.r) || g.r == last {
			return false
		}
		last = g.r
	}
	return true
}

// alphabets reads a run that mixes alphabets as a word of each. One of a single alphabet is what it is, whatever it looks
// like: Russian "рот" is a mouth.
func alphabets(r run) [][]rune {
	var latin, cyrillic, others bool
	disguised := true // every letter is a look-alike, and one of them is of no language that is written like this
	odd := false
	for _, g := range r {
		switch {
		case unicode.Is(unicode.Latin, g.r):
			latin = true
		case unicode.Is(unicode.Cyrillic, g.r):
			cyrillic = true
		case !isDigit(g.r):
			others = true
		}
		odd = odd || strings.ContainsRune(oddCyrillic, g.r)
		disguised = disguised && (g.latin != 0 || isDigit(g.r))
	}
	switch mixed := latin && (cyrillic || others) || cyrillic && others; {
	case mixed && cyrillic:
		return [][]rune{spell(r, asLatin), spell(r, asCyrillic)}
	case mixed, disguised && odd:
		return [][]rune{spell(r, asLatin)}
	}
	return [][]rune{spell(r, func(g glyph) rune { return g.r })}
}

func spell(r run, as func(glyph) rune) []rune {
	word := make([]rune, len(r))
	for i, g := range r {
		word[i] = as(g)
	}
	return word
}

func asLatin(g glyph) rune {
	if g.latin != 0 {
		return g.latin
	}
	return g.r
}

func asCyrillic(g glyph) rune {
	if c, ok := cyrillicLike[g.r]; ok && !isDigit(g.r) {
		return c
	}
	return g.r
}

// unleet reads digits inside of words as letters; the number itself comes first, for ages.
func unleet(word []rune) [][]rune {
	letters, digits, cyrillic := 0, 0, false
	for _, r := range word {
		if isDigit(r) {
			digits++
		} else {
			letters++
			cyrillic = cyrillic || unicode.Is(unicode.Cyrillic, r)
		}
	}
	if letters == 0 || digits == 0 {
		return [][]rune{word}
	}
	all := [][]rune{word, trimDigits(word)}
	if cyrillic {
		return append(all, translate(word, cyrillicLike), translate(word, leetCyrillic))
	}
	return append(all, translate(word, leet), translate(word, leetL))
}

func trimDigits(word []rune) []rune {
	for isDigit(word[0]) {
		word = word[1:]
	}
	for isDigit(word[len(word)-1]) {
		word = word[:len(word)-1]
	}
	return word
}

func translate(word []rune, by map[rune]rune) []rune {
	out := make([]rune, len(word))
	for i, r := range word {
		out[i] = r
		if to, ok := by[r]; ok && isDigit(r) {
			out[i] = to
		}
	}
	return out
}

// unrepeat takes back letters that were repeated for effect: three of a kind are none of any language, and two pairs in
// one word are suspicious.
func unrepeat(word []rune) [][]rune {
	pairs, more := 0, false
	for i := 1; i < len(word); i++ {
		if word[i] != word[i-1] || isDigit(word[i]) {
			continue
		}
		pairs++
		more = more || i > 1 && word[i] == word[i-2]
	}
	all := [][]rune{word}
	if more {
		all = append(all, squeeze(word, 2), squeeze(word, 1))
	} else if pairs > 1 {
		all = append(all, squeeze(word, 1))
	}
	return all
}

// squeeze shortens repetitions. To two is only for those of three and more; to one is for all.
func squeeze(word []rune, to int) []rune {
	out := make([]rune, 0, len(word))
	same := 0
	for i, r := range word {
		if same++; i == 0 || r != word[i-1] || isDigit(r) {
			same = 1
		}
		if same <= to {
			out = append(out, r)
		}
	}
	return out
}
