package workers

// Passing on: each direction of a conversation is a lane that one worker has at a time, and each row of it is one call. Who takes
// in what somebody says passes it on, if nobody works on the lane and there is room; else a task does. Where it can break:
//
//	it breaks…                            found as   then                                 people see
//	before the row is claimed             pending    the sweeper enqueues the lane        it, later
//	after the claim, before the call      sending    an edit is made again; a message     it; or the sender a notice with a
//	                                                 is uncertain                         button that sends it again
//	in the call, its answer is lost       sending    the same                             it, and maybe the notice
//	after the answer, before it is noted  sending    the same                             the same
//	Telegram says to wait                 pending    the lane waits, others go on         all in order, later
//	the message is gone at its sender     ended      it is left out                       nothing
//	Telegram does not copy it             ended      the sender is told                   a word
//	what it quotes has changed            sending    it is sent without the quote         it
//	the partner blocked the bot           pending    the conversation ends                a word, to the sender
//	the conversation ended meanwhile      dropped    it is not called; what arrived all   a word, to the sender
//	                                                 the same is removed
//	Redis lost everything                 pending    the sweeper enqueues all lanes       it; edits are asked for again

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// relaySlice is how long a lane is worked on before others have their turn.
const relaySlice = 5 * time.Second

// relay passes on what waits in one direction of a conversation, in order, until nothing does.
func (w *Workers) relay(ctx context.Context, p queue.RelayDrain) error {
	if w.Telegram == nil {
		return later(errors.New("no bot to pass on with"), time.Minute)
	}
	c, next, err := w.Store.ClaimRelay(ctx, p.Conversation, p.Side)
	if err != nil {
		return err
	}
	return w.workLane(ctx, c, next)
}

// workLane passes on what there is in a lane that is the caller's.
func (w *Workers) workLane(ctx context.Context, c storage.RelayClaim, next storage.RelayTurn) (err error) {
	if c.Quiet {
		if err := w.Store.TouchConversation(ctx, c.Conversation); err != nil {
			return err
		}
	}
	// A call under way is not cut off when the claim is lost: only its answer tells what is to be taken back.
	_, stop := whileClaimed(ctx, func(ctx context.Context) error { return w.Store.RenewRelay(ctx, c) })
	defer stop()
	ctx = telegram.WithCheck(ctx, func(ctx context.Context) error { return w.Store.HoldsRelay(ctx, c) })
	end := time.Now().Add(relaySlice)
	for next.Relay != nil {
		if next, err = w.relayOne(ctx, c, *next.Relay, end); err != nil {
			return err
		}
	}
	if next.More {
		w.enqueueLane(ctx, storage.RelayLane{Conversation: c.Conversation, Side: c.Side, Epoch: next.Epoch}, next.Wait)
	}
	return nil
}

// enqueueLane enqueues the task that works on a lane.
func (w *Workers) enqueueLane(ctx context.Context, l storage.RelayLane, wait ...time.Duration) {
	t := queue.NewRelayDrainTask(l.Conversation, l.Side, l.Epoch)
	for _, d := range wait {
		t = t.After(d)
	}
	w.enqueue(ctx, t)
}

// sweepRelays enqueues lanes that nobody works on, and returns how many there were.
func (w *Workers) sweepRelays(ctx context.Context, all bool) (int, error) {
	lanes, err := w.Store.SweepRelays(ctx, sweepLimit, all)
	for _, l := range lanes {
		w.enqueueLane(ctx, l)
	}
	return len(lanes), err
}

