package wire_test

import (
	"strings"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	shapes := []wire.Shape{
		{Name: "1:1", Size: providers.Size{Width: 1024, Height: 1024}},
		{Name: "16:9", Size: providers.Size{Width: 1344, Height: 768}},
		{Name: "9:16", Size: providers.Size{Width: 768, Height: 1344}},
	}
	for want, s := range map[string]providers.Size{"1:1": {Width: 50, Height: 51}, "16:9": {Width: 9000, Height: 20}, "9:16": {Width: 900, Height: 1600}} {
		if got := wire.Nearest(shapes, s); got != want {
			t.Errorf("%v: %s, want %s", s, got, want)
		}
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": false, "aZ_09": true, "a-b": true, "a.b": false, "a b": false, "../x": false, "a?b": false, "é": false,
		strings.Repeat("a", 9): false,
	} {
		if got := wire.Token(s, 8, "-"); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}
