package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	tele "gopkg.in/telebot.v3"
)

// maxReply bounds an answer: a hundred updates at their largest.
const maxReply = 32 << 20

// callError is every failure of a call. It holds no token.
type callError struct {
	method     string
	code       int // error_code, or the HTTP status; 0 without an answer
	retryAfter time.Duration
	err        error
}

// Error implements error.
func (e *callError) Error() string {
	if e.code == 0 {
		return fmt.Sprintf("%s: %v", e.method, e.err)
	}
	return fmt.Sprintf("%s: %d: %v", e.method, e.code, e.err)
}

// Unwrap returns the cause.
func (e *callError) Unwrap() error { return e.err }

// operators reports whether only the operator can mend it: the token is refused.
func operators(err error) bool {
	e, ok := errors.AsType[*callError](err)
	return ok && (e.code == http.StatusUnauthorized || e.code == http.StatusNotFound)
}

// api makes the few calls of this package.
type api struct {
	base, token string
	http        *http.Client
}

func newAPI(cfg Config) *api {
	client := &http.Client{}
	if cfg.HTTP != nil {
		*client = *cfg.HTTP
	}
	client.Timeout = 0 // every call has a deadline
	client.CheckRedirect = noRedirect
	return &api{base: strings.TrimRight(cfg.URL, "/"), token: cfg.Token, http: client}
}

// noRedirect: a redirected call would carry the token to another host.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// getUpdates holds for at most timeout and returns the updates from offset on, as they came.
func (a *api) getUpdates(ctx context.Context, offset int64, limit int, timeout time.Duration, allowed []string) ([]json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout+15*time.Second)
	defer cancel()
	var updates []json.RawMessage
	err := a.call(ctx, "getUpdates", map[string]any{
		"offset": offset, "limit": limit, "timeout": int(timeout / time.Second), "allowed_updates": allowed,
	}, &updates)
	return updates, err
}

// register tells Telegram how updates are to come. Those that wait are kept.
func (a *api) register(ctx context.Context, cfg Config) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if cfg.Webhook.URL == "" {
		return a.call(ctx, "deleteWebhook", map[string]any{"drop_pending_updates": false}, nil)
	}
	return a.call(ctx, "setWebhook", map[string]any{
		"url": cfg.Webhook.URL, "secret_token": cfg.Webhook.Secret, "max_connections": cfg.Webhook.MaxConnections,
		"allowed_updates": cfg.AllowedUpdates,
	}, nil)
}

// pending is how many updates wait at Telegram.
func (a *api) pending(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var info struct {
		Pending int `json:"pending_update_count"`
	}
	err := a.call(ctx, "getWebhookInfo", map[string]any{}, &info)
	return info.Pending, err
}

type envelope struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int64 `json:"retry_after"`
	} `json:"parameters"`
}

// call goes through telebot's Raw on a Bot made for this call, which costs microseconds and ties it to ctx. Raw's own
// judgement is not used: it takes any answer that is not JSON for a success.
func (a *api) call(ctx context.Context, method string, params, out any) error {
	t := &transport{ctx: ctx, http: a.http}
	raw, err := tele.NewBot(tele.Settings{
		URL: a.base, Token: a.token, Offline: true, Updates: 1,
		Client: &http.Client{Transport: t, CheckRedirect: noRedirect},
	})
	if err != nil {
		return &callError{method: method, err: a.sanitize(err)}
	}
	body, err := raw.Raw(method, params)
	if body == nil {
		return &callError{method: method, err: a.sanitize(err)}
	}
	var env envelope
	if err := json.Unmarshal(body, &env); err != nil || (!env.OK && env.Code == 0) {
		return &callError{method: method, code: t.status, err: errors.New("the answer is not the Bot API's")}
	}
	if !env.OK {
		wait := time.Duration(min(max(env.Parameters.RetryAfter, 0), 3600)) * time.Second
		return &callError{method: method, code: env.Code, retryAfter: wait, err: errors.New(a.redact(env.Description))}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(env.Result, out); err != nil {
		return &callError{method: method, code: t.status, err: errors.New("the result has an unexpected shape")}
	}
	return nil
}

var tokenText = regexp.MustCompile(`\b(bot)?\d{3,19}(?::|%3[Aa])[A-Za-z0-9_-]{6,128}`)

func (a *api) redact(s string) string {
	return tokenText.ReplaceAllString(strings.ReplaceAll(s, a.token, "<token>"), "${1}<token>")
}

// sanitize takes the URLs, which hold the token, out of an error of the HTTP client.
func (a *api) sanitize(err error) error {
	for {
		u, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = u.Err
	}
	if s := err.Error(); a.redact(s) != s {
		return errors.New(a.redact(s))
	}
	return err
}

// transport carries one request: telebot takes no context.
type transport struct {
	ctx    context.Context
	http   *http.Client
	status int
}

var _ http.RoundTripper = (*transport)(nil)

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.http.Do(req.Clone(t.ctx))
	if err != nil {
		return nil, err
	}
	t.status = resp.StatusCode
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxReply), resp.Body}
	return resp, nil
}
