package local

import "slices"

// paperCut is layers of colored paper, the smallest on top, each with the shadow it throws on those below.
func paperCut(c *canvas, _ dice) {
	c.widen()
	for range 3 {
		c.calm(c.px(11))
	}
	inks := c.inksOf(7)
	rank, order := c.layers(inks)
	dx, dy := c.px(7), c.px(9)
	shadow := newPlane(c.w, c.h)
	for n := 1; n < len(inks); n++ { // what lies higher than the layer below n
		mask := newPlane(c.w, c.h)
		for i, r := range rank {
			if int(r) >= n {
				mask.v[i] = 256
			}
		}
		soft := c.blurred(mask, c.px(6), 2)
		c.recolor(func(x, y int, k ink) ink {
			if i := y*c.w + x; int(rank[i]) == n-1 {
				shadow.v[i] = soft.get(x-dx, y-dy)
			}
			return k
		})
	}
	c.recolor(func(x, y int, _ ink) ink {
		i := y*c.w + x
		n := order[rank[i]]
		k := inks[n].saturated(310).lit(2600)
		k = k.lit(c.grain(x, y, 3*n) / 18)
		lit := 0
		for _, o := range [][2]int{{-1, -1}, {-2, -2}, {0, -1}} { // the edge of a sheet catches the light
			if rank[min(max(y+o[1], 0), c.h-1)*c.w+min(max(x+o[0], 0), c.w-1)] < rank[i] {
				lit++
			}
		}
		return mix(k.lit(int32(lit)*3400).clamped(), hex(0x0c0a18), min(shadow.v[i]*5/8, 170))
	})
}

// layers ranks the ink of every pixel: the more a color covers, the lower it lies. Edges are those of scissors. The
// second result is the ink of each rank.
func (c *canvas) layers(inks []ink) ([]uint8, []int) {
	plates := c.masks(inks)
	area := make([]int64, len(inks))
	owner := make([]uint8, len(c.pix))
	for i := range plates {
		plates[i] = c.blurred(plates[i], c.px(5), 2)
	}
	for i := range owner {
		best := int32(-1)
		for n := range plates {
			if v := plates[n].v[i]; v > best {
				best, owner[i] = v, uint8(n)
			}
		}
		area[owner[i]]++
	}
	order := make([]int, len(inks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(area[b] - area[a]) })
	place := make([]uint8, len(inks))
	for r, n := range order {
		place[n] = uint8(r)
	}
	for i, n := range owner {
		owner[i] = place[n]
	}
	return owner, order
}
