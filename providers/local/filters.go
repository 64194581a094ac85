package local

import (
	"context"
	"image"
)

// step is one change of a picture. It may work in place.
type step func(ctx context.Context, img *image.RGBA) (*image.RGBA, error)

// stepsOf are the filters a prompt names, in its order.
func stepsOf(s *scene) []step {
	var steps []step
	for _, f := range s.filters {
		steps = append(steps, filterOf(f))
	}
	switch s.hour {
	case "night":
		steps = append(steps, duotone(hex(0x050a20), hex(0x24447c), hex(0xcfe0ff), 200))
	case "dusk":
		steps = append(steps, duotone(hex(0x141832), hex(0x6a5f9e), hex(0xffe0c0), 130))
	case "sunset", "dawn":
		steps = append(steps, duotone(hex(0x2a1538), hex(0xd8604e), hex(0xffe8a8), 130))
	}
	switch s.season {
	case "winter":
		steps = append(steps, each(func(k ink) ink { return mix(gray(k).lit(5000), ink{k.r, k.g + 2000, k.b + 7000}, 130) }))
	case "autumn":
		steps = append(steps, each(func(k ink) ink { return ink{k.r + max(0, k.g-k.b)/3, k.g - max(0, k.g-k.r)/2, k.b * 3 / 4} }))
	}
	if v, ok := tints[s.tint]; ok {
		k := hex(v)
		steps = append(steps, each(func(c ink) ink { return tinted(c, k, 170) }))
	}
	return steps
}

// filterOf is the step of one filter of the lexicon.
func filterOf(name string) step {
	switch name {
	case "gray":
		return each(gray)
	case "sepia":
		return duotone(hex(0x22160c), hex(0x9a7448), hex(0xfbf0d8), opaque)
	case "warm":
		return each(func(k ink) ink { return ink{k.r + (full-k.r)/8 + 1500, k.g + 800, k.b * 7 / 8} })
	case "cold":
		return each(func(k ink) ink { return ink{k.r * 7 / 8, k.g, k.b + (full-k.b)/8 + 1500} })
	case "bright":
		return each(func(k ink) ink { return mix(k, k.lit(14000), 200) })
	case "invert":
		return each(func(k ink) ink { return ink{full - k.r, full - k.g, full - k.b} })
	case "poster":
		return each(func(k ink) ink { return ink{stepped(k.r), stepped(k.g), stepped(k.b)} })
	case "blur":
		return blur(6)
	case "pixel":
		return pixelate
	case "oil":
		return oil
	case "sketch":
		return sketch
	}
	return mirror
}

func gray(k ink) ink { l := k.luma(); return ink{l, l, l} }

// stepped leaves five levels of a channel.
func stepped(v int32) int32 { return (v*4 + full/2) / full * full / 4 }

// each changes every pixel by itself.
func each(f func(ink) ink) step {
	return func(ctx context.Context, img *image.RGBA) (*image.RGBA, error) {
		b := img.Bounds()
		for y := range b.Dy() {
			if y&31 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			row := img.Pix[y*img.Stride : y*img.Stride+4*b.Dx()]
			for o := 0; o < len(row); o += 4 {
				k := f(ink{int32(row[o]) * 257, int32(row[o+1]) * 257, int32(row[o+2]) * 257})
				row[o], row[o+1], row[o+2] = eight(k.r), eight(k.g), eight(k.b)
			}
		}
		return img, nil
	}
}

// duotone moves every pixel toward a gradient of three inks by how bright it is.
func duotone(dark, middle, light ink, amount int32) step {
	return each(func(k ink) ink {
		l := k.luma() * 512 / full
		to := mix(dark, middle, l)
		if l > 256 {
			to = mix(middle, light, l-256)
		}
		return mix(k, to, amount)
	})
}

// mapped makes a new picture, pixel by pixel, from the whole of the old one.
func mapped(ctx context.Context, img *image.RGBA, f func(x, y int) [3]uint8) (*image.RGBA, error) {
	out := image.NewRGBA(img.Bounds())
	b := img.Bounds()
	for y := range b.Dy() {
		if y&15 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for x := range b.Dx() {
			k, o := f(x, y), y*out.Stride+4*x
			out.Pix[o], out.Pix[o+1], out.Pix[o+2], out.Pix[o+3] = k[0], k[1], k[2], 255
		}
	}
	return out, nil
}

// at is a pixel; beyond the edge it is the edge's.
func at(img *image.RGBA, x, y int) [3]uint8 {
	b := img.Bounds()
	o := min(max(y, 0), b.Dy()-1)*img.Stride + 4*min(max(x, 0), b.Dx()-1)
	return [3]uint8{img.Pix[o], img.Pix[o+1], img.Pix[o+2]}
}

func mirror(ctx context.Context, img *image.RGBA) (*image.RGBA, error) {
	w := img.Bounds().Dx()
	return mapped(ctx, img, func(x, y int) [3]uint8 { return at(img, w-1-x, y) })
}

func pixelate(ctx context.Context, img *image.RGBA) (*image.RGBA, error) {
	side := max(4, max(img.Bounds().Dx(), img.Bounds().Dy())/72)
	return mapped(ctx, img, func(x, y int) [3]uint8 {
		return at(img, x/side*side+side/2, y/side*side+side/2)
	})
}

