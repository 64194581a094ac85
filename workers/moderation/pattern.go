package moderation

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A term of the rules is one or several words that follow one another:
//
//	word           the word
//	word(/s/ed)    the word with one of these endings
//	stem*          words that begin like this
//	*part          words that end like this
//	*part*         words that have this in them
//	<1-17>         a number
//	<1-17>yo       a number with letters after it
//
// Terms are read like texts: case, accents and alphabets are of no account.

// kind is which part of a word an atom is.
type kind int

const (
	exact kind = iota
	prefix
	suffix
	within
	number
)

// atom is one word of a term.
type atom struct {
	kind   kind
	text   string // what follows the digits of a number
	lo, hi int
}

// shortest is the least letters of a stem, so that it is not in half of all words.
const shortest = 3

// parseTerm reads a term; one with endings in parentheses is several.
func parseTerm(term string) (all [][]atom, err error) {
	all = [][]atom{nil}
	for field := range strings.FieldsSeq(term) {
		var next [][]atom
		for _, one := range expand(field) {
			a, err := parseAtom(one)
			if err != nil {
				return nil, fmt.Errorf("term %q: %w", term, err)
			}
			for _, begun := range all {
				next = append(next, append(slices.Clip(begun), a))
			}
		}
		all = next
	}
	if len(all[0]) == 0 {
		return nil, errors.New("a term is empty")
	}
	return all, nil
}

// expand spells out the endings in parentheses.
func expand(field string) (all []string) {
	stem, rest, ok := strings.Cut(field, "(")
	endings, after, closed := strings.Cut(rest, ")")
	if !ok || !closed {
		return []string{field}
	}
	for ending := range strings.SplitSeq(endings, "/") {
		all = append(all, expand(stem+ending+after)...)
	}
	return all
}

func parseAtom(field string) (a atom, err error) {
	if bounds, letters, ok := strings.Cut(field, ">"); ok && strings.HasPrefix(bounds, "<") {
		if _, err := fmt.Sscanf(bounds, "<%d-%d", &a.lo, &a.hi); err != nil || a.lo < 0 || a.hi < a.lo {
			return a, fmt.Errorf("%q is no range of numbers such as <1-17>", field)
		}
		a.kind, field = number, letters
		if field == "" {
			return a, nil
		}
	} else {
		before, open := strings.CutPrefix(field, "*")
		stem, after := strings.CutSuffix(before, "*")
		a.kind, field = [2][2]kind{{exact, prefix}, {suffix, within}}[digit(open)][digit(after)], stem
	}
	read := readText(field)
	if len(read.words) != 1 || len(read.lead) > 0 || len(read.gaps[0]) > 0 {
		return a, fmt.Errorf("%q is not one word", field)
	}
	a.text = forms(read.words[0])[0]
	if a.kind != exact && a.kind != number && len([]rune(a.text)) < shortest {
		return a, fmt.Errorf("%q is too short for a part of words", field)
	}
	return a, nil
}

func digit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// matches reports whether a form is what the atom means.
func (a atom) matches(form string, whole bool) bool {
	switch a.kind {
	case exact:
		return form == a.text
	case number:
		rest, ok := strings.CutSuffix(form, a.text)
		n, err := strconv.Atoi(rest)
		return ok && err == nil && len(rest) <= 3 && rest[0] != '0' && a.lo <= n && n <= a.hi
	}
	switch {
	case whole:
		return false
	case a.kind == prefix:
		return strings.HasPrefix(form, a.text)
	case a.kind == suffix:
		return strings.HasSuffix(form, a.text)
	default:
		return strings.Contains(form, a.text)
	}
}

// pattern is a term of a list.
type pattern struct {
	atoms []atom
	list  int
}

// index finds the patterns whose first word may be a given one.
type index struct {
	patterns []pattern
	exact    map[string][]int
	stems    map[string][]int // by their first letters
	numbers  []int
	rest     []int
}

func (x *index) add(p pattern) {
	n, first := len(x.patterns), p.atoms[0]
	x.patterns = append(x.patterns, p)
	switch first.kind {
	case exact:
		x.exact[first.text] = append(x.exact[first.text], n)
	case prefix:
		head := headOf(first.text)
		x.stems[head] = append(x.stems[head], n)
	case number:
		x.numbers = append(x.numbers, n)
	default:
		x.rest = append(x.rest, n)
	}
}

// candidates are the patterns that may begin with a form.
func (x *index) candidates(form string) [][]int {
	if isDigit(rune(form[0])) {
		return [][]int{x.exact[form], x.numbers, x.rest}
	}
	return [][]int{x.exact[form], x.stems[headOf(form)], x.rest}
}

// headOf is the first letters of a word, as many as every stem has.
func headOf(word string) string {
	n := 0
	for i := range word {
		if n++; n > shortest {
			return word[:i]
		}
	}
	return word
}

// hit is a term that was found.
type hit struct {
	first, last int // words
	span        Span
}

// find lists what was found of every list, in the order of the text.
func (x *index) find(text [][]word, lists int) [][]hit {
	found := make([][]hit, lists)
	for _, here := range text {
		for _, w := range here {
			for _, form := range w.forms {
				for _, n := range slices.Concat(x.candidates(form)...) {
					p := x.patterns[n]
					if p.atoms[0].matches(form, w.whole) {
						found[p.list] = append(found[p.list], follow(text, w, p.atoms[1:])...)
					}
				}
			}
		}
	}
	return found
}

// follow matches the rest of a term after its first word.
func follow(text [][]word, begun word, rest []atom) (all []hit) {
	if len(rest) == 0 {
		return []hit{{begun.first, begun.last, begun.span}}
	}
	if begun.last+1 >= len(text) {
		return nil
	}
	for _, w := range text[begun.last+1] {
		for _, form := range w.forms {
			if rest[0].matches(form, w.whole) {
				longer := word{first: begun.first, last: w.last, span: Span{begun.span.Start, w.span.End}}
				all = append(all, follow(text, longer, rest[1:])...)
				break
			}
		}
	}
	return all
}
