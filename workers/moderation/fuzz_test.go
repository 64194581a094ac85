package moderation

import "testing"

// FuzzParse: a file of rules is refused, or judges whatever is said; what is refused names no rule that is kept.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"lists: {a: {en: [fox, 'red fox*', '=Fox']}}\nrules:\n- {name: foxes, category: violence, action: refuse, any: [a]}",
		"rules: []", "rules:\n- {name: a, any: [b]}", "lists: {a: {en: ['*', '**', '', '|', '(', '\\x00']}}\nrules:\n- {name: aa, category: sexual, action: block, all: [a, a], within: 1}",
		"a: &a [*a]", "lists: {a: {en: ['a (b|c) d?']}}",
	} {
		f.Add([]byte(s), "a red fox (b|c) d")
	}
	f.Fuzz(func(t *testing.T, text []byte, said string) {
		if len(text) > 4<<10 || len(said) > 4<<10 {
			return
		}
		r, err := Parse(text)
		if err != nil {
			return
		}
		v := r.Judge(said)
		if v.Action != Pass && v.Action != Refuse && v.Action != Block || (v.Action == Pass) != (v.Rule == "") {
			t.Errorf("%+v", v)
		}
		if len(r.Names()) == 0 {
			t.Error("rules without a rule let everything pass")
		}
	})
}
