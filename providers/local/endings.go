package local

import (
	"slices"
	"strings"
)

// endings are what may follow a stem, by language.
var endings = map[string][]string{
	"en": strings.Fields("s es 's y ish"),
	"ru": strings.Fields("а я о е ы и у ю ь й ой ей ою ею ом ем ам ям ами ями ах ях ов ев ий ый ая яя ое ее ые ие ого его ому ему ым им ую юю ых их ыми ими ью ья ье ьи ка ки ку кой ке кам ками ик ика ики иком ный ная ное ные ной ном ную ных ного ному ными ним ней нем ние ний няя нее"),
	"de": strings.Fields("e en n er ern es s em chen lein ens nen"),
	"es": strings.Fields("o a os as s es ito ita itos itas cito cita illo illa ísimo isimo"),
}

// russianPlurals are endings that more often than not mean several.
var russianPlurals = strings.Fields("ы и ами ями ах ях ам ям ов ев")

// plurals are the endings that mean several, of the other languages.
var plurals = map[string][]string{
	"en": {"s", "es"}, "ru": russianPlurals, "de": {"e", "en", "n", "er", "ern", "nen"}, "es": {"s", "es", "os", "as", "itos", "itas"},
}

// ending reports whether a tail may follow a stem, and whether it means several or none.
func ending(language, tail string) (plural, none, ok bool) {
	if tail == "" {
		return false, false, true
	}
	if language == "tr" {
		return turkish(fold(tail))
	}
	return slices.Contains(plurals[language], tail), false, slices.Contains(endings[language], tail)
}

// turkishPieces are the endings of Turkish, which stand one behind the other; without accents.
var turkishPieces = strings.Fields("lar ler larin lerin siz suz li lu lik luk daki deki taki teki dan den tan ten nda nde ndan nden da de ta te nin nun " +
	"yla yle la le yi yu ya ye na ne ni nu si su sin in un im um i u a e n cik cuk ca ce ki")

func turkish(tail string) (plural, none, ok bool) {
	if tail == "" {
		return false, false, true
	}
	for _, piece := range turkishPieces {
		rest, found := strings.CutPrefix(tail, piece)
		if !found {
			continue
		}
		if plural, none, ok := turkish(rest); ok {
			return plural || strings.HasPrefix(piece, "lar") || strings.HasPrefix(piece, "ler"), none || piece == "siz" || piece == "suz", true
		}
	}
	return false, false, false
}

// hints are letters only one language has.
var hints = map[rune]string{'ş': "tr", 'ğ': "tr", 'ı': "tr", 'ç': "tr", 'ß': "de", 'ä': "de", 'ñ': "es", '¿': "es", 'í': "es", 'ó': "es", 'á': "es"}

// language guesses what a prompt of Latin letters is written in: by letters, small words, and words that are known.
func (d *dictionary) language(tokens []string) string {
	best, most := "en", 0
	for _, l := range []string{"en", "de", "es", "tr"} {
		points := 0
		for _, t := range tokens {
			for _, r := range t {
				if hints[r] == l {
					points += 2
				}
			}
			w, ok := d.by[l].find(t, l)
			switch {
			case ok && w.role == small && w.name != "skip":
				points += 3
			case ok:
				points += 2
			case l == "de" && len(d.split(t)) > 1:
				points++
			}
		}
		if points > most {
			best, most = l, points
		}
	}
	return best
}
