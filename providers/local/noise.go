package local

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// mul is a product that is rounded before it is used. Written bare inside a sum the compiler may fuse it on some
// processors and not on others, and the pictures would differ in a bit. Halves and other powers of two are exact and may
// be written bare.
func mul(a, b float64) float64 { return float64(a * b) }

// lerp goes from a to b as t goes from 0 to 1.
func lerp(a, b, t float64) float64 { return a + mul(b-a, t) }

// sine takes turns, not radians. The one of package math may be fused.
func sine(turns float64) float64 {
	x := turns - math.Floor(turns)
	switch {
	case x > 0.75:
		x--
	case x > 0.25:
		x = 0.5 - x
	}
	x = mul(x, 2*math.Pi)
	q := mul(x, x)
	s := 1 - q/72
	s = 1 - mul(q/42, s)
	s = 1 - mul(q/20, s)
	s = 1 - mul(q/6, s)
	return mul(x, s)
}

func cosine(turns float64) float64 { return sine(turns + 0.25) }

// dice is one stream of choices. Each part of a picture has its own, so that adding a moon does not move the trees.
type dice struct{ *rand.Rand }

func newDice(words string, seed int64, part string) dice {
	h := sha256.New()
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(seed)))
	h.Write([]byte(part))
	h.Write([]byte{0})
	h.Write([]byte(words))
	sum := h.Sum(nil)
	return dice{rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])))}
}

// in returns a number between a and b.
func (d dice) in(a, b float64) float64 { return lerp(a, b, d.Float64()) }

// odds is true once in n times.
func (d dice) odds(n int) bool { return d.IntN(n) == 0 }

// hash2 mixes a lattice point into 32 bits.
func hash2(x, y int, seed uint32) uint32 {
	h := seed ^ uint32(x)*0x9e3779b1 ^ uint32(y)*0x85ebca77
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	return h ^ h>>15
}

// noise is smooth value noise, 0 to 65535; coordinates are in 1/256 of a lattice cell.
func noise(x, y int, seed uint32) int {
	cx, cy := x>>8, y>>8
	fx, fy := fade(x&255), fade(y&255)
	a := int(hash2(cx, cy, seed) & 0xffff)
	b := int(hash2(cx+1, cy, seed) & 0xffff)
	c := int(hash2(cx, cy+1, seed) & 0xffff)
	d := int(hash2(cx+1, cy+1, seed) & 0xffff)
	top, low := a+(b-a)*fx>>8, c+(d-c)*fx>>8
	return top + (low-top)*fy>>8
}

// fade is 3t²-2t³ of t in 1/256.
func fade(t int) int { return t * t * (768 - 2*t) >> 16 }

// fractal adds octaves of noise, each half as large and twice as fine; 0 to 65535.
func fractal(x, y, octaves int, seed uint32) int {
	sum, weight, total := 0, 256, 0
	for o := range octaves {
		sum += noise(x, y, seed+uint32(o)*0x68bc21eb) * weight
		total += weight
		weight >>= 1
		x, y = 2*x+97, 2*y+61
	}
	return sum / total
}

// wander is fractal noise along a line, -1 to 1; x is in lattice cells.
func wander(x float64, octaves int, seed uint32) float64 {
	return float64(fractal(int(math.Floor(mul(x, 256))), 0, octaves, seed)-32768) / 32768
}
