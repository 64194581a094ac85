package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram"
)

// prepare fetches the pictures a person sent with the request, checks them, takes away what a camera wrote into them,
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

func (w *Workers) fetchReference(ctx context.Context, g storage.Generation, fileID string, n int) (storage.Image, error) {
	file, err := w.Telegram.GetFile(ctx, fileID)
	if err != nil {
		return storage.Image{}, err
	}
	body, _, err := w.Telegram.Download(ctx, file.Path)
	if err != nil {
		return storage.Image{}, err
	}
	defer body.Close()
	s, err := w.spool(body, MaxPictureBytes)
	if err != nil {
		return storage.Image{}, err
	}
	defer s.Close()
	was, img, err := w.gate(ctx, s)
	if err != nil {
		return storage.Image{}, err
	}
	clean, err := w.strip(img, was)
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
	if errors.Is(err, errNoPicture) || errors.Is(err, telegram.ErrTooLarge) || class == telegram.Permanent || class == telegram.BadFile || class == telegram.NotFound {
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
