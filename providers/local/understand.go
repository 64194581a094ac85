package local

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// tokens splits a prompt into lower case words; a comma and its like are words of their own.
func tokens(prompt string) []string {
	var out []string
	word := func(w string) {
		if w = strings.Trim(w, "'"); w != "" && w != "-" {
			out = append(out, strings.ReplaceAll(w, "\u0307", ""))
		}
	}
	var run strings.Builder
	for _, r := range strings.ToLower(prompt) {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r), r == '-', r == '\'':
			run.WriteRune(r)
			continue
		case strings.ContainsRune(",.;:!?()\n|", r):
			word(run.String())
			out = append(out, ",")
		default:
			word(run.String())
		}
		run.Reset()
	}
	word(run.String())
	return out
}

// reader goes through the words of a prompt and binds them: colors, counts and sizes to their nouns, clothes to who
// wears them, one thing to the place beside another.
type reader struct {
	d        *dictionary
	s        *scene
	language string

	color       string // waits for a noun
	count, size int
	side, does  string
	rel         string // a preposition that waits for its noun
	from        int    // the thing before that preposition, -1 for none
	last        int    // the thing named last, -1 for none
	clause      int    // where the things of this clause begin
	living      int    // who was named last that can wear something, -1 for nobody
	loose       []worn // clothes named before anybody who wears them
	strange     bool   // an unknown word stood since the color
	fresh       bool   // nothing but small words since the last thing
	having      bool   // "with" was said
	no, ever    bool   // negation: until the phrase ends, until the prompt does
	tr          bool
}

// understand reads a prompt.
func understand(d *dictionary, prompt, negative string) *scene {
	all := tokens(prompt)
	s := &scene{}
	var plain []string
	for _, t := range all {
		if t != "," {
			plain = append(plain, t)
		}
	}
	s.words = strings.Join(plain, " ")
	r := &reader{d: d, s: s, language: d.language(plain), from: -1, last: -1, living: -1}
	r.tr = r.language == "tr"
	r.read(all)
	r.finish()
	s.without(d, negative)
	s.strike()
	return s
}

func (r *reader) read(all []string) {
	for i := 0; i < len(all); i++ {
		if n, w, ok := r.phrase(all[i:]); ok {
			r.take(w)
			i += n - 1
			continue
		}
		t := all[i]
		switch {
		case t == ",":
			r.end()
		case t == "--no" || t == "-no":
			r.no, r.ever = true, true
		case r.compounds(t):
		default:
			r.word(t)
		}
	}
}

// compounds reads the parts of a German compound one by one.
func (r *reader) compounds(t string) bool {
	if r.language != "de" {
		return false
	}
	parts := r.d.split(t)
	for _, part := range parts[1:] {
		r.word(parts[0])
		r.word(part)
	}
	return len(parts) > 1
}

// phrase finds several words that mean one thing at the beginning of the rest.
func (r *reader) phrase(rest []string) (int, word, bool) {
	for _, p := range r.d.phrases {
		if len(p.words) > len(rest) {
			continue
		}
		ok := true
		for i, w := range p.words {
			t := fold(rest[i])
			if stem, open := strings.CutSuffix(w, "-"); open {
				ok = ok && strings.HasPrefix(t, stem)
			} else {
				ok = ok && t == w
			}
		}
		if ok {
			w := p.meaning
			end := rest[len(p.words)-1]
			w.plural = w.plural || w.role == thing && (strings.HasSuffix(end, "s") || strings.HasSuffix(end, "шары") || strings.Contains(end, "lar"))
			return len(p.words), w, true
		}
	}
	return 0, word{}, false
}

func (r *reader) word(t string) {
	language := r.language
	if strings.IndexFunc(t, func(c rune) bool { return unicode.Is(unicode.Cyrillic, c) }) >= 0 {
		language = "ru"
	}
	if w, ok := r.d.look(t, language); ok {
		r.take(w)
		return
	}
	if r.size != 0 && len([]rune(t)) > 3 {
		r.size = 0
	}
	r.strange, r.fresh = true, false
	r.s.unknown++
}

