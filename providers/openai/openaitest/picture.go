package openaitest

import (
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// job is a call that was found in order.
type job struct {
	model, prompt, quality, format string
	width, height, count, pictures int
	seed                           int64
}

// paint makes the i-th picture of a job.
func paint(j job, i int) providertest.File {
	return providertest.Paint(j.format, providers.Size{Width: j.width, Height: j.height}, j.prompt, j.seed+int64(i))
}
