package local

import (
	"context"
	"crypto/sha256"
	encodinghex "encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"
)

// postcard is a picture with everything a style may look at: a sky, a textured ground, a red ball in the middle with a
// dark line around it.
func postcard(ctx context.Context, w, h int) *canvas {
	c := newCanvas(ctx, w, h)
	c.recolor(func(x, y int, _ ink) ink {
		k := mix(hex(0x3a78d0), hex(0xd8ecf8), int32(y*opaque*5/(h*3)))
		if y > h*3/5 {
			k = mix(hex(0x3f8a3c), hex(0x2a6030), int32(hash2(x/3, y/3, 1)>>25))
		}
		dx, dy, r := x-w/2, y-h/2, min(w, h)/4
		switch d := dx*dx + dy*dy; {
		case d < r*r*9/10:
			k = mix(hex(0xe03428), hex(0x90181c), int32(max(dx+dy, 0)*120/r))
		case d < r*r:
			k = hex(0x301010)
		}
		return k
	})
	return c
}

func styled(t *testing.T, name string, side int) *canvas {
	t.Helper()
	all := styles()
	i := slices.IndexFunc(all, func(s style) bool { return s.name == name })
	c := postcard(t.Context(), side, side)
	all[i].paint(c, newDice("", 1, "style"))
	return c
}

// TestStyles pins what every style makes of the postcard, the same on every processor, and measures what makes each style
// what it is.
func TestStyles(t *testing.T) {
	t.Parallel()
	golden := map[string]string{
		"gouache": "53e284310d183231", "watercolor": "af3b554a759c2934", "ink": "e5630f64dff7fabe", "oil": "ee420333b55772aa",
		"pastel": "1e59b6de77462e11", "pencil": "7aeb539f65789ff3", "woodcut": "287058b99e3000ce", "poster": "0bc50f352f2b9fde",
		"comic": "53274ec34791a362", "pixel": "8c53efe0506514e5", "lowpoly": "2fd00cc8e0a38928", "glass": "c0ed18b8a2b1f2a0",
		"cutout": "25a5afed74adc142", "blueprint": "7040695e06d1b69f", "neon": "4b7584682ac9e8b0", "vintage": "25684f512335deb0",
	}
	const side = 256
	share := func(c *canvas, is func(k ink) bool) int {
		n := 0
		for _, k := range c.pix {
			if is(k) {
				n++
			}
		}
		return n * 100 / len(c.pix)
	}
	corner := func(c *canvas) ink { return c.pix[2*c.w+2] }
	isPaper := func(k ink) bool { return k.luma() > 52000 && k.chroma() < 9000 }
	tests := map[string]func(c *canvas) bool{
		"watercolor": func(c *canvas) bool { return isPaper(corner(c)) && share(c, isPaper) > 8 },
		"ink":        func(c *canvas) bool { return share(c, func(k ink) bool { return k.chroma() < 8000 }) > 55 },
		"oil":        func(c *canvas) bool { return rough(c) > 2*rough(postcard(t.Context(), side, side)) },
		"pastel":     func(c *canvas) bool { return rough(c) > 2*rough(postcard(t.Context(), side, side)) },
		"pencil": func(c *canvas) bool {
			return share(c, func(k ink) bool { return k.chroma() < 6000 }) > 98 && share(c, isPaper) > 15
		},
		"woodcut": func(c *canvas) bool {
			return share(c, func(k ink) bool { return k.luma() < 9000 || k.luma() > 50000 }) > 55
		},
		"poster": func(c *canvas) bool { return flats(c) > 70 },
		"comic": func(c *canvas) bool {
			return isPaper(corner(c)) && share(c, func(k ink) bool { return k.luma() < 5000 }) > 3
		},
		"pixel":   func(c *canvas) bool { return inGrid(c, 3) },
		"lowpoly": func(c *canvas) bool { return flats(c) > 70 },
		"glass": func(c *canvas) bool {
			return corner(c).luma() < 9000 && share(c, func(k ink) bool { return k.luma() < 12000 }) > 8
		},
		"cutout": func(c *canvas) bool { return rough(c) < 900 },
		"blueprint": func(c *canvas) bool {
			return share(c, func(k ink) bool { return k.b > k.r && k.b > k.g }) > 90 && share(c, func(k ink) bool { return k.luma() > 48000 }) > 1
		},
		"neon": func(c *canvas) bool {
			return share(c, func(k ink) bool { return k.luma() < 16000 }) > 50 && share(c, func(k ink) bool { return max(k.r, k.g, k.b) > 60000 }) > 1
		},
		"vintage": func(c *canvas) bool {
			return isPaper(corner(c)) && share(c, func(k ink) bool { return k.r > k.b }) > 85
		},
		"gouache": func(c *canvas) bool { return corner(c).luma() < postcard(t.Context(), side, side).pix[2*side+2].luma() },
	}
	for _, s := range styles() {
		c := styled(t, s.name, side)
		if is, ok := tests[s.name]; !ok || !is(c) {
			t.Errorf("%s does not look like itself", s.name)
		}
		sum := sha256.Sum256(c.picture().Pix)
		if got := encodinghex.EncodeToString(sum[:8]); got != golden[s.name] {
			t.Errorf("%q: %q,", s.name, got)
		}
	}
}