// take does what a word means.
func (r *reader) take(w word) {
	if w.role == small {
		r.bind(w.name)
		return
	}
	r.s.known++
	if r.no || w.none {
		r.ban(w)
		return
	}
	switch w.role {
	case thing:
		r.name(w)
	case wear:
		r.dress(w)
	case doing:
		r.act(w)
	case colored:
		r.paint(w.name)
	case amount:
		r.count, _ = strconv.Atoi(w.name)
	case sized:
		r.size, _ = strconv.Atoi(w.name)
	default:
		r.state(w)
	}
}

// bind is what small words do: a preposition waits for its noun, an article ends what a color may belong to.
func (r *reader) bind(name string) {
	switch name {
	case "and":
		r.settle()
	case "no":
		r.no = true
	case "with", "of":
		r.having = name == "with"
		r.settle()
		r.no = r.ever
		r.from, r.rel = -1, ""
	case "left", "right", "center":
		r.place(name)
	case "art", "skip":
		if name == "art" {
			r.settle()
		}
	default:
		r.no = r.ever
		r.settle()
		r.relate(name)
	}
	r.fresh = r.fresh && (name == "skip" || name == "of")
}

// settle lets go of a color whose noun nobody knows.
func (r *reader) settle() {
	if r.color != "" && r.strange {
		r.s.tint, r.color = r.color, ""
	}
	r.strange = false
}

// end is what a comma does.
func (r *reader) end() {
	r.settle()
	if r.color != "" && r.last >= r.clause && r.last >= 0 && r.s.features[r.last].color == "" {
		r.s.features[r.last].color, r.color = r.color, ""
	}
	r.no = r.ever
	r.rel, r.from, r.fresh, r.having = "", -1, false, false
	r.clause = len(r.s.features)
}

// place says on which side the thing of this clause is, or the next one.
func (r *reader) place(side string) {
	r.rel, r.from = "", -1
	if r.last >= r.clause && r.last >= 0 {
		r.s.features[r.last].side = side
		return
	}
	r.side = side
}

// relate begins "A on B". Turkish says "B on A", or "A B on".
func (r *reader) relate(rel string) {
	if !r.tr {
		r.rel, r.from = rel, r.last
		return
	}
	if r.last < 0 {
		return
	}
	if r.last > r.clause {
		r.join(r.last-1, rel, r.last)
		return
	}
	r.rel, r.from = rel, r.last
}

// join says where one thing is beside another.
func (r *reader) join(a int, rel string, b int) {
	if a >= 0 && b >= 0 && a != b && r.s.features[a].rel == "" && r.s.features[b].rel == "" {
		r.s.features[a].rel, r.s.features[a].to = rel, r.s.features[b].name
	}
}

// paint gives a color to the noun before it where that is how a language speaks, or keeps it for the next.
func (r *reader) paint(color string) {
	if r.language == "es" && r.fresh && r.last >= 0 {
		if n := len(r.wearer().wears); n > 0 && r.wearer().wears[n-1].color == "" && r.last == r.living {
			r.wearer().wears[n-1].color = color
			return
		}
		if r.s.features[r.last].color == "" {
			r.s.features[r.last].color = color
			return
		}
	}
	if r.color != "" {
		r.s.tint = r.color
	}
	r.color, r.strange = color, false
}

// wearer is who was named last that can wear something; somebody nobody will draw if there is none.
func (r *reader) wearer() *feature {
	if r.living < 0 {
		return &feature{}
	}
	return &r.s.features[r.living]
}

// finish gives what is left over to the whole picture.
func (r *reader) finish() {
	r.end()
	if r.color != "" {
		r.s.tint = r.color
	}
	if r.living < 0 {
		for _, w := range r.loose {
			if _, ok := drawingOf(w.name); ok {
				r.s.features = append(r.s.features, feature{name: w.name, color: w.color, count: 1})
			}
		}
	}
	if r.does != "" && r.living >= 0 && r.wearer().does == "" {
		r.wearer().does = r.does
	}
	for i := range r.s.features {
		f := &r.s.features[i]
		if f.name == "hot balloon" {
			f.name = "balloon"
		}
		if f.to == "hot balloon" {
			f.to = "balloon"
		}
		slices.SortStableFunc(f.wears, func(a, b worn) int { return strings.Compare(a.name, b.name) })
	}
}
