package local

// NewSmall is New with preferred sizes an eighth as long, for tests that draw much.
func NewSmall(o Options) *Provider {
	p := New(o)
	for i := range p.sizes {
		p.sizes[i].Width /= 8
		p.sizes[i].Height /= 8
	}
	return p
}

// Enlarge is what upscaling does.
var Enlarge = enlarge
