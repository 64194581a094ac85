package telegram

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	globalKey = "tg:global"
	// shortHold is the longest hold a call waits out by itself; a worker's slot is worth more than a longer one.
	shortHold = 2 * time.Second
	// When tripChats different chats are refused within tripWindow, and nothing goes through between, it is not about the
	// chats.
	tripChats  = 3
	tripWindow = 10 * time.Second
)

var errHeld = errors.New("held back by an earlier refusal")

func (c *Client) paceKey(chat int64) string { return "tg:" + c.chatHash(chat) }

// look returns RateLimited while a hold of the chat or of everybody lasts, after waiting for a short one to end: and for
// the next one, which somebody else may have run into meanwhile. What Telegram itself waits for is answered whatever the
// holds: it does not count, and lapses within seconds.
func (c *Client) look(ctx context.Context, method string, chat int64) error {
	if c.pacer == nil || method == "answerCallbackQuery" || method == "answerPreCheckoutQuery" {
		return nil
	}
	for waited := time.Duration(0); ; {
		left, scope := c.held(ctx, chat)
		if left <= 0 {
			return nil
		}
		if waited += left; waited > shortHold {
			c.metrics.held(method)
			return &Error{Method: method, Class: RateLimited, RetryAfter: max(left, time.Second), Err: errHeld}
		}
		select {
		case <-time.After(left):
			c.metrics.waited(scope, left)
		case <-ctx.Done():
			return &Error{Method: method, Class: Transient, Err: ctx.Err()}
		}
	}
}

// held is how long the longer one of the holds of everybody and of the chat lasts, and whose it is. Without an answer it sends:
// Telegram itself still says no, and that is honored.
func (c *Client) held(ctx context.Context, chat int64) (left time.Duration, scope string) {
	keys := []string{globalKey}
	if chat != 0 {
		keys = append(keys, c.paceKey(chat))
	}
	all, err := c.pacer.Cooling(ctx, keys...)
	if err != nil {
		c.log.LogAttrs(ctx, slog.LevelWarn, "telegram hold not read", slog.String("error", Redact(err.Error())))
		return 0, scopeGlobal
	}
	left, scope = all[0], scopeGlobal
	if chat != 0 && all[1] > left {
		return all[1], scopeChat
	}
	return left, scope
}

// hold writes down what Telegram asked for, so that no worker runs into it again.
func (c *Client) hold(ctx context.Context, e *Error, chat int64) {
	c.metrics.flooded(e.RetryAfter)
	if c.pacer == nil {
		return
	}
	holds := map[string]time.Duration{globalKey: e.RetryAfter}
	if chat != 0 {
		holds = map[string]time.Duration{c.paceKey(chat): e.RetryAfter}
		if all := c.trips.trip(chat, e.RetryAfter, time.Now()); all > 0 {
			holds[globalKey] = all
		}
	}
	// The hold outlives the call: a task that was just canceled must not leave the others to find out by themselves.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	for key, d := range holds {
		if err := c.pacer.Cool(ctx, key, d); err != nil {
			c.log.LogAttrs(ctx, slog.LevelWarn, "telegram hold not written", slog.String("error", Redact(err.Error())))
		}
	}
}

// trips remembers which chats were refused since a message last went through. Telegram does not say whether a refusal is about
// the chat or about the bot. While it is about the bot nothing goes through, to anybody; where many people write at the same
// time, some of them too fast, messages to others do.
type trips struct {
	mu   sync.Mutex
	last map[int64]tripped
}

// tripped is when a chat was refused, and until when.
type tripped struct{ at, until time.Time }

// trip notes a refusal and returns for how long everybody is to wait: until the first of the refused chats may be written to
// again, or zero where the refusals are about the chats.
func (t *trips) trip(chat int64, after time.Duration, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = map[int64]tripped{}
	}
	t.last[chat] = tripped{now, now.Add(after)}
	for other, r := range t.last {
		if now.Sub(r.at) > tripWindow {
			delete(t.last, other)
			continue
		}
		after = min(after, r.until.Sub(now))
	}
	if len(t.last) < tripChats {
		return 0
	}
	return max(after, time.Second)
}

// passed notes that a message went through.
func (t *trips) passed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.last)
}
