package workers

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// People block the bot and come back. While they are away nothing is said to them in private, and what waits is canceled;
// what was finished meanwhile is kept, and offered when they are back.

// member notes that somebody blocked the bot, and greets a group that it was added to. Whoever is back was noted before
// (reached).
func (w *Workers) member(ctx context.Context, in *incoming, m *telegram.ChatMember) error {
	if m.Chat.Type == telegram.ChatPrivate && m.Gone() {
		if err := w.stopFor(ctx, in.person.ID); err != nil {
			return err
		}
	}
	if m.Joined() {
		w.say(in, texts.MessageGroupHint, map[string]any{"Bot": w.BotName})
		in.effect.Sends[len(in.effect.Sends)-1].Key = "hello:" + w.Sealer.Code("hello", strconv.FormatInt(m.Chat.ID, 10))
	}
	return w.done(ctx, in)
}

// stopFor stops everything for a person who blocked the bot.
func (w *Workers) stopFor(ctx context.Context, user int64) error {
	canceled, err := w.Store.Blocked(ctx, user)
	if err != nil {
		return err
	}
	w.Metrics.finished.WithLabelValues(string(storage.StatusCanceled), string(storage.ReasonBlocked)).Add(float64(canceled))
	return w.endTalk(ctx, user, storage.EndAway)
}

// blocked ends a delivery that Telegram says nobody can get. It is about the person only in their own chat; a result that
// a group does not take goes to whoever asked for it.
func (w *Workers) blocked(ctx context.Context, d storage.Delivery) error {
	if d.Private {
		if err := w.stopFor(ctx, d.User); err != nil {
			return err
		}
		return w.notSent(ctx, d, "blocked", storage.ReasonBlocked)
	}
	if d.Kind == storage.SendResult {
		if err := w.bringHome(ctx, d); err != nil {
			return err
		}
	}
	return w.notSent(ctx, d, "blocked", storage.ReasonChat)
}

// bringHome owes the pictures that a group does not take to the person, in private.
func (w *Workers) bringHome(ctx context.Context, d storage.Delivery) error {
	images, err := w.Store.Images(ctx, d.Generation, true)
	if err != nil || len(images) == 0 {
		return err
	}
	owner, err := w.Store.PersonByID(ctx, d.User)
	if err != nil {
		return err
	}
	out, err := w.Store.Record(ctx, storage.Effect{Sends: []storage.Send{showSend("home:"+d.Generation, owner, d.Generation)}})
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// showSend owes a result, as it was shown, to its person in private.
func showSend(key string, owner storage.Person, generation string) storage.Send {
	return storage.Send{
		Key: key, User: owner.ID, Generation: generation, Kind: storage.SendResult, Body: resultBody{As: asShow, Chat: owner.TelegramID},
	}
}

// reached notes that somebody who was away writes again, or unblocked the bot, and offers what was finished meanwhile.
func (w *Workers) reached(ctx context.Context, in *incoming) error {
	m := in.update.MyChatMember
	if !in.person.Unreachable || in.chat.ID != in.person.TelegramID || m != nil && m.Gone() {
		return nil
	}
	word, err := w.missedWord(ctx, in)
	if err != nil {
		return err
	}
	out, err := w.Store.Back(ctx, in.person.ID, word)
	if errors.Is(err, storage.ErrSeen) {
		return nil
	}
	if err == nil {
		in.person.Unreachable = false
		w.post(ctx, out)
	}
	return err
}

// missedWord says what became of what was asked for: how much was finished, with a button that shows it, and that the rest
// was canceled. Nothing, if there was nothing. Messages that still show progress go.
func (w *Workers) missedWord(ctx context.Context, in *incoming) (word []storage.Send, err error) {
	ids, more, err := w.Store.Missed(ctx, in.person.ID, missedAtOnce)
	if err != nil {
		return nil, err
	}
	stopped, err := w.Store.Stopped(ctx, in.person.ID, 10*missedAtOnce)
	if err != nil {
		return nil, err
	}
	var text []string
	body := messageBody{Chat: in.chat.ID}
	if len(ids) > 0 {
		text = append(text, in.texts.HTML(texts.MessageMissed, map[string]any{"Count": len(ids) + more}))
		body.Keyboard = w.missedButton(in)
	}
	if stopped.Canceled > 0 {
		text = append(text, in.texts.HTML(texts.MessageMissedCanceled, nil))
	}
	if body.Text = strings.Join(text, "\n"); body.Text != "" {
		word = append(word, storage.Send{User: in.person.ID, Kind: storage.SendMessage, Body: body})
	}
	if len(stopped.Statuses) > 0 {
		word = append(word, storage.Send{User: in.person.ID, Kind: storage.SendDelete, Body: deleteBody{Chat: in.chat.ID, Messages: stopped.Statuses}})
	}
	return word, nil
}

func (w *Workers) missedButton(in *incoming) [][]telegram.Button {
	return [][]telegram.Button{{w.button(in, texts.ButtonMissed, telegram.OpMissed, "", newNonce())}}
}

// missedAtOnce is how many results one press shows; the button stays while there are more.
const missedAtOnce = 10

// showMissed is the press that shows what was finished while the person was away.
func (w *Workers) showMissed(ctx context.Context, in *incoming, p press) error {
	ids, more, err := w.Store.Missed(ctx, in.person.ID, missedAtOnce)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		w.answer(in, p, texts.AnswerDone)
	} else {
		w.answer(in, p, texts.AnswerWorking)
	}
	var rows [][]telegram.Button
	if more > 0 {
		rows = w.missedButton(in)
	}
	w.edit(in, p, "", rows)
	for _, id := range ids {
		in.effect.Sends = append(in.effect.Sends, showSend("missed:"+in.effect.Update+":"+id, in.person, id))
	}
	return w.done(ctx, in)
}