// rough is how much neighbors differ, on average.
func rough(c *canvas) int64 {
	sum := int64(0)
	for i := 1; i < len(c.pix); i++ {
		sum += int64(max(c.pix[i].luma()-c.pix[i-1].luma(), c.pix[i-1].luma()-c.pix[i].luma()))
	}
	return sum / int64(len(c.pix))
}

// flats is the share of pixels that are nearly as their neighbor, in percent.
func flats(c *canvas) int {
	n := 0
	for i := 1; i < len(c.pix); i++ {
		if c.pix[i].far(c.pix[i-1]) < 40000 {
			n++
		}
	}
	return n * 100 / len(c.pix)
}

func inGrid(c *canvas, side int) bool {
	colors := make(map[ink]bool)
	for i, k := range c.pix {
		x, y := i%c.w, i/c.w
		if k != c.pix[y/side*side*c.w+x/side*side] {
			return false
		}
		colors[k] = true
	}
	return len(colors) <= 16
}

func TestLooks(t *testing.T) {
	t.Parallel()
	l := newLooks()
	tests := []struct{ prompt, want, rest string }{
		{"a red fox under a full moon", "", "a red fox under a full moon"},
		{"a fox, watercolour", "watercolor", "a fox,"},
		{"лиса акварелью", "watercolor", "лиса"},
		{"ein Fuchs als Aquarell", "watercolor", "ein Fuchs als"},
		{"suluboya bir tilki", "watercolor", "bir tilki"},
		{"un zorro en acuarela", "watercolor", "un zorro en"},
		{"Ink drawing of a crane", "ink", "of a crane"},
		{"журавль тушью", "ink", "журавль"},
		{"Kranich, Tuschezeichnung", "ink", "Kranich,"},
		{"mürekkep ile bir turna", "ink", "ile bir turna"},
		{"grulla en tinta china", "ink", "grulla en"},
		{"oil painting of a boat", "oil", "of a boat"},
		{"лодка маслом", "oil", "лодка"},
		{"Boot als Ölgemälde", "oil", "Boot als"},
		{"yağlı boya tekne", "oil", "tekne"},
		{"barco al óleo", "oil", "barco"},
		{"пастель, море", "pastel", ", море"},
		{"Kreidezeichnung eines Hauses", "pastel", "eines Hauses"},
		{"pencil sketch of a cat", "pencil", "of a cat"},
		{"кот карандашом", "pencil", "кот"},
		{"Katze, Bleistiftzeichnung", "pencil", "Katze,"},
		{"karakalem kedi", "pencil", "kedi"},
		{"gato a lápiz", "pencil", "gato"},
		{"гравюра с горой", "woodcut", "с горой"},
		{"Holzschnitt: ein Berg", "woodcut", ": ein Berg"},
		{"grabado de una montaña", "woodcut", "de una montaña"},
		{"screen-print of a city", "poster", "of a city"},
		{"плакат с ракетой", "poster", "с ракетой"},
		{"roket afişi", "poster", "roket"},
		{"cartel de un cohete", "poster", "de un cohete"},
		{"комикс про робота", "comic", "про робота"},
		{"çizgi roman robot", "comic", "robot"},
		{"robot en cómic", "comic", "robot en"},
		{"pixel-art castle", "pixel", "castle"},
		{"замок, пиксель", "pixel", "замок,"},
		{"low-poly fox", "lowpoly", "fox"},
		{"лоу-поли лиса", "lowpoly", "лиса"},
		{"stained glass rose", "glass", "rose"},
		{"витраж с розой", "glass", "с розой"},
		{"vitray gül", "glass", "gül"},
		{"rosa, vidriera", "glass", "rosa,"},
		{"Buntglas mit Rose", "glass", "mit Rose"},
		{"paper cut-out of a deer", "cutout", "of a deer"},
		{"олень из бумаги", "cutout", "олень"},
		{"Scherenschnitt, Hirsch", "cutout", ", Hirsch"},
		{"kağıt kesme geyik", "cutout", "geyik"},
		{"ciervo de papel", "cutout", "ciervo"},
		{"blueprint of a ship", "blueprint", "of a ship"},
		{"чертёж корабля", "blueprint", "корабля"},
		{"Bauplan eines Schiffs", "blueprint", "eines Schiffs"},
		{"gemi, teknik çizim", "blueprint", "gemi,"},
		{"barco, dibujo técnico", "blueprint", "barco,"},
		{"неоновый город", "neon", "город"},
		{"vintage photo of a tram", "vintage", "of a tram"},
		{"старое фото трамвая", "vintage", "трамвая"},
		{"tranvía, foto antigua", "vintage", "tranvía,"},
		{"a cozy house in watercolor", "watercolor cozy", "a house in"},
		{"уютный дом", "cozy", "дом"},
		{"gemütliches Haus", "cozy", "Haus"},
		{"samimi ev", "cozy", "ev"},
		{"casa acogedora", "cozy", "casa"},
		{"жуткий лес", "spooky", "лес"},
		{"unheimlicher Wald", "spooky", "Wald"},
		{"ürkütücü orman", "spooky", "orman"},
		{"epic mountains, oil on canvas", "oil epic", "mountains,"},
		{"мрачное море", "gloomy", "море"},
		{"huzurlu göl", "calm", "göl"},
		{"lago sereno", "calm", "lago"},
		{"verträumter Garten", "dreamy", "Garten"},
	}
	for _, tt := range tests {
		names, rest := l.words.find(tt.prompt)
		slices.SortFunc(names, func(a, b string) int { return l.rank(a) - l.rank(b) })
		if got := strings.Join(names, " "); got != tt.want || rest != tt.rest {
			t.Errorf("%q: %q and %q, want %q and %q", tt.prompt, got, rest, tt.want, tt.rest)
		}
	}
}

