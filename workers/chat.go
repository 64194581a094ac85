package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// laneHandler handles the heads of lanes: one update at a time per chat, in order.
type laneHandler struct{ *Workers }

// Handle implements queue.Handler. It returns nil once the effect of the update is committed.
func (h laneHandler) Handle(ctx context.Context, u queue.Update) error {
	kind, err := h.update(ctx, u)
	switch {
	case err == nil:
		h.Metrics.updates.WithLabelValues(kind, "ok").Inc()
		return nil
	case errors.Is(err, storage.ErrSeen):
		h.Metrics.updates.WithLabelValues(kind, "duplicate").Inc()
		return nil
	}
	h.Metrics.updates.WithLabelValues(kind, "error").Inc()
	if err = fate(err); errors.As(err, new(*queue.RetryAfter)) {
		h.tellTrouble(ctx, u)
	}
	return err
}

// Dead implements queue.Handler: the update goes to the dead letters, sealed, and the lane goes on.
func (h laneHandler) Dead(ctx context.Context, u queue.Update, cause error, failures int) error {
	text := "the process died each time"
	if cause != nil {
		text = telegram.Redact(cause.Error())
	}
	h.Log.ErrorContext(ctx, "update given up", "update", u.Hash, "failures", failures, "error", text)
	if err := h.bury(ctx, u, text, failures); err != nil {
		return fate(err)
	}
	h.Metrics.updates.WithLabelValues("any", "dead").Inc()
	return nil
}

// bury keeps an update that nothing can be done with, under the key of whom it is from. Of somebody who is being erased nothing of it
// is kept.
func (w *Workers) bury(ctx context.Context, u queue.Update, why string, failures int) error {
	var p storage.Person
	raw := u.Raw
	if parsed, err := telegram.ParseUpdate(u.Raw); err == nil {
		if sender, ok := parsed.Sender(); ok {
			if p, err = w.Store.KnownPerson(ctx, sender.ID); ignore(err, storage.ErrNotFound) != nil {
				return err
			}
		}
	}
	if p.Erasing {
		p.ID, raw = 0, nil
	}
	return w.Store.BuryUpdate(ctx, u.Hash, bodyHash(u.Raw), p.ID, raw, why, failures)
}

// incoming is an update on its way through a command or a press.
type incoming struct {
	update  telegram.Update
	person  storage.Person
	chat    telegram.Chat
	texts   texts.Printer
	effect  storage.Effect
	message *telegram.Message // nil for presses
	raw     []byte            // the update as it came
	look    storage.RelayLook // at the lane of what the person says
}

// update finds out what an update is and commits its effect.
func (w *Workers) update(ctx context.Context, u queue.Update) (kind string, err error) {
	parsed, err := telegram.ParseUpdate(u.Raw)
	if err != nil {
		return "unreadable", err
	}
	if parsed.InlineQuery != nil {
		return "inline", w.inline(ctx, u, parsed.InlineQuery)
	}
	if paying(parsed) { // too large for a task of its own
		return "payment", w.money(ctx, u, parsed)
	}
	in := &incoming{update: parsed, raw: u.Raw, chat: chatOf(parsed), effect: storage.Effect{Update: u.Hash, Body: bodyHash(u.Raw)}}
	if err := w.handled(ctx, u, parsed.ID); err != nil {
		return "any", err
	}
	if err := w.greet(ctx, in); err != nil {
		return "any", err
	}
	if from, to, ok := parsed.Migration(); ok {
		if err := w.Store.MoveChat(ctx, from, to); err != nil {
			return "moved", err
		}
	}
	heard, err := w.hears(ctx, parsed)
	if err != nil {
		return "any", err
	}
	if !heard {
		return "ignored", w.done(ctx, in)
	}
	if in.person.ID == 0 {
		if known, err := w.stranger(ctx, in, u.Lane); err != nil || !known {
			return "stranger", err
		}
	}
	in.texts, in.effect.User = w.printer(in.person.Lang), in.person.ID
	if in.person.Erasing {
		return "erasing", w.leaving(ctx, in)
	}
	if err := w.reached(ctx, in); err != nil {
		return "any", err
	}
	if u.Overflow {
		w.say(in, texts.MessageSlowDown, nil)
	}
	if done, err := w.correspond(ctx, in); done || err != nil {
		return "message", err
	}
	if w.barred(in) {
		return "barred", w.bar(ctx, in)
	}
	if w.rests(in) {
		return "restricted", w.rest(ctx, in)
	}
	kind, err = w.route(ctx, in)
	if errors.Is(err, storage.ErrRestricted) { // since just now
		err = w.restNow(ctx, in)
	}
	return kind, err
}

