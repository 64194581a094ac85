package bot

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/queue"
)

func TestWebhook(t *testing.T) {
	t.Parallel()
	full := func(int, queue.Incoming) error { return queue.ErrLaneFull }
	down := func(int, queue.Incoming) error { return errDown }
	for _, tt := range []struct {
		name, method, secret, body string
		fail                       func(int, queue.Incoming) error
		needs                      map[int64]int
		ack                        Ack
		wantCode                   int
		wantStored                 int
		wantTook                   time.Duration
	}{
		{name: "an update", body: message(1), wantCode: 200, wantStored: 1},
		{name: "late effect", body: message(1), needs: map[int64]int{1: 2}, wantCode: 503, wantStored: 1, wantTook: 5 * time.Second},
		{name: "late effect, ack on enqueue", body: message(1), needs: map[int64]int{1: 2}, ack: AckEnqueue, wantCode: 200, wantStored: 1},
		{name: "queue away", body: message(1), fail: down, wantCode: 503},
		{name: "lane full", body: message(1), fail: full, wantCode: 200},
		{name: "wrong secret", secret: "wrong", body: message(1), wantCode: 401},
		{name: "no secret", secret: "-", body: message(1), wantCode: 401},
		{name: "longer secret", secret: "s3cret_s3cret_", body: message(1), wantCode: 401},
		{name: "GET", method: http.MethodGet, wantCode: 405},
		{name: "no update id", body: `{"message":{}}`, wantCode: 400},
		{name: "not JSON", body: `hello`, wantCode: 400},
		{name: "too large", body: `{"update_id":1,"x":"` + strings.Repeat("x", maxUpdate) + `"}`, wantCode: 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &front{fail: tt.fail, needs: tt.needs}
				m, read := newMetrics(t)
				b := newBot(t, nil, f, func(c *Config) {
					c.Webhook = Webhook{URL: "https://bot.test/hook", Secret: "s3cret_s3cret"}
					c.Metrics, c.Ack = m, tt.ack
				})
				r := request(t, tt.method, tt.secret, tt.body)
				w := httptest.NewRecorder()
				start := time.Now()
				b.Handler().ServeHTTP(w, r)
				if w.Code != tt.wantCode {
					t.Errorf("code %d, want %d", w.Code, tt.wantCode)
				}
				if took := time.Since(start); took != tt.wantTook {
					t.Errorf("took %v, want %v", took, tt.wantTook)
				}
				if w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				if len(f.ids()) != tt.wantStored {
					t.Errorf("%d stored, want %d", len(f.ids()), tt.wantStored)
				}
				if got := read("imagika_bot_stragglers_total"); got != 0 {
					t.Errorf("%v stragglers, want none", got)
				}
			})
		})
	}
}

// request makes a webhook request; an empty secret is the right one, "-" is none.
func request(t *testing.T, method, secret, body string) *http.Request {
	t.Helper()
	if method == "" {
		method = http.MethodPost
	}
	r := httptest.NewRequestWithContext(t.Context(), method, "/hook", strings.NewReader(body))
	switch secret {
	case "":
		secret = "s3cret_s3cret"
	case "-":
		return r
	}
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	return r
}

func TestWithoutAWebhookTheHandlerRefuses(t *testing.T) {
	t.Parallel()
	f := &front{}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(message(1)))
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", "")
	newBot(t, nil, f, nil).Handler().ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized || len(f.ids()) != 0 {
		t.Errorf("code %d, stored %v", w.Code, f.ids())
	}
}

func TestRegistrationByMode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, url, want string
	}{
		{"poll", "", "deleteWebhook"},
		{"webhook", "https://bot.test/hook", "setWebhook"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				// The first calls fail: registration is repeated until it worked.
				s := &telegram{answer: func(n int, _ string) *http.Response {
					if n < 3 {
						return reply(502, "<html>")
					}
					return nil
				}}
				b := newBot(t, s, &front{}, func(c *Config) {
					if tt.url != "" {
						c.Webhook = Webhook{URL: tt.url, Secret: "s"}
					}
				})
				run(t, b, time.Minute)
				if n := s.count(tt.want); n != 3 {
					t.Errorf("%s was called %d times, want 3: %v", tt.want, n, s.calls)
				}
				if polls := s.count("getUpdates"); (polls > 0) != (tt.url == "") {
					t.Errorf("%d polls", polls)
				}
			})
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"Token":                  func(c *Config) { c.Token = "nonsense" },
		"URL":                    func(c *Config) { c.URL = "ftp://x" },
		"Front":                  func(c *Config) { c.Front = nil },
		"PollTimeout":            func(c *Config) { c.PollTimeout = time.Minute },
		"AckTimeout":             func(c *Config) { c.AckTimeout = time.Minute },
		"Ack":                    func(c *Config) { c.Ack = "maybe" },
		"Webhook.Secret":         func(c *Config) { c.Webhook = Webhook{URL: "https://x/", Secret: "a b"} },
		"Webhook.URL":            func(c *Config) { c.Webhook = Webhook{URL: "x", Secret: "a"} },
		"Webhook.MaxConnections": func(c *Config) { c.Webhook = Webhook{URL: "https://x/", Secret: "a", MaxConnections: 101} },
	} {
		cfg := Config{Token: testToken, Front: &front{}}
		change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), name+" ") {
			t.Errorf("%s: error %v does not name the field", name, err)
		}
	}
}
