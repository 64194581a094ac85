package bfltest

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"strconv"

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

// paint makes the picture of a job: a square on a ground, in the colors of its words and its seed.
func paint(j job) providertest.File {
	h := fnv.New32a()
	_, _ = h.Write([]byte(j.prompt + strconv.FormatInt(j.seed, 10)))
	n := h.Sum32()
	ground := color.RGBA{R: uint8(n), G: uint8(n >> 8), B: uint8(n >> 16), A: 255}
	colors := slices.Repeat(color.Palette{ground, color.White}, 16) // a byte for a pixel, which is quick to read
	img := image.NewPaletted(image.Rect(0, 0, j.width, j.height), colors)
	for y := j.height / 4; y < j.height/2; y++ {
		row := img.Pix[y*img.Stride : y*img.Stride+j.width]
		for x := j.width / 4; x < j.width/2; x++ {
			row[x] = 1
		}
	}
	var out bytes.Buffer
	if j.format == "jpeg" {
		_ = jpeg.Encode(&out, img, nil) // writing to memory, of a size that was checked
		return providertest.File{MediaType: "image/jpeg", Bytes: out.Bytes()}
	}
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	_ = fast.Encode(&out, img)
	return providertest.File{MediaType: "image/png", Bytes: out.Bytes()}
}
