package local

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
)

// edited is the postcard, 240 by 160, after the changes a prompt asks for.
func edited(t *testing.T, p *Provider, prompt string) *canvas {
	t.Helper()
	c := postcard(t.Context(), 240, 160)
	for _, apply := range p.steps(providers.Request{Prompt: prompt}, 1) {
		apply(c)
	}
	if len(c.pix) != c.w*c.h {
		t.Fatalf("%q: %d pixels of %dx%d", prompt, len(c.pix), c.w, c.h)
	}
	for _, k := range c.pix {
		if k != k.clamped() {
			t.Fatalf("%q: color %v", prompt, k)
		}
	}
	return c
}

// The parts of the postcard, as cells of a grid of eight by eight.
func (c *canvas) topLeft() ink { return c.patch(0, 0, 8) }
func (c *canvas) ball() ink    { return c.patch(3, 3, 8) }
func (c *canvas) lawn() ink    { return c.patch(0, 7, 8) }
func (c *canvas) all() ink     { return c.patch(0, 0, 1) }

// TestEditsInFiveLanguages asks for each change in five languages and looks at the pixels.
func TestEditsInFiveLanguages(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	was := postcard(t.Context(), 240, 160)
	tests := []struct {
		desc    string
		prompts []string
		is      func(c *canvas) bool
	}{
		{
			"blue",
			[]string{"make it blue", "сделай синим", "mach es blau", "mavi yap", "hazlo azul"},
			func(c *canvas) bool { return c.lawn().b > c.lawn().g && c.ball().b > c.ball().r },
		},
		{
			"gray",
			[]string{"black and white", "сделай чёрно-белым", "schwarz-weiß", "siyah beyaz yap", "en blanco y negro"},
			func(c *canvas) bool { return c.all().chroma() < 600 },
		},
		{
			"sepia",
			[]string{"sepia", "сепия", "in Sepia", "sepya", "tono sepia"},
			func(c *canvas) bool {
				return c.topLeft().r > c.topLeft().b && c.lawn().r > c.lawn().g && c.lawn().g > c.lawn().b
			},
		},
		{
			"warmer",
			[]string{"warmer", "теплее", "wärmer", "daha sıcak", "más cálido"},
			func(c *canvas) bool { return c.all().r-c.all().b > was.all().r-was.all().b+6000 },
		},
		{
			"colder",
			[]string{"cooler colors", "холоднее", "kälter", "daha soğuk", "más frío"},
			func(c *canvas) bool { return c.all().b-c.all().r > was.all().b-was.all().r+6000 },
		},
		{
			"brighter",
			[]string{"brighten it", "посветлее", "heller", "parlaklaştır", "más claro"},
			func(c *canvas) bool { return c.all().luma() > was.all().luma()+5000 },
		},
		{
			"darker",
			[]string{"darker please", "потемнее", "dunkler", "karart", "oscurece la foto"},
			func(c *canvas) bool { return c.all().luma() < was.all().luma()-5000 },
		},
		{
			"contrast",
			[]string{"more contrast", "больше контраста", "mehr Kontrast", "kontrastı artır", "más contraste"},
			func(c *canvas) bool { return c.topLeft().b-c.topLeft().r > was.topLeft().b-was.topLeft().r },
		},
		{
			"mirrored",
			[]string{"flip it", "отрази", "spiegeln", "aynala", "espejo"},
			func(c *canvas) bool { return c.w == was.w && c.pix[c.w-1] == was.pix[0] },
		},
		{
			"turned",
			[]string{"rotate left", "поверни влево", "nach links drehen", "sola döndür", "gira a la izquierda"},
			func(c *canvas) bool { return c.w == 160 && c.h == 240 && c.patch(7, 0, 8).g > c.patch(7, 0, 8).b },
		},
		{
			"square",
			[]string{"crop to a square", "обрежь квадратом", "quadratisch zuschneiden", "kare kırp", "recórtala cuadrada"},
			func(c *canvas) bool { return c.w == 160 && c.h == 160 },
		},
		{
			"the left half",
			[]string{"crop the left half", "левую половину", "die linke Hälfte", "sol yarısı", "la mitad izquierda"},
			func(c *canvas) bool { return c.w == 120 && c.h == 160 && c.pix[0] == was.pix[0] },
		},
		{
			"upright",
			[]string{"portrait orientation", "портретный формат", "Hochformat", "dikey format", "formato vertical"},
			func(c *canvas) bool { return c.w == 120 && c.h == 160 },
		},
		{
			"closer",
			[]string{"zoom in", "приблизь", "näher heran", "yakınlaştır", "acerca la imagen"},
			func(c *canvas) bool { return c.w == 160 && c.h == 106 },
		},
		{
			"white behind",
			[]string{"white background", "белый фон", "weißer Hintergrund", "beyaz arka plan", "fondo blanco"},
			func(c *canvas) bool { return c.topLeft().luma() > 62000 && c.ball().r > 2*c.ball().g },
		},
		{
			"blurred behind",
			[]string{
				"blur the background", "размой фон", "den Hintergrund unscharf machen", "arka planı bulanıklaştır", "desenfoca el fondo",
			},
			func(c *canvas) bool { return c.busyLawn() < was.busyLawn()/3 && c.ball().r > 2*c.ball().g },
		},
		{
			"on a beach",
			[]string{
				"replace the background with a beach", "замени фон на пляж", "ersetze den Hintergrund durch einen Strand",
				"arka planı plaj yap", "cambia el fondo por una playa",
			},
			func(c *canvas) bool {
				return c.topLeft() != was.topLeft() && c.lawn() != was.lawn() && c.ball().r > 2*c.ball().g
			},
		},
		{
			"night",
			[]string{"make it night", "сделай ночь", "bei Nacht", "gece yap", "de noche"},
			func(c *canvas) bool { return c.all().luma() < was.all().luma()/2 && c.topLeft().b > c.topLeft().r },
		},
		{
			"sunset",
			[]string{"at sunset", "на закате", "Sonnenuntergang", "gün batımı", "al atardecer"},
			func(c *canvas) bool { return c.all().r > c.all().b && c.patch(1, 4, 8).r > c.patch(1, 4, 8).b },
		},
		{
			"winter",
			[]string{"winter", "зимой", "im Winter", "kış", "en invierno"},
			func(c *canvas) bool {
				return c.lawn().luma() > was.lawn().luma()+9000 && c.lawn().chroma() < was.lawn().chroma()
			},
		},
		{
			"autumn",
			[]string{"autumn", "осень", "Herbst", "sonbahar", "otoño"},
			func(c *canvas) bool { return c.lawn().r > c.lawn().g },
		},
		{
			"foggy",
			[]string{"add fog", "туман", "Nebel", "sis ekle", "niebla"},
			func(c *canvas) bool {
				return c.lawn().chroma() < was.lawn().chroma()*7/8 && c.lawn().luma() > was.lawn().luma()
			},
		},
		{
			"rainy",
			[]string{"rain", "дождь", "Regen", "yağmur", "lluvia"},
			func(c *canvas) bool {
				return c.all().luma() < was.all().luma() && c.all().chroma() < was.all().chroma()
			},
		},
		{
			"framed",
			[]string{"add a frame", "рамка", "mit Rahmen", "çerçeve ekle", "ponle un marco"},
			func(c *canvas) bool { return c.pix[3*c.w+3].luma() > 55000 && c.pix[(c.h-4)*c.w+3].luma() > 55000 },
		},
		{
			"under a pink sky",
			[]string{"make the sky pink", "розовое небо", "rosa Himmel", "gökyüzünü pembe yap", "cielo rosa"},
			func(c *canvas) bool { return c.topLeft().r > c.topLeft().b && c.lawn().g > c.lawn().r },
		},
		{
			"with a cat",
			[]string{"add a cat on the left", "добавь кота слева", "füge links eine Katze hinzu", "sola bir kedi ekle", "añade un gato a la izquierda"},
			func(c *canvas) bool {
				return c.patch(1, 6, 8).far(was.patch(1, 6, 8)) > 40000 && c.ball() == was.ball()
			},
		},
		{
			"in pixels",
			[]string{"pixel art", "пиксельно", "verpixeln", "piksel sanatı", "pixelado"},
			func(c *canvas) bool { return inGrid(c, 3) },
		},
		{
			"several at once",
			[]string{
				"flip it, sepia, add a frame", "отрази, сепия и рамка", "spiegeln, Sepia, Rahmen", "aynala, sepya, çerçeve", "voltéala, sepia y marco",
			},
			func(c *canvas) bool {
				return c.pix[3*c.w+3].luma() > 55000 && c.lawn().r > c.lawn().g && c.ball().r > c.ball().b
			},
		},
	}
	seen := make(map[string]bool) // what is understood alike is done alike, and drawn once
	for _, tt := range tests {
		for _, prompt := range tt.prompts {
			wish := tt.desc + " " + wishOf(p, prompt)
			if seen[wish] {
				continue
			}
			seen[wish] = true
			if c := edited(t, p, prompt); !tt.is(c) {
				t.Errorf("%q is not %s: %dx%d sky %v ball %v lawn %v", prompt, tt.desc, c.w, c.h, c.topLeft(), c.ball(), c.lawn())
			}
		}
	}
}

