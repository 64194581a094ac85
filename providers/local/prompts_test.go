package local

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"testing"
)

// readings are what a prompt must be read as: "name", "name:color", "name:color*count", then "+wear:color" and "@side",
// "<rel to", "!does". States follow as "hour=…", "weather=…", "season=…", "tint=…", "setting=…", "not=…".
var readings = []struct{ prompt, want string }{
	{"a red boat on a green sea", "boat:red<on sea sea:green"},
	{"зелёная лодка на красном море", "boat:green<on sea sea:red"},
	{"ein rotes Boot auf einem grünen Meer", "boat:red<on sea sea:green"},
	{"yeşil denizde kırmızı bir tekne", "sea:green boat:red"},
	{"barco rojo en un mar verde", "boat:red<in sea sea:green"},
	{"the boat is red", "boat:red"},
	{"лодка красная, море зелёное", "boat:red sea:green"},
	{"three birds", "bird*3"},
	{"три птицы", "bird*3"},
	{"drei Vögel", "bird*3"},
	{"üç kuş", "bird*3"},
	{"tres pájaros", "bird*3"},
	{"две кошки", "cat*2"},
	{"a couple of dogs", "dog*2"},
	{"ein paar Hunde", "dog*2"},
	{"many fish", "fish*9"},
	{"kuşlar", "bird*3"},
	{"Katzen", "cat*3"},
	{"gatos", "cat*3"},
	{"лошади", "horse*3"},
	{"Vollmondnacht", "moon hour=night"},
	{"Sternenhimmel über dem Gebirgssee", "stars<above mountains mountains lake"},
	{"дождливая осенняя улица", "street weather=rain season=autumn"},
	{"ağacın altında uyuyan bir kedi", "tree cat<under tree!sleeping"},
	{"un gato debajo de un árbol", "cat<under tree tree"},
	{"кот под деревом", "cat<under tree tree"},
	{"eine Katze unter dem Baum", "cat<under tree tree"},
	{"a cat under a tree", "cat<under tree tree"},
	{"a bear on the left and a rabbit on the right", "bear@left rabbit@right"},
	{"слева медведь, справа заяц", "bear@left rabbit@right"},
	{"links ein Bär, rechts ein Hase", "bear@left rabbit@right"},
	{"solda bir ayı, sağda bir tavşan", "bear@left rabbit@right"},
	{"a dragon behind a castle", "dragon<behind castle castle"},
	{"ein Ritter vor der Burg", "knight<before castle castle"},
	{"perro delante de una casa", "dog<before house house"},
	{"mountains, no clouds", "mountains not=clouds"},
	{"горы без облаков", "mountains not=clouds"},
	{"Berge ohne Wolken", "mountains not=clouds"},
	{"bulutsuz dağlar", "mountains not=clouds"},
	{"montañas sin nubes", "mountains not=clouds"},
	{"a lake --no trees, moon", "lake not=crescent not=fir not=forest not=moon not=palm not=tree not=jungle"},
	{"a girl with red hair in a blue dress holding a yellow balloon", "girl+dress:blue+hair:red+toy balloon:yellow"},
	{"портрет девушки с рыжими волосами", "woman+hair:orange setting=portrait"},
	{"mavi elbiseli bir kız", "girl+dress:blue"},
	{"niña con un globo rojo", "girl+toy balloon:red"},
	{"мальчик с синим шарфом", "boy+scarf:blue"},
	{"ein Fuchs mit einem grünen Hut", "fox+hat:green"},
	{"a fox wearing glasses and a red scarf", "fox+glasses+scarf:red"},
	{"owl reading a book", "owl+book!reading"},
	{"спящий кот на диване", "cat<on sofa!sleeping sofa"},
	{"ein schlafender Hund", "dog!sleeping"},
	{"un dragón volando", "dragon!flying"},
	{"a tiny mouse and a huge elephant", "mouse~-1 elephant~1"},
	{"astronaut riding a horse", "astronaut<on horse!riding horse"},
	{"siyah kedi ve beyaz köpek", "cat:black dog:white"},
	{"gato negro y perro blanco", "cat:black dog:white"},
	{"schwarze Katze und weißer Hund", "cat:black dog:white"},
	{"чёрный кот и белая собака", "cat:black dog:white"},
	{"golden hour in the canyon", "canyon hour=sunset"},
	{"на закате", "hour=sunset"},
	{"günbatımında plaj", "beach hour=sunset"},
	{"purple night", "hour=night tint=purple"},
	{"abstract geometric pattern", "setting=abstract"},
	{"red zorp next to a blue cat", "cat:blue tint=red"},
	{"северное сияние над льдиной", "aurora<above iceberg iceberg"},
}

