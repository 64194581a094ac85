package grafana

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// canvas is where the lines of a panel are drawn; what follows is in its pixels.
type canvas struct {
	width, height float64
	begin, end    time.Time
	low           float64 // what the bottom means
	panel         Panel
}

const (
	leftOf  = 62 // of the drawing, for the axis
	below   = 18 // for the times
	axis    = "#8e8e99"
	gridded = "#25272d"
)

func (c canvas) x(i, n int) float64 {
	return leftOf + (c.width-leftOf-6)*float64(i)/float64(max(1, n-1))
}

// y is how far down a share of the height is.
func (c canvas) y(share float64) float64 { return 6 + (c.height-below-6)*(1-share) }

func text(x, y float64, anchor, s string) string {
	return fmt.Sprintf(`<text x="%.1f" y="%.1f" text-anchor="%s" font-size="10.5" fill="%s">%s</text>`, x, y, anchor, axis, html.EscapeString(s))
}

// times is the axis below.
func (c canvas) times() string {
	var b strings.Builder
	for i := range 4 {
		share := float64(i) / 3
		at := c.begin.Add(time.Duration(share * float64(c.end.Sub(c.begin))))
		anchor := []string{"start", "middle", "middle", "end"}[i]
		b.WriteString(text(leftOf+(c.width-leftOf-6)*share, c.height-3, anchor, at.Format("15:04:05")))
	}
	return b.String()
}

// series draws lines, or areas on top of each other.
func (c canvas) series(all []named) string {
	base, sums := stacked(all, c.panel.Stack)
	top := 0.0
	for _, values := range sums {
		for _, v := range values {
			if !math.IsNaN(v) {
				top, c.low = max(top, v), min(c.low, v)
			}
		}
	}
	top = nice(top)
	if c.low < 0 {
		c.low = -nice(-c.low)
	}
	var b strings.Builder
	for i := range 4 {
		share := float64(i) / 3
		fmt.Fprintf(&b, `<line x1="%d" x2="%.0f" y1="%.1f" y2="%.1f" stroke="%s"/>`, leftOf, c.width-6, c.y(share), c.y(share), gridded)
		b.WriteString(text(leftOf-6, c.y(share)+3.5, "end", inUnit(c.low+(top-c.low)*share, c.panel.Unit)))
	}
	for i, n := range all {
		b.WriteString(c.line(sums[i], base[i], n.color, top))
	}
	for i, s := range c.panel.Steps {
		if i > 0 && s.From <= top {
			y := c.y((s.From - c.low) / (top - c.low))
			fmt.Fprintf(&b, `<line x1="%d" x2="%.0f" y1="%.1f" y2="%.1f" stroke="%s" stroke-dasharray="6 4"/>`, leftOf, c.width-6, y, y, shade(s.Color))
		}
	}
	return b.String() + c.times()
}

// stacked puts lines on top of each other, or all on the ground.
func stacked(all []named, stack bool) (base, sums [][]float64) {
	var under []float64
	for _, n := range all {
		sum := slices.Clone(n.Values)
		ground := make([]float64, len(sum))
		if stack {
			for i := range sum {
				if i < len(under) {
					ground[i] = under[i]
				}
				if !math.IsNaN(sum[i]) {
					sum[i] += ground[i]
				}
			}
			under = slices.Clone(sum)
			for i, v := range under {
				if math.IsNaN(v) {
					under[i] = ground[i]
				}
			}
		}
		base, sums = append(base, ground), append(sums, sum)
	}
	return base, sums
}

