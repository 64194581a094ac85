package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"slices"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
)

// origin is what a picture was painted from, beside its prompt: the seed, and the variations since. It stands in the
// file, so that a variation can paint the same scene once more and change only parts of it. It says nothing about the
// prompt.
type origin struct {
	seed   int64
	shifts []shift
}

// shift is one variation: parts of the scene take another seed, more of them the stronger it is, 0 to 256.
type shift struct {
	seed     int64
	strength int
}

const (
	originKey = "Imagika-Origin"
	maxShifts = 16  // a variation of a variation, and so on
	test      = 512 // pixels of the longer side at which a picture is recognized: lines are then as heavy as in a large one
)

// String is the form in the file: numbers with spaces between.
func (o origin) String() string {
	words := []string{strconv.FormatInt(o.seed, 10)}
	for _, s := range o.shifts {
		words = append(words, strconv.FormatInt(s.seed, 10), strconv.Itoa(s.strength))
	}
	return strings.Join(words, " ")
}

// originOf reads it from a file of ours.
func originOf(file []byte) (origin, bool) {
	if !bytes.HasPrefix(file, []byte(pngMagic)) {
		return origin{}, false
	}
	for rest := file[len(pngMagic):]; len(rest) >= 12; {
		size := int(binary.BigEndian.Uint32(rest))
		if size > len(rest)-12 {
			break
		}
		kind, data := string(rest[4:8]), rest[8:8+size]
		if text, ok := bytes.CutPrefix(data, []byte(originKey+"\x00")); ok && kind == "tEXt" {
			return parseOrigin(string(text))
		}
		if kind == "IDAT" {
			break
		}
		rest = rest[12+size:]
	}
	return origin{}, false
}

func parseOrigin(text string) (origin, bool) {
	var n []int64
	for w := range strings.FieldsSeq(text) {
		v, err := strconv.ParseInt(w, 10, 64)
		if err != nil {
			return origin{}, false
		}
		n = append(n, v)
	}
	if len(n)%2 != 1 || len(n) > 1+2*maxShifts {
		return origin{}, false
	}
	o := origin{seed: n[0]}
	for i := 1; i < len(n); i += 2 {
		if n[i+1] < 0 || n[i+1] > 256 {
			return origin{}, false
		}
		o.shifts = append(o.shifts, shift{n[i], int(n[i+1])})
	}
	return o, true
}

// major are the parts that make a scene recognizable: only strong variations touch them.
var major = map[string]bool{
	"scene": true, "hour": true, "compose": true, "palette": true, "abstract": true, "abstract hour": true, "imagine": true,
	"style": true, "cast": true, "backcloth": true, "space": true, "underwater": true, "air things": true, "afloat": true,
}

// of is the seed of a part of the scene.
func (o origin) of(part string) int64 {
	seed := o.seed
	for _, s := range o.shifts {
		odds := s.strength * 2
		if major[part] {
			odds = (s.strength - 150) * 2
		}
		if newDice("", s.seed, "shift "+part).IntN(256) < odds {
			seed = s.seed
		}
	}
	return seed
}

// develop steps a little nearer and turns the colors, differently with each variation.
func (o origin) develop(c *canvas) {
	for _, s := range o.shifts {
		d := newDice("", s.seed, "develop")
		c.step(mul(d.Float64(), float64(s.strength)/1600), d.Float64(), d.Float64())
		reach := int32(s.strength) * 40
		by := func() int32 { return int32(d.IntN(int(2*reach+1))) - reach }
		c.grade(ink{by(), by() / 2, by()}, 256+by()/160, 256+by()/240)
	}
}

// step goes nearer by a share of the sides, toward a place in fractions of them.
func (c *canvas) step(by, x, y float64) {
	src := slices.Clone(c.pix)
	scale := int(mul(1-by, 256*256))
	left, top := int(mul(mul(by, x), float64(c.w)*256)), int(mul(mul(by, y), float64(c.h)*256))
	c.recolor(func(x, y int, _ ink) ink { return c.sample(src, left+x*scale>>8, top+y*scale>>8) })
}

// vary makes something close to the reference. Where the painter painted it from the same prompt, it paints it again and
// throws some of the dice anew; anything else it bends and grades a little.
func (p *Provider) vary(ctx context.Context, r providers.Request, seed int64, tell teller) ([]byte, error) {
	img, file, err := reference(ctx, r)
	if err != nil {
		return nil, err
	}
	strength := r.Strength
	if strength <= 0 {
		strength = 0.4
	}
	s := shift{seed, int(mul(min(strength, 1), 256))}
	if o, ok := originOf(file); ok && len(o.shifts) < maxShifts {
		same, err := p.painted(ctx, r, o, img)
		if err != nil {
			return nil, err
		}
		if same {
			o.shifts = append(o.shifts, s)
			r.Size = providers.Size{Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
			c, err := p.paint(ctx, r, o, tell.part(0.2, 1))
			if err != nil {
				return nil, err
			}
			return encode(c.picture(), o)
		}
	}
	if img, err = fit(ctx, img); err != nil {
		return nil, err
	}
	c := canvasOf(ctx, img)
	shake(s.strength, newDice("", seed, "shake"))(c)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return encode(c.picture())
}

// painted reports whether the reference is what the prompt makes: it paints it once more, small, and compares.
func (p *Provider) painted(ctx context.Context, r providers.Request, o origin, img *image.RGBA) (bool, error) {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if min(w, h) < minSide || max(w, h) > maxSide {
		return false, nil
	}
	r.Size = providers.Size{Width: max(minSide, w*test/max(w, h, test)), Height: max(minSide, h*test/max(w, h, test))}
	again, err := p.paint(ctx, r, o, teller{})
	if err != nil {
		return false, err
	}
	was := canvasOf(ctx, img)
	const cells = 12
	sum := int64(0)
	for i := range cells * cells {
		a, b := again.patch(i%cells, i/cells, cells), was.patch(i%cells, i/cells, cells)
		sum += int64(max(a.r-b.r, b.r-a.r)) + int64(max(a.g-b.g, b.g-a.g)) + int64(max(a.b-b.b, b.b-a.b))
	}
	return sum/(3*cells*cells) < full/24, ctx.Err()
}

// patch is the mean of one of n by n parts.
func (c *canvas) patch(x, y, n int) ink {
	var sum [3]int64
	count := int64(0)
	for py := y * c.h / n; py < (y+1)*c.h/n; py++ {
		for px := x * c.w / n; px < (x+1)*c.w/n; px++ {
			k := c.pix[py*c.w+px]
			sum[0], sum[1], sum[2], count = sum[0]+int64(k.r), sum[1]+int64(k.g), sum[2]+int64(k.b), count+1
		}
	}
	count = max(count, 1)
	return ink{int32(sum[0] / count), int32(sum[1] / count), int32(sum[2] / count)}
}
