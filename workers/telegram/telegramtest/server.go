package telegramtest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DefaultToken is the token of a server made without one. It is well formed and
// plainly no real token.
const DefaultToken = "7000000001:imagika-playground-not-a-real-token"

// Options configure a [Server]. The zero value is a working server.
type Options struct {
	// Token is what the bot must present; empty means [DefaultToken]. The number
	// before its colon becomes the bot's id.
	Token string
	// Bot is the bot's own user. Empty FirstName and Username get defaults; the id
	// always follows from Token.
	Bot User
	// Clock gives the time that dates messages and ages updates and queries;
	// nil means time.Now. Waiting is always in real time.
	Clock func() time.Time
	// OnViolation, if set, is told every violation as it happens, outside the lock.
	OnViolation func(Violation)
	// FloodLimits turns on Telegram's pace: about one message a second and chat
	// with short bursts, 20 a minute in a group, 30 a second in all; edits count.
	// More than that is answered 429 with retry_after.
	FloodLimits bool
	// InlineFeedback tells the bot which inline results people choose, as a bot gets to
	// hear that has asked @BotFather for it.
	InlineFeedback bool
	// InsecureApps takes addresses of Mini Apps without TLS, as Telegram's test environment does.
	InsecureApps bool
	// Throttle turns on Telegram's guard against tight polling: the same offset
	// within 3 s waits up to 3 s, within 0.5 s it is answered with one update.
	Throttle bool
	// WebhookRetry is the first pause after a failed webhook delivery, doubling up
	// to 90 times itself; 0 means 1 s as Telegram has it.
	WebhookRetry time.Duration
	// Fetch gets the files that the bot sends by URL; nil means that every URL is
	// refused, as one that cannot be read. The server itself never goes out.
	Fetch Fetcher
	// Log gets one debug line for each call; nil means silence.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Token == "" {
		o.Token = DefaultToken
	}
	if o.Bot.FirstName == "" {
		o.Bot.FirstName = "Imagika"
	}
	if o.Bot.Username == "" {
		o.Bot.Username = "imagika_test_bot"
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.WebhookRetry == 0 {
		o.WebhookRetry = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Bot.ID, o.Bot.IsBot, o.Bot.CanJoinGroups = botID(o.Token), true, true
	return o
}

// Server is a fake Bot API for one bot. It is an [http.Handler] for
// /bot<token>/<method> and /file/bot<token>/<path>. All methods are safe for
// concurrent use.
type Server struct {
	opts     Options
	spec     *spec
	handlers map[string]handler

	started time.Time
	ctx     context.Context // ends with Close; bounds deliveries and waits
	stop    context.CancelFunc
	bg      sync.WaitGroup

	mu         sync.Mutex
	changed    chan struct{} // closed and replaced at every change
	skew       time.Duration
	w          world
	events     []Event
	calls      []Call
	callSeq    uint64
	violations []Violation
	faults     []*FaultHandle
	faultSeq   int
	flood      flood
	poll       poller
	hook       deliverer
	url        string
	listener   *http.Server
}

// New returns a server that is not listening yet: mount it as an [http.Handler],
// or call [Server.Listen].
func New(opts Options) *Server {
	s := &Server{opts: opts.withDefaults(), spec: theSpec(), changed: make(chan struct{})}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.started = s.opts.Clock()
	s.handlers = s.table()
	// The first id is far from zero and far from the last run's, as Telegram's is.
	s.w = newWorld(100_000_000 + rand.Int64N(800_000_000))
	s.flood.init()
	s.hook.init()
	s.bg.Go(s.deliverLoop)
	return s
}

// Listen serves on addr, for example "127.0.0.1:0", until [Server.Close].
func (s *Server) Listen(addr string) error {
	var lc net.ListenConfig
	l, err := lc.Listen(s.ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("telegramtest: %w", err)
	}
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.mu.Lock()
	s.url, s.listener = "http://"+l.Addr().String(), srv
	s.mu.Unlock()
	s.bg.Go(func() { _ = srv.Serve(l) })
	return nil
}

// Close ends every wait and delivery and, after [Server.Listen], the listener.
func (s *Server) Close() {
	s.stop()
	s.mu.Lock()
	srv := s.listener
	s.mu.Unlock()
	if srv != nil {
		_ = srv.Close()
	}
	s.bg.Wait()
}

// TB is the part of testing.TB that [NewTest] needs; the package does not import
// testing, because the playground links it into a program.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// NewTest returns a server listening on 127.0.0.1:0. Every violation is an error of
// t, and the server closes when t ends. At most one [Options] may be given.
func NewTest(t TB, options ...Options) *Server {
	t.Helper()
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	if o.OnViolation == nil {
		o.OnViolation = func(v Violation) { t.Errorf("telegramtest: %s", v) }
	}
	s := New(o)
	if err := s.Listen("127.0.0.1:0"); err != nil {
		t.Fatalf("telegramtest: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// URL is the server's base address, without a slash at the end; empty before
// [Server.Listen].
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// Token is the token the bot must present.
func (s *Server) Token() string { return s.opts.Token }

// Bot is the bot's own user.
func (s *Server) Bot() User { return s.opts.Bot }

// Now is the time by the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// Advance moves the server's clock forward: callback queries grow old, updates
// expire, flood limits refill. Waits in progress are not shortened.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew += d
	s.closePolls()
	s.touch()
}

// now is the clock under the lock.
func (s *Server) now() time.Time { return s.opts.Clock().Add(s.skew) }

// touch wakes everybody who waits for a change. The lock is held.
func (s *Server) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Violation is something Telegram lets pass although it is a programming error.
type Violation struct {
	Method string `json:"method"`
	Detail string `json:"detail"`
}

// String is "method: detail".
func (v Violation) String() string { return v.Method + ": " + v.Detail }

// Violations lists what was recorded so far, oldest first.
func (s *Server) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Violation(nil), s.violations...)
}

// botID is the number a token begins with.
func botID(token string) int64 {
	digits, _, _ := strings.Cut(token, ":")
	id, _ := strconv.ParseInt(digits, 10, 64)
	return id
}