// relayOne passes one thing on, notes what became of it and returns what is next.
func (w *Workers) relayOne(ctx context.Context, c storage.RelayClaim, r storage.Relay, until time.Time) (next storage.RelayTurn, err error) {
	w.Step("relaying")
	w.findTargets(ctx, c, &r)
	targets, err := w.passOn(ctx, c, r)
	w.Step("passed")
	if errors.Is(err, storage.ErrFenced) || errors.Is(err, storage.ErrNotFound) { // nothing was called
		return next, storage.ErrFenced
	}
	end, wait := w.relayFate(ctx, c, r, err)
	if wait > 0 {
		return w.postponeRelay(ctx, c, r, wait)
	}
	if err == nil {
		end.Targets = targets
	}
	end.Last = time.Now().After(until) || ctx.Err() != nil
	select {
	case <-queue.Stopping(ctx):
		end.Last = true
	default:
	}
	ctx, cancel := settled(ctx)
	defer cancel()
	var out storage.Outbox
	err = w.insist(ctx, "database", func() (err error) { // it is out: forgetting that would make it uncertain
		next, out, err = w.Store.NextRelay(ctx, c, r, end)
		return err
	})
	if errors.Is(err, storage.ErrFenced) {
		return next, errors.Join(err, w.takeBackLate(ctx, c, end.Targets))
	}
	if err != nil {
		return next, err
	}
	w.Metrics.relayed.WithLabelValues(string(r.Kind), string(end.Status)).Inc()
	w.post(ctx, out)
	w.dropBodies(ctx, r)
	return next, nil
}

