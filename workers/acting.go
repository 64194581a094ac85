package workers

import (
	"context"
	"time"

	"github.com/imagika/imagika/workers/telegram"
)

// What somebody is doing in a chat is shown by Telegram for 5 s, or until a message comes. actingEvery is how often a chat is
// told, by all workers together. What is uploaded within uploadAfter, or is there already, is there before anybody wonders.
const (
	actingEvery = 5 * time.Second
	uploadAfter = time.Second
)

// acting shows what is being done in a chat, first after that time, until the returned function is called. It is worth no
// error, and nothing waits for it.
func (w *Workers) acting(ctx context.Context, chat int64, a telegram.Action, after time.Duration) (stop func()) {
	if w.Telegram == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	show := func() time.Duration {
		wait, ok, err := w.Limits.Reserve(ctx, "acting:"+w.safety(chat), actingEvery, 1, 0)
		if err == nil && !ok {
			return max(wait, time.Millisecond)
		}
		if err == nil {
			_ = w.Telegram.SendChatAction(ctx, chat, a)
		}
		return actingEvery
	}
	end := renewing(ctx, max(after, time.Millisecond), show)
	return func() {
		cancel() // a call under way is of no more use
		end()
	}
}

// actionOf is what it is called to send something in a form.
func actionOf(f telegram.Form) telegram.Action {
	switch f {
	case telegram.FormPhoto:
		return telegram.ActionUploadPhoto
	case telegram.FormDocument:
		return telegram.ActionUploadDocument
	}
	return telegram.ActionTyping
}
