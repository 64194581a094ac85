package providers

import "math"

// Expanded is the size of a reference with margins, made smaller as a whole where a side would be longer than the limit's;
// a limit of zero is none. It is what Request.Size of an expansion wishes for.
func Expanded(ref Size, m Margins, limit Size) Size {
	w, h := float64(ref.Width)*(1+m.Left+m.Right), float64(ref.Height)*(1+m.Top+m.Bottom)
	scale := 1.0
	if limit.Width > 0 {
		scale = min(scale, float64(limit.Width)/w)
	}
	if limit.Height > 0 {
		scale = min(scale, float64(limit.Height)/h)
	}
	side := func(v float64) int { return max(1, int(math.Round(v*scale))) }
	return Size{Width: side(w), Height: side(h)}
}

// Inside is where the reference stands in a picture of the size that margins expanded it to: its own size, and what is left
// of it and above it.
func (s Size) Inside(m Margins) (inner Size, left, top int) {
	wide, high := float64(s.Width)/(1+m.Left+m.Right), float64(s.Height)/(1+m.Top+m.Bottom)
	at := func(v float64) int { return int(math.Round(v)) }
	inner = Size{Width: max(1, at(wide)), Height: max(1, at(high))}
	left, top = min(at(wide*m.Left), s.Width-inner.Width), min(at(high*m.Top), s.Height-inner.Height)
	return inner, left, top
}

// MaxMargin is the most that a side may grow by, as a share of it.
const MaxMargin = 2

// Valid reports whether margins are those of an expansion: none negative or out of measure, and one that adds something.
func (m Margins) Valid() bool {
	sum := 0.0
	for _, v := range []float64{m.Left, m.Top, m.Right, m.Bottom} {
		if math.IsNaN(v) || v < 0 || v > MaxMargin {
			return false
		}
		sum += v
	}
	return sum > 0
}
