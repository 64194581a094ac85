package telegramtest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"
)

// flood paces sends and edits as Telegram does, with a token bucket for each chat and
// one for all.
type flood struct {
	chats map[int64]*bucket
	all   *bucket
}

func (f *flood) init() {
	f.chats = map[int64]*bucket{}
	f.all = &bucket{rate: 30, burst: 30}
}

// bucket refills at rate tokens a second up to burst.
type bucket struct {
	rate, burst float64
	tokens      float64
	at          time.Time
}

// wait is the seconds until there is a token; 0 means there is one.
func (b *bucket) wait(now time.Time) int {
	if b.at.IsZero() {
		b.tokens = b.burst
	} else {
		b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.tokens >= 1 {
		return 0
	}
	return int(math.Ceil((1 - b.tokens) / b.rate))
}

// paced refuses a send or an edit that comes too soon, under [Options.FloodLimits]. An
// album counts as its messages: it passes, and the next message waits for it. A rich bot
// may pay for what is more than the pace of all.
func (s *Server) paced(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.opts.FloodLimits || !c.counts() {
		return nil
	}
	now, buckets := s.now(), []*bucket{}
	if chat, err := s.chat(c, "chat_id"); err == nil {
		buckets = append(buckets, s.flood.of(chat.Chat.ID))
		if wait := buckets[0].wait(now); wait > 0 {
			return tooMany(wait)
		}
	}
	switch wait := s.flood.all.wait(now); {
	case wait == 0:
		buckets = append(buckets, s.flood.all)
	case !c.flag("allow_paid_broadcast") || !s.payBroadcast():
		return tooMany(wait)
	}
	for _, b := range buckets {
		b.tokens -= c.messages()
	}
	return nil
}

// of is the bucket of a chat.
func (f *flood) of(chat int64) *bucket {
	b := f.chats[chat]
	if b == nil {
		b = &bucket{rate: 1, burst: 3}
		if chat < 0 {
			b = &bucket{rate: 20.0 / 60, burst: 20}
		}
		f.chats[chat] = b
	}
	return b
}

// counts reports whether a call counts against the limits: sends and edits of messages
// do, answers to queries, chat actions, drafts and deletions do not.
func (c *call) counts() bool {
	switch c.method {
	case "sendChatAction", "sendMessageDraft", "sendRichMessageDraft", "editUserStarSubscription":
		return false
	}
	for _, verb := range []string{"send", "edit", "copy", "forward"} {
		if strings.HasPrefix(c.method, verb) {
			return true
		}
	}
	return false
}

// messages is how many messages a call sends.
func (c *call) messages() float64 {
	var items []json.RawMessage
	for _, name := range []string{"media", "message_ids"} {
		if c.method != "sendPaidMedia" && json.Unmarshal([]byte(c.values[name]), &items) == nil {
			return float64(max(len(items), 1))
		}
	}
	return 1
}

func tooMany(seconds int) error {
	return &apiError{
		Code: http.StatusTooManyRequests, RetryAfter: seconds,
		Description: fmt.Sprintf("Too Many Requests: retry after %d", seconds),
	}
}
