package moderation

import "unicode"

// fold is a letter without its case, and as the letters it is written with where there is no key for it.
func fold(r rune) []rune {
	switch r {
	case 'ß', 'ẞ':
		return []rune{'s', 's'}
	case 'æ', 'Æ':
		return []rune{'a', 'e'}
	case 'œ', 'Œ':
		return []rune{'o', 'e'}
	}
	if to, ok := drawn(r); ok {
		return []rune{to}
	}
	if to, ok := oneLetter[r]; ok {
		return []rune{to}
	}
	return []rune{unicode.ToLower(unicode.ToUpper(r))} // there and back: Greek's two sigmas are one
}

func lower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// latinFor is the Latin letter that a letter looks like, or else its small form.
func latinFor(r, folded rune) rune {
	if to, ok := looksLike[r]; ok {
		return to
	}
	return looksLike[folded]
}

// drawn letters are signs: flags' halves, squares and disks.
func drawn(r rune) (rune, bool) {
	for _, first := range []rune{'🇦', '🅐', '🅰'} {
		if r >= first && r < first+26 {
			return 'a' + r - first, true
		}
	}
	return 0, false
}

// oneLetter are letters that no decomposition takes apart.
var oneLetter = map[rune]rune{
	'ı': 'i', 'ø': 'o', 'Ø': 'o', 'đ': 'd', 'Đ': 'd', 'ł': 'l', 'Ł': 'l', 'ħ': 'h', 'Ħ': 'h', 'ŧ': 't', 'Ŧ': 't', 'ɑ': 'a', 'ɡ': 'g', 'ɩ': 'i',
	'ƀ': 'b', 'ɓ': 'b', 'ɗ': 'd', 'ɛ': 'e', 'Ɛ': 'e', 'ə': 'e', 'Ə': 'e', 'ɔ': 'o', 'ƙ': 'k', 'ɲ': 'n', 'ƞ': 'n', 'ɾ': 'r', 'ʋ': 'v', 'ʏ': 'y', 'ƶ': 'z',
	'ᴀ': 'a', 'ʙ': 'b', 'ᴄ': 'c', 'ᴅ': 'd', 'ᴇ': 'e', 'ꜰ': 'f', 'ɢ': 'g', 'ʜ': 'h', 'ɪ': 'i', 'ᴊ': 'j', 'ᴋ': 'k', 'ʟ': 'l', 'ᴍ': 'm', 'ɴ': 'n', 'ᴏ': 'o',
	'ᴘ': 'p', 'ʀ': 'r', 'ꜱ': 's', 'ᴛ': 't', 'ᴜ': 'u', 'ᴠ': 'v', 'ᴡ': 'w', 'ᴢ': 'z',
}

// looksLike is the Latin letter that one of another alphabet can be taken for. Capitals and small letters differ: Ν is an N
// and ν a v.
var looksLike = pairs(
	"авьсԁеёгһніїјкӏмпорԛѕтихуѵԝз", "abbcdeerhhiijklmnopqstuxyvwz",
	"АВЕЁКМНОРСТУХІЇЈЅԚԜҺӀЗП", "abeekmhopctyxiijsqwhlzn",
	"αβεικνορτυχγηωσμ", "abeikvoptuxynwou",
	"ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abezhikmnoptyx",
	"օոսհցյ", "onuhgj",
	"\u13aa\u13df\u13ac\u13bb\u13ab\u13e6\u13de\u13b7\u13e2\u13d2\u13da\u13a2\u13d9\u13b3\u13c3", "acehjklmprstvwz", // Cherokee
)

// cyrillicLike is the Russian letter that a Latin letter or a digit can be taken for.
var cyrillicLike = pairs("abcehkmnoprtuxyz0346", "авсенкмпоргтихузозчб")

// oddCyrillic are letters that no Russian or Ukrainian word has, and that look Latin.
const oddCyrillic = "ѕјԁԛԝһӏ"

// leet are the letters that digits stand for. One is an i or an l.
var (
	leet  = pairs("0134567892", "oieasgtbgz")
	leetL = pairs("0134567892", "oleasgtbgz")
	// leetCyrillic is the other way to read them in a Russian word; cyrillicLike has the first.
	leetCyrillic = pairs("0346", "оеаб")
)

// signs stand for letters: the first ones wherever they touch a word, the others only inside of one.
var (
	letterSigns = pairs("@$€", "ase")
	innerSigns  = pairs("!|+¡", "iiti")
)

// pairs maps the letters of every first string to those of the second.
func pairs(both ...string) map[rune]rune {
	m := make(map[rune]rune)
	for i := 0; i+1 < len(both); i += 2 {
		to := []rune(both[i+1])
		for n, r := range []rune(both[i]) {
			m[r] = to[n]
		}
	}
	return m
}
