package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/imagika/imagika/queue"
)

const (
	batchSize = 100
	// heldPause is how long updates without an effect are waited for before they are asked for again, with those that have come
	// since.
	heldPause = time.Second
	// stragglerAge is how long updates without an effect may hold up others that came after them: longer than servers need to start
	// again and a lane needs to be taken over, because what is acknowledged then is gone with the queue.
	stragglerAge = time.Minute
	// pushGrace bounds the pushing of a batch that came before the end of the run.
	pushGrace = 5 * time.Second
)

// poll takes updates until ctx ends.
func (b *Bot) poll(ctx context.Context) {
	var offset, confirmed int64
	held := waiting{}
	pause := newBackoff()
	for ctx.Err() == nil {
		batch, err := b.api.getUpdates(ctx, offset, batchSize, b.cfg.PollTimeout, b.cfg.AllowedUpdates)
		b.note(ctx, err)
		if err == nil {
			confirmed = offset
			offset, err = b.take(ctx, batch, offset, held)
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

// waiting are updates, by id, that come again: one that has no effect yet, and what came behind it.
type waiting map[int64]arrived

// arrived is an update that was pushed.
type arrived struct {
	since time.Time // it came first
	done  bool
}

// taken is an update of a batch that was pushed, or dropped.
type taken struct {
	id      int64
	receipt queue.Receipt // done where it was dropped
	since   time.Time     // it came first
}

// take pushes a batch in order, waits for its effects and returns the offset to ask for next, which is behind what has had its
// effect and before everything else. So whatever becomes of the queue, what has no effect yet comes again and is pushed again,
// which is harmless where it is still there. A failed push ends the batch before it.
func (b *Bot) take(ctx context.Context, batch []json.RawMessage, offset int64, held waiting) (int64, error) {
	if len(batch) == 0 {
		return offset, nil
	}
	all, err := b.push(ctx, batch, held)
	if len(all) == 0 {
		return offset, cmp.Or(err, errNoIDs)
	}
	b.await(ctx, all, held)
	open := b.settle(all, held)
	few := len(batch) == batchSize && len(open) < len(all)/2
	late := 0
	for _, u := range all {
		if !u.receipt.Done {
			if !few || time.Since(u.since) < stragglerAge {
				break
			}
			late++
		}
		offset = u.id + 1
	}
	if late > 0 {
		b.cfg.Metrics.straggled(late)
		b.log.LogAttrs(ctx, slog.LevelWarn, "updates without an effect held up others and are acknowledged", slog.Int("updates", late))
	}
	return offset, err
}

// settle notes which updates have had their effect, and which of the batch will come again. It returns those without an effect.
func (b *Bot) settle(all []taken, held waiting) (open []taken) {
	again := waiting{}
	for _, u := range all {
		if !u.receipt.Done {
			open = append(open, u)
		} else if !held[u.id].done {
			b.cfg.Metrics.took(1, time.Since(u.since))
		}
		if len(open) > 0 {
			again[u.id] = arrived{u.since, u.receipt.Done}
		}
	}
	clear(held)
	maps.Copy(held, again)
	return open
}

// push pushes a batch and returns its updates until the first failure. What was pushed beyond a failure comes again and is known.
// It goes on for a moment after the end of ctx.
func (b *Bot) push(ctx context.Context, batch []json.RawMessage, held waiting) (all []taken, err error) {
	ctx, cancel := lingering(ctx, pushGrace)
	defer cancel()
	now := time.Now()
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
		u := taken{id: updates[i].UpdateID, receipt: p.Receipt, since: now}
		if was, again := held[u.id]; again && p.Err == nil {
			u.since = was.since
		} else if pushed, err := b.pushed(ctx, updates[i], p.Err); err != nil {
			return all, err
		} else if !pushed {
			u.receipt.Done = true
		}
		all = append(all, u)
	}
	return all, nil
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

// await waits until the effects of a batch are in SQL, and marks those that are: for what is new as long as the settings say,
// and for a moment for what was waited for before, because others may have written meanwhile.
func (b *Bot) await(ctx context.Context, all []taken, held waiting) {
	var fresh, old []*taken
	for i := range all {
		u := &all[i]
		if _, again := held[u.id]; again {
			old = append(old, u)
		} else {
			fresh = append(fresh, u)
		}
	}
	b.wait(ctx, fresh, b.cfg.AckTimeout)
	b.wait(ctx, old, heldPause)
}

func (b *Bot) wait(ctx context.Context, some []*taken, most time.Duration) {
	receipts := make([]queue.Receipt, len(some))
	for i, u := range some {
		receipts[i] = u.receipt
	}
	b.effects(ctx, receipts, most)
	for i, r := range receipts {
		some[i].receipt = r
	}
}

// effects waits until effects are in SQL, and marks those that are.
func (b *Bot) effects(ctx context.Context, receipts []queue.Receipt, most time.Duration) {
	if b.cfg.Ack != AckSQL {
		for i := range receipts {
			receipts[i].Done = true
		}
	}
	if !slices.ContainsFunc(receipts, func(r queue.Receipt) bool { return !r.Done }) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	_, _ = b.cfg.Front.Wait(ctx, receipts) // what is not done is not marked
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
