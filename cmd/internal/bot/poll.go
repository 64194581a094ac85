package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/imagika/imagika/queue"
)

const (
	batchSize = 100
	// pushGrace bounds the pushing of a batch that came before the end of the run.
	pushGrace = 5 * time.Second
)

// poll takes updates until ctx ends.
func (b *Bot) poll(ctx context.Context) {
	var offset, confirmed int64
	pause := newBackoff()
	for ctx.Err() == nil {
		batch, err := b.api.getUpdates(ctx, offset, batchSize, b.cfg.PollTimeout, b.cfg.AllowedUpdates)
		b.note(ctx, err)
		if err == nil {
			confirmed = offset
			offset, err = b.take(ctx, batch, offset)
		}
		if err != nil {
			sleep(ctx, pause.next(err))
			continue
		}
		pause.reset()
	}
	if offset != confirmed {
		b.confirm(ctx, offset)
	}
}

// confirm acknowledges the last batch, so that the next start does not see it again. Without it nothing is lost.
func (b *Bot) confirm(ctx context.Context, offset int64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_, _ = b.api.getUpdates(ctx, offset, 1, 0, b.cfg.AllowedUpdates)
}

var errNoIDs = errors.New("none of the updates has an id")

// take pushes a batch in order, waits for its effects and returns the offset to ask for next. A failed push ends the
// batch before it; what was pushed until then is passed over only if its effects are there, because a queue in trouble
// is no place to leave the only copy.
func (b *Bot) take(ctx context.Context, batch []json.RawMessage, offset int64) (int64, error) {
	if len(batch) == 0 {
		return offset, nil
	}
	start := time.Now()
	next, receipts, err := b.push(ctx, batch)
	if next == 0 {
		return offset, cmp.Or(err, errNoIDs)
	}
	late := b.late(ctx, receipts)
	if late > 0 && (err != nil || ctx.Err() != nil) {
		return offset, err // not confirmed: they come again, and are known
	}
	b.cfg.Metrics.straggled(late)
	b.cfg.Metrics.took(len(receipts), time.Since(start))
	return next, err
}

// push pushes a batch and returns the id after the last update before the first failure, 0 if there is none, and the
// receipts until there. What was pushed beyond a failure comes again and is known. It goes on for a moment after the end
// of ctx.
func (b *Bot) push(ctx context.Context, batch []json.RawMessage) (next int64, receipts []queue.Receipt, err error) {
	ctx, cancel := lingering(ctx, pushGrace)
	defer cancel()
	updates := make([]classified, 0, len(batch))
	incoming := make([]queue.Incoming, 0, len(batch))
	for _, raw := range batch {
		u, ok := classify(b.id, raw)
		if !ok {
			b.skip(ctx, len(raw))
			continue
		}
		updates, incoming = append(updates, u), append(incoming, u.Incoming)
	}
	for i, p := range b.cfg.Front.PushAll(ctx, incoming) {
		pushed, err := b.pushed(ctx, updates[i], p.Err)
		if err != nil {
			return next, receipts, err
		}
		if pushed {
			receipts = append(receipts, p.Receipt)
		}
		next = updates[i].UpdateID + 1
	}
	return next, receipts, nil
}

// pushed counts an update that was handed over, or was not. One that found its lane full is dropped, and no error.
func (b *Bot) pushed(ctx context.Context, u classified, err error) (bool, error) {
	if u.date > 0 {
		b.cfg.Metrics.lagged(time.Since(time.Unix(u.date, 0)))
	}
	switch {
	case err == nil:
		b.cfg.Metrics.update(u.kind, outcomePushed)
		return true, nil
	case errors.Is(err, queue.ErrLaneFull):
		b.cfg.Metrics.update(u.kind, outcomeFull)
		return false, nil
	}
	b.cfg.Metrics.update(u.kind, outcomeFailed)
	b.log.LogAttrs(ctx, slog.LevelWarn, "update not enqueued", slog.String("type", u.kind), slog.String("error", b.api.redact(err.Error())))
	return false, err
}

// skip leaves out bytes that are no update: holding up the batch would hold up everybody.
func (b *Bot) skip(ctx context.Context, size int) {
	b.cfg.Metrics.update(kindUnreadable, outcomeSkipped)
	b.log.LogAttrs(ctx, slog.LevelError, "update without an id skipped", slog.Int("bytes", size))
}

// late waits until the effects are in SQL, and returns how many were not in time.
func (b *Bot) late(ctx context.Context, receipts []queue.Receipt) int {
	if b.cfg.Ack != AckSQL || len(receipts) == 0 {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, b.cfg.AckTimeout)
	defer cancel()
	done, err := b.cfg.Front.Wait(ctx, receipts)
	if err == nil {
		return 0
	}
	return max(len(receipts)-done, 0)
}

// lingering returns a context that ends grace after ctx does.
func lingering(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		sleep(late, grace)
		cancel()
	})
	return late, func() { stop(); cancel() }
}
