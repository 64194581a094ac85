package queue

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// Incoming is an update as the front-end classified it.
type Incoming struct {
	Bot      int64
	UpdateID int64
	Chat     int64 // whose lane it is; a person's id where there is no chat
	// Payment updates wait in no lane: pre-checkout queries have to be answered within 10 s.
	Payment bool
	Raw     []byte // the JSON as Telegram sent it
}

// Receipt stands for a pushed update until its effect is in SQL.
type Receipt struct {
	Hash string
	Lane string
	Done bool // it was handled before
}

// FrontConfig configures a Front. All fields may be zero.
type FrontConfig struct {
	Lanes LaneConfig
	// Call bounds each push: 2 s. A dead Redis is answered by not acknowledging the update.
	Call    time.Duration
	Metrics *Metrics
	Log     *slog.Logger
	Traces  *Traces // nil for none
}

// Front is the bot front-end's side of the queue. It is safe for concurrent use.
type Front struct {
	conn  redis.UniversalClient
	keys  *Keys
	lanes *Lanes
	acks  *acks
	call  time.Duration
	m     *Metrics
}

// NewFront returns a front that listens for acknowledgements until Close.
func NewFront(r *Redis, keys *Keys, cfg FrontConfig) *Front {
	client := newClient(r.brisk, 0, cfg.Metrics)
	client.Follow(cfg.Traces)
	return &Front{
		conn: r.brisk, keys: keys,
		lanes: newLanes(r.brisk, client, keys, cfg.Lanes, cfg.Metrics, cfg.Log),
		acks:  newAcks(r.brisk),
		call:  orDefault(cfg.Call, 2*time.Second),
		m:     orMetrics(cfg.Metrics),
	}
}

// Close stops listening.
func (f *Front) Close() error { return f.acks.close() }

func (f *Front) pushPayment(ctx context.Context, in Incoming) (Receipt, error) {
	r := Receipt{Hash: f.keys.UpdateHash(in.Bot, in.UpdateID)}
	task, err := f.keys.PaymentTask(Update{Hash: r.Hash, Bot: in.Bot, Received: time.Now(), Raw: in.Raw})
	if err != nil {
		return Receipt{}, err
	}
	if err := f.lanes.client.Enqueue(ctx, task); err != nil {
		return Receipt{}, err
	}
	return r, nil
}

// First and longest pause between two looks at the markers of handled updates.
const (
	ackCheckFirst = 100 * time.Millisecond
	ackCheckMost  = 500 * time.Millisecond
)

// Wait returns when the effects of all receipts are in SQL, or when ctx ends; it marks those that are as done, and returns how
// many are, and ctx's error if not all. It listens to publications and looks at the markers now and then as well, because a publication reaches
// only who is connected at that moment.
func (f *Front) Wait(ctx context.Context, receipts []Receipt) (acked int, err error) {
	started := time.Now()
	pending := make(map[string]Receipt)
	for _, r := range receipts {
		if !r.Done {
			pending[r.Hash] = r
		}
	}
	total := len(pending)
	if total > 0 {
		w := f.acks.join(slices.Collect(maps.Keys(pending)))
		defer f.acks.leave(w)
		err = f.await(ctx, w, pending)
	}
	f.m.waited(started, total-len(pending), len(pending))
	for i, r := range receipts {
		_, open := pending[r.Hash]
		receipts[i].Done = !open
	}
	return len(receipts) - len(pending), err
}

// await takes from pending what was handled.
func (f *Front) await(ctx context.Context, w *waiter, pending map[string]Receipt) error {
	pause := ackCheckFirst
	f.look(ctx, pending) // what was handled before we joined was not published to us
	tick := time.NewTimer(pause)
	defer tick.Stop()
	for len(pending) > 0 {
		select {
		case hash := <-w.told:
			delete(pending, hash)
		case <-tick.C:
			f.look(ctx, pending)
			pause = min(pause*3/2, ackCheckMost)
			tick.Reset(pause)
		case <-ctx.Done():
			return fmt.Errorf("wait for updates: %w", ctx.Err())
		}
	}
	return nil
}

// look takes from pending what is marked as handled. An error is no news.
func (f *Front) look(ctx context.Context, pending map[string]Receipt) {
	ctx, cancel := context.WithTimeout(ctx, f.call)
	defer cancel()
	found := make(map[string]*redis.IntCmd, len(pending))
	_, _ = f.conn.Pipelined(ctx, func(p redis.Pipeliner) error {
		for hash, r := range pending {
			found[hash] = p.Exists(ctx, doneKey(r.Lane, hash))
		}
		return nil
	})
	for hash, cmd := range found {
		if cmd.Err() == nil && cmd.Val() > 0 {
			delete(pending, hash)
		}
	}
}
