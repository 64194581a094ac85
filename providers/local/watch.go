package local

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"time"

	"github.com/imagika/imagika/providers"
)

// teller tells whoever watches a call how far a part of it is. The zero value tells nobody.
type teller struct {
	watch    func(providers.Progress)
	from, to float64 // of the call
}

// part is a share of what there is to tell of, from 0 to 1.
func (t teller) part(from, to float64) teller {
	return teller{t.watch, lerp(t.from, t.to, from), lerp(t.from, t.to, to)}
}

// at tells that so much of the part is done, and shows the picture if there is something to see.
func (t teller) at(share float64, c *canvas) {
	if t.watch == nil {
		return
	}
	p := providers.Progress{Started: true, Fraction: lerp(t.from, t.to, share)}
	if c != nil && !c.dead() {
		p.Preview = c.preview()
	}
	t.watch(p)
}

const (
	previewSide    = 384 // pixels of the longer side, at most
	previewQuality = 75
	tellEvery      = time.Second
)

// preview is the picture as it is, small, as a JPEG of some twenty kilobytes.
func (c *canvas) preview() []byte {
	by := (max(c.w, c.h) + previewSide - 1) / previewSide
	small := image.NewRGBA(image.Rect(0, 0, max(1, c.w/by), max(1, c.h/by)))
	for i := range small.Rect.Dx() * small.Rect.Dy() {
		k := c.meanOf(i%small.Rect.Dx()*by, i/small.Rect.Dx()*by, by)
		small.Pix[4*i], small.Pix[4*i+1], small.Pix[4*i+2], small.Pix[4*i+3] = eight(k.r), eight(k.g), eight(k.b), 255
	}
	var file bytes.Buffer
	_ = jpeg.Encode(&file, small, &jpeg.Options{Quality: previewQuality}) // a buffer does not fail
	return file.Bytes()
}

// wait passes the time before a call draws, and tells how it goes by.
func (t teller) wait(ctx context.Context, d time.Duration) error {
	for passed := time.Duration(0); passed < d; passed += tellEvery {
		t.at(float64(passed)/float64(d), nil)
		if err := pause(ctx, min(tellEvery, d-passed)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// held draws all images before any is read: as long as they are drawn, the call is under way and can be watched and
// stopped.
func held(images providers.Images) (providers.Images, error) {
	var all []providers.Image
	for img, err := range images {
		if err != nil {
			return nil, err
		}
		all = append(all, img)
	}
	return func(yield func(providers.Image, error) bool) {
		for _, img := range all {
			if !yield(img, nil) {
				return
			}
		}
	}, nil
}
