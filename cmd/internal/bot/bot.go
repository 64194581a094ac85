// Package bot is the front door: it takes updates from Telegram, hands each to the queue as the bytes it came in, and
// acknowledges it when its effect is safe. It decides nothing and answers nobody: it imports the queue and cannot reach
// a model, a database or a sender.
//
// What it promises is at least once and in order. The poller confirms an update by asking for the next one only after
// it was pushed, and (with Ack "sql") after the workers told that its effect is committed; a webhook request is
// answered 200 under the same condition. An update whose effect takes longer than AckTimeout is not waited for any longer, and not
// confirmed either: Telegram gives it out again, with what has come since, and it is pushed again, which is how it survives
// a queue that has lost it; the queue knows updates it has seen. Only where few hold up many for a minute, because Telegram gives
// out no more than a hundred, are they stragglers: acknowledged on enqueue, and counted. A push that fails stops the
// batch there, and the same offset is asked for again.
//
// The offset is always the last update's id + 1, never the highest id seen: Telegram restarts ids at random after a
// quiet week, and a poller that waits for higher ones waits for ever.
//
// telebot carries the calls (its Raw) and nothing else: its own pollers confirm updates before they are handled, poll a
// refusing server without a pause, and stop for ever at one update they cannot decode.
package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/imagika/imagika/queue"
)

// Front takes updates. Package queue implements it.
type Front interface {
	// Push hands over an update; nil means that it cannot be lost any more. Pushing it again is harmless.
	Push(ctx context.Context, in queue.Incoming) (queue.Receipt, error)
	// PushAll is Push for a batch. Where an update fails, what follows it in its chat fails too.
	PushAll(ctx context.Context, batch []queue.Incoming) []queue.Pushed
	// Wait marks the receipts whose updates have had their effect as done, and returns how many have, and an error if ctx ended before
	// all had.
	Wait(ctx context.Context, receipts []queue.Receipt) (int, error)
}

var _ Front = (*queue.Front)(nil)

// Ack says when an update is acknowledged.
type Ack string

// The choices.
const (
	// AckSQL: when its effect is in SQL. A lost Redis loses nothing.
	AckSQL Ack = "sql"
	// AckEnqueue: when it is enqueued. Faster, for a Redis that syncs every write.
	AckEnqueue Ack = "enqueue"
)

// Webhook makes Telegram call us instead of being polled.
type Webhook struct {
	// URL that Telegram calls, https. Empty: poll.
	URL string
	// Secret Telegram sends along, 1–256 of A–Z, a–z, 0–9, _ and -. Required with a URL.
	Secret string
	// MaxConnections at a time, 1–100. 0: 40.
	MaxConnections int
}

// Config says where updates come from and where they go.
type Config struct {
	// URL of the Bot API server without a trailing slash. Empty: Telegram's own.
	URL string
	// Token of the bot, "<digits>:<secret>". Required.
	Token string
	// HTTP makes the requests; its time-out is not used, because a poll is long. Nil: a client of its own.
	HTTP *http.Client
	// Front takes the updates. Required.
	Front Front
	// Webhook, or its zero value to poll.
	Webhook Webhook
	// AllowedUpdates is the kinds asked for. Nil: all kinds the workers handle.
	AllowedUpdates []string
	// PollTimeout is how long Telegram holds a poll, whole seconds up to 50. 0: 30 s.
	PollTimeout time.Duration
	// AckTimeout bounds the wait for an effect; then others are taken as well. 0: 5 s.
	AckTimeout time.Duration
	// Ack says when updates are acknowledged. Empty: AckSQL.
	Ack Ack
	// Log receives what is worth an operator's eye. Nil: nothing is logged.
	Log *slog.Logger
	// Metrics counts updates. Nil: nobody reads the counts.
	Metrics *Metrics
}

// DefaultUpdates are the kinds of updates the workers handle. They are always named: an omitted list would keep what
// was asked for last.
func DefaultUpdates() []string {
	return []string{kindMessage, kindEdited, kindCallback, kindPreCheckout, kindMember, kindInline, kindReaction}
}

// Bot takes updates for one bot.
type Bot struct {
	cfg Config
	id  int64
	api *api
	log *slog.Logger

	mu      sync.Mutex
	trouble error     // of the last call, nil if it succeeded
	since   time.Time // of the first failure in a row
	logged  time.Time
}

var (
	tokenForm  = regexp.MustCompile(`^(\d{1,19}):[A-Za-z0-9_-]{1,128}$`)
	secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// New checks the configuration. It makes no call.
func New(cfg Config) (*Bot, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("bot: %w", err)
	}
	number, _, _ := strings.Cut(cfg.Token, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil, errors.New("bot: the token's number is out of range")
	}
	return &Bot{cfg: cfg, id: id, api: newAPI(cfg), log: cfg.Log}, nil
}

