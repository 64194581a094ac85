package workers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

const (
	widenAfter  = time.Minute      // of waiting, people are asked whether other languages will do
	waitMost    = 30 * time.Minute // then the lobby lets them go: nobody wants to be found when they look no more
	remindEvery = 48 * time.Hour   // at most
	remindAfter = 15 * time.Second // somebody has waited
	remindMost  = 5                // people in one sweep
	remindPause = 30 * time.Second // between the times: somebody may be found by then
	idleMost    = 72 * time.Hour   // a conversation in which nobody writes
)

// tend looks for somebody for a person who waits, and tells them how it stands if there is nobody. What fails the sweeper
// does again.
func (w *Workers) tend(ctx context.Context, v storage.Waiting) {
	if err := w.tendWaiting(ctx, v); err != nil && !errors.Is(err, storage.ErrNotFound) {
		w.Log.WarnContext(ctx, "lobby not tended, the sweeper will", "error", err)
	}
}

func (w *Workers) tendWaiting(ctx context.Context, v storage.Waiting) error {
	c, out, err := w.Store.Match(ctx, v.User, w.found)
	if err == nil {
		w.post(ctx, out)
		w.Metrics.matches.WithLabelValues(scope(c)).Inc()
		w.Metrics.lobbyWait.Observe(time.Since(v.Since).Seconds())
		return nil
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	q, err := w.Store.Searching(ctx, v.User)
	if err != nil {
		return err
	}
	v.Search = q
	switch waited := time.Since(q.Since); {
	case waited > waitMost:
		return w.giveUp(ctx, v)
	case waited > widenAfter && !q.Wide && q.Asked.IsZero():
		return w.askWide(ctx, v)
	}
	return w.showWait(ctx, v)
}

// scope says whether a match is of one language, for metrics.
func scope(c storage.Conversation) string {
	if c.Lang == "" {
		return "wide"
	}
	return "language"
}

// found is what two people are told who were matched. Neither hears of the other's language unless it is their own.
func (w *Workers) found(ctx context.Context, c storage.Conversation, both [2]storage.Search) (sends []storage.Send, err error) {
	wish := ""
	if both[0].Wish == both[1].Wish {
		wish = both[0].Wish
	}
	for _, q := range both {
		p, err := w.Store.PersonByID(ctx, q.User)
		if err != nil {
			return nil, err
		}
		message, err := w.Store.WaitMessage(ctx, q.ID)
		if err != nil {
			return nil, err
		}
		if message != 0 {
			sends = append(sends, editSend(p, message))
		}
		t := w.printer(p.Lang)
		sends = append(sends, w.chatSend(p, "found:"+c.ID+":"+q.ID, texts.MessageChatFound,
			map[string]any{"Language": talkName(c.Lang), "Wish": wishName(t, wish)}, w.talkingButtons(t, p)...))
	}
	return sends, nil
}

// chatSend is a message to a person's own chat, once for its key.
func (w *Workers) chatSend(p storage.Person, key string, text texts.Key, data map[string]any, rows ...[]telegram.Button) storage.Send {
	return storage.Send{Key: key, User: p.ID, Kind: storage.SendMessage, Body: messageBody{
		Chat: p.TelegramID, Text: w.printer(p.Lang).HTML(text, data), Keyboard: rows,
	}}
}

// ownButton is a button of a person whose update this is not.
func (w *Workers) ownButton(t texts.Printer, p storage.Person, key texts.Key, op telegram.Op, object string) telegram.Button {
	return telegram.Button{Text: t.Plain(key, nil), Data: w.signer.Data(op, object, p.TelegramID, "")}
}

// waiting is how it stands with somebody's wait: what the message says, and a short form of it.
type waiting struct {
	data  map[string]any
	shown string
}

func (w *Workers) wait(ctx context.Context, q storage.Search) (waiting, error) {
	place, usual, err := w.Store.Place(ctx, q)
	if err != nil {
		return waiting{}, err
	}
	left := max(usual-time.Since(q.Since), 0).Round(time.Minute)
	if usual > 0 && left == 0 && time.Since(q.Since) < usual {
		left = time.Minute
	}
	return waiting{
		map[string]any{"Language": talkName(q.Lang), "Wide": q.Wide, "Place": place, "Until": left},
		fmt.Sprint(place, left, q.Lang, q.Wide),
	}, nil
}

func (w *Workers) waitButtons(t texts.Printer, p storage.Person) [][]telegram.Button {
	return rowsOf(row(w.ownButton(t, p, texts.ButtonChatStop, telegram.OpChat, "cancel"), w.ownButton(t, p, texts.ButtonChatChange, telegram.OpChat, "card")))
}

// showWait sends the message that shows somebody's wait, or edits it if that has changed.
func (w *Workers) showWait(ctx context.Context, v storage.Waiting) error {
	now, err := w.wait(ctx, v.Search)
	if err != nil || now.shown == v.Shown {
		return err
	}
	p, err := w.Store.PersonByID(ctx, v.User)
	if err != nil {
		return err
	}
	t := w.printer(p.Lang)
	send := w.chatSend(p, storage.WaitKey(v.ID), texts.MessageChatLooking, now.data, w.waitButtons(t, p)...)
	if v.Message != 0 {
		body := send.Body.(messageBody)
		send = storage.Send{User: p.ID, Kind: storage.SendEdit, Body: editBody{Chat: body.Chat, Message: v.Message, Text: body.Text, Keyboard: body.Keyboard}}
	} else if v.Shown != "" {
		return nil // on its way
	}
	out, err := w.Store.Show(ctx, v.Search, now.shown, []storage.Send{send})
	w.post(ctx, out)
	return err
}

// askWide asks somebody who waits whether other languages will do.
func (w *Workers) askWide(ctx context.Context, v storage.Waiting) error {
	p, err := w.Store.PersonByID(ctx, v.User)
	if err != nil {
		return err
	}
	t := w.printer(p.Lang)
	out, err := w.Store.AskWide(ctx, v.Search, []storage.Send{w.chatSend(p, "wide:"+v.ID, texts.MessageChatWiden, map[string]any{"Language": talkName(v.Lang)},
		row(w.ownButton(t, p, texts.ButtonChatWiden, telegram.OpChat, "widen"), w.ownButton(t, p, texts.ButtonChatKeep, telegram.OpChat, "keep")))})
	w.post(ctx, out)
	return err
}

// giveUp lets somebody go who has waited for long, and offers to tell them when there is somebody.
func (w *Workers) giveUp(ctx context.Context, v storage.Waiting) error {
	p, err := w.Store.PersonByID(ctx, v.User)
	if err != nil {
		return err
	}
	t := w.printer(p.Lang)
	return w.letGo(ctx, v, p, "nobody", w.chatSend(p, "gaveup:"+v.ID, texts.MessageChatNobody, map[string]any{"Language": talkName(v.Lang)},
		row(w.ownButton(t, p, texts.ButtonChatFind, telegram.OpChat, "find"), w.ownButton(t, p, texts.ButtonChatRemind, telegram.OpChat, "remind=1"))))
}

// letGo takes somebody out of the lobby and tells them why, once.
func (w *Workers) letGo(ctx context.Context, v storage.Waiting, p storage.Person, why string, word storage.Send) error {
	sends := []storage.Send{word}
	if v.Message != 0 {
		sends = append(sends, editSend(p, v.Message))
	}
	out, err := w.Store.GiveUp(ctx, v.Search, sends)
	if err == nil {
		w.Metrics.gaveUp.WithLabelValues(why).Inc()
		w.post(ctx, out)
	}
	return err
}

// sweepConversations looks after the lobby, ends conversations that are over, and reminds people.
func (w *Workers) sweepConversations(ctx context.Context) error {
	if !w.Settings.Conversations {
		return w.closeConversations(ctx)
	}
	waiting, err := w.Store.SweepLobby(ctx, sweepLimit)
	if err != nil {
		return err
	}
	for _, v := range waiting {
		w.tend(ctx, v)
	}
	unfit, quiet, err := w.Store.Stale(ctx, time.Now().Add(-idleMost), sweepLimit)
	if err != nil {
		return err
	}
	for _, c := range unfit {
		reason, err := w.whyUnfit(ctx, c)
		if err != nil {
			return err
		}
		if err := w.part(ctx, storage.Effect{}, c, reason); err != nil {
			return err
		}
	}
	for _, c := range quiet {
		if err := w.part(ctx, storage.Effect{}, c, storage.EndIdle); err != nil {
			return err
		}
	}
	if _, err := w.chatsNow(ctx); err != nil {
		return err
	}
	return w.sweepReminders(ctx)
}

// chatsNow measures how many look for somebody and how many conversations there are, and reports whether there are any.
func (w *Workers) chatsNow(ctx context.Context) (some bool, err error) {
	lobby, live, err := w.Store.ChatNow(ctx)
	if err != nil {
		return false, err
	}
	w.Metrics.lobby.Set(float64(lobby))
	w.Metrics.live.Set(float64(live))
	return lobby+live > 0, nil
}

// closeConversations lets go whoever looks for somebody and ends what goes on, where conversations are switched off.
func (w *Workers) closeConversations(ctx context.Context) error {
	if left, err := w.chatsNow(ctx); err != nil || !left {
		return err
	}
	waiting, err := w.Store.SweepLobby(ctx, sweepLimit)
	if err != nil {
		return err
	}
	for _, v := range waiting {
		p, err := w.Store.PersonByID(ctx, v.User)
		if err != nil {
			return err
		}
		if err := ignore(w.letGo(ctx, v, p, "off", w.chatSend(p, "off:"+v.ID, texts.MessageChatOff, nil)), storage.ErrNotFound); err != nil {
			return err
		}
	}
	_, all, err := w.Store.Stale(ctx, time.Now().Add(idleMost), sweepLimit)
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := w.part(ctx, storage.Effect{}, c, storage.EndOff); err != nil {
			return err
		}
	}
	return nil
}

