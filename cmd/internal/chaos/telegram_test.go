package chaos_test

import (
	"fmt"
	"time"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// troubles are what Telegram does to the bot's calls, by kind. Each breaks a few and is then over.
var troubles = map[kind]telegramtest.Fault{
	kindTelegram429:    {Kind: telegramtest.Refuse, Code: 429, RetryAfter: 2, Times: 4},
	kindTelegram500:    {Kind: telegramtest.Refuse, Code: 500, Times: 6},
	kindTelegramPage:   {Kind: telegramtest.HTML502, Times: 6},
	kindTelegramBefore: {Kind: telegramtest.DropBeforeRead, Times: 4},
	kindTelegramAfter:  {Kind: telegramtest.DropAfterEffect, Times: 2},
	kindTelegramSlow:   {Kind: telegramtest.Slow, Delay: 3 * time.Second, Times: 4},
	kindTelegramHang:   {Kind: telegramtest.DropAfterEffect, Delay: 12 * time.Second, Times: 1}, // for longer than a lease
	kindTelegramPoll:   {Kind: telegramtest.DropAfterEffect, Method: "getUpdates", Times: 3},
	kindTelegramTwice:  {Kind: telegramtest.DuplicateUpdates, Times: 5},
}

// strikeTelegram has Telegram break calls, or somebody block the bot for a while.
func (r *run) strikeTelegram(f fault) error {
	if f.Kind == kindTelegramBlock {
		p := r.crowd.painters[f.Pick%len(r.crowd.painters)]
		p.Block()
		time.Sleep(f.For)
		p.Unblock()
		return nil
	}
	trouble, ok := troubles[f.Kind]
	if !ok {
		return fmt.Errorf("nobody knows how to do %q", f.Kind)
	}
	trouble.For = f.For
	h := r.tg.Fault(trouble)
	time.Sleep(f.For)
	h.Remove()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken[f.Kind] += h.Fired()
	return nil
}
