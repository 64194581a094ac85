package workers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram"
)

// prepare fetches the pictures a person sent with the request, now or with an earlier one, checks them, takes away what a camera wrote into them,
// and stores them sealed. Then the generation can be painted.
func (w *Workers) prepare(ctx context.Context, p queue.GenerationPrepare) error {
	return w.underClaim(ctx, p.ID, func(ctx context.Context, c *claim) error {
		switch {
		case c.RefsMissing == 0: // done by another task; this claim made it generating
			return w.paint(ctx, c)
		case c.cancelAsked.Load():
			return w.finish(ctx, c, storage.StatusCanceled, storage.ReasonPerson, "", storage.End{})
		}
		var refs []storage.Image
		for n, file := range c.Request.References {
			ref, err := w.fetchReference(ctx, c.Generation, file, n)
			if err != nil {
				return w.badReference(ctx, c, err)
			}
			refs = append(refs, ref)
		}
		epoch, err := w.Store.ReferencesReady(ctx, c.ID, c.Fence, refs)
		if err != nil {
			return err
		}
		w.enqueue(ctx, queue.NewGenerationGenerateTask(c.ID, epoch))
		return nil
	})
}

// keptReference names a picture that lies with an earlier generation of the same person, among the file ids of Telegram, in which
// there is no colon.
func keptReference(generation string, n int) string {
	return keptPrefix + generation + ":" + strconv.Itoa(n)
}

const keptPrefix = "kept:"

// copyReference takes the picture over as it is: it was checked and stripped when it came.
func (w *Workers) copyReference(ctx context.Context, g storage.Generation, kept string, n int) (storage.Image, error) {
	id, number, _ := strings.Cut(kept, ":")
	was, err := w.Store.OwnGeneration(ctx, g.User, id)
	if err != nil {
		return storage.Image{}, err
	}
	all, err := w.Store.Images(ctx, was.ID, false)
	if err != nil {
		return storage.Image{}, err
	}
	at := slices.IndexFunc(all, func(i storage.Image) bool { return strconv.Itoa(i.N) == number })
	if at < 0 {
		return storage.Image{}, storage.ErrNotFound
	}
	body, err := w.open(ctx, all[at])
	if err != nil {
		return storage.Image{}, err
	}
	defer body.Close()
	s, err := w.spool(body, maxResultBytes)
	if err != nil {
		return storage.Image{}, err
	}
	p := picture{Spool: s, mediaType: all[at].MediaType, width: all[at].Width, height: all[at].Height}
	defer p.Close()
	row := newImage(g, p, n)
	row.Key = objects.ReferenceKey(g.User, g.ID, n, extension(p.mediaType))
	return row, w.put(ctx, g.User, row.Key, p)
}

func (w *Workers) fetchReference(ctx context.Context, g storage.Generation, fileID string, n int) (storage.Image, error) {
	if kept, ok := strings.CutPrefix(fileID, keptPrefix); ok {
		return w.copyReference(ctx, g, kept, n)
	}
	file, err := w.Telegram.GetFile(ctx, fileID)
	if err != nil {
		return storage.Image{}, err
	}
	body, _, err := w.Telegram.Download(ctx, file.Path)
	if err != nil {
		return storage.Image{}, err
	}
	defer body.Close()
	return w.keepPicture(ctx, g, body, n)
}

// keepPicture checks the n-th picture that a person sent for a generation, takes away what a camera wrote into it, and stores it
// sealed.
func (w *Workers) keepPicture(ctx context.Context, g storage.Generation, body io.Reader, n int) (storage.Image, error) {
	s, err := w.spool(body, MaxPictureBytes)
	if err != nil {
		return storage.Image{}, err
	}
	defer s.Close()
	was, img, err := w.gate(ctx, s)
	if err != nil {
		return storage.Image{}, err
	}
	clean, err := w.strip(upright(img, orientation(was.Reader())), was)
	if err != nil {
		return storage.Image{}, err
	}
	defer clean.Close()
	row := newImage(g, clean, n)
	row.Key = objects.ReferenceKey(g.User, g.ID, n, extension(clean.mediaType))
	return row, w.put(ctx, g.User, row.Key, clean)
}