// whyUnfit says why somebody may not talk on.
func (w *Workers) whyUnfit(ctx context.Context, c storage.Conversation) (storage.EndReason, error) {
	p, err := w.Store.PersonByID(ctx, c.User)
	if p.Unreachable {
		return storage.EndAway, err
	}
	return storage.EndBarred, err
}

// sweepReminders tells a few people that somebody looks for a partner in their language.
func (w *Workers) sweepReminders(ctx context.Context) error {
	held, err := w.Store.Lease(ctx, "reminders", rand.Text(), remindPause) // nobody renews it
	if err != nil || !held {
		return err
	}
	due, err := w.Store.DueReminders(ctx, remindAfter, remindMost)
	if err != nil {
		return err
	}
	for _, r := range due {
		p, err := w.Store.PersonByID(ctx, r.User)
		if err != nil {
			return err
		}
		t := w.printer(p.Lang)
		out, err := w.Store.Reminded(ctx, r, time.Now().Add(remindEvery), []storage.Send{w.chatSend(p, "", texts.MessageChatRemind,
			map[string]any{"Language": talkName(r.Lang)},
			row(w.ownButton(t, p, texts.ButtonChatFind, telegram.OpChat, "find"), w.ownButton(t, p, texts.ButtonChatNoRemind, telegram.OpChat, "remind=0")))})
		if err = ignore(err, storage.ErrNotFound); err != nil {
			return err
		}
		w.Metrics.reminders.Inc()
		w.post(ctx, out)
	}
	return nil
}