// wishOf is all that the steps of an edit are chosen by.
func wishOf(p *Provider, prompt string) string {
	looks, rest := p.looks.words.find(prompt)
	asked, rest := p.changes.find(rest)
	s := understand(p.dict, rest, "")
	return fmt.Sprint(looks, asked, tell(s))
}

// busyLawn is how much neighbors differ in the lower left.
func (c *canvas) busyLawn() int64 {
	sum := int64(0)
	for y := c.h * 7 / 8; y < c.h; y++ {
		for x := 1; x < c.w/8; x++ {
			sum += c.pix[y*c.w+x].far(c.pix[y*c.w+x-1])
		}
	}
	return sum
}

// TestUnknownChangesKeepThePicture: what the painter does not understand changes the light and nothing else.
func TestUnknownChangesKeepThePicture(t *testing.T) {
	t.Parallel()
	c, was := edited(t, New(Options{}), "frobnicate the zorp"), postcard(t.Context(), 240, 160)
	if c.w != was.w || c.h != was.h {
		t.Fatalf("%dx%d", c.w, c.h)
	}
	if c.topLeft() == was.topLeft() {
		t.Error("nothing changed")
	}
	if c.topLeft().luma() < c.lawn().luma() || c.ball() == c.topLeft() {
		t.Error("the picture is not to be recognized")
	}
}

