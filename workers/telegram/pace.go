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
	// When tripChats different chats are refused within tripWindow, it is not about the chats.
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

// held is how long the longer one of the holds of everybody and of the chat lasts, and whose it is.
func (c *Client) held(ctx context.Context, chat int64) (left time.Duration, scope string) {
	left, scope = c.cooling(ctx, globalKey), scopeGlobal
	if chat == 0 {
		return left, scope
	}
	if own := c.cooling(ctx, c.paceKey(chat)); own > left {
		return own, scopeChat
	}
	return left, scope
}

// cooling reads a hold. Without an answer it sends: Telegram itself still says no, and that is honored.
func (c *Client) cooling(ctx context.Context, key string) time.Duration {
	left, err := c.pacer.Cooling(ctx, key)
	if err != nil {
		c.log.LogAttrs(ctx, slog.LevelWarn, "telegram hold not read", slog.String("error", Redact(err.Error())))
		return 0
	}
	return left
}

// hold writes down what Telegram asked for, so that no worker runs into it again.
func (c *Client) hold(ctx context.Context, e *Error, chat int64) {
	c.metrics.flooded(e.RetryAfter)
	if c.pacer == nil {
		return
	}
	keys := []string{globalKey}
	if chat != 0 {
		keys[0] = c.paceKey(chat)
		if c.trips.trip(chat, time.Now()) {
			keys = append(keys, globalKey)
		}
	}
	// The hold outlives the call: a task that was just canceled must not leave the others to find out by themselves.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	for _, key := range keys {
		if err := c.pacer.Cool(ctx, key, e.RetryAfter); err != nil {
			c.log.LogAttrs(ctx, slog.LevelWarn, "telegram hold not written", slog.String("error", Redact(err.Error())))
		}
	}
}

// trips remembers which chats were refused of late.
type trips struct {
	mu   sync.Mutex
	last map[int64]time.Time
}

// trip notes a refusal and reports whether several chats were refused within the window.
func (t *trips) trip(chat int64, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = map[int64]time.Time{}
	}
	for other, at := range t.last {
		if now.Sub(at) > tripWindow {
			delete(t.last, other)
		}
	}
	t.last[chat] = now
	return len(t.last) >= tripChats
}