// rank puts styles before moods.
func (l looks) rank(name string) int {
	if slices.ContainsFunc(l.styles, func(s style) bool { return s.name == name }) {
		return 0
	}
	return 1
}

func TestMoodsGrade(t *testing.T) {
	t.Parallel()
	seen := make(map[ink]string)
	for _, m := range moods() {
		c := postcard(t.Context(), 96, 96)
		m.grade(c)
		k := c.patch(0, 0, 1)
		if other, ok := seen[k]; ok {
			t.Errorf("%s is as %s", m.name, other)
		}
		seen[k] = m.name
	}
}

// asked is a context that counts how often it is asked, and is over after so many times.
type asked struct {
	context.Context
	times, limit int
}

func (a *asked) Err() error {
	if a.times++; a.times > a.limit {
		return context.Canceled
	}
	return nil
}

// TestStylesStop: a style looks often whether somebody still waits, and ends early when nobody does.
func TestStylesStop(t *testing.T) {
	t.Parallel()
	for _, s := range styles() {
		whole := &asked{Context: t.Context(), limit: 1 << 30}
		s.paint(postcard(whole, 320, 320), newDice("", 1, "style"))
		if whole.times < 40 {
			t.Errorf("%s looked %d times", s.name, whole.times)
		}
		short := &asked{Context: t.Context(), limit: 40}
		s.paint(postcard(short, 320, 320), newDice("", 1, "style"))
		if short.times > max(whole.times/2, 400) {
			t.Errorf("%s went on: %d of %d looks", s.name, short.times, whole.times)
		}
	}
}

// BenchmarkStyles says what a megapixel costs in each style, and how many times the plain scene that is.
func BenchmarkStyles(b *testing.B) {
	scene := understand(newDictionary(), "a red fox under a full moon", "")
	begin := time.Now()
	plain, err := draw(b.Context(), scene, 1, 1024, 1024)
	if err != nil {
		b.Fatal(err)
	}
	once := time.Since(begin)
	for _, s := range styles() {
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() {
				c := *plain
				c.pix = slices.Clone(plain.pix)
				s.paint(&c, newDice("", 1, "style"))
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(once), "scenes")
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/1.048576, "ns/megapixel")
		})
	}
}
