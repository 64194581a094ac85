// Package telegram speaks to people: typed outgoing calls of the Bot API, and reading of what people send.
//
// telebot carries the JSON calls (its Raw, one cheap offline Bot per call so that the call's context reaches the
// connection) and nothing else, because its typed senders lose the outcome of a call: an HTML page from a proxy counts
// as success, a description it does not know has no code, an upload is chunked and cannot be repeated, and a keyboard
// button carries two actions. Uploads are streamed here, with their length known in advance.
//
// What matters is the answer to "did it happen?". Telegram has no idempotency, so every failure is one of a closed set
// of classes (Class), and a send whose request left but whose answer did not come is Uncertain: it is never repeated
// here. This package never retries at all. It classifies; the task's fate is decided elsewhere.
//
// Flood control is shared: a 429 writes a hold for the chat (or for everybody, when several chats trip), every worker
// looks before it sends, and a hold longer than two seconds is returned as RateLimited instead of being slept through.
//
// The token is part of every URL. No error, log line or metric of this package contains it.
package telegram

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// DefaultURL is Telegram's own Bot API.
const DefaultURL = "https://api.telegram.org"

// Pacer shares the flood state between processes. Package queue implements it over Redis.
type Pacer interface {
	// Cooling returns how long each of the keys is still to be left alone, zero for one that is free.
	Cooling(ctx context.Context, keys ...string) ([]time.Duration, error)
	// Cool keeps everybody off key for at least d.
	Cool(ctx context.Context, key string, d time.Duration) error
}

// Config says how to reach Telegram.
type Config struct {
	// URL of the Bot API server without a trailing slash. Empty: DefaultURL.
	URL string
	// Token of the bot, "<digits>:<secret>". Required.
	Token string
	// HTTP makes the requests. Nil: a client with sane time-outs. Redirects are never followed.
	HTTP *http.Client
	// Pacer holds the shared flood state. Nil: none is kept, and a 429 is only returned.
	Pacer Pacer
	// Log receives what is worth an operator's eye. Nil: nothing is logged.
	Log *slog.Logger
	// Metrics counts calls. Nil: nobody reads the counts.
	Metrics *Metrics
	// Span notes that a call begins; what it returns is called at its end. Nil: nobody follows calls.
	Span func(ctx context.Context, name string, pairs ...string) (context.Context, func(error))
}

// Client makes calls for one bot. It is safe for concurrent use.
type Client struct {
	base    string
	token   string
	botID   int64
	http    *http.Client
	pacer   Pacer
	log     *slog.Logger
	metrics *Metrics
	span    func(ctx context.Context, name string, pairs ...string) (context.Context, func(error))
	chatKey []byte
	trips   *trips
}

var tokenForm = regexp.MustCompile(`^(\d{1,19}):[A-Za-z0-9_-]{1,128}$`)

// New checks the configuration and returns a client. It makes no call.
func New(cfg Config) (*Client, error) {
	form := tokenForm.FindStringSubmatch(cfg.Token)
	if form == nil {
		return nil, errors.New("telegram: the token does not look like <digits>:<secret>")
	}
	id, err := strconv.ParseInt(form[1], 10, 64)
	if err != nil {
		return nil, errors.New("telegram: the token's number is out of range")
	}
	base, err := baseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	c := &Client{base: base, token: cfg.Token, botID: id, pacer: cfg.Pacer, log: cfg.Log, metrics: cfg.Metrics, span: cfg.Span, trips: &trips{}}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.metrics == nil {
		c.metrics = NewMetrics(nil)
	}
	if c.span == nil {
		c.span = func(ctx context.Context, _ string, _ ...string) (context.Context, func(error)) {
			return ctx, func(error) {}
		}
	}
	c.http = httpClient(cfg.HTTP)
	key := sha256.Sum256([]byte("imagika telegram pacing " + cfg.Token))
	c.chatKey = key[:]
	return c, nil
}

// BotID returns the bot's user id, which is the number before the colon of its token.
func (c *Client) BotID() int64 { return c.botID }

func baseURL(s string) (string, error) {
	if s == "" {
		return DefaultURL, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", errors.New("telegram: the URL must be http(s)://host[:port][/path]")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("telegram: the URL must not hold credentials, a query or a fragment")
	}
	return strings.TrimRight(s, "/"), nil
}

// httpClient copies the given client, so that not following redirects stays a matter of this package: a redirected
// POST would repeat a send, and carry the token to another host.
func httpClient(given *http.Client) *http.Client {
	c := &http.Client{}
	if given != nil {
		*c = *given
	} else {
		c.Timeout = 3 * time.Minute
		c.Transport = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:     true,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: time.Minute,
			MaxIdleConnsPerHost:   64,
			// Short: a connection the server closes just as a send is written leaves that send uncertain.
			IdleConnTimeout: 20 * time.Second,
		}
	}
	c.CheckRedirect = noRedirect
	return c
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// chatHash names a chat in shared keys without revealing it: the key is derived from the token, which all workers of a
// bot share.
func (c *Client) chatHash(chat int64) string {
	m := hmac.New(sha256.New, c.chatKey)
	m.Write(strconv.AppendInt(nil, chat, 10))
	return hex.EncodeToString(m.Sum(nil)[:12])
}

// drain reads what is left of a body, within reason, so that the connection can be used again.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	_ = body.Close()
}
