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
	err := h.Store.BuryUpdate(ctx, u.Hash, bodyHash(u.Raw), 0, u.Raw, text, failures)
	if err != nil {
		return fate(err)
	}
	h.Metrics.updates.WithLabelValues("any", "dead").Inc()
	return nil
}

// incoming is an update on its way through a command or a press.
type incoming struct {
	update  telegram.Update
	person  storage.Person
	chat    telegram.Chat
	texts   texts.Printer
	effect  storage.Effect
	message *telegram.Message // nil for presses
}

// update finds out what an update is and commits its effect.
func (w *Workers) update(ctx context.Context, u queue.Update) (kind string, err error) {
	parsed, err := telegram.ParseUpdate(u.Raw)
	if err != nil {
		return "unreadable", err
	}
	in := &incoming{update: parsed, chat: chatOf(parsed), effect: storage.Effect{Update: u.Hash, Body: bodyHash(u.Raw)}}
	if seen, same, err := w.Store.Seen(ctx, u.Hash, in.effect.Body); err != nil || seen {
		if seen && !same {
			w.Log.ErrorContext(ctx, "update id came with another body", "update", u.Hash)
		}
		return "any", errors.Join(err, duplicate(seen))
	}
	if from, to, ok := parsed.Migration(); ok {
		if err := w.Store.MoveChat(ctx, from, to); err != nil {
			return "moved", err
		}
	}
	sender, ok := parsed.Sender()
	if !ok || sender.IsBot || w.overheard(parsed) {
		return "ignored", w.done(ctx, in)
	}
	in.person, err = w.Store.PersonByTelegram(ctx, sender.ID, sender.LanguageCode)
	if err != nil {
		return "any", err
	}
	in.texts, in.effect.User = w.printer(in.person.Lang), in.person.ID
	if err := w.reached(ctx, in); err != nil {
		return "any", err
	}
	if u.Overflow {
		w.say(in, texts.MessageSlowDown, nil)
	}
	return w.route(ctx, in)
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

// overheard reports whether a message in a group is not for the bot. Nothing is kept about who wrote it.
func (w *Workers) overheard(u telegram.Update) bool {
	m := u.Message
	if m == nil {
		m = u.EditedMessage
	}
	if m == nil || m.Chat.Type == telegram.ChatPrivate {
		return false
	}
	_, _, command := m.Command(w.BotName)
	return !command
}

func duplicate(seen bool) error {
	if seen {
		return storage.ErrSeen
	}
	return nil
}

func (w *Workers) route(ctx context.Context, in *incoming) (kind string, err error) {
	switch u := in.update; {
	case u.MyChatMember != nil:
		return "member", w.member(ctx, in, u.MyChatMember)
	case u.CallbackQuery != nil:
		return "press", w.press(ctx, in, u.CallbackQuery)
	case u.EditedMessage != nil:
		return "edit", w.edited(ctx, in, u.EditedMessage)
	case u.Message != nil:
		in.message = u.Message
		return "message", w.talk(ctx, in)
	}
	return "ignored", w.done(ctx, in)
}

// edited answers an edited prompt, which is not painted again. Edits of other messages are of no interest.
func (w *Workers) edited(ctx context.Context, in *incoming, m *telegram.Message) error {
	if m.Chat.Type == telegram.ChatPrivate && m.Kind() == telegram.KindText && time.Since(time.Unix(m.Date, 0)) < time.Hour {
		in.message = m
		w.say(in, texts.MessageEdited, nil)
	}
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
	in.effect.Sends = append(in.effect.Sends, storage.Send{
		User: in.person.ID, Kind: storage.SendMessage,
		Body: messageBody{Chat: in.chat.ID, ReplyTo: in.replyTo(), Text: in.texts.HTML(key, data), Keyboard: rows},
	})
}

// replyTo is the message an answer refers to: in groups always, so that everybody sees whose it is.
func (in *incoming) replyTo() int64 {
	if in.message != nil && in.chat.Type != telegram.ChatPrivate {
		return in.message.ID
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
