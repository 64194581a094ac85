package bfltest

import (
	"image"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// job is a call that was found in order.
type job struct {
	model, prompt, format string
	width, height         int
	seed                  int64
	pictures              int
	source, mask          image.Image
	whites                bool
	cost                  float64
}

func (j job) megapixels() float64 { return float64(j.width) * float64(j.height) / (1 << 20) }

// paint makes the picture of a job.
func paint(j job) providertest.File {
	return providertest.Paint(j.format, providers.Size{Width: j.width, Height: j.height}, j.prompt, j.seed)
}
