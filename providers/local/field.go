package local

// field is a slow function of the canvas, known at every fourth pixel or so and smoothly in between: noise that changes
// over many pixels need not be made anew for each.
type field struct {
	shift, top, wide, last int // last is the last row that can be asked for, from top
	at                     []int32
}

// newField computes f for the rows from y0 to y1, one point in 1<<shift pixels.
func (c *canvas) newField(y0, y1, shift int, f func(x, y int) int) *field {
	y0, y1 = max(0, y0), min(c.h, y1)
	g := &field{shift: shift, top: y0, wide: c.w>>shift + 2}
	rows := max(0, y1-y0)>>shift + 2
	g.last = (rows-1)<<shift - 1
	g.at = make([]int32, rows*g.wide)
	for y := range rows {
		if c.dead() {
			break
		}
		for x := range g.wide {
			g.at[y*g.wide+x] = int32(f(min(x<<shift, c.w-1), y0+y<<shift))
		}
	}
	return g
}

// get is the function's value at a pixel; beyond those rows it is the nearest one's.
func (g *field) get(x, y int) int {
	y = min(max(y-g.top, 0), g.last)
	s := g.shift
	side := 1 << s
	fx, fy := int32(x&(side-1)), int32(y&(side-1))
	i := y>>s*g.wide + x>>s
	a, b, c, d := g.at[i], g.at[i+1], g.at[i+g.wide], g.at[i+g.wide+1]
	upper, lower := a+(b-a)*fx>>s, c+(d-c)*fx>>s
	return int(upper + (lower-upper)*fy>>s)
}

// above is the highest row of a path, to know which rows a shader will be asked for.
func above(line ridge) int {
	top := line[0]
	for _, y := range line {
		top = min(top, y)
	}
	return int(top) - 2
}