// blur averages along rows and then along columns, twice.
func blur(radius int) step {
	return func(ctx context.Context, img *image.RGBA) (*image.RGBA, error) {
		var err error
		for _, d := range [][2]int{{1, 0}, {0, 1}, {1, 0}, {0, 1}} {
			src := img
			img, err = mapped(ctx, src, func(x, y int) [3]uint8 {
				var sum [3]int
				for i := -radius; i <= radius; i++ {
					k := at(src, x+i*d[0], y+i*d[1])
					sum[0], sum[1], sum[2] = sum[0]+int(k[0]), sum[1]+int(k[1]), sum[2]+int(k[2])
				}
				n := 2*radius + 1
				return [3]uint8{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n)}
			})
			if err != nil {
				return nil, err
			}
		}
		return img, nil
	}
}

// oil takes at each place the calmest of four neighboring squares: Kuwahara's filter, which leaves edges and looks like
// brush strokes.
func oil(ctx context.Context, img *image.RGBA) (*image.RGBA, error) {
	const r = 4
	return mapped(ctx, img, func(x, y int) [3]uint8 {
		best, calm := [3]uint8{}, 1<<62
		for _, q := range [][2]int{{-r, -r}, {0, -r}, {-r, 0}, {0, 0}} {
			if k, v := square(img, x+q[0], y+q[1], r); v < calm {
				best, calm = k, v
			}
		}
		return best
	})
}

// square is the mean color of a square, every second pixel of it, and how much its brightness varies.
func square(img *image.RGBA, x0, y0, side int) ([3]uint8, int) {
	var sum [3]int
	n, l, ll := 0, 0, 0
	for y := y0; y <= y0+side; y += 2 {
		for x := x0; x <= x0+side; x += 2 {
			k := at(img, x, y)
			b := int(k[0])*2 + int(k[1])*5 + int(k[2])
			sum[0], sum[1], sum[2] = sum[0]+int(k[0]), sum[1]+int(k[1]), sum[2]+int(k[2])
			n, l, ll = n+1, l+b, ll+b*b
		}
	}
	return [3]uint8{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n)}, n*ll - l*l
}

// sketch keeps edges as gray lines on paper.
func sketch(ctx context.Context, img *image.RGBA) (*image.RGBA, error) {
	bright := func(x, y int) int {
		k := at(img, x, y)
		return (int(k[0])*2 + int(k[1])*5 + int(k[2])) / 8
	}
	return mapped(ctx, img, func(x, y int) [3]uint8 {
		dx := bright(x+1, y) - bright(x-1, y)
		dy := bright(x, y+1) - bright(x, y-1)
		edge := min(220, 3*(max(dx, -dx)+max(dy, -dy)))
		tone := max(0, 120-bright(x, y)) / 3
		if (x+y)%6 > 2 {
			tone = 0 // hatching
		}
		grain := int(hash2(x, y, 9)&15) - 8
		v := uint8(min(max(244-edge-tone+grain, 0), 255))
		return [3]uint8{v, v, uint8(max(int(v)-8, 0))}
	})
}

// shake bends a picture a little and shifts its colors: amount is 0 to 256.
func shake(amount int, seed int64) step {
	return func(ctx context.Context, img *image.RGBA) (*image.RGBA, error) {
		d := newDice("", seed, "shake")
		sx, sy := uint32(d.Uint64()), uint32(d.Uint64())
		long := max(img.Bounds().Dx(), img.Bounds().Dy(), 1)
		reach := amount * long / 3500
		bent, err := mapped(ctx, img, func(x, y int) [3]uint8 {
			dx := (noise(x*900/long, y*900/long, sx) - 32768) * reach >> 15
			dy := (noise(x*900/long, y*900/long, sy) - 32768) * reach >> 15
			return at(img, x+dx, y+dy)
		})
		if err != nil {
			return nil, err
		}
		k := ink{int32(d.IntN(full)), int32(d.IntN(full)), int32(d.IntN(full))}
		return each(func(c ink) ink { return tinted(c, k, int32(amount)/4) })(ctx, bent)
	}
}

// matchColors gives a picture the mean and spread of another's channels; amount is 0 to opaque.
func matchColors(img, like *image.RGBA, amount int32) *image.RGBA {
	from, to := moments(img), moments(like)
	for o := 0; o < len(img.Pix); o += 4 {
		for c := range 3 {
			v := int32(img.Pix[o+c])
			want := to[c].mean + (v-from[c].mean)*to[c].spread/max(1, from[c].spread)
			img.Pix[o+c] = uint8(min(max(v+(want-v)*amount/opaque, 0), 255))
		}
	}
	return img
}

type moment struct{ mean, spread int32 }

// moments are mean and mean deviation of each channel.
func moments(img *image.RGBA) [3]moment {
	var m [3]moment
	n := int64(max(1, len(img.Pix)/4))
	for c := range 3 {
		var sum, off int64
		for o := c; o < len(img.Pix); o += 4 {
			sum += int64(img.Pix[o])
		}
		mean := sum / n
		for o := c; o < len(img.Pix); o += 4 {
			off += max(int64(img.Pix[o])-mean, mean-int64(img.Pix[o]))
		}
		m[c] = moment{int32(mean), int32(off / n)}
	}
	return m
}
