package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// dailyCommand gives the credits of the day, or says when there are some.
func (w *Workers) dailyCommand(ctx context.Context, in *incoming, _ string) error {
	terms, said := w.Settings.Given.Daily, len(in.effect.Sends)
	if terms.Credits == 0 {
		w.say(in, texts.MessageDailyOff, nil)
		return w.done(ctx, in)
	}
	d, err := w.Store.Daily(ctx, in.person.ID, terms)
	if err != nil {
		return err
	}
	if d.State != storage.DailyReady {
		w.sayDaily(in, d)
		return w.done(ctx, in)
	}
	acc, err := w.Store.Account(ctx, in.person.ID)
	if err != nil {
		return err
	}
	w.say(in, texts.MessageDaily, map[string]any{
		"Count": d.Credits, "Balance": acc.Available() + d.Credits, "Streak": d.Streak, "Next": terms.Of(d.Streak + 1), "Until": time.Until(d.Next),
		"When": d.Expires,
	})
	out, err := w.Store.TakeDaily(ctx, in.effect, d)
	if errors.Is(err, storage.ErrConsumed) { // from another chat, just now
		in.effect.Sends = in.effect.Sends[:said]
		return w.dailyCommand(ctx, in, "")
	}
	return w.given(ctx, in, said, out, err)
}

// sayDaily says why there is nothing today.
func (w *Workers) sayDaily(in *incoming, d storage.Daily) {
	data := map[string]any{"Count": d.Credits, "Streak": d.Streak, "Until": time.Until(d.Next)}
	switch d.State {
	case storage.DailyTaken:
		w.say(in, texts.MessageDailyTaken, data)
	case storage.DailyNew:
		w.say(in, texts.MessageDailyNew, data)
	case storage.DailyUnspent:
		w.say(in, texts.MessageDailyUnspent, data)
	}
}

// dailyNow is the button for the credits of the day, where some are ready and nobody else reads along.
func (w *Workers) dailyNow(ctx context.Context, in *incoming) ([]telegram.Button, error) {
	terms := w.Settings.Given.Daily
	if terms.Credits == 0 || in.chat.Type != telegram.ChatPrivate {
		return nil, nil
	}
	d, err := w.Store.Daily(ctx, in.person.ID, terms)
	if err != nil || d.State != storage.DailyReady {
		return nil, err
	}
	return telegram.Row(w.button(in, texts.ButtonDaily, telegram.OpDaily, "", "")), nil
}
