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

	"github.com/google/go-cmp/cmp"
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

func TestWebhookIsRemovedWhenGone(t *testing.T) {
	t.Parallel()
	s := NewTest(t, Options{WebhookRetry: time.Millisecond})
	h := &hook{script: slices.Repeat([]int{http.StatusGone}, 100_000)}
	newHook(t, s, h)
	s.Person(PersonConfig{}).Text("a")
	next(t, h)
	next(t, h)  // the first 410 has been noted
	go func() { // nobody else reads what the hook saw
		for range h.seen {
		}
	}()
	s.Advance(23*time.Hour + time.Minute)
	var info struct {
		URL     string `json:"url"`
		Pending int    `json:"pending_update_count"`
	}
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if do(t, s, "getWebhookInfo", nil).into(t, &info); info.URL == "" {
			break
		}
	}
	if info.URL != "" || info.Pending != 1 {
		t.Errorf("after 23 hours of 410: %+v", info)
	}
}

func TestWebhookInfo(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	ct, body := form(t, map[string]string{
		"url": "https://example.com/h", "ip_address": "192.0.2.1", "max_connections": "7", "allowed_updates": `["message"]`,
	}, map[string][]byte{"certificate": []byte("PEM")})
	post(t, s, "setWebhook", ct, body).into(t, new(bool))
	var info map[string]any
	do(t, s, "getWebhookInfo", nil).into(t, &info)
	want := map[string]any{
		"url": "https://example.com/h", "has_custom_certificate": true, "pending_update_count": 0.0, "ip_address": "192.0.2.1",
		"max_connections": 7.0, "allowed_updates": []any{"message"},
	}
	if diff := cmp.Diff(want, info); diff != "" {
		t.Errorf("info (-want +got):\n%s", diff)
	}
}

func TestWebhookAnswersMayCarryACall(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var u Update
		if err := json.NewDecoder(r.Body).Decode(&u); err != nil {
			t.Error(err)
			return
		}
		_ = json.NewEncoder(w).Encode(params{"method": "SendMessage", "chat_id": u.Message.Chat.ID, "text": "you said " + u.Message.Text})
	}))
	t.Cleanup(srv.Close)
	do(t, s, "setWebhook", params{"url": srv.URL}).into(t, new(bool))
	ann := s.Person(PersonConfig{})
	ann.Text("fox")
	s.WaitMessage(t, ann, Has("you said fox"))
	if calls := s.CallsTo("sendMessage"); len(calls) != 1 || calls[0].Code != 200 {
		t.Errorf("calls %+v", calls)
	}
}
