package term

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// gradient is a picture in which every pixel is another.
func gradient(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(255 * x / w), uint8(255 * y / h), uint8(255 - 255*x/w), 255})
		}
	}
	return img
}

// shown is what a terminal of these settings is sent for a picture.
func shown(t *testing.T, s Settings, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := New(&b, s).Picture(img); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// alike fails where two pictures differ by more than so much in a channel.
func alike(t *testing.T, got, want image.Image, most int) {
	t.Helper()
	if got.Bounds() != want.Bounds() {
		t.Fatalf("bounds %v, want %v", got.Bounds(), want.Bounds())
	}
	off := func(a, b uint32) int { return max(int(a>>8)-int(b>>8), int(b>>8)-int(a>>8)) }
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			r, g, b, _ := got.At(x, y).RGBA()
			r2, g2, b2, _ := want.At(x, y).RGBA()
			if d := max(off(r, r2), off(g, g2), off(b, b2)); d > most {
				t.Fatalf("pixel %d,%d is off by %d, at most %d", x, y, d, most)
			}
		}
	}
}

func TestKitty(t *testing.T) {
	t.Parallel()
	img := gradient(300, 200)
	s := full(80)
	s.Pictures = Kitty
	text := shown(t, s, img)
	sequences := regexp.MustCompile("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\").FindAllStringSubmatch(text, -1)
	if len(sequences) == 0 || !strings.HasPrefix(sequences[0][1], "a=T,f=100,q=2,c=56,r=19,") {
		t.Fatalf("sequences %.80q", text)
	}
	var data strings.Builder
	for i, q := range sequences {
		last := i == len(sequences)-1
		if len(q[2]) > 4096 || strings.HasSuffix(q[1], "m=1") == last || !last && len(q[2])%4 != 0 {
			t.Errorf("chunk %d: keys %q, %d bytes", i, q[1], len(q[2]))
		}
		data.WriteString(q[2])
	}
	raw, err := base64.StdEncoding.DecodeString(data.String())
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	alike(t, got, scale(img, 56*cellPixels, 38*cellPixels), 0)
}

func TestITerm(t *testing.T) {
	t.Parallel()
	img := gradient(100, 200)
	s := full(80)
	s.Pictures = ITerm
	m := regexp.MustCompile("^  \x1b]1337;File=inline=1;size=(\\d+);width=22;height=22;preserveAspectRatio=1:(.*)\a\n$").FindStringSubmatch(shown(t, s, img))
	if m == nil {
		t.Fatalf("sequence %.80q", shown(t, s, img))
	}
	raw, err := base64.StdEncoding.DecodeString(m[2])
	if err != nil || strconv.Itoa(len(raw)) != m[1] {
		t.Fatalf("%d bytes, said %s, %v", len(raw), m[1], err)
	}
	got, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	alike(t, got, scale(img, 22*cellPixels, 44*cellPixels), 0)
}

func TestHalfBlocks(t *testing.T) {
	t.Parallel()
	img := gradient(64, 64)
	for _, tt := range []struct {
		depth Depth
		area  int // pixels of an area that must look the same
		most  int
	}{{TrueColor, 1, 0}, {NoColor, 1, 0}, {Indexed, 4, 24}} {
		s := Settings{Unicode: true, Color: tt.depth, Pictures: Blocks, Width: 42, Height: 24}
		got, err := readBlocks(shown(t, s, img))
		if err != nil {
			t.Fatal(err)
		}
		n := 40 / tt.area
		alike(t, scale(got, n, n), scale(scale(img, 40, 40), n, n), tt.most)
	}
}

// readBlocks reads a picture from cells, as a terminal would.
func readBlocks(text string) (image.Image, error) {
	var rows [][]color.RGBA
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		var upper, lower []color.RGBA
		var ink, paper color.RGBA
		for _, p := range pieces(strings.TrimPrefix(line, "  ")) {
			switch {
			case p.text == "▀":
				upper, lower = append(upper, ink), append(lower, paper)
			case p.text != "\x1b[0m":
				codes := strings.Split(strings.Trim(p.text, "\x1b[m"), ";")
				half := len(codes) / 2
				var err error
				if ink, err = readColor(codes[:half], "38"); err != nil {
					return nil, err
				}
				if paper, err = readColor(codes[half:], "48"); err != nil {
					return nil, err
				}
			}
		}
		rows = append(rows, upper, lower)
	}
	img := image.NewRGBA(image.Rect(0, 0, len(rows[0]), len(rows)))
	for y, row := range rows {
		for x, c := range row {
			img.SetRGBA(x, y, c)
		}
	}
	return img, nil
}

