package wire

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/imagika/imagika/providers"
)

// Shape is what a model that takes no width and height calls a size, often a ratio.
type Shape struct {
	Name string
	Size providers.Size
}

// Sizes of shapes.
func Sizes(shapes []Shape) []providers.Size {
	all := make([]providers.Size, len(shapes))
	for i, s := range shapes {
		all[i] = s.Size
	}
	return all
}

// Nearest is the name of the shape closest to s, the first of several.
func Nearest(shapes []Shape, s providers.Size) string {
	away := func(o Shape) float64 {
		return math.Abs(math.Log(float64(s.Width) * float64(o.Size.Height) / (float64(s.Height) * float64(o.Size.Width))))
	}
	return slices.MinFunc(shapes, func(a, b Shape) int { return cmp.Compare(away(a), away(b)) }).Name
}

// Token reports whether s can be an id or a code, of letters, digits, underscores and the marks: nothing that would
// change an address or quote a person. It has at most so many bytes.
func Token(s string, most int, marks string) bool {
	return s != "" && len(s) <= most && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"+marks) == ""
}
