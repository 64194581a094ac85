package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// pushers is how many tasks of a batch are enqueued side by side.
const pushers = 8

// Pushed is what became of one update of a batch.
type Pushed struct {
	Receipt
	Err error // nil, ErrLaneFull, or why the update has to be pushed again
}

// Push hands an update to the workers: when it returns nil the update is in its lane, sealed, and a drain is enqueued.
// It may be repeated with the same update, and has to be until it returns nil or ErrLaneFull; the order of a chat's
// updates is the order of their first successful push.
func (f *Front) Push(ctx context.Context, in Incoming) (Receipt, error) {
	p := f.PushAll(ctx, []Incoming{in})[0]
	return p.Receipt, p.Err
}

// PushAll is Push for a batch, and returns what became of each update in the same order. It costs one trip to Redis for
// all updates and one for each lane, not two for each update. Updates of one chat keep their order, whatever fails: a
// lane takes its part of the batch in one step or not at all. A batch with a failed update may be pushed again whole.
func (f *Front) PushAll(ctx context.Context, batch []Incoming) []Pushed {
	ctx, cancel := context.WithTimeout(ctx, f.call)
	defer cancel()
	began := time.Now()
	p := &push{f: f, batch: batch, out: make([]Pushed, len(batch)), sent: make([]bool, len(batch))}
	p.payments(ctx)
	lanes := p.lanes()
	f.lanes.pushAll(ctx, lanes)
	sideBySide(lanes, func(l *laneBatch) {
		if l.err == nil && l.waits() {
			l.err = f.lanes.enqueue(ctx, l.lane, l.epoch, 0)
		}
	})
	for _, l := range lanes {
		p.note(l)
	}
	f.lanes.client.traces.pushed(ctx, began, p.out)
	return p.out
}

// sideBySide calls f for all. A goroutine takes many, because each new one would grow its stack again.
func sideBySide[T any](all []T, f func(T)) {
	if len(all) == 1 {
		f(all[0])
		return
	}
	var group sync.WaitGroup
	for some := range slices.Chunk(all, len(all)/pushers+1) {
		group.Go(func() {
			for _, one := range some {
				f(one)
			}
		})
	}
	group.Wait()
}

// push is a batch on its way.
type push struct {
	f     *Front
	batch []Incoming
	sent  []bool // payments that went to their own queue
	out   []Pushed
}

// laneBatch is the part of a batch that goes to one lane.
type laneBatch struct {
	lane   string
	index  []int // in the batch
	hashes []string
	sealed [][]byte
	// What came of it.
	epoch   int64
	results []string
	err     error
}

// payments enqueues the updates that wait in no lane. One that does not fit into a task is better handled in its turn
// than refused for ever.
func (p *push) payments(ctx context.Context) {
	var paying []int
	for i, in := range p.batch {
		if in.Payment {
			paying = append(paying, i)
		}
	}
	sideBySide(paying, func(i int) {
		receipt, err := p.f.pushPayment(ctx, p.batch[i])
		if p.sent[i] = !errors.Is(err, ErrPayloadTooLarge); p.sent[i] {
			p.out[i] = Pushed{receipt, err}
		}
	})
}

// lanes are the lanes of the batch with their updates sealed, in the order of their first updates.
func (p *push) lanes() (all []*laneBatch) {
	of := make(map[string]*laneBatch)
	for i, in := range p.batch {
		if p.sent[i] {
			continue
		}
		lane := p.f.keys.LaneHash(in.Bot, in.Chat)
		l, ok := of[lane]
		if !ok {
			l = &laneBatch{lane: lane}
			of[lane], all = l, append(all, l)
		}
		l.index = append(l.index, i)
	}
	for _, l := range all {
		l.err = p.seal(l)
	}
	return all
}

