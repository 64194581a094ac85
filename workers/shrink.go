package workers

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"

	"golang.org/x/image/draw"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram"
)

// shrink makes a copy of a stored image that Telegram takes, as a JPEG: for a photo within its sides, for a file with all
// its pixels. The caller closes it.
func (w *Workers) shrink(ctx context.Context, i storage.Image, file bool) (picture, error) {
	body, err := w.open(ctx, i)
	if err != nil {
		return picture{}, err
	}
	defer body.Close()
	original, err := w.spool(body, i.Bytes)
	if err != nil {
		return picture{}, err
	}
	defer original.Close()
	_, img, err := w.gate(ctx, original)
	if err != nil {
		return picture{}, err
	}
	done, err := w.awaitDecode(ctx)
	if err != nil {
		return picture{}, err
	}
	defer done()
	size, limit := img.Bounds().Size(), int64(telegram.MaxDocumentBytes)
	if !file {
		size.X, size.Y = copySize(size.X, size.Y)
		limit = telegram.MaxPhotoBytes
	}
	for {
		jpg, err := encodeWithin(onWhite(img, size), limit)
		if err != nil {
			return picture{}, err
		}
		if jpg != nil {
			return w.keepCopy(jpg, size)
		}
		size = size.Div(2)
	}
}

// copySize is the size of a copy that is to be a photo: with room to spare, because Telegram shows no more than that.
func copySize(width, height int) (int, int) {
	const sides = telegram.MaxPhotoSides / 2
	if width+height <= sides {
		return width, height
	}
	return max(width*sides/(width+height), 1), max(height*sides/(width+height), 1)
}

// onWhite scales an image; JPEG has no transparency.
func onWhite(img image.Image, size image.Point) image.Image {
	out := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(out, out.Bounds(), img, img.Bounds(), draw.Over, nil)
	return out
}

// encodeWithin writes a JPEG as good as fits, or none.
func encodeWithin(img image.Image, limit int64) ([]byte, error) {
	for _, quality := range []int{92, 80, 60} {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
			return nil, fmt.Errorf("encode a copy: %w", err)
		}
		if int64(b.Len()) <= limit {
			return b.Bytes(), nil
		}
	}
	return nil, nil
}

// keepCopy puts a copy where it can be read again for another try.
func (w *Workers) keepCopy(jpg []byte, size image.Point) (picture, error) {
	s, err := objects.NewSpool(w.Settings.SpoolDir, int64(len(jpg)))
	if err != nil {
		return picture{}, err
	}
	if _, err := s.Write(jpg); err != nil {
		_ = s.Close()
		return picture{}, err
	}
	return picture{Spool: s, mediaType: "image/jpeg", width: size.X, height: size.Y}, nil
}

// copyUpload uploads a copy under the name of its original.
func copyUpload(i storage.Image, c picture) *telegram.Upload {
	i.MediaType = c.mediaType
	return &telegram.Upload{
		Name: fileName(i), MediaType: c.mediaType, Size: c.Size(),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(c.Reader()), nil },
	}
}
