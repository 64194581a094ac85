package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	tele "gopkg.in/telebot.v3"
)

const (
	// maxReply bounds an answer: the largest true ones are far below.
	maxReply = 4 << 20
	// callTimeout bounds a call without an upload whose context has no deadline of its own.
	callTimeout = 30 * time.Second
)

// reply is what came back, as far as it did.
type reply struct {
	status int
	body   []byte
	// written reports whether the whole request left this machine.
	written bool
	err     error
}

// call makes a JSON call and decodes its result into out, unless that is nil. chat is the chat it writes to, or 0.
func (c *Client) call(ctx context.Context, method string, chat int64, params, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return c.run(ctx, method, chat, out, func(t *trip) reply { return c.post(t, method, params) })
}

type checkKey struct{}

// WithCheck has calls ask, each right before its request and after whatever it waited for, whether it is still to be made. What
// the check returns is what the call returns then, as it is.
func WithCheck(ctx context.Context, still func(context.Context) error) context.Context {
	return context.WithValue(ctx, checkKey{}, still)
}

// run is the life of every call: look at the holds, exchange, classify, count, and write a hold after a 429.
func (c *Client) run(ctx context.Context, method string, chat int64, out any, exchange func(*trip) reply) error {
	if err := c.look(ctx, method, chat); err != nil {
		return err
	}
	if still, ok := ctx.Value(checkKey{}).(func(context.Context) error); ok {
		if err := still(ctx); err != nil {
			return err
		}
	}
	start := time.Now()
	ctx, end := c.span(ctx, "telegram "+method, "method", method)
	r := guarded(c.newTrip(ctx), exchange)
	err := c.outcome(method, r, out)
	if err == nil {
		end(nil)
		c.metrics.done(method, outcomeOK, time.Since(start))
		if chat != 0 && sends(method) {
			c.trips.passed()
		}
		return nil
	}
	end(err)
	c.metrics.done(method, string(err.Class), time.Since(start))
	switch err.Class {
	case NotModified:
		return nil
	case RateLimited:
		c.hold(ctx, err, chat)
	case Migrated:
		err.ChatID = chat
	}
	return err
}

// guarded turns a panic of the library into a failed exchange.
func guarded(t *trip, exchange func(*trip) reply) (r reply) {
	defer func() {
		if p := recover(); p != nil {
			r = reply{status: t.status, written: t.written.Load(), err: fmt.Errorf("panic: %v", p)}
		}
	}()
	return exchange(t)
}

// outcome judges a reply: nil if the call succeeded and its result was understood.
func (c *Client) outcome(method string, r reply, out any) *Error {
	e := &Error{Method: method}
	if r.err != nil {
		e.Err = c.sanitize(r.err)
		e.Class = Transient
		if r.written && sends(method) {
			e.Class = Uncertain
		}
		return e
	}
	var env envelope
	if err := json.Unmarshal(r.body, &env); err != nil || (!env.OK && env.Code == 0) {
		e.Code, e.Class = r.status, classifyStatus(method, r.status)
		e.Err = errors.New("the answer is not the Bot API's")
		return e
	}
	if !env.OK {
		return env.failure(method)
	}
	return decodeResult(method, env.Result, out)
}

type envelope struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int64 `json:"retry_after"`
		MigrateTo  int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

func (v envelope) failure(method string) *Error {
	e := &Error{Method: method, Code: v.Code, Description: Redact(v.Description), MigrateTo: v.Parameters.MigrateTo}
	e.Class = classify(v.Code, v.Description, v.Parameters.MigrateTo)
	if e.Class == RateLimited {
		e.RetryAfter = retryAfter(v.Parameters.RetryAfter)
	}
	return e
}

// retryAfter bounds what a server asked for: at least a second, at most a day.
func retryAfter(seconds int64) time.Duration {
	return time.Duration(min(max(seconds, 1), 24*60*60)) * time.Second
}

// decodeResult reads the result of a call that succeeded. A send whose result cannot be read did happen, but where is
// not known: that is uncertain too.
func decodeResult(method string, result json.RawMessage, out any) *Error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(result, out); err != nil {
		class := Transient
		if sends(method) {
			class = Uncertain
		}
		return &Error{Method: method, Code: http.StatusOK, Class: class, Err: fmt.Errorf("result: %w", err)}
	}
	return nil
}

// post makes a JSON call through telebot.
func (c *Client) post(t *trip, method string, params any) reply {
	if params == nil {
		params = struct{}{}
	}
	bot, err := tele.NewBot(tele.Settings{
		URL: c.base, Token: c.token, Offline: true, Updates: 1,
		Client: &http.Client{Transport: t, CheckRedirect: noRedirect},
	})
	if err != nil {
		return reply{err: err}
	}
	body, err := bot.Raw(method, params)
	if body != nil {
		err = nil // Raw's interpretation of the body; ours is in outcome
	}
	return reply{status: t.status, body: body, written: t.written.Load(), err: err}
}

// trip carries one request: it ties it to the call's context, notes how far it came and bounds the answer.
type trip struct {
	ctx     context.Context // of the one call this is for: telebot takes none
	http    *http.Client
	status  int
	written atomic.Bool
}

var _ http.RoundTripper = (*trip)(nil)

func (c *Client) newTrip(ctx context.Context) *trip {
	t := &trip{http: c.http}
	t.ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			// A request that was cut short cannot be acted upon: its length is announced.
			if info.Err == nil {
				t.written.Store(true)
			}
		},
	})
	return t
}

// RoundTrip implements http.RoundTripper.
func (t *trip) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.http.Do(req.Clone(t.ctx))
	if err != nil {
		return nil, err
	}
	t.status = resp.StatusCode
	resp.Body = &bounded{ReadCloser: resp.Body, left: maxReply}
	return resp, nil
}

// bounded fails a body that is longer than left.
type bounded struct {
	io.ReadCloser
	left int64
}

var errReplyTooLong = errors.New("the answer is too long")

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, errReplyTooLong
	}
	return n, err
}
