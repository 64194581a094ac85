package shop

import "testing"

// FuzzParse: a file of packs is refused, or all that it sells can be sold.
func FuzzParse(f *testing.F) {
	f.Add(defaultYAML)
	for _, s := range []string{"packs: []", "packs:\n- {id: a, stars: 1, credits: 1, title: {en: A}}", "packs:\n- &a {id: a}\n- *a", "packs: {a: [*x]}", "a: &a [*a]", "\x00", "packs:\n- {id: a, stars: 1e9}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		packs, err := Parse(text)
		if err != nil {
			return
		}
		seen := make(map[string]bool)
		for _, p := range packs {
			if seen[p.ID] || p.Stars < 1 || p.Stars > maxStars || p.Credits() < 1 || p.Title("en") == "" {
				t.Errorf("%+v", p)
			}
			seen[p.ID] = true
		}
		if len(packs) == 0 || len(packs) > maxPacks {
			t.Errorf("%d packs", len(packs))
		}
	})
}