// stranger makes an account for somebody new. It reports false for whoever is told that they are too young: nothing is kept of them.
func (w *Workers) stranger(ctx context.Context, in *incoming, lane string) (known bool, err error) {
	sender, _ := in.update.Sender()
	if away, err := w.turnedAway(ctx, in, lane, sender); err != nil || away {
		return false, err
	}
	in.person, err = w.Store.PersonByTelegram(ctx, sender.ID, sender.LanguageCode)
	return err == nil, err
}

// chatOf is the chat an answer goes to. A press on a message that is gone belongs to the private chat.
func chatOf(u telegram.Update) telegram.Chat {
	switch {
	case u.Message != nil:
		return u.Message.Chat
	case u.EditedMessage != nil:
		return u.EditedMessage.Chat
	case u.CallbackQuery != nil && u.CallbackQuery.Message != nil:
		return u.CallbackQuery.Message.Chat
	}
	return telegram.Chat{ID: u.ChatID(), Type: telegram.ChatPrivate}
}

// hears reports whether an update is for the bot. In groups that are only commands and mentions; nothing is kept about who
// wrote the rest.
func (w *Workers) hears(ctx context.Context, u telegram.Update) (bool, error) {
	sender, ok := u.Sender()
	m := u.Message
	if m == nil {
		m = u.EditedMessage
	}
	switch {
	case !ok:
		return false, nil
	case u.MessageReaction != nil:
		return u.MessageReaction.Chat.Type == telegram.ChatPrivate, nil
	case m == nil:
		return !sender.IsBot || u.MyChatMember != nil, nil // an anonymous administrator may have added the bot
	case m.Chat.Type == telegram.ChatPrivate:
		return !sender.IsBot, nil
	case m.IsAutoForward:
		return false, nil
	case w.addressed(m):
		return !sender.IsBot || m.SenderChat != nil, nil
	}
	if ok, err := w.corresponds(ctx, m, sender.ID); ok || err != nil {
		return ok, err
	}
	return w.joins(ctx, m, sender.ID)
}

// addressed reports whether a message in a group names the bot.
func (w *Workers) addressed(m *telegram.Message) bool {
	_, _, command := m.Command(w.BotName)
	_, mention := m.Mentions(w.BotName)
	return command || mention
}

// handled returns storage.ErrSeen for an update that was handled under a name of its own while another secret came first.
func (w *Workers) handled(ctx context.Context, u queue.Update, id int64) error {
	for _, hash := range w.Sealer.OtherHashes(u.Bot, id) {
		seen, _, err := w.Store.Seen(ctx, hash, "")
		if err != nil {
			return err
		}
		if seen && hash != u.Hash {
			return storage.ErrSeen
		}
	}
	return nil
}

// greet returns storage.ErrSeen for an update that was handled before. In somebody's own chat it finds out at the same look who
// they are, unless they are new.
func (w *Workers) greet(ctx context.Context, in *incoming) (err error) {
	var g storage.Greeting
	sender, own := in.update.Sender()
	if own = own && in.chat.ID == sender.ID; own {
		g, err = w.Store.Greet(ctx, in.effect.Update, in.effect.Body, sender.ID)
	}
	if !own || errors.Is(err, storage.ErrNotFound) {
		g.Seen, g.Same, err = w.Store.Seen(ctx, in.effect.Update, in.effect.Body)
	}
	in.person, in.look = g.Person, g.Look
	if err != nil || !g.Seen {
		return err
	}
	if !g.Same {
		w.Log.ErrorContext(ctx, "update id came with another body", "update", in.effect.Update)
	}
	return storage.ErrSeen
}

