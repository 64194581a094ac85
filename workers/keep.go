package workers

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // decoders of the image gate
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"runtime/debug"
	"time"

	_ "golang.org/x/image/webp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
)

// The image gate: nothing goes to the object store, to a provider or into a bill that is not a picture of bearable size.
const (
	maxPixels      = 40_000_000 // 160 MB decoded
	maxResultBytes = 64 << 20
	minSide        = 8
)

// errNoPicture says that bytes are not a picture the product can use. Its text is for operators.
var errNoPicture = errors.New("not a usable picture")

// picture is a checked image in a spool.
type picture struct {
	*objects.Spool
	mediaType     string
	width, height int
}

// gate checks what was spooled: the type by its first bytes, the size by its header, then every pixel, because a
// truncated file has a good header. Full decodes are few at a time; they are what costs memory.
func (w *Workers) gate(ctx context.Context, s *objects.Spool) (picture, image.Image, error) {
	p := picture{Spool: s, mediaType: http.DetectContentType(s.Head())}
	cfg, format, err := image.DecodeConfig(s.Reader())
	if err != nil {
		return p, nil, fmt.Errorf("%w: %s, header: %w", errNoPicture, p.mediaType, err)
	}
	p.width, p.height, p.mediaType = cfg.Width, cfg.Height, "image/"+format
	if cfg.Width < minSide || cfg.Height < minSide || cfg.Width > maxPixels/cfg.Height {
		return p, nil, fmt.Errorf("%w: %d×%d pixels", errNoPicture, cfg.Width, cfg.Height)
	}
	if format == "jpeg" && manyScans(s.Reader()) {
		return p, nil, fmt.Errorf("%w: more than %d scans", errNoPicture, maxScans)
	}
	done, err := w.awaitDecode(ctx)
	if err != nil {
		return p, nil, err
	}
	defer done()
	img, err := decodeSafely(s.Reader())
	return p, img, err
}

// awaitDecode waits for the turn of whoever holds a whole image in memory: they are few at a time. The caller ends the turn.
func (w *Workers) awaitDecode(ctx context.Context) (done func(), err error) {
	if ctx.Err() != nil { // else it would depend on chance whether there is a turn all the same
		return nil, context.Cause(ctx)
	}
	select {
	case w.decode <- struct{}{}:
		return func() { <-w.decode }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// decodeSafely turns a decoder's panic into an error: the bytes come from strangers.
func decodeSafely(r io.Reader) (img image.Image, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: decoder panicked", errNoPicture)
		}
	}()
	if img, _, err = image.Decode(r); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoPicture, err)
	}
	return img, nil
}

// spool reads a stream into an unlinked file, at most limit bytes.
func (w *Workers) spool(r io.Reader, limit int64) (*objects.Spool, error) {
	s, err := objects.NewSpool(w.Settings.SpoolDir, limit)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(s, r); err != nil {
		_ = s.Close()
		if errors.Is(err, objects.ErrTooLarge) {
			return nil, fmt.Errorf("%w: %w", errNoPicture, err)
		}
		return nil, err
	}
	return s, nil
}

// strip re-encodes a person's picture, so that where and with what it was taken does not leave with it.
func (w *Workers) strip(img image.Image, was picture) (picture, error) {
	s, err := objects.NewSpool(w.Settings.SpoolDir, maxResultBytes)
	if err != nil {
		return picture{}, err
	}
	out := picture{Spool: s, mediaType: "image/jpeg", width: img.Bounds().Dx(), height: img.Bounds().Dy()}
	if was.mediaType == "image/jpeg" {
		err = jpeg.Encode(s, img, &jpeg.Options{Quality: 95})
	} else {
		out.mediaType = "image/png"
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(s, img)
	}
	if err != nil {
		_ = s.Close()
		return picture{}, fmt.Errorf("re-encode reference: %w", err)
	}
	return out, nil
}

// put seals a picture under its person's key and stores it. It is tried again while the store is away, as long as the
// context allows: the picture was paid for.
func (w *Workers) put(ctx context.Context, user int64, key string, p picture) error {
	sealer, err := w.Keys.Person(ctx, user)
	if err != nil {
		return err
	}
	sealed, err := objects.NewSpool(w.Settings.SpoolDir, 2*maxResultBytes)
	if err != nil {
		return err
	}
	defer sealed.Close()
	sw := sealer.SealWriter(key, sealed)
	if _, err := io.Copy(sw, p.Reader()); err != nil {
		return fmt.Errorf("seal image: %w", err)
	}
	if err := sw.Close(); err != nil {
		return fmt.Errorf("seal image: %w", err)
	}
	return w.insist(ctx, "object", func() error {
		return w.Objects.Put(ctx, key, sealed.Reader(), sealed.Size(), "application/octet-stream")
	})
}