// badReference ends a generation whose picture cannot be used, and comes back where only a server was away.
func (w *Workers) badReference(ctx context.Context, c *claim, err error) error {
	class := telegram.ClassOf(err)
	gone := errors.Is(err, storage.ErrNotFound) || errors.Is(err, objects.ErrNotFound)
	if gone || errors.Is(err, errNoPicture) || errors.Is(err, telegram.ErrTooLarge) || class == telegram.Permanent || class == telegram.BadFile || class == telegram.NotFound {
		w.Log.InfoContext(ctx, "reference not usable", "generation", c.ID, "error", err)
		return w.finish(ctx, c, storage.StatusFailed, storage.ReasonBadReference, "", storage.End{})
	}
	away := class == telegram.Transient || class == telegram.RateLimited || errors.Is(err, objects.ErrUnavailable)
	if yielded := w.yield(ctx, c, away, 0); errors.Is(yielded, storage.ErrFenced) {
		return yielded
	}
	wait := 2 * time.Second
	if e, ok := errors.AsType[*telegram.Error](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	return later(err, wait)
}

// orientation is how a camera was held: the tag of a JPEG's EXIF block, 1 to 8. Whoever takes that block away has to turn
// the picture. Files that say nothing, or nonsense, are upright: 1.
func orientation(file io.Reader) int {
	r := bufio.NewReader(file)
	var head [4]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil || head[0] != 0xff || head[1] != 0xd8 {
		return 1
	}
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil || head[0] != 0xff || head[1] < 0xe0 || head[1] > 0xef {
			return 1 // application segments come first
		}
		size := int(binary.BigEndian.Uint16(head[2:])) - 2
		segment := make([]byte, max(size, 0))
		if _, err := io.ReadFull(r, segment); err != nil || size < 0 {
			return 1
		}
		if tiff, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && head[1] == 0xe1 {
			return orientationTag(tiff)
		}
	}
}

// orientationTag looks for tag 0x112 in the first directory of a TIFF header.
func orientationTag(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at > len(tiff)-2 {
		return 1
	}
	entries := tiff[at+2:]
	for n := int(order.Uint16(tiff[at:])); n > 0 && len(entries) >= 12; n, entries = n-1, entries[12:] {
		if order.Uint16(entries) != 0x112 {
			continue
		}
		if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
			return v
		}
		break
	}
	return 1
}

// upright turns a picture as its orientation says. The form a JPEG decoder makes stays as compact as it can.
func upright(img image.Image, as int) image.Image {
	if as <= 1 || as > 8 {
		return img
	}
	b := img.Bounds()
	turned := image.Rect(0, 0, b.Dx(), b.Dy())
	if as >= 5 {
		turned = image.Rect(0, 0, b.Dy(), b.Dx())
	}
	m, ok := img.(*image.YCbCr)
	if !ok {
		out := image.NewRGBA(turned)
		eachTurned(b, turned, as, func(x, y, fromX, fromY int) { out.Set(x, y, img.At(fromX, fromY)) })
		return out
	}
	out := image.NewYCbCr(turned, image.YCbCrSubsampleRatio444)
	eachTurned(b, turned, as, func(x, y, fromX, fromY int) {
		to, luma, chroma := out.YOffset(x, y), m.YOffset(fromX, fromY), m.COffset(fromX, fromY)
		out.Y[to], out.Cb[to], out.Cr[to] = m.Y[luma], m.Cb[chroma], m.Cr[chroma]
	})
	return out
}

// eachTurned calls f for every pixel of a turned picture, with where it was.
func eachTurned(from, to image.Rectangle, as int, f func(x, y, fromX, fromY int)) {
	for y := range to.Dy() {
		for x := range to.Dx() {
			u, v := x, y
			if as >= 5 {
				u, v = y, x
			}
			if as == 2 || as == 3 || as == 7 || as == 8 {
				u = from.Dx() - 1 - u
			}
			if as == 3 || as == 4 || as == 6 || as == 7 {
				v = from.Dy() - 1 - v
			}
			f(x, y, from.Min.X+u, from.Min.Y+v)
		}
	}
}