func (w *Workers) route(ctx context.Context, in *incoming) (kind string, err error) {
	switch u := in.update; {
	case u.MyChatMember != nil:
		return "member", w.member(ctx, in, u.MyChatMember)
	case u.CallbackQuery != nil:
		return "press", w.press(ctx, in, u.CallbackQuery)
	case u.MessageReaction != nil && in.talking():
		return "reaction", w.relayReaction(ctx, in, u.MessageReaction)
	case u.EditedMessage != nil:
		return "edit", w.edited(ctx, in, u.EditedMessage)
	case u.Message != nil:
		in.message = u.Message
		if u.Message.SenderChat != nil {
			return "message", w.masked(ctx, in)
		}
		return "message", w.talk(ctx, in)
	}
	return "ignored", w.done(ctx, in)
}

// masked answers somebody who writes as a group or channel: nobody can be told from it whose credits those are.
func (w *Workers) masked(ctx context.Context, in *incoming) error {
	w.say(in, texts.MessageGroupMasked, nil)
	return w.done(ctx, in)
}

// done commits the effect without other state.
func (w *Workers) done(ctx context.Context, in *incoming) error {
	out, err := w.Store.Record(ctx, in.effect)
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// say adds a text to what the update's sender is told.
func (w *Workers) say(in *incoming, key texts.Key, data map[string]any, rows ...[]telegram.Button) {
	w.tell(in, w.body(in, key, data, rows...))
}

// question is say where a reply to the text is about something: the person's app opens the field for it.
func (w *Workers) question(in *incoming, key texts.Key, data map[string]any, about storage.About) {
	body := w.body(in, key, data)
	body.ReplyTo, body.Asks, body.About = in.message.ID, true, &about
	w.tell(in, body)
}

// body is a text on its way to the chat of the update.
func (w *Workers) body(in *incoming, key texts.Key, data map[string]any, rows ...[]telegram.Button) messageBody {
	return messageBody{Chat: in.chat.ID, Thread: in.thread(), ReplyTo: in.replyTo(), Text: in.texts.HTML(key, data), Keyboard: rows}
}

func (w *Workers) tell(in *incoming, body messageBody) {
	in.effect.Sends = append(in.effect.Sends, storage.Send{User: in.person.ID, Kind: storage.SendMessage, Body: body})
}

// replyTo is the message an answer refers to: in groups always, so that everybody sees whose it is.
func (in *incoming) replyTo() int64 {
	if in.message != nil && in.chat.Type != telegram.ChatPrivate {
		return in.message.ID
	}
	return 0
}

// thread is the topic of a forum in which the update happened, 0 for none.
func (in *incoming) thread() int64 {
	switch q := in.update.CallbackQuery; {
	case in.message != nil:
		return in.message.Topic()
	case q != nil && q.Message != nil:
		return q.Message.Topic()
	}
	return 0
}

// tellTrouble tells a person, once in a while and past the outbox, that their message is safe although the database or
// another server is away. It is told directly because there is nowhere to write it down.
func (w *Workers) tellTrouble(ctx context.Context, u queue.Update) {
	if w.Telegram == nil || w.Limits == nil || time.Since(u.Received) < 3*time.Second {
		return
	}
	_, ok, err := w.Limits.Reserve(ctx, "trouble:"+u.Lane, 10*time.Minute, 1, 0)
	if err != nil || !ok {
		return
	}
	parsed, err := telegram.ParseUpdate(u.Raw)
	if err != nil || parsed.Message == nil {
		return
	}
	sender, _ := parsed.Sender()
	text := w.printer(sender.LanguageCode).HTML(texts.MessageTrouble, nil)
	if _, err := w.Telegram.SendMessage(ctx, telegram.Text{ChatID: parsed.ChatID(), HTML: text}); err != nil {
		w.Log.WarnContext(ctx, "could not tell about trouble", "error", err)
	}
}

func bodyHash(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
