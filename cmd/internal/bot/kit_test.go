package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
)

const testToken = "7000000001:canary-canary-canary"

// front is a queue that breaks on command.
type front struct {
	mu     sync.Mutex
	stored []int64 // update ids in the order of their first push
	pushes int
	// fail says what the n-th push, from 1, returns instead of storing.
	fail func(n int, in queue.Incoming) error
	// needs is how often an update has to be pushed until it has its effect; others once.
	needs map[int64]int
	times map[int64]int
}

func (f *front) Push(_ context.Context, in queue.Incoming) (queue.Receipt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pushes++
	if f.fail != nil {
		if err := f.fail(f.pushes, in); err != nil {
			return queue.Receipt{}, err
		}
	}
	if f.times == nil {
		f.times = map[int64]int{}
	}
	f.times[in.UpdateID]++
	if !slices.Contains(f.stored, in.UpdateID) {
		f.stored = append(f.stored, in.UpdateID)
	}
	return queue.Receipt{Hash: strconv.FormatInt(in.UpdateID, 10)}, nil
}

// PushAll stops at the first failure, as if all were of one chat.
func (f *front) PushAll(ctx context.Context, batch []queue.Incoming) []queue.Pushed {
	out := make([]queue.Pushed, len(batch))
	for i, in := range batch {
		if i > 0 && out[i-1].Err != nil && !errors.Is(out[i-1].Err, queue.ErrLaneFull) {
			out[i].Err = out[i-1].Err
			continue
		}
		out[i].Receipt, out[i].Err = f.Push(ctx, in)
	}
	return out
}

func (f *front) Wait(ctx context.Context, receipts []queue.Receipt) (done int, err error) {
	f.mu.Lock()
	for i, r := range receipts {
		id, _ := strconv.ParseInt(r.Hash, 10, 64)
		if receipts[i].Done = f.times[id] >= f.needs[id]; receipts[i].Done {
			done++
		}
	}
	f.mu.Unlock()
	if done == len(receipts) {
		return done, nil
	}
	<-ctx.Done()
	return done, ctx.Err()
}

func (f *front) ids() []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.stored)
}

// telegram is Telegram in memory: a RoundTripper, so that time can be faked.
type telegram struct {
	mu      sync.Mutex
	updates []string // JSON, oldest first; confirmed ones go
	calls   []string
	offsets []int64
	// answer, if set, replaces the answer to the n-th call, from 1, unless it returns nil.
	answer func(n int, method string) *http.Response
	// idle is called when a poll finds nothing; it returns when there may be more, or at the end of ctx.
	idle func(ctx context.Context)
}

func (s *telegram) RoundTrip(r *http.Request) (*http.Response, error) {
	method := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	var params struct {
		Offset, Limit, Timeout int64
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_ = json.Unmarshal(raw, &params)
	s.mu.Lock()
	s.calls = append(s.calls, method)
	n := len(s.calls)
	if s.answer != nil {
		if resp := s.answer(n, method); resp != nil {
			s.mu.Unlock()
			return resp, nil
		}
	}
	if method != "getUpdates" {
		s.mu.Unlock()
		return reply(http.StatusOK, `{"ok":true,"result":true}`), nil
	}
	s.offsets = append(s.offsets, params.Offset)
	s.confirm(params.Offset)
	batch := slices.Clone(s.updates[:min(int(params.Limit), len(s.updates))])
	s.mu.Unlock()
	if len(batch) == 0 && params.Timeout > 0 {
		if s.idle != nil {
			s.idle(r.Context())
		} else {
			sleep(r.Context(), time.Duration(params.Timeout)*time.Second)
		}
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
	}
	return reply(http.StatusOK, `{"ok":true,"result":[`+strings.Join(batch, ",")+`]}`), nil
}

// confirm drops what stands before the update with the given id, whatever the ids: order is Telegram's, not theirs.
func (s *telegram) confirm(offset int64) {
	if offset == 0 {
		return
	}
	for i, raw := range slices.Backward(s.updates) {
		var u struct {
			ID int64 `json:"update_id"`
		}
		if json.Unmarshal([]byte(raw), &u) == nil && u.ID == offset-1 {
			s.updates = s.updates[i+1:]
			return
		}
	}
}

func (s *telegram) count(method string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c == method {
			n++
		}
	}
	return n
}

func reply(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString(body))}
}

func message(id int64) string {
	return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"},"text":"x"}}`, id)
}

func messages(from, count int64) (updates []string) {
	for id := from; id < from+count; id++ {
		updates = append(updates, message(id))
	}
	return updates
}

func idsFrom(from, count int64) (ids []int64) {
	for id := from; id < from+count; id++ {
		ids = append(ids, id)
	}
	return ids
}

var errDown = errors.New("queue is away")

func newBot(t *testing.T, s *telegram, f *front, change func(*Config)) *Bot {
	t.Helper()
	cfg := Config{Token: testToken, Front: f, URL: "http://telegram.test"}
	if s != nil {
		cfg.HTTP = &http.Client{Transport: s}
	}
	if change != nil {
		change(&cfg)
	}
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
