package workers

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// What somebody in a conversation says is for their partner, but for commands. Here it becomes a row in the lane of its
// direction, in the transaction of its update; relay_lane.go passes it on. Telegram copies messages by their ids, so that what
// they say is neither stored nor looked at, but for what tells who is speaking (relay_secret.go). Where a copy is not enough,
// the content waits sealed in Redis for a moment (Bodies).

// Bodies keeps what people say where a copy does not carry it, sealed and for a moment. *queue.Bodies is one.
type Bodies interface {
	Put(ctx context.Context, hash string, body []byte) error
	// Get returns nil for a body that is gone.
	Get(ctx context.Context, hash string) ([]byte, error)
	Drop(ctx context.Context, hashes ...string) error
}

// Slots are room for lanes beside the tasks that work on them. *queue.Slots are such.
type Slots interface {
	// Take takes a slot if one is free. Run gives it back when f has returned; f may be nil. It is called once.
	Take() (run func(f func()), ok bool)
}

// talking reports whether what an update says is for the person's partner.
func (in *incoming) talking() bool { return in.person.Talking && in.chat.ID == in.person.TelegramID }

// kindCannot lists what Telegram does not copy, and what to say about it. Everything else is copied, content of the future too.
var kindCannot = map[telegram.Kind]texts.Key{
	telegram.KindStory:     texts.MessageRelayStory,
	telegram.KindPaidMedia: texts.MessageRelayPaid,
	telegram.KindInvoice:   texts.MessageRelayPaid,
	telegram.KindChecklist: texts.MessageRelayChecklist,
	telegram.KindGiveaway:  texts.MessageRelayCannot,
	telegram.KindGame:      texts.MessageRelayCannot,
	telegram.KindOther:     texts.MessageRelayCannot,
}

// cannot is what to say about a message that cannot be passed on; empty for one that can.
func cannot(m *telegram.Message) texts.Key {
	switch {
	case m.Poll != nil && m.Poll.Hidden():
		return texts.MessageRelayQuiz
	case m.Protected:
		return texts.MessageRelayProtected
	}
	return kindCannot[m.Kind()]
}

// relayMessage passes a message on.
func (w *Workers) relayMessage(ctx context.Context, in *incoming) error {
	m := in.message
	switch m.Kind() {
	case telegram.KindService, telegram.KindPayment, telegram.KindRefund:
		return w.done(ctx, in)
	}
	if key := cannot(m); key != "" {
		w.sayAbout(in, m.ID, key, nil)
		sayOnce(in, "cannot")
		return w.done(ctx, in)
	}
	if ok, err := w.keepsPace(ctx, in); err != nil || !ok {
		return err
	}
	r := storage.NewRelay{User: in.person.ID, Key: in.effect.Update, Kind: storage.RelayCopy, Sources: []int64{m.ID}}
	if m.ReplyTo != nil {
		r.ReplyTo = m.ReplyTo.ID
	}
	switch {
	case m.MediaGroupID != "":
		r.Kind, r.Album = storage.RelayAlbum, w.albumHash(in.person.ID, m.MediaGroupID)
	case m.Location != nil && m.Location.LivePeriod > 0:
		r.Kind = storage.RelayLocation
	}
	told := in.effect.Sends
	err := w.keepAndPass(ctx, in, r)
	if errors.Is(err, storage.ErrMoved) { // the album has left: what it was kept and asked about under is another name
		w.dropBodies(ctx, storage.Relay{Key: r.Album, Sources: r.Sources, Body: true})
		in.effect.Sends, r.Kind, r.Album = told, storage.RelayCopy, ""
		err = w.keepAndPass(ctx, in, r)
	}
	return err
}

// keepAndPass passes a message on, with what a copy of it does not carry.
func (w *Workers) keepAndPass(ctx context.Context, in *incoming, r storage.NewRelay) error {
	if r.Kind != storage.RelayCopy || in.message.Quote != nil || in.message.Effect != "" {
		if err := w.keepBody(ctx, in, &r); err != nil {
			return err
		}
	}
	return w.askOrPass(ctx, in, r)
}

// albumHash names an album.
func (w *Workers) albumHash(user int64, group string) string {
	return hex.EncodeToString(w.Sealer.MAC("relay album", strconv.FormatInt(user, 10), group)[:16])
}