func TestUnderstand(t *testing.T) {
	t.Parallel()
	d := newDictionary()
	for _, tt := range readings {
		got, want := strings.Fields(tell(understand(d, tt.prompt, ""))), strings.Fields(parts(tt.want))
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q:\n got %v\nwant %v", tt.prompt, got, want)
		}
	}
}

// tell is a scene in the notation of readings.
func tell(s *scene) string {
	var out []string
	for _, f := range s.features {
		var more []string
		if f.color != "" {
			more = append(more, ":"+f.color)
		}
		if f.count > 1 && !slices.Contains(pairs, f.name) {
			more = append(more, fmt.Sprintf("*%d", f.count))
		}
		if f.size != 0 {
			more = append(more, fmt.Sprintf("~%d", f.size))
		}
		for _, w := range f.wears {
			more = append(more, "+"+strings.TrimSuffix(w.name+":"+w.color, ":"))
		}
		if f.side != "" {
			more = append(more, "@"+f.side)
		}
		if f.rel != "" {
			more = append(more, "<"+f.rel+" "+f.to)
		}
		if f.does != "" {
			more = append(more, "!"+f.does)
		}
		text := f.name + strings.Join(more, "")
		out = append(out, strings.ReplaceAll(text, " ", "_"))
	}
	for key, v := range map[string]string{"hour": s.hour, "weather": s.weather, "season": s.season, "tint": s.tint, "setting": s.setting} {
		if v != "" {
			out = append(out, key+"="+v)
		}
	}
	for _, v := range s.banned {
		out = append(out, "not="+v)
	}
	return strings.Join(out, " ")
}

// parts joins the words of the table that belong together.
func parts(want string) string {
	for _, pre := range []string{"<on ", "<in ", "<under ", "<behind ", "<before ", "<above ", "+toy "} {
		want = strings.ReplaceAll(want, pre, strings.ReplaceAll(pre, " ", "_"))
	}
	return want
}

func TestNegativePrompt(t *testing.T) {
	t.Parallel()
	s := understand(newDictionary(), "forest in the rain with a red fox and birds", "rain, trees, red, people")
	if s.with("forest") || s.weather != "" || !s.with("fox") || !s.not("woman") || !s.not("tree") {
		t.Errorf("understood %s", tell(s))
	}
	p := study(t, "a forest by a lake at night", "moon, trees", 2, 96)
	for _, o := range p.found {
		if o.name == "forest" || o.name == "tree" || o.name == "moon" {
			t.Errorf("there is a %s", o.name)
		}
	}
	if p.scene.with("moon", "crescent", "forest") {
		t.Errorf("completed to %s", tell(p.scene))
	}
}

// study paints a prompt and returns the painting, so that a test can look for things in it.
func study(t *testing.T, prompt, negative string, seed int64, side int) *painting {
	t.Helper()
	p := &painting{canvas: newCanvas(t.Context(), side, side), scene: understand(newDictionary(), prompt, negative), seed: seed}
	p.depict()
	return p
}

// TestColorsAreThere looks at the pixels of every thing whose color was said.
func TestColorsAreThere(t *testing.T) {
	t.Parallel()
	tests := []struct {
		prompt string
		share  float64 // of the pixels of the thing's box
	}{
		{"a red boat on a green sea", 0.1},
		{"зелёная лодка на красном море", 0.1},
		{"gelbes Boot auf lila Meer", 0.1},
		{"barco azul en un mar naranja", 0.1},
		{"a blue cat on a yellow field", 0.25},
		{"красный слон", 0.3},
		{"yeşil ejderha", 0.2},
		{"ein rosa Elefant", 0.3},
		{"zorro azul", 0.2},
		{"a purple owl", 0.2},
		{"a green robot", 0.15},
		{"blue car", 0.15},
		{"red house in the snow", 0.1},
		{"a pink octopus under water", 0.25},
		{"blauer Fisch", 0.2},
		{"yellow submarine", 0.2},
		{"a red apple", 0.35},
		{"зелёное яблоко", 0.35},
		{"blue teapot", 0.3},
		{"kırmızı bir fincan", 0.3},
		{"taza azul", 0.3},
		{"green rocket in space", 0.15},
		{"red planet", 0.3},
		{"a black cat and a white dog", 0.2},
		{"чёрный кот и белая собака", 0.2},
		{"blue armchair", 0.2},
		{"ein rotes Sofa", 0.2},
		{"a green horse", 0.15},
		{"portrait of a blue fox", 0.15},
	}
	for i, tt := range tests {
		p := study(t, tt.prompt, "", int64(i), 160)
		for _, f := range understand(newDictionary(), tt.prompt, "").features {
			if f.color == "" {
				continue
			}
			at := slices.IndexFunc(p.found, func(o object) bool { return o.name == f.name && o.color == f.color })
			if at < 0 {
				t.Errorf("%q: no %s %s among %v", tt.prompt, f.color, f.name, p.found)
				continue
			}
			if got := shareOf(p.picture(), p.found[at], f.color); got < tt.share {
				t.Errorf("%q: %.2f of the %s is %s, want %.2f", tt.prompt, got, f.name, f.color, tt.share)
			}
		}
	}
}

