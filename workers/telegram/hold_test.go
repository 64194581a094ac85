package telegram

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// flooded is a Telegram that refuses the first call to each chat it is told of, and notes when calls came.
type flooded struct {
	mu    sync.Mutex
	waits map[int64]int // seconds to wait, by chat
	calls map[int64][]time.Time
}

func (f *flooded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Chat int64 `json:"chat_id"`
	}
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &asked)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[asked.Chat] = append(f.calls[asked.Chat], time.Now())
	if wait := f.waits[asked.Chat]; wait > 0 {
		delete(f.waits, asked.Chat)
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = fmt.Fprintf(w, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after %d","parameters":{"retry_after":%[1]d}}`, wait)
		return
	}
	_, _ = fmt.Fprintf(w, `{"ok":true,"result":{"message_id":1,"chat":{"id":%d}}}`, asked.Chat)
}

func (f *flooded) of(chat int64) []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Time(nil), f.calls[chat]...)
}

// workersOf are two clients as two processes have them: each with a connection of its own to one Redis.
func workersOf(t *testing.T, f *flooded) (first, second *Client) {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	redis := queuetest.URL(t)
	client := func() *Client {
		c, err := New(Config{URL: s.URL, Token: testToken, Pacer: queue.NewLimits(queuetest.Open(t, redis), queue.NewMetrics(nil))})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	return client(), client()
}

// What one worker is told, all obey to the second: nothing goes to that chat before its time, and all other chats are as
// quick as ever.
func TestAHoldIsObeyedByAllWorkers(t *testing.T) {
	t.Parallel()
	f := &flooded{waits: map[int64]int{5: 2}, calls: map[int64][]time.Time{}}
	first, second := workersOf(t, f)
	_, err := first.SendMessage(t.Context(), Text{ChatID: 5, HTML: "x"})
	checkClass(t, "the refused send", err, RateLimited)
	ends := time.Now().Add(2 * time.Second)

	var wg sync.WaitGroup
	for _, c := range []*Client{first, second} {
		wg.Go(func() { // at once, and again as soon as it is told to: as deliveries do
			for {
				_, err := c.SendMessage(t.Context(), Text{ChatID: 5, HTML: "x"})
				if ClassOf(err) != RateLimited {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	start := time.Now()
	if _, err := second.SendMessage(t.Context(), Text{ChatID: 6, HTML: "x"}); err != nil || time.Since(start) > time.Second {
		t.Errorf("another chat: %v, after %s", err, time.Since(start))
	}
	wg.Wait()
	calls := f.of(5)
	if len(calls) != 3 {
		t.Errorf("%d calls to the chat, want 3", len(calls))
	}
	for _, at := range calls[1:] {
		if early := ends.Sub(at); early > 20*time.Millisecond {
			t.Errorf("a call came %s before the hold ended", early)
		}
		if late := at.Sub(ends); late > time.Second {
			t.Errorf("a call came %s after the hold ended", late)
		}
	}
}

// Several chats at once are not about the chats: then everybody waits, in every process.
func TestAGlobalHoldIsObeyedByAllWorkers(t *testing.T) {
	t.Parallel()
	f := &flooded{waits: map[int64]int{1: 1, 2: 1, 3: 1}, calls: map[int64][]time.Time{}}
	first, second := workersOf(t, f)
	var ends time.Time // when the first of the three holds does
	for chat := range int64(3) {
		_, err := first.SendMessage(t.Context(), Text{ChatID: chat + 1, HTML: "x"})
		checkClass(t, "the refused send", err, RateLimited)
		if chat == 0 {
			ends = time.Now().Add(time.Second)
		}
	}
	if _, err := second.SendMessage(t.Context(), Text{ChatID: 9, HTML: "x"}); err != nil {
		t.Fatal(err)
	}
	if early := ends.Sub(f.of(9)[0]); early > 20*time.Millisecond {
		t.Errorf("a call came %s before the hold of all ended", early)
	}
}

func TestTextLength(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": 0, "abc": 3, "<b>a</b>b": 2, `<a href="https://example.org/?a=1&amp;b=2">x</a>`: 1, "&lt;b&gt;": 3, "&amp;amp;": 5, "😀": 2,
		"<i>👩‍👧</i>\n": 6, "&#39;": 1, "<": 0,
	} {
		if got := TextLength(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
