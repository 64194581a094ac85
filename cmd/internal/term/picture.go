package term

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/draw"
)

// The most a picture takes, in cells; a cell is about twice as high as wide.
const (
	pictureColumns = 56
	pictureRows    = 22
	// cellPixels is the width of a cell for protocols that take pixels: enough for screens of double density.
	cellPixels = 16
	// sixelPixels is the width of a cell where pixels are not scaled.
	sixelPixels = 9
)

// Picture shows a picture on lines of its own, as large as is sensible. Without a protocol it does nothing.
func (t *Terminal) Picture(img image.Image) error {
	columns, rows := t.Size()
	columns, rows = fit(img.Bounds(), min(columns-2, pictureColumns), min(rows-4, pictureRows))
	if columns < 4 || rows < 2 {
		return nil // there is no room to see anything
	}
	var b strings.Builder
	var err error
	switch t.Pictures {
	case Blocks:
		depth := t.Color
		if depth < Indexed { // forced
			depth = TrueColor
		}
		halfBlocks(&b, scale(img, columns, 2*rows), depth)
	case Kitty:
		err = kitty(&b, scale(img, columns*cellPixels, 2*rows*cellPixels), columns, rows)
	case ITerm:
		err = iterm(&b, scale(img, columns*cellPixels, 2*rows*cellPixels), columns, rows)
	case Sixel:
		sixel(&b, scale(img, columns*sixelPixels, 2*rows*sixelPixels))
	case NoPictures:
		return nil
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(t, b.String())
	return err
}

// fit is the largest size in cells with the shape of a picture.
func fit(b image.Rectangle, columns, rows int) (w, h int) {
	if b.Empty() {
		return 0, 0
	}
	w, h = columns, (columns*b.Dy()+b.Dx())/(2*b.Dx())
	if h > rows {
		w, h = (2*rows*b.Dx()+b.Dy()/2)/b.Dy(), rows
	}
	return w, h
}

// scale brings a picture to a size in pixels, on black where it is transparent.
func scale(img image.Image, w, h int) *image.RGBA {
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(to, to.Rect, image.Black, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(to, to.Rect, img, img.Bounds(), draw.Over, nil)
	return to
}

// halfBlocks draws two pixels a cell: ▀ in the color of the upper on that of the lower. Where colors are few, they are
// spread over neighbors.
func halfBlocks(b *strings.Builder, img *image.RGBA, depth Depth) {
	code := func(x, y int) string {
		c := img.RGBAAt(x, y)
		return fmt.Sprintf("2;%d;%d;%d", c.R, c.G, c.B)
	}
	if depth < TrueColor {
		few := image.NewPaletted(img.Rect, cube())
		draw.FloydSteinberg.Draw(few, few.Rect, img, image.Point{})
		code = func(x, y int) string { return fmt.Sprintf("5;%d", cubeFirst+int(few.ColorIndexAt(x, y))) }
	}
	for y := 0; y < img.Rect.Dy(); y += 2 {
		b.WriteString("  ")
		last := ""
		for x := range img.Rect.Dx() {
			cell := "38;" + code(x, y) + ";48;" + code(x, y+1)
			if cell != last {
				b.WriteString("\x1b[" + cell + "m")
			}
			b.WriteString("▀")
			last = cell
		}
		b.WriteString("\x1b[0m\n")
	}
}

// cubeFirst is the first of the 256 colors that people do not change: a cube of 6×6×6 and 24 grays follow.
const cubeFirst = 16

func cube() (p color.Palette) {
	level := [6]uint8{0, 95, 135, 175, 215, 255}
	for i := range 216 {
		p = append(p, color.RGBA{level[i/36], level[i/6%6], level[i%6], 255})
	}
	for i := range 24 {
		p = append(p, color.Gray{uint8(8 + 10*i)})
	}
	return p
}

// kittyChunk is the most base64 bytes a sequence may carry.
const kittyChunk = 4096

// kitty sends a PNG in chunks, to be shown over so many cells (a=T), quietly (q=2): an answer would be typed.
func kitty(b *strings.Builder, img image.Image, columns, rows int) error {
	raw, err := encode(img)
	if err != nil {
		return err
	}
	data := base64.StdEncoding.EncodeToString(raw)
	b.WriteString("  ")
	keys := fmt.Sprintf("a=T,f=100,q=2,c=%d,r=%d,", columns, rows)
	for data != "" {
		chunk, more := data, 0
		if len(data) > kittyChunk {
			chunk, more = data[:kittyChunk], 1
		}
		data = data[len(chunk):]
		fmt.Fprintf(b, "\x1b_G%sm=%d;%s\x1b\\", keys, more, chunk)
		keys = ""
	}
	b.WriteString("\n")
	return nil
}

// iterm sends a PNG to be shown over so many cells.
func iterm(b *strings.Builder, img image.Image, columns, rows int) error {
	raw, err := encode(img)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "  \x1b]1337;File=inline=1;size=%d;width=%d;height=%d;preserveAspectRatio=1:%s\a\n",
		len(raw), columns, rows, base64.StdEncoding.EncodeToString(raw))
	return nil
}

func encode(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("encode the preview: %w", err)
	}
	return b.Bytes(), nil
}