// TestChangesAreDone keeps the words and the tables of steps together.
func TestChangesAreDone(t *testing.T) {
	t.Parallel()
	var said, done []string
	for _, w := range changes() {
		said = append(said, w.name)
	}
	for _, table := range []map[string]step{shapes(), tones(), frames()} {
		for name := range table {
			done = append(done, name)
		}
	}
	done = append(done, "add", "ground", "ground blur", "sky")
	slices.Sort(said)
	slices.Sort(done)
	if diff := cmp.Diff(done, said); diff != "" {
		t.Errorf("changes done and said (-done +said):\n%s", diff)
	}
}

// TestWishesCanBeFound: prompts are folded before they are compared, so the words must be too.
func TestWishesCanBeFound(t *testing.T) {
	t.Parallel()
	for _, v := range []phrasebook{newLooks().words, newPhrasebook(changes())} {
		for key, all := range v.first {
			for _, s := range all {
				for _, w := range s.words {
					if w != fold(strings.ToLower(w)) || !strings.HasPrefix(s.words[0], key) {
						t.Errorf("%s: %q is never found", s.name, w)
					}
				}
			}
		}
	}
}

func TestMatteFindsTheBall(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{240, 160}, {160, 240}, {320, 320}} {
		c := postcard(t.Context(), size[0], size[1])
		m := c.matte()
		looked, wrong := 0, 0
		for i := range c.pix {
			dx, dy, r := i%c.w-c.w/2, i/c.w-c.h/2, min(c.w, c.h)/4
			d := dx*dx + dy*dy
			if d > r*r*8/10 && d < r*r*13/10 {
				continue // the edge
			}
			looked++
			if (m.v[i] < 128) != (d > r*r) {
				wrong++
			}
		}
		if wrong*12 > looked {
			t.Errorf("%v: %d of %d pixels on the wrong side", size, wrong, looked)
		}
	}
}

func TestSkyIsFoundOnlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	c := postcard(t.Context(), 240, 160)
	sky, ok := c.skyOf()
	if !ok || sky.get(5, 5) < 200 || sky.get(5, 150) > 60 || sky.get(120, 80) > 60 {
		t.Errorf("sky %v: above %d, below %d, ball %d", ok, sky.get(5, 5), sky.get(5, 150), sky.get(120, 80))
	}
	each(func(ink) ink { return hex(0x604020) })(c)
	if _, ok := c.skyOf(); ok {
		t.Error("a brown wall is a sky")
	}
}