func readColor(codes []string, ground string) (color.RGBA, error) {
	n := make([]int, len(codes))
	for i, c := range codes {
		v, err := strconv.Atoi(c)
		if err != nil {
			return color.RGBA{}, err
		}
		n[i] = v
	}
	switch {
	case codes[0] != ground:
		return color.RGBA{}, fmt.Errorf("ground %q, want %q", codes, ground)
	case n[1] == 2 && len(n) == 5:
		return color.RGBA{uint8(n[2]), uint8(n[3]), uint8(n[4]), 255}, nil
	case n[1] == 5 && len(n) == 3:
		return xterm256(n[2]), nil
	}
	return color.RGBA{}, fmt.Errorf("color %q", codes)
}

// xterm256 is the palette of xterm, from 16 on.
func xterm256(i int) color.RGBA {
	if i >= 232 {
		v := uint8(8 + 10*(i-232))
		return color.RGBA{v, v, v, 255}
	}
	level := [6]uint8{0, 95, 135, 175, 215, 255}
	i -= 16
	return color.RGBA{level[i/36], level[i/6%6], level[i%6], 255}
}

func TestSixel(t *testing.T) {
	t.Parallel()
	img := gradient(64, 64)
	s := Settings{Unicode: true, Pictures: Sixel, Width: 22, Height: 14}
	got, err := readSixel(shown(t, s, img))
	if err != nil {
		t.Fatal(err)
	}
	want := scale(img, 20*sixelPixels, 20*sixelPixels)
	// The colors are few and spread over neighbors: what an area looks like counts.
	alike(t, scale(got, 10, 10), scale(want, 10, 10), 10)
}

// readSixel reads registers, runs, and the moves within and to the next band.
func readSixel(text string) (image.Image, error) {
	head := regexp.MustCompile(`^\x1bPq"1;1;(\d+);(\d+)`).FindStringSubmatch(text)
	body, ok := strings.CutSuffix(text, "\x1b\\\n")
	if head == nil || !ok {
		return nil, fmt.Errorf("begins %.20q", text)
	}
	var size [2]int
	for i := range size {
		size[i], _ = strconv.Atoi(head[i+1])
	}
	img := image.NewRGBA(image.Rect(0, 0, size[0], size[1]))
	registers, ink, x, y := map[string]color.RGBA{}, color.RGBA{}, 0, 0
	for _, m := range regexp.MustCompile(`#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)(.)|([$-])|([?-~])`).FindAllStringSubmatch(body[len(head[0]):], -1) {
		switch {
		case m[2] != "":
			var c [3]uint8
			for i := range c {
				percent, _ := strconv.Atoi(m[i+2])
				c[i] = uint8(percent * 255 / 100)
			}
			registers[m[1]] = color.RGBA{c[0], c[1], c[2], 255}
		case m[1] != "":
			ink = registers[m[1]]
		case m[7] == "$":
			x = 0
		case m[7] == "-":
			x, y = 0, y+6
		default:
			n := 1
			if m[5] != "" {
				n, _ = strconv.Atoi(m[5])
			}
			bits := (m[6] + m[8])[0] - '?'
			for range n {
				for row := range 6 {
					if bits&(1<<row) != 0 {
						img.SetRGBA(x, y+row, ink)
					}
				}
				x++
			}
		}
	}
	return img, nil
}

func TestNoRoomNoPicture(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		desc string
		s    Settings
		img  image.Image
	}{
		{"no protocol", full(80), gradient(8, 8)},
		{"a window of five columns", Settings{Pictures: Blocks, Width: 5, Height: 24}, gradient(8, 8)},
		{"a picture like a thread", Settings{Pictures: Kitty, Width: 80, Height: 24}, gradient(1, 900)},
		{"nothing", Settings{Pictures: Blocks}, image.NewRGBA(image.Rectangle{})},
	} {
		if got := shown(t, tt.s, tt.img); got != "" {
			t.Errorf("%s: wrote %.40q", tt.desc, got)
		}
	}
}
