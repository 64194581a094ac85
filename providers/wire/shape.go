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

// Kontext are the shapes of FLUX Kontext, of one megapixel, whoever runs it.
func Kontext() []Shape {
	return []Shape{
		{Name: "1:1", Size: providers.Size{Width: 1024, Height: 1024}},
		{Name: "4:3", Size: providers.Size{Width: 1184, Height: 880}},
		{Name: "3:4", Size: providers.Size{Width: 880, Height: 1184}},
		{Name: "3:2", Size: providers.Size{Width: 1248, Height: 832}},
		{Name: "2:3", Size: providers.Size{Width: 832, Height: 1248}},
		{Name: "16:9", Size: providers.Size{Width: 1392, Height: 752}},
		{Name: "9:16", Size: providers.Size{Width: 752, Height: 1392}},
		{Name: "21:9", Size: providers.Size{Width: 1568, Height: 672}},
		{Name: "9:21", Size: providers.Size{Width: 672, Height: 1568}},
	}
}

// Nearest is the name of the shape closest to s, the first of several.
func Nearest(shapes []Shape, s providers.Size) string {
	away := func(o Shape) float64 {
		return math.Abs(math.Log(float64(s.Width) * float64(o.Size.Height) / (float64(s.Height) * float64(o.Size.Width))))
	}
	return slices.MinFunc(shapes, func(a, b Shape) int { return cmp.Compare(away(a), away(b)) }).Name
}

// Listed are the models of an adapter's table.
func Listed[M any](table []M, of func(M) providers.Model) []providers.Model {
	all := make([]providers.Model, len(table))
	for i, m := range table {
		all[i] = of(m)
	}
	return all
}

// Tokens are the codes that can be told to an operator, each after a comma.
func Tokens(most int, marks string, codes ...string) string {
	var b strings.Builder
	for _, code := range codes {
		if Token(code, most, marks) {
			b.WriteString(", " + code)
		}
	}
	return b.String()
}

// Token reports whether s can be an id or a code, of letters, digits, underscores and the marks: nothing that would
// change an address or quote a person. It has at most so many bytes.
func Token(s string, most int, marks string) bool {
	return s != "" && len(s) <= most && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"+marks) == ""
}