// takeBackLate removes what arrived after its conversation was over: its receiver may be talking to somebody else by now, and its
// sender was told that it did not arrive.
func (w *Workers) takeBackLate(ctx context.Context, c storage.RelayClaim, targets []int64) error {
	if len(targets) == 0 {
		return nil
	}
	var out storage.Outbox
	err := w.insist(ctx, "database", func() (err error) {
		if err := w.Store.HoldsRelay(ctx, c); !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		out, err = w.Store.Record(ctx, storage.Effect{Sends: []storage.Send{
			{User: c.To.User, Kind: storage.SendDelete, Body: deleteBody{Chat: c.To.Chat, Messages: targets}},
		}})
		return err
	})
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// How long it may take until it is noted which message something became that the partner sees already, and how often to look.
const (
	noteWithin = 2 * time.Second
	noteAgain  = 20 * time.Millisecond
)

// findTargets looks again for what something is about, while that may still be on the way to be noted.
func (w *Workers) findTargets(ctx context.Context, c storage.RelayClaim, r *storage.Relay) {
	for end := time.Now().Add(noteWithin); r.Unfound() && time.Now().Before(end); {
		under, err := w.Store.FindTargets(ctx, c, r)
		if err != nil || !under {
			return
		}
		select {
		case <-time.After(noteAgain):
		case <-ctx.Done():
			return
		}
	}
}

// postponeRelay puts something back that did not happen.
func (w *Workers) postponeRelay(ctx context.Context, c storage.RelayClaim, r storage.Relay, wait time.Duration) (next storage.RelayTurn, err error) {
	ctx, cancel := settled(ctx)
	defer cancel()
	w.Metrics.relayed.WithLabelValues(string(r.Kind), "postponed").Inc()
	err = w.insist(ctx, "database", func() (err error) {
		next.Epoch, err = w.Store.PostponeRelay(ctx, c, r, wait)
		return err
	})
	next.More, next.Wait = true, wait
	return next, err
}

// relayFate decides what a call comes to: an end, or a wait before it is made again.
func (w *Workers) relayFate(ctx context.Context, c storage.RelayClaim, r storage.Relay, err error) (end storage.RelayEnd, wait time.Duration) {
	var e *telegram.Error
	switch {
	case err == nil:
		return storage.RelayEnd{Status: storage.RelaySent, Sends: w.taken(c, r)}, 0
	case errors.Is(err, errGone):
		return storage.RelayEnd{Status: storage.RelayDropped, Sends: w.aboutRelay(c, r, texts.MessageRelayLost)}, 0
	case !errors.As(err, &e):
		w.Log.WarnContext(ctx, "relay postponed", "kind", r.Kind, "error", err)
		return end, 2 * time.Second
	}
	switch e.Class {
	case telegram.RateLimited:
		return end, e.RetryAfter
	case telegram.Transient:
		return end, 2 * time.Second
	case telegram.Unauthorized, telegram.Conflict:
		return end, 30 * time.Second
	case telegram.Blocked:
		if err := w.stopFor(ctx, c.To.User); err != nil { // which ends the conversation
			w.Log.WarnContext(ctx, "partner is away, the sweeper ends it", "error", err)
		}
		return end, 5 * time.Second
	case telegram.Uncertain:
		if r.Kind.Repeatable() {
			return end, time.Second
		}
		return storage.RelayEnd{Status: storage.RelayUncertain, Sends: w.unsure(c, r)}, 0
	case telegram.NotFound:
		return storage.RelayEnd{Status: storage.RelayDropped}, 0
	}
	w.Log.InfoContext(ctx, "relay refused", "kind", r.Kind, "error", err)
	return storage.RelayEnd{Status: storage.RelayDropped, Sends: w.aboutRelay(c, r, refusedRelay(r.Kind))}, 0
}

// refusedRelay is what to say about something that Telegram refuses.
func refusedRelay(k storage.RelayKind) texts.Key {
	switch k {
	case storage.RelayEdit:
		return texts.MessageRelayLost
	case storage.RelayReact:
		return texts.MessageRelayReaction
	case storage.RelayUnsend:
		return texts.MessageUnsendOld
	}
	return texts.MessageRelayCannot
}

// aboutRelay owes the sender a word about what was to be passed on.
func (w *Workers) aboutRelay(c storage.RelayClaim, r storage.Relay, key texts.Key, rows ...[]telegram.Button) []storage.Send {
	return []storage.Send{{Key: "relay:" + r.Key, User: c.From.User, Kind: storage.SendMessage, Body: messageBody{
		Chat: c.From.Chat, ReplyTo: r.Sources[0], Text: w.printer(c.From.Lang).HTML(key, nil), Keyboard: rows, Notice: true,
	}}}
}

// unsure tells the sender that something may not have arrived, with a button that sends it again.
func (w *Workers) unsure(c storage.RelayClaim, r storage.Relay) []storage.Send {
	again := telegram.Button{
		Text: w.printer(c.From.Lang).Plain(texts.ButtonRelayAgain, nil), Data: w.signer.Data(telegram.OpRelaySend, r.Key, c.From.Chat, ""),
	}
	sends := w.aboutRelay(c, r, texts.MessageRelayUncertain, row(again))
	sends[0].Key += ":" + time.Now().UTC().Format(time.RFC3339Nano) // each time
	return sends
}

// taken owes the removal of messages that were taken back at the partner's. A picture that was shown to them stays its owner's.
func (w *Workers) taken(c storage.RelayClaim, r storage.Relay) []storage.Send {
	if r.Kind != storage.RelayUnsend || r.Shared {
		return nil
	}
	return []storage.Send{{User: c.From.User, Kind: storage.SendDelete, Body: deleteBody{Chat: c.From.Chat, Messages: r.Sources}}}
}

// passOn makes the call that passes something on, and returns the messages it became.
func (w *Workers) passOn(ctx context.Context, c storage.RelayClaim, r storage.Relay) ([]int64, error) {
	if r.Interrupted && !r.Kind.Repeatable() {
		return nil, errUncertain
	}
	slices.Sort(r.Sources)
	switch r.Kind {
	case storage.RelayEdit:
		return nil, w.passEdit(ctx, c, r)
	case storage.RelayReact:
		return nil, w.passReaction(ctx, c, r)
	case storage.RelayUnsend:
		return nil, w.passUnsend(ctx, c, r)
	}
	defer w.acting(ctx, c.To.Chat, telegram.ActionTyping, uploadAfter)()
	switch {
	case r.Kind == storage.RelayLocation:
		return w.passLocation(ctx, c, r)
	case len(r.Sources) > 1:
		return w.passAlbum(ctx, c, r)
	}
	return w.passCopy(ctx, c, r)
}
