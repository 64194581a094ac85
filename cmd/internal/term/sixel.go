package term

import (
	"fmt"
	"image"
	"image/color/palette"
	"strings"

	"golang.org/x/image/draw"
)

// sixel draws in bands of six rows; in a band, color by color over the same rows ($), each byte six pixels below each
// other, runs as !count. Colors are registers, set in percent.
func sixel(b *strings.Builder, img image.Image) {
	p := image.NewPaletted(img.Bounds(), palette.Plan9)
	draw.FloydSteinberg.Draw(p, p.Rect, img, img.Bounds().Min)
	fmt.Fprintf(b, "\x1bPq\"1;1;%d;%d", p.Rect.Dx(), p.Rect.Dy())
	for i, c := range p.Palette {
		r, g, bl, _ := c.RGBA()
		fmt.Fprintf(b, "#%d;2;%d;%d;%d", i, r*100/0xffff, g*100/0xffff, bl*100/0xffff)
	}
	for y := 0; y < p.Rect.Dy(); y += 6 {
		for color, columns := range bandOf(p, y) {
			if columns == nil {
				continue
			}
			fmt.Fprintf(b, "#%d", color)
			runs(b, columns)
			b.WriteByte('$')
		}
		b.WriteByte('-')
	}
	b.WriteString("\x1b\\\n")
}

// bandOf has, for each color in use, the six bits of each column.
func bandOf(p *image.Paletted, top int) *[256][]byte {
	var band [256][]byte
	for y := top; y < min(top+6, p.Rect.Dy()); y++ {
		for x := range p.Rect.Dx() {
			color := p.ColorIndexAt(x, y)
			if band[color] == nil {
				band[color] = make([]byte, p.Rect.Dx())
			}
			band[color][x] |= 1 << (y - top)
		}
	}
	return &band
}

func runs(b *strings.Builder, columns []byte) {
	for i := 0; i < len(columns); {
		n := 1
		for i+n < len(columns) && columns[i+n] == columns[i] {
			n++
		}
		char := '?' + columns[i]
		if n > 3 {
			fmt.Fprintf(b, "!%d%c", n, char)
		} else {
			b.WriteString(strings.Repeat(string(rune(char)), n))
		}
		i += n
	}
}
