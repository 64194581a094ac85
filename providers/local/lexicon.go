package local

import (
	"slices"
	"strings"
)

// role is what a known word does to the picture.
type role int

const (
	thing   role = iota // something to draw
	wear                // what somebody wears
	doing               // what somebody does
	colored             // a color of the next thing, or of everything
	hour                // the time of day
	weather
	season
	amount
	sized
	setting // a whole other kind of picture
	styling // how it is painted: known here, so that it is no riddle; styles read it for themselves
	small   // binds the others together
)

// word is what a row of the lexicon says about a word.
type word struct {
	role   role
	name   string
	plural bool
	none   bool // the word says that there is none, as Turkish does with an ending
}

// languages in the order of the rows of words.
var languages = []string{"en", "ru", "de", "tr", "es"}

// table is the words of one language.
type table struct {
	exact   map[string]word
	stems   map[string]word // stand for all that begin so
	inflect map[string]word // stand for themselves and with the language's endings
}

// dictionary is the lexicon, made ready for look-ups.
type dictionary struct {
	by      map[string]*table
	phrases []phrase
}

// phrase is several words with one meaning.
type phrase struct {
	words   []string
	meaning word
}

func newDictionary() *dictionary {
	d := &dictionary{by: make(map[string]*table)}
	for _, l := range languages {
		d.by[l] = &table{make(map[string]word), make(map[string]word), make(map[string]word)}
	}
	d.rows(small, smallWords)
	d.rows(thing, animalWords+peopleWords+placeWords+objectWords)
	d.rows(wear, wornWords)
	d.rows(doing, doingWords)
	for _, s := range stateWords {
		d.rows(s.role, s.rows)
	}
	for _, v := range phrases {
		p := phrase{words: strings.Fields(v.words)}
		p.meaning = d.meaning(v.meaning)
		d.phrases = append(d.phrases, p)
	}
	slices.SortStableFunc(d.phrases, func(a, b phrase) int { return len(b.words) - len(a.words) })
	return d
}

// meaning is the word a phrase stands for: the name of a row, or a word of English or Spanish.
func (d *dictionary) meaning(text string) word {
	switch text {
	case "hot balloon", "hot balloons":
		return word{role: thing, name: "hot balloon", plural: text == "hot balloons"}
	case "still life":
		return word{role: setting, name: text}
	case "night sky":
		return word{role: hour, name: "night"}
	}
	if w, ok := d.by["en"].find(text, "en"); ok {
		return w
	}
	if w, ok := d.by["es"].find(text, "es"); ok {
		return w
	}
	role := thing
	if _, ok := wearDrawings[text]; ok {
		role = wear
	}
	return word{role: role, name: text}
}

// rows reads "name: en / ru / de / tr / es" lines.
func (d *dictionary) rows(r role, rows string) {
	for line := range strings.Lines(rows) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		for i, words := range strings.Split(rest, "/") {
			for w := range strings.FieldsSeq(words) {
				d.by[languages[i]].add(w, word{role: r, name: name})
			}
		}
	}
}

// add notes a word, and its form without accents; the first row that has one keeps it.
func (t *table) add(w string, known word) {
	into := t.inflect
	switch {
	case strings.HasPrefix(w, "="):
		into, w = t.exact, strings.TrimPrefix(w, "=")
	case strings.HasSuffix(w, "-"):
		into, w = t.stems, strings.TrimSuffix(w, "-")
	}
	w, known.plural = strings.CutSuffix(w, "+")
	for _, form := range []string{w, fold(w)} {
		if _, ok := into[form]; !ok {
			into[form] = known
		}
	}
}

// folding takes accents off, and what Cyrillic letters people do not type.
var folding = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "ss", "ç", "c", "ğ", "g", "ı", "i", "ş", "s", "á", "a", "é", "e",
	"í", "i", "ó", "o", "ú", "u", "ñ", "n", "â", "a", "î", "i", "û", "u", "ё", "е", "\u0307", "")

