package workers

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/imagika/imagika/queue"
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
	if r.Kind != storage.RelayCopy || m.Quote != nil || m.Effect != "" {
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

// pass commits something to be passed on.
func (w *Workers) pass(ctx context.Context, in *incoming, r storage.NewRelay) error {
	lane, out, err := w.Store.AppendRelay(ctx, in.effect, r)
	if errors.Is(err, storage.ErrNotFound) { // the partner was faster
		in.effect.Sends = nil
		w.say(in, texts.MessageRelayOver, nil)
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	w.Step("relayed")
	w.post(ctx, out)
	t := queue.NewRelayDrainTask(lane.Conversation, lane.Side, lane.Epoch)
	switch {
	case r.Asked:
		return nil
	case r.Album != "":
		t = t.After(storage.AlbumPause)
	}
	w.enqueue(ctx, t)
	return nil
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
)

// keepsPace reports whether somebody talks no faster than a person does. Else they are told, once.
func (w *Workers) keepsPace(ctx context.Context, in *incoming) (bool, error) {
	if w.Limits == nil {
		return true, nil
	}
	key := "talk:" + w.safety(in.person.ID)
	_, ok, err := w.Limits.Reserve(ctx, key, talkEvery, talkBurst, 0)
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
	case storage.RelayAsked, storage.RelayWaiting, storage.RelayPending: // it is copied as it is then
		if of.Kind != storage.RelayCopy && of.Kind != storage.RelayShare {
			if err := w.keepBody(ctx, in, &storage.NewRelay{Key: of.Key, Sources: []int64{m.ID}}); err != nil {
				return true, err
			}
		}
		return true, w.done(ctx, in)
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