func (c Config) withDefaults() Config {
	if c.URL == "" {
		c.URL = "https://api.telegram.org"
	}
	if c.AllowedUpdates == nil {
		c.AllowedUpdates = DefaultUpdates()
	}
	if c.PollTimeout == 0 {
		c.PollTimeout = 30 * time.Second
	}
	if c.AckTimeout == 0 {
		c.AckTimeout = 5 * time.Second
	}
	if c.Ack == "" {
		c.Ack = AckSQL
	}
	if c.Webhook.MaxConnections == 0 {
		c.Webhook.MaxConnections = 40
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	return c
}

func (c Config) validate() error {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https"):
		return errors.New("URL must be http(s)://host[:port][/path]")
	case !tokenForm.MatchString(c.Token):
		return errors.New("the Token does not look like <digits>:<secret>")
	case c.Front == nil:
		return errors.New("Front is missing")
	case c.PollTimeout < time.Second || c.PollTimeout > 50*time.Second:
		return fmt.Errorf("PollTimeout must be 1s to 50s, not %v", c.PollTimeout)
	case c.AckTimeout < 0 || c.AckTimeout > 30*time.Second:
		return fmt.Errorf("AckTimeout must be at most 30s, not %v", c.AckTimeout)
	case c.Ack != AckSQL && c.Ack != AckEnqueue:
		return fmt.Errorf("Ack must be %q or %q, not %q", AckSQL, AckEnqueue, c.Ack)
	}
	return c.Webhook.validate()
}

func (w Webhook) validate() error {
	if w.URL == "" {
		return nil
	}
	u, err := url.Parse(w.URL)
	switch {
	case err != nil || u.Host == "" || !slices.Contains([]string{"https", "http"}, u.Scheme):
		return errors.New("Webhook.URL must be https://host[:port]/path")
	case !secretForm.MatchString(w.Secret):
		return errors.New("Webhook.Secret must be 1 to 256 of A-Z, a-z, 0-9, _ and -")
	case w.MaxConnections < 1 || w.MaxConnections > 100:
		return fmt.Errorf("Webhook.MaxConnections must be 1 to 100, not %d", w.MaxConnections)
	}
	return nil
}

// Run tells Telegram how updates are to come, and takes them until ctx ends: a poll in flight is given up at once, and
// a batch that has come is pushed to its end. With a webhook it only keeps the registration; the updates come through
// Handler. It returns nil.
func (b *Bot) Run(ctx context.Context) error {
	if !b.register(ctx) {
		return nil
	}
	var counter sync.WaitGroup
	defer counter.Wait()
	counter.Go(func() { b.count(ctx) })
	if b.cfg.Webhook.URL != "" {
		<-ctx.Done()
		return nil
	}
	b.poll(ctx)
	return nil
}

// pendingEvery is how often Telegram is asked what waits there.
const pendingEvery = time.Minute

// count asks now and then how many updates wait at Telegram. Without an answer the count stays.
func (b *Bot) count(ctx context.Context) {
	tick := time.NewTicker(pendingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n, err := b.api.pending(ctx); err == nil {
			b.cfg.Metrics.waiting(n)
		}
	}
}

// register sets the webhook, or deletes it, until that worked or ctx ended.
func (b *Bot) register(ctx context.Context) bool {
	pause := newBackoff()
	for ctx.Err() == nil {
		err := b.api.register(ctx, b.cfg)
		b.note(ctx, err)
		if err == nil {
			return true
		}
		sleep(ctx, pause.next(err))
	}
	return false
}

// patience is how long calls may fail before the bot counts as unhealthy, and the least pause between log lines.
const patience = time.Minute

// Healthy returns nil, or why updates do not come: at once when the token is refused, else when calls have been failing
// for a minute.
func (b *Bot) Healthy() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.trouble == nil || (!operators(b.trouble) && time.Since(b.since) < patience) {
		return nil
	}
	return b.trouble
}

// note keeps the outcome of a call to Telegram, and logs a failure at most once a minute.
func (b *Bot) note(ctx context.Context, err error) {
	if err != nil && ctx.Err() != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	switch {
	case err == nil:
		b.trouble, b.logged = nil, time.Time{}
		return
	case b.trouble == nil:
		b.since = now
	}
	b.trouble = err
	if now.Sub(b.logged) >= patience {
		b.logged = now
		b.log.LogAttrs(ctx, slog.LevelError, "telegram gives no updates", slog.String("error", err.Error()))
	}
}
