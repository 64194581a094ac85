package providers_test

import (
	"math"
	"testing"

	"github.com/imagika/imagika/providers"
)

func TestExpanded(t *testing.T) {
	t.Parallel()
	type m = providers.Margins
	size := func(w, h int) providers.Size { return providers.Size{Width: w, Height: h} }
	tests := []struct {
		desc         string
		ref          providers.Size
		margins      providers.Margins
		limit        providers.Size
		whole, inner providers.Size
		left, top    int
	}{
		{"zoom", size(1000, 800), m{0.25, 0.25, 0.25, 0.25}, size(0, 0), size(1500, 1200), size(1000, 800), 250, 200},
		{"pan left", size(1024, 768), m{Left: 0.5}, size(0, 0), size(1536, 768), size(1024, 768), 512, 0},
		{"pan down", size(1024, 768), m{Bottom: 0.5}, size(0, 0), size(1024, 1152), size(1024, 768), 0, 0},
		{"a wide limit", size(2000, 1000), m{Right: 1}, size(2000, 2000), size(2000, 500), size(1000, 500), 0, 0},
		{"a high limit", size(1000, 2000), m{Top: 1}, size(2000, 2000), size(500, 2000), size(500, 1000), 0, 1000},
		{"a pixel", size(1, 1), m{Left: 0.1}, size(0, 0), size(1, 1), size(1, 1), 0, 0},
	}
	for _, tt := range tests {
		whole := providers.Expanded(tt.ref, tt.margins, tt.limit)
		inner, left, top := whole.Inside(tt.margins)
		if whole != tt.whole || inner != tt.inner || left != tt.left || top != tt.top {
			t.Errorf("%s: %v with %v at %d,%d; want %v with %v at %d,%d", tt.desc, whole, inner, left, top, tt.whole, tt.inner, tt.left, tt.top)
		}
	}
}

func TestMarginsValid(t *testing.T) {
	t.Parallel()
	for margins, want := range map[providers.Margins]bool{
		{}: false, {Left: 0.1}: true, {Bottom: providers.MaxMargin}: true, {Bottom: providers.MaxMargin + 0.1}: false, {Top: -0.1, Left: 1}: false,
		{Right: math.Inf(1)}: false,
	} {
		if got := margins.Valid(); got != want {
			t.Errorf("%+v: %v", margins, got)
		}
	}
	if (providers.Margins{Left: math.NaN()}).Valid() {
		t.Error("no number is a margin")
	}
}