// insist repeats f while a server is away, as long as the context allows.
func (w *Workers) insist(ctx context.Context, what string, f func() error) error {
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := f()
		if err == nil || !errors.Is(err, objects.ErrUnavailable) && !storage.IsUnavailable(err) {
			return err
		}
		w.Log.WarnContext(ctx, "server away, trying again", "what", what, "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		}
	}
}

// open returns the plain bytes of a stored image.
func (w *Workers) open(ctx context.Context, i storage.Image) (io.ReadCloser, error) {
	sealer, err := w.Keys.Person(ctx, i.User)
	if err != nil {
		return nil, err
	}
	body, _, err := w.Objects.Get(ctx, i.Key)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{sealer.OpenReader(i.Key, body), body}, nil
}

// keepResults stores what a provider returned, one image at a time, and returns their rows. Images that came are kept
// even if a later one failed or is held back: they are what the person pays for. The made ones before them came from earlier calls.
func (w *Workers) keepResults(ctx context.Context, g storage.Generation, a storage.Attempt, images providers.Images, made int) (kept []storage.Image, err error) {
	ctx, end := w.Traces.Span(ctx, "store")
	defer func() { end(err) }()
	defer func() {
		if v := recover(); v != nil { // an adapter's bug, in the middle of an answer
			w.Log.ErrorContext(ctx, "provider panicked", "provider", a.Provider, "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			if err = nil; len(kept) == 0 {
				err = &providers.Error{Provider: a.Provider, Class: providers.NoOutput, Billed: providers.BilledMaybe, Err: errors.New("panic")}
			}
		}
	}()
	var held error
	for img, err := range images {
		if err == nil && made+len(kept) < g.Params.Count {
			var row storage.Image
			if row, err = w.keepResult(ctx, g, a, img, made+len(kept)); err == nil {
				kept = append(kept, row)
				continue
			}
			if errors.Is(err, errHeldBack) || errors.Is(err, errUnjudged) {
				held = err
				continue // the others may be fine
			}
		}
		if err != nil && len(kept) == 0 {
			return nil, err
		}
		if err != nil {
			w.Log.WarnContext(ctx, "fewer images than asked for", "generation", g.ID, "kept", len(kept), "error", err)
		}
		break
	}
	if len(kept) == 0 {
		return nil, cmp.Or(held, fmt.Errorf("%w: the answer holds no image", errNoPicture))
	}
	return kept, nil
}

func (w *Workers) keepResult(ctx context.Context, g storage.Generation, a storage.Attempt, img providers.Image, n int) (storage.Image, error) {
	s, err := w.spool(img.Body, maxResultBytes)
	if err != nil {
		return storage.Image{}, err
	}
	defer s.Close()
	was, _, err := w.gate(ctx, s)
	if err != nil {
		return storage.Image{}, err
	}
	p, err := w.bare(was)
	if err != nil {
		return storage.Image{}, err
	}
	if p.Spool != was.Spool {
		defer p.Close()
	}
	row := newImage(g, p, n)
	row.Attempt, row.Seed, row.Note = a.ID, img.Seed, img.Note
	row.Key = objects.ResultKey(g.User, g.ID, a.ID, n, extension(p.mediaType))
	w.Step("spooled")
	if err := w.showable(ctx, g, a, p); err != nil {
		return storage.Image{}, err
	}
	if err := w.put(ctx, g.User, row.Key, p); err != nil {
		return storage.Image{}, err
	}
	w.Step("put")
	return row, nil
}

func newImage(g storage.Generation, p picture, n int) storage.Image {
	return storage.Image{
		Generation: g.ID, N: n, User: g.User, SHA256: hex.EncodeToString(p.SHA256()), Bytes: p.Size(),
		Width: p.width, Height: p.height, MediaType: p.mediaType,
	}
}

// extension of a media type that the gate lets through.
func extension(mediaType string) string {
	switch mediaType {
	case "image/jpeg":
		return "jpg"
	case "image/webp":
		return "webp"
	case "image/gif":
		return "gif"
	}
	return "png"
}
