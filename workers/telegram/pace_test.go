package telegram

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

const flood = `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}`

func TestARefusalHoldsTheChatForEverybody(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	p := &pacer{}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		answer(http.StatusTooManyRequests, flood)(w, r)
	}, func(c *Config) { c.Pacer = p })
	_, err := c.SendMessage(t.Context(), Text{ChatID: 5, HTML: "x"})
	checkClass(t, "the refused send", err, RateLimited)
	if e, _ := errors.AsType[*Error](err); e == nil || e.RetryAfter != 7*time.Second {
		t.Errorf("retry after: %v", err)
	}
	if got := p.holds[c.paceKey(5)]; got != 7*time.Second {
		t.Errorf("hold of the chat: %v", got)
	}
	if p.holds[globalKey] != 0 {
		t.Error("one chat's refusal holds everybody")
	}

	_, err = c.EditText(t.Context(), TextEdit{ChatID: 5, MessageID: 1, HTML: "x"})
	checkClass(t, "the held edit", err, RateLimited)
	if calls.Load() != 1 {
		t.Error("a call was made although the hold lasts")
	}
	_, err = c.SendMessage(t.Context(), Text{ChatID: 6, HTML: "x"})
	checkClass(t, "another chat", err, RateLimited)
	if calls.Load() != 2 {
		t.Error("another chat was held")
	}
	_, err = c.SendMessage(t.Context(), Text{ChatID: 7, HTML: "x"})
	checkClass(t, "a third chat", err, RateLimited)
	if got := p.holds[globalKey]; got <= 0 || got > 7*time.Second {
		t.Errorf("three chats were refused and nothing went through, and everybody is held for %v", got)
	}
	if err := c.AnswerCallback(t.Context(), Answer{QueryID: "1"}); ClassOf(err) != RateLimited || calls.Load() != 4 {
		t.Errorf("a press was not answered because of a hold: %v, %d calls", err, calls.Load())
	}
	if err := c.AnswerPreCheckout(t.Context(), "1", ""); ClassOf(err) != RateLimited || calls.Load() != 5 {
		t.Errorf("a payment was not answered because of a hold: %v, %d calls", err, calls.Load())
	}
}

func TestAShortHoldIsWaitedOut(t *testing.T) {
	t.Parallel()
	p := &pacer{holds: map[string]time.Duration{globalKey: 30 * time.Millisecond}}
	c := serve(t, answer(200, `{"ok":true,"result":{"message_id":3}}`), func(c *Config) { c.Pacer = p })
	start := time.Now()
	sent, err := c.SendMessage(t.Context(), Text{ChatID: 5, HTML: "x"})
	if err != nil || sent.ID != 3 {
		t.Fatalf("%+v, %v", sent, err)
	}
	if time.Since(start) < 30*time.Millisecond {
		t.Error("the hold was ignored")
	}
}

func TestWithoutThePacerSendingGoesOn(t *testing.T) {
	t.Parallel()
	p := &pacer{err: errors.New("away")}
	c := serve(t, answer(200, `{"ok":true,"result":{"message_id":3}}`), func(c *Config) { c.Pacer = p })
	if _, err := c.SendMessage(t.Context(), Text{ChatID: 5, HTML: "x"}); err != nil {
		t.Error(err)
	}
}

func TestPaceKeysDoNotRevealChats(t *testing.T) {
	t.Parallel()
	c := serve(t, answer(200, ""), nil)
	if a, b := c.paceKey(123456789), c.paceKey(123456789); a != b || len(a) != len("tg:")+24 {
		t.Errorf("keys %q, %q", a, b)
	}
	other, err := New(Config{Token: "7000000001:another"})
	if err != nil {
		t.Fatal(err)
	}
	if c.paceKey(1) == other.paceKey(1) {
		t.Error("the key does not depend on a secret")
	}
}

// TestRefusalsOfManyChats: where people write to many chats at the same time, those who are too fast are held, and nobody else.
func TestRefusalsOfManyChats(t *testing.T) {
	t.Parallel()
	p := &pacer{}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bytes.Contains(body, []byte(`"chat_id":1`)) { // 10 to 19
			answer(http.StatusTooManyRequests, flood)(w, r)
			return
		}
		answer(200, `{"ok":true,"result":{"message_id":3}}`)(w, r)
	}, func(c *Config) { c.Pacer = p })
	for i := range int64(10) {
		_, err := c.CopyMessage(t.Context(), Copy{ChatID: 10 + i, FromID: 9, MessageID: 1})
		checkClass(t, "a chat that is too fast", err, RateLimited)
		if _, err := c.CopyMessage(t.Context(), Copy{ChatID: 20 + i, FromID: 9, MessageID: 1}); err != nil {
			t.Fatalf("another chat: %v", err)
		}
	}
	if len(p.holds) != 10 || p.holds[globalKey] != 0 {
		t.Errorf("held: %v", p.holds)
	}
}

func TestTrips(t *testing.T) {
	t.Parallel()
	var tr trips
	now := time.Unix(1000, 0)
	for i, want := range []time.Duration{0, 0, 7 * time.Second} { // until the first of them may be written to
		if got := tr.trip(int64(i), time.Duration(9-i)*time.Second, now); got != want {
			t.Errorf("chat %d: %v, want %v", i, got, want)
		}
	}
	if tr.trip(9, time.Second, now.Add(tripWindow+time.Second)) != 0 {
		t.Error("old refusals count")
	}
	if len(tr.last) != 1 {
		t.Errorf("%d chats are remembered, want 1", len(tr.last))
	}
	tr.trip(8, time.Second, now.Add(tripWindow+time.Second))
	tr.passed()
	if tr.trip(7, time.Second, now.Add(tripWindow+time.Second)) != 0 {
		t.Error("refusals count although messages went through since")
	}
}
