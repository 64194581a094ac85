package telegramtest

import (
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

// take uses a token, or returns the seconds until there is one.
func (b *bucket) take(now time.Time) int {
	if b.at.IsZero() {
		b.tokens = b.burst
	} else {
		b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	return int(math.Ceil((1 - b.tokens) / b.rate))
}

// pace refuses a send or an edit that comes too soon, under Options.FloodLimits.
func (s *Server) pace(c *call) error {
	paced := strings.HasPrefix(c.method, "send") && c.method != "sendChatAction" || strings.HasPrefix(c.method, "edit") ||
		strings.HasPrefix(c.method, "copy") || strings.HasPrefix(c.method, "forward")
	if !s.opts.FloodLimits || !paced {
		return nil
	}
	id := c.num("chat_id")
	b := s.flood.chats[id]
	if b == nil {
		b = &bucket{rate: 1, burst: 3}
		if id < 0 {
			b = &bucket{rate: 20.0 / 60, burst: 20}
		}
		s.flood.chats[id] = b
	}
	if wait := max(b.take(s.now()), s.flood.all.take(s.now())); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

func tooMany(seconds int) error {
	return &apiError{
		Code: http.StatusTooManyRequests, RetryAfter: seconds,
		Description: fmt.Sprintf("Too Many Requests: retry after %d", seconds),
	}
}
