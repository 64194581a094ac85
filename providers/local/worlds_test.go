package local

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestWorlds(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"abstract blue": worldAbstract, "geometrische Muster": worldAbstract, "портрет короля": worldPortrait, "retrato de una reina": worldPortrait, "bir kedi portresi": worldPortrait,
		"octopus": worldUnderwater, "рыбы": worldUnderwater, "deniz altında bir balık": worldUnderwater, "a fish in the lake": worldLandscape,
		"nebula": worldSpace, "Rakete und Planeten": worldSpace, "an astronaut in the forest": worldLandscape, "a planet over the mountains": worldLandscape, "космонавт на луне": worldSpace,
		"комната с камином": worldRoom, "a cat on the windowsill": worldRoom, "Küche": worldRoom, "un sillón y una lámpara": worldRoom, "Haus mit Fenster am See": worldLandscape,
		"ваза": worldTable, "eine Tasse Tee": worldTable, "still life": worldTable, "a mouse and a cup": worldLandscape, "elma ve armut": worldTable, "an apple on a hill": worldLandscape,
		"quantum entanglement": worldLandscape, "": worldLandscape,
	}
	d := newDictionary()
	for prompt, want := range tests {
		if got := understand(d, prompt, "").world(); got != want {
			t.Errorf("%q: %s, want %s", prompt, got, want)
		}
	}
}

// scenery is what is drawn by code of its own and not from a table.
var scenery = []string{
	"moon", "crescent", "sun", "stars", "galaxy", "space", "comet", "aurora", "rainbow", "clouds", "mountains", "volcano", "canyon", "waterfall", "hills", "field",
	"flowers", "forest", "jungle", "tree", "sea", "beach", "island", "lake", "underwater", "desert", "city", "street", "village", "market", "room", "kitchen", "library",
	"cafe", "window", "planet",
}

// TestEveryWordIsDrawn looks for rows nobody can draw, and paints every place under some sky.
func TestEveryWordIsDrawn(t *testing.T) {
	t.Parallel()
	n := int64(0)
	for line := range strings.Lines(animalWords + peopleWords + placeWords + objectWords) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		if got := strings.Count(rest, "/"); got != len(languages)-1 {
			t.Errorf("%s: %d languages", name, got+1)
		}
		_, drawn := drawn(feature{name: name})
		if !drawn && !slices.Contains(scenery, name) {
			t.Errorf("nobody can draw %q", name)
		}
		if slices.Contains(scenery, name) {
			n++
			img := paint(t, strings.Trim(strings.Fields(rest)[0], "=-+")+[]string{"", " night", " rain", " snow", " fog", " storm"}[n%6], n, 96, 64)
			if colors(img) < 150 {
				t.Errorf("%s: a picture of %d colors", name, colors(img))
			}
		}
	}
}

// TestPeople builds every kind of person, plain and with everything on.
func TestPeople(t *testing.T) {
	t.Parallel()
	all := []worn{{"hair", "red"}, {"beard", ""}, {"dress", "blue"}, {"glasses", ""}, {"scarf", "green"}, {"hat", "black"}, {"umbrella", "red"}}
	for name := range people {
		for _, wears := range [][]worn{nil, all, all[:2]} {
			d, ok := drawn(feature{name: name, wears: wears})
			if !ok {
				t.Errorf("nobody can draw %s", name)
			}
			for i, v := range d.parts {
				for _, path := range (&painting{}).path(v, placed{size: 100}) {
					for _, p := range path {
						if math.IsNaN(p.x) || math.IsNaN(p.y) || math.Abs(p.x) > 60 || p.y < -105 || p.y > 4 {
							t.Errorf("%s part %d: point %v is outside the box", name, i, p)
						}
					}
				}
			}
		}
	}
}

// TestUnknownWords asks for a view with something in it, another one for other words.
func TestUnknownWords(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, prompt := range []string{"quantum justice", "философия", "Sehnsucht", "melankoli", "entropía", "zorp", "blarg fnord", "xyzzy"} {
		p := study(t, prompt, "", 1, 64)
		if len(p.scene.features) < 2 {
			t.Errorf("%q shows %s", prompt, tell(p.scene))
		}
		seen[tell(p.scene)] = true
	}
	if len(seen) < 5 {
		t.Errorf("only %d views", len(seen))
	}
}

// TestClothes looks for what somebody wears where it belongs.
func TestClothes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		prompt, color string
		y0, y1        float64 // of the wearer's box
	}{
		{"a penguin with a red scarf", "red", 0.35, 0.65}, {"panda with a green hat", "green", -0.15, 0.3}, {"Mädchen in einem blauen Kleid", "blue", 0.45, 0.95}, {"мальчик с рыжими волосами", "orange", 0, 0.4},
	}
	for _, tt := range tests {
		p := study(t, tt.prompt, "", 3, 160)
		o := p.found[slices.IndexFunc(p.found, func(o object) bool { return alive(o.name) })]
		high := float64(o.y1 - o.y0)
		part := o
		part.y0, part.y1 = max(0, o.y0+int(high*tt.y0)), o.y0+int(high*tt.y1)
		if got := shareOf(p.picture(), part, tt.color); got < 0.08 {
			t.Errorf("%q: %.2f is %s", tt.prompt, got, tt.color)
		}
	}
}