// shareOf is how much of an object's box has a color.
func shareOf(img *image.RGBA, o object, color string) float64 {
	like, all := 0, 0
	for y := o.y0; y < o.y1; y++ {
		for x := o.x0; x < o.x1; x++ {
			c := img.RGBAAt(x, y)
			all++
			if looksLike(float64(c.R), float64(c.G), float64(c.B), color) {
				like++
			}
		}
	}
	return float64(like) / float64(max(1, all))
}

func looksLike(r, g, b float64, color string) bool {
	hi, lo := max(r, g, b), min(r, g, b)
	switch color {
	case "black":
		return hi < 90
	case "white":
		return lo > 120 && hi-lo < 70
	}
	k := hex(tints[color])
	h, s := hueOf(r, g, b)
	want, _ := hueOf(float64(k.r), float64(k.g), float64(k.b))
	off := math.Abs(h - want)
	return s > 0.16 && min(off, 360-off) < 32
}

// hueOf is hue in degrees and saturation.
func hueOf(r, g, b float64) (float64, float64) {
	hi, lo := max(r, g, b), min(r, g, b)
	if hi == lo {
		return 0, 0
	}
	var h float64
	switch hi {
	case r:
		h = (g - b) / (hi - lo)
	case g:
		h = 2 + (b-r)/(hi-lo)
	default:
		h = 4 + (r-g)/(hi-lo)
	}
	return math.Mod(h*60+360, 360), (hi - lo) / hi
}

// TestThingsAreThere paints every word that can be drawn and asks for a thing of some size, more than a speck and not
// off the canvas, without which the picture differs.
func TestThingsAreThere(t *testing.T) {
	t.Parallel()
	d := newDictionary()
	var names []string
	for _, rows := range []string{animalWords, peopleWords, objectWords} {
		for line := range strings.Lines(rows) {
			if name, rest, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
				names = append(names, name+":"+strings.Trim(strings.Fields(rest)[0], "=-+"))
			}
		}
	}
	if len(names) < 110 {
		t.Fatalf("only %d things", len(names))
	}
	for i, v := range names {
		name, word, _ := strings.Cut(v, ":")
		p := study(t, "a "+word, "", int64(i), 96)
		at := slices.IndexFunc(p.found, func(o object) bool { return o.name == name })
		if at < 0 {
			t.Errorf("%q: no %s among %v, %s", word, name, p.found, tell(understand(d, "a "+word, "")))
			continue
		}
		o := p.found[at]
		if w, h := o.x1-o.x0, o.y1-o.y0; max(w, h) < 24 {
			t.Errorf("%q: %d by %d of 96 pixels", word, w, h)
		}
	}
}

// TestSidesAndCounts measures where things are and how many.
func TestSidesAndCounts(t *testing.T) {
	t.Parallel()
	for _, prompt := range []string{"a bear on the left and a rabbit on the right", "слева медведь, справа заяц", "sağda bir tavşan, solda bir ayı"} {
		p := study(t, prompt, "", 1, 128)
		x := make(map[string]int)
		for _, o := range p.found {
			x[o.name] = (o.x0 + o.x1) / 2
		}
		if x["bear"] == 0 || x["bear"] >= x["rabbit"] {
			t.Errorf("%q: %v", prompt, x)
		}
	}
	for prompt, want := range map[string]int{"three cats": 3, "две кошки": 2, "fünf Katzen": 5, "dört kedi": 4, "un gato": 1} {
		p := study(t, prompt, "", 1, 128)
		var boxes []object
		for _, o := range p.found {
			if o.name == "cat" {
				boxes = append(boxes, o)
			}
		}
		if len(boxes) != want {
			t.Errorf("%q: %d cats", prompt, len(boxes))
		}
		for i, a := range boxes {
			for _, b := range boxes[:i] {
				if over := min(a.x1, b.x1) - max(a.x0, b.x0); over > (a.x1-a.x0)/3 {
					t.Errorf("%q: cats stand in each other: %v %v", prompt, a, b)
				}
			}
		}
	}
}