// bodyName names the body of one message of a relay.
func (w *Workers) bodyName(relay string, message int64) string {
	return hex.EncodeToString(w.Sealer.MAC("relay body", relay, strconv.FormatInt(message, 10))[:16])
}

// keepBody keeps the content of the update's message until it is passed on.
func (w *Workers) keepBody(ctx context.Context, in *incoming, r *storage.NewRelay) error {
	c, err := telegram.ParseContent(in.raw)
	if err != nil {
		return err
	}
	name := r.Key
	if r.Album != "" {
		name = r.Album
	}
	return w.putBody(ctx, r, w.bodyName(name, r.Sources[0]), c)
}

// pass commits something to be passed on. Whoever works on the lane comes to it; if nobody does, and there is room here, it is
// passed on from here, without the way through the queue.
func (w *Workers) pass(ctx context.Context, in *incoming, r storage.NewRelay) error {
	if !r.Asked && r.Album == "" && w.Slots != nil && w.Telegram != nil {
		if run, ok := w.Slots.Take(); ok {
			return w.passNow(ctx, in, r, run)
		}
	}
	lane, out, err := w.Store.AppendRelay(ctx, in.effect, r)
	if err != nil {
		return w.notPassed(ctx, in, err)
	}
	w.Step("relayed")
	w.post(ctx, out)
	switch {
	case r.Asked || lane.Held:
	case r.Album != "":
		w.enqueueLane(ctx, lane, storage.AlbumPause)
	default:
		w.enqueueLane(ctx, lane)
	}
	return nil
}

// passNow is pass with a slot to do it in.
func (w *Workers) passNow(ctx context.Context, in *incoming, r storage.NewRelay, run func(func())) error {
	c, next, out, err := w.Store.PassRelay(ctx, in.effect, r, in.look)
	if err != nil {
		run(nil)
		return w.notPassed(ctx, in, err)
	}
	w.Step("relayed")
	w.post(ctx, out)
	ctx = context.WithoutCancel(ctx)
	run(func() {
		if err := w.workLane(ctx, c, next); err != nil && !errors.Is(err, storage.ErrFenced) {
			w.Log.WarnContext(ctx, "lane left to the sweeper", "error", err)
		}
	})
	return nil
}

// notPassed answers something that could not be taken.
func (w *Workers) notPassed(ctx context.Context, in *incoming, err error) error {
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	in.effect.Sends = nil // the partner was faster
	w.say(in, texts.MessageRelayOver, nil)
	return w.done(ctx, in)
}

// sayAbout is say about a message, which the text replies to.
func (w *Workers) sayAbout(in *incoming, message int64, key texts.Key, data map[string]any, rows ...[]telegram.Button) {
	body := w.body(in, key, data, rows...)
	body.ReplyTo = message
	w.tell(in, body)
}

// How fast somebody can talk for long, and at once. Who is faster is kept from talking for a while: what they say then does not
// arrive, and they know from where on.
const (
	talkEvery = time.Second
	talkBurst = 40
	talkPause = 15 * time.Second
	// talkAhead is for how much at once the limit is asked; of how many people it is remembered that some of that is left.
	talkAhead   = 4
	talkersMost = 10_000
)

// talkers are people who may say some more before the limit is asked again.
type talkers struct {
	mu   sync.Mutex
	left map[int64]int
}

// spend takes one of what is left to somebody, and reports false if nothing is.
func (t *talkers) spend(user int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.left[user]
	if n > 1 {
		t.left[user] = n - 1
	} else {
		delete(t.left, user)
	}
	return n > 0
}

// grant leaves somebody what the limit has granted, but for the first.
func (t *talkers) grant(user int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left == nil || len(t.left) >= talkersMost {
		t.left = make(map[int64]int) // who had some left asks a little sooner
	}
	t.left[user] = talkAhead - 1
}

