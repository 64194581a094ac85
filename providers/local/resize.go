package local

import (
	"context"
	"image"
	stddraw "image/draw"
	"runtime"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/sync/errgroup"

	"github.com/imagika/imagika/providers"
)

const (
	stripRows  = 96 // of the result, between two looks at the context
	kernelRows = 4  // of the source, seen beyond a strip
)

// enlarge resamples with Catmull-Rom, strip by strip on all processors, so that it can stop in between and needs little
// beyond the result. Strips overlap by more than the kernel sees, and only their insides are kept: the joints do not
// show.
func enlarge(ctx context.Context, src *image.RGBA, times int) (*image.RGBA, error) {
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, w*times, h*times))
	rows := stripRows / times
	work, all := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for y := 0; y < h && all.Err() == nil; y += rows {
		work.Go(func() error {
			from, to := max(0, y-kernelRows), min(h, y+rows+kernelRows)
			part := src.SubImage(image.Rect(0, from, w, to))
			large := image.NewRGBA(image.Rect(0, 0, w*times, (to-from)*times))
			xdraw.CatmullRom.Scale(large, large.Bounds(), part, part.Bounds(), xdraw.Src, nil)
			keep := image.Rect(0, y*times, w*times, min(h, y+rows)*times)
			stddraw.Draw(out, keep, large, image.Pt(0, (y-from)*times), stddraw.Src)
			return all.Err()
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	return out, ctx.Err()
}

// halve averages squares of four pixels.
func halve(ctx context.Context, src *image.RGBA) (*image.RGBA, error) {
	w, h := src.Bounds().Dx()/2, src.Bounds().Dy()/2
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		if y&63 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for i := range 4 * w {
			x := i/4*8 + i%4
			a, b := 2*y*src.Stride+x, (2*y+1)*src.Stride+x
			sum := int(src.Pix[a]) + int(src.Pix[a+4]) + int(src.Pix[b]) + int(src.Pix[b+4])
			out.Pix[y*out.Stride+i] = uint8(sum / 4)
		}
	}
	return out, nil
}

// resized is a picture in another size, near its own.
func resized(img *image.RGBA, to providers.Size) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, to.Width, to.Height))
	xdraw.CatmullRom.Scale(out, out.Bounds(), img, img.Bounds(), xdraw.Src, nil)
	return out
}
