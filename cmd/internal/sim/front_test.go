package sim_test

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers/telegram"
)

// patience is how long the front-end waits for a batch to have its effect before it pushes it again.
const patience = 5 * time.Second

// take implements carrier.
func (q *redisQueue) take(u queue.Update) {
	parsed := must(telegram.ParseUpdate(u.Raw))
	q.lock.Lock()
	defer q.lock.Unlock()
	q.inbox[parsed.ID] = queue.Incoming{Bot: u.Bot, UpdateID: parsed.ID, Chat: parsed.ChatID(), Payment: paying(parsed), Raw: u.Raw}
}

// serve is the front-end: it pushes what Telegram gives out, and acknowledges what has had its effect.
func (q *redisQueue) serve(ctx context.Context) {
	r := q.open(&node{world: q.world, name: "front"})
	front := queue.NewFront(r, q.sealer, queue.FrontConfig{})
	for ctx.Err() == nil {
		q.lock.Lock()
		var batch []queue.Incoming
		for _, id := range slices.Sorted(maps.Keys(q.inbox)) {
			batch = append(batch, q.inbox[id])
		}
		q.lock.Unlock()
		if len(batch) > 0 {
			q.pass(ctx, front, batch)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err := front.Close(); err != nil {
		q.Error(err)
	}
	_ = r.Close()
}

// pass pushes a batch, in Telegram's order, and takes out what was handled. The rest is pushed again with what came meanwhile.
func (q *redisQueue) pass(ctx context.Context, front *queue.Front, batch []queue.Incoming) {
	var pushed []queue.Incoming
	var receipts []queue.Receipt
	for i, p := range front.PushAll(ctx, batch) {
		if p.Err == nil {
			pushed, receipts = append(pushed, batch[i]), append(receipts, p.Receipt)
		}
	}
	all := wait(ctx, front, patience, receipts...)
	for i, r := range receipts {
		if !all && !wait(ctx, front, 100*time.Millisecond, r) {
			continue
		}
		q.lock.Lock()
		delete(q.inbox, pushed[i].UpdateID)
		q.lock.Unlock()
		q.acknowledge(r.Hash)
	}
}

// wait reports whether all were handled in time.
func wait(ctx context.Context, front *queue.Front, d time.Duration, receipts ...queue.Receipt) bool {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	_, err := front.Wait(ctx, receipts)
	return err == nil
}