func fold(w string) string { return folding.Replace(w) }

// find looks a word up in one language: as it is, then with its endings taken off, the longest stem first.
func (t *table) find(w, language string) (word, bool) {
	for _, form := range []string{w, fold(w)} {
		if known, ok := t.exact[form]; ok {
			return known, true
		}
		if known, ok := t.inflect[form]; ok {
			return known, true
		}
		if known, ok := t.stem(form, language); ok {
			return known, true
		}
	}
	return word{}, false
}

func (t *table) stem(w, language string) (word, bool) {
	runes := []rune(w)
	for n := len(runes); n >= 2; n-- {
		head, tail := string(runes[:n]), string(runes[n:])
		if known, ok := t.stems[head]; ok && n >= 3 {
			known.plural = known.plural || language == "ru" && slices.Contains(russianPlurals, tail)
			return known, true
		}
		if known, ok := t.inflect[head]; ok {
			if plural, none, ok := ending(language, tail); ok {
				known.plural, known.none = known.plural || plural, none
				return known, true
			}
		}
	}
	return unsound(t, runes, language)
}

// unsound undoes what an ending does to a stem: Turkish softens its last consonant, English changes y.
func unsound(t *table, runes []rune, language string) (word, bool) {
	if stem, ok := strings.CutSuffix(string(runes), "ies"); ok && language == "en" {
		known, found := t.inflect[stem+"y"]
		known.plural = true
		return known, found
	}
	if language != "tr" {
		return word{}, false
	}
	for n := len(runes) - 1; n >= 3; n-- {
		hard, ok := map[rune]rune{'g': 'k', 'd': 't', 'b': 'p', 'ğ': 'k'}[runes[n-1]]
		if !ok {
			continue
		}
		if known, found := t.inflect[string(runes[:n-1])+string(hard)]; found {
			if plural, none, ok := ending(language, string(runes[n:])); ok {
				known.plural, known.none = plural, none
				return known, true
			}
		}
	}
	return word{}, false
}

// look finds a word in the language of its prompt, then in the others if it is long enough to mean one thing only.
func (d *dictionary) look(w, language string) (word, bool) {
	if known, ok := d.by[language].find(w, language); ok {
		return known, true
	}
	if language == "de" {
		if known, ok := d.compound(w); ok {
			return known, true
		}
	}
	if len([]rune(w)) < 4 {
		return word{}, false
	}
	for _, l := range languages {
		t := d.by[l]
		for _, from := range []map[string]word{t.inflect, t.exact} {
			if known, ok := from[w]; ok && known.role != small {
				return known, true
			}
		}
	}
	if language != "ru" {
		return d.by["en"].find(w, "en")
	}
	return word{}, false
}

// compound finds the last part of a German compound.
func (d *dictionary) compound(w string) (word, bool) {
	runes := []rune(w)
	for n := 1; n <= len(runes)-4; n++ {
		if known, ok := d.by["de"].find(string(runes[n:]), "de"); ok && known.role != small && (n >= 3 || len(runes)-n > 5) {
			return known, true
		}
	}
	return word{}, false
}

// split is the parts of a German compound that are known, so that a Vollmondnacht has a moon.
func (d *dictionary) split(w string) []string {
	if _, ok := d.by["de"].find(w, "de"); ok {
		return []string{w}
	}
	runes := []rune(w)
	for n := 3; n <= len(runes)-3; n++ {
		tail := string(runes[n:])
		if known, ok := d.by["de"].find(tail, "de"); !ok || known.role == small {
			continue
		}
		for _, cut := range []string{"", "s", "n", "en", "er"} {
			front, ok := strings.CutSuffix(string(runes[:n]), cut)
			if !ok || len(front) < 3 {
				continue
			}
			for _, whole := range []string{front, front + "e"} {
				if known, ok := d.by["de"].find(whole, "de"); ok && known.role != small {
					return []string{whole, tail}
				}
			}
		}
	}
	return []string{w}
}