// line draws the parts of a line between which there is nothing.
func (c canvas) line(values, base []float64, color string, top float64) string {
	var b strings.Builder
	for from := 0; from < len(values); from++ {
		to := from
		for to < len(values) && !math.IsNaN(values[to]) && !math.IsInf(values[to], 0) {
			to++
		}
		if to-from < 2 {
			continue
		}
		var up, down []string
		for i := from; i < to; i++ {
			up = append(up, fmt.Sprintf("%.1f,%.1f", c.x(i, len(values)), c.y((values[i]-c.low)/(top-c.low))))
			down = append(down, fmt.Sprintf("%.1f,%.1f", c.x(i, len(values)), c.y((base[i]-c.low)/(top-c.low))))
		}
		slices.Reverse(down)
		opacity, width := .09, 1.5
		if c.panel.Stack {
			opacity, width = .7, 0
		}
		fmt.Fprintf(&b, `<polygon points="%s %s" fill="%s" fill-opacity="%g"/><polyline points="%s" fill="none" stroke="%s" stroke-width="%g"/>`,
			strings.Join(up, " "), strings.Join(down, " "), color, opacity, strings.Join(up, " "), color, width)
		from = to
	}
	return b.String()
}

// heat draws how a histogram spreads: a column for each time, a cell for each bucket. Buckets hold what is below them too.
func (c canvas) heat(all []named) string {
	bound := func(n named) float64 {
		v, err := strconv.ParseFloat(n.Labels["le"], 64)
		if err != nil {
			return math.Inf(1)
		}
		return v
	}
	slices.SortFunc(all, func(a, b named) int { return cmp.Compare(bound(a), bound(b)) })
	const columns = 48
	cells, most := make([][]float64, len(all)), 0.0
	for i, n := range all {
		cells[i] = make([]float64, columns)
		for k := range cells[i] {
			at := k * (len(n.Values) - 1) / (columns - 1)
			v := n.Values[at]
			if i > 0 && at < len(all[i-1].Values) {
				v -= all[i-1].Values[at]
			}
			if v > 0 { // nor NaN
				cells[i][k], most = v, max(most, v)
			}
		}
	}
	var b strings.Builder
	wide, high := (c.width-leftOf-6)/columns, (c.height-below-6)/float64(len(all))
	for i, row := range cells {
		y := c.y(float64(i+1) / float64(len(all)))
		for k, v := range row {
			if v > 0 {
				fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#5794F2" fill-opacity="%.2f"/>`, leftOf+wide*float64(k), y, wide-1, high-1, .12+.88*math.Sqrt(v/most))
			}
		}
		if i%3 == 0 && !math.IsInf(bound(all[i]), 1) {
			b.WriteString(text(leftOf-6, y+high/2+3, "end", inTime(bound(all[i]))))
		}
	}
	return b.String() + c.times()
}

// timeline draws a bar for each line, in pieces of one state each.
func (c canvas) timeline(all []named) string {
	var b strings.Builder
	high := (c.height - below - 6) / float64(len(all))
	for i, n := range all {
		y := 6 + high*float64(i)
		b.WriteString(text(leftOf-6, y+high/2+3, "end", n.name))
		for from := 0; from < len(n.Values); {
			to := from
			for to < len(n.Values) && n.Values[to] == n.Values[from] {
				to++
			}
			b.WriteString(c.state(n.Values[from], c.x(from, len(n.Values)), c.x(to, len(n.Values)+1), y, high))
			from = max(to, from+1)
		}
	}
	return b.String() + c.times()
}

func (c canvas) state(v, from, to, y, high float64) string {
	i := slices.IndexFunc(c.panel.Words, func(w Word) bool { return w.Value == v })
	if i < 0 {
		return ""
	}
	w := c.panel.Words[i]
	s := fmt.Sprintf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s" fill-opacity=".85"/>`, from, y+2, max(1, to-from), max(1, high-4), shade(w.Color))
	if to-from > 70 {
		s += fmt.Sprintf(`<text x="%.1f" y="%.1f" font-size="11" fill="#fff">%s</text>`, from+6, y+high/2+4, html.EscapeString(w.Text))
	}
	return s
}

// nice is a round number that is not less.
func nice(v float64) float64 {
	if v <= 0 {
		return 1
	}
	size := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 1.5, 2, 3, 5, 6, 10} {
		if n*size >= v {
			return n * size
		}
	}
	return 15 * size
}