// keepsPace reports whether somebody talks no faster than a person does. Else they are told, once.
func (w *Workers) keepsPace(ctx context.Context, in *incoming) (bool, error) {
	if w.Limits == nil {
		return true, nil
	}
	if w.talkers.spend(in.person.ID) {
		return true, nil
	}
	key := "talk:" + w.safety(in.person.ID)
	_, ok, err := w.Limits.Reserve(ctx, key, talkAhead*talkEvery, talkBurst/talkAhead, 0)
	if ok && err == nil {
		w.talkers.grant(in.person.ID)
	}
	if err != nil || ok {
		return ok, err
	}
	_, first, err := w.Limits.Reserve(ctx, key+":told", talkPause+talkEvery, 1, 0)
	if err != nil {
		return false, err
	}
	if first {
		if _, _, err := w.Limits.Reserve(ctx, key, talkPause, talkBurst, 0); err != nil { // which takes the time of the pause
			return false, err
		}
		w.sayAbout(in, in.message.ID, texts.MessageRelayFast, map[string]any{"Until": talkPause})
	}
	return false, w.done(ctx, in)
}

// relayEdit passes on what a message says now, and reports false for one that was not said in the conversation.
func (w *Workers) relayEdit(ctx context.Context, in *incoming) (done bool, err error) {
	m := in.message
	of, err := w.Store.Relayed(ctx, in.person.ID, m.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	switch of.Status {
	case storage.RelayDropped:
		w.sayAbout(in, m.ID, texts.MessageRelayKept, nil)
		in.effect.Sends[len(in.effect.Sends)-1].Key = "kept:" + of.Key
		return true, w.done(ctx, in)
	case storage.RelayAsked, storage.RelayWaiting, storage.RelayPending:
		if left, err := w.editEarly(ctx, in, of); !left || err != nil {
			return true, err
		}
	}
	r := storage.NewRelay{User: in.person.ID, Key: in.effect.Update, Kind: storage.RelayEdit, Sources: []int64{m.ID}}
	if err := w.keepBody(ctx, in, &r); err != nil {
		return true, err
	}
	if of.Kind == storage.RelayLocation { // they were asked when it began
		return true, w.pass(ctx, in, r)
	}
	return true, w.askOrPass(ctx, in, r)
}

// editEarly is about an edit of what has not left yet: it leaves as it is then. If it tells now who is speaking, it waits for
// a word first, unless it has left meanwhile.
func (w *Workers) editEarly(ctx context.Context, in *incoming, of storage.Relayed) (left bool, err error) {
	if of.Kind != storage.RelayCopy && of.Kind != storage.RelayShare {
		if err := w.keepBody(ctx, in, &storage.NewRelay{Key: of.Key, Sources: []int64{in.message.ID}}); err != nil {
			return false, err
		}
	}
	letter, err := w.asksAbout(ctx, in)
	if err != nil {
		return false, err
	}
	if letter == "" || of.Kind == storage.RelayLocation {
		return false, w.done(ctx, in)
	}
	told := in.effect.Sends
	w.askSecret(in, of.Key, letter)
	if of.Status != storage.RelayAsked { // no question about it stands
		in.effect.Sends[len(in.effect.Sends)-1].Key += ":" + in.effect.Update
	}
	out, err := w.Store.HoldRelay(ctx, in.effect, in.person.ID, of.Key)
	if errors.Is(err, storage.ErrNotFound) {
		in.effect.Sends = told
		return true, nil
	}
	if err == nil {
		w.post(ctx, out)
	}
	return false, err
}

// relayReaction passes on what somebody thinks of a message. Bots have one reaction to give, and no paid ones or ones of one's
// own.
func (w *Workers) relayReaction(ctx context.Context, in *incoming, c *telegram.ReactionChange) error {
	r := storage.NewRelay{User: in.person.ID, Key: in.effect.Update, Kind: storage.RelayReact, Sources: []int64{c.MessageID}}
	if len(c.New) > 0 {
		last := c.New[len(c.New)-1]
		if last.Type != telegram.ReactionEmoji {
			w.say(in, texts.MessageRelayReaction, nil)
			in.effect.Sends[len(in.effect.Sends)-1].Key = "reaction:" + w.safety(in.person.ID)
			return w.done(ctx, in)
		}
		if err := w.putBody(ctx, &r, w.bodyName(r.Key, c.MessageID), last); err != nil {
			return err
		}
	}
	return w.pass(ctx, in, r)
}