func (p *push) seal(l *laneBatch) error {
	for _, i := range l.index {
		in := p.batch[i]
		hash := p.f.keys.UpdateHash(in.Bot, in.UpdateID)
		sealed, err := p.f.keys.sealUpdate(kindLane, hash, l.lane, in.Bot, time.Now(), in.Raw)
		if err != nil {
			return err
		}
		l.hashes, l.sealed = append(l.hashes, hash), append(l.sealed, sealed)
	}
	return nil
}

// note writes down what came of a lane. Where no drain was enqueued nothing was pushed, except what needs none.
func (p *push) note(l *laneBatch) {
	for k, i := range l.index {
		switch {
		case l.results == nil:
			p.out[i].Err = l.err
		case l.results[k] == pushDone:
			p.out[i].Receipt = Receipt{Hash: l.hashes[k], Lane: l.lane, Done: true}
		case l.err != nil:
			p.out[i].Err = l.err
		case l.results[k] == pushFull:
			p.out[i].Err = ErrLaneFull
		default:
			p.out[i].Receipt = Receipt{Hash: l.hashes[k], Lane: l.lane}
		}
	}
}

// waits reports whether the lane holds updates of the batch. A known one asks for a drain as well: who pushed it may have
// died before that.
func (l *laneBatch) waits() bool {
	return slices.ContainsFunc(l.results, func(r string) bool { return r == pushNew || r == pushKnown })
}

// pushAll appends updates to their lanes, which note what came of it. It can be repeated. The index has another hash tag
// than the lanes, so it is written beside the scripts: after them, which is what close relies on.
func (l *Lanes) pushAll(ctx context.Context, lanes []*laneBatch) {
	lanes = slices.DeleteFunc(slices.Clone(lanes), func(b *laneBatch) bool { return b.err != nil })
	if len(lanes) == 0 {
		return
	}
	cmds := l.sendPush(ctx, lanes)
	if slices.ContainsFunc(cmds, unscripted) && pushScript.Load(ctx, l.conn).Err() == nil {
		cmds = l.sendPush(ctx, lanes)
	}
	for i, b := range lanes {
		b.take(cmds[i])
		for _, result := range b.results {
			l.m.pushed(result)
		}
	}
}

// unscripted reports whether a node did not know the script. The nodes of a cluster come to know it one by one.
func unscripted(cmd *redis.Cmd) bool { return redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") }

// sendPush makes one trip of all scripts, with the index behind them; in a cluster, where the index is elsewhere, a second one.
func (l *Lanes) sendPush(ctx context.Context, lanes []*laneBatch) []*redis.Cmd {
	pipe := l.conn.Pipeline()
	cmds := make([]*redis.Cmd, 0, len(lanes))
	index := make([]redis.Z, 0, len(lanes))
	for _, b := range lanes {
		keys := laneKeys(b.lane)
		args := []any{l.cfg.MaxItems, l.cfg.MaxBytes}
		for i, hash := range b.hashes {
			keys = append(keys, doneKey(b.lane, hash))
			args = append(args, hash, b.sealed[i])
		}
		cmds = append(cmds, pushScript.EvalSha(ctx, pipe, keys, args...))
		index = append(index, redis.Z{Score: float64(time.Now().UnixMilli()), Member: b.lane})
	}
	if clustered(l.conn) {
		_, _ = pipe.Exec(ctx) // each command has its own error
	}
	pipe.ZAdd(ctx, laneIndex, index...)
	_, _ = pipe.Exec(ctx)
	return cmds
}

// take reads a script's reply: the epoch, then a result for each update.
func (l *laneBatch) take(cmd *redis.Cmd) {
	reply, err := cmd.StringSlice()
	if err == nil && len(reply) != len(l.hashes)+1 {
		err = errors.New("the reply is too short")
	}
	if err != nil {
		l.err = fmt.Errorf("push to lane: %w", err)
		return
	}
	if l.epoch, l.err = replyEpoch(reply, 0); l.err == nil {
		l.results = reply[1:]
	}
}
