package telegramtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// hook is a webhook that answers as told and notes what it gets.
type hook struct {
	mu     sync.Mutex
	got    []Update
	secret []string
	script []int // status codes, then 200
	gate   chan struct{}
	seen   chan Update
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var u Update
	if json.Unmarshal(body, &u) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if h.gate != nil && u.CallbackQuery == nil {
		<-h.gate
	}
	h.mu.Lock()
	h.got = append(h.got, u)
	h.secret = append(h.secret, r.Header.Get("X-Telegram-Bot-Api-Secret-Token"))
	code := http.StatusOK
	if len(h.script) > 0 {
		code, h.script = h.script[0], h.script[1:]
	}
	h.mu.Unlock()
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(code)
	h.seen <- u
}

func newHook(t *testing.T, s *Server, h *hook) {
	t.Helper()
	h.seen = make(chan Update, 100)
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	do(t, s, "setWebhook", params{"url": srv.URL + "/hook", "secret_token": "s3cret"}).into(t, new(bool))
}

func next(t *testing.T, h *hook) Update {
	t.Helper()
	select {
	case u := <-h.seen:
		return u
	case <-time.After(10 * time.Second):
		t.Fatal("the webhook heard nothing")
		return Update{}
	}
}

func TestWebhookDeliversInOrderAndRetries(t *testing.T) {
	t.Parallel()
	s := NewTest(t, Options{WebhookRetry: 5 * time.Millisecond})
	h := &hook{script: []int{500, 302, 200, 200}}
	newHook(t, s, h)
	ann := s.Person(PersonConfig{})
	ann.Text("a")
	ann.Text("b")
	for _, want := range []string{"a", "a", "a", "b"} {
		if u := next(t, h); u.Message.Text != want {
			t.Errorf("delivered %q, want %q", u.Message.Text, want)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); len(s.PendingUpdates()) > 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if got := s.PendingUpdates(); len(got) != 0 {
		t.Errorf("delivered updates are still pending: %v", got)
	}
	if slices.ContainsFunc(h.secret, func(v string) bool { return v != "s3cret" }) {
		t.Errorf("secrets %q", h.secret)
	}
	var info struct {
		URL     string `json:"url"`
		Message string `json:"last_error_message"`
	}
	do(t, s, "getWebhookInfo", nil).into(t, &info)
	if info.URL == "" || info.Message != "Wrong response from the webhook: 302 Found" {
		t.Errorf("info %+v", info)
	}
}

func TestWebhookHonorsRetryAfter(t *testing.T) {
	t.Parallel()
	s := NewTest(t, Options{WebhookRetry: time.Millisecond})
	h := &hook{script: []int{503}}
	newHook(t, s, h)
	begin := time.Now()
	s.Person(PersonConfig{}).Text("a")
	next(t, h)
	next(t, h)
	if waited := time.Since(begin); waited < 900*time.Millisecond {
		t.Errorf("tried again after %v in spite of Retry-After: 1", waited)
	}
}

func TestWebhookQueriesOvertakeMessages(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	m := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "menu", "reply_markup": rows(1, "d")}).message(t)
	h := &hook{gate: make(chan struct{})}
	newHook(t, s, h)
	if _, err := ann.Press(m.MessageID, "d"); err != nil {
		t.Fatal(err)
	}
	if u := next(t, h); u.CallbackQuery == nil {
		t.Errorf("first came %+v, want the press", u)
	}
	close(h.gate)
	if u := next(t, h); u.Message == nil {
		t.Errorf("then came %+v, want the message", u)
	}
}
