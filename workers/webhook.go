package workers

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/turnstile"
)

// Programs that do not want to wait name an address that is told when their generation is over. That is owed in the transaction of the
// end, as everything that is told is, and goes out by the outbox: it is tried again, ever more seldom, for a day. Headers and
// signature are those of Standard Webhooks; the id is that of the generation, so that a repetition is known as one.

// webhookBody is what is owed to a program.
type webhookBody struct {
	URL   string `json:"url"`
	Token string `json:"token"` // whose secret signs it
}

const (
	webhookTime    = 10 * time.Second // of one try
	webhookKeep    = 24 * time.Hour
	webhookFirst   = 5 * time.Second // between the first two tries
	webhookLongest = time.Hour       // between two tries
	// webhookChat is no chat of anybody's: what is told there waits behind nothing, and whoever blocked the bot gets it too.
	webhookChat = -1

	// A server that takes calls and never answers keeps a slot of the pool that sends messages for the time of a try. So few calls are
	// made at once in a process, of one person and of all; the pool has eight times as many slots.
	webhooksEach = 2
	webhooksAll  = 8
	webhookGap   = time.Second // about, between two of a person that found no room
)

// hookTurns are the calls to programs that this process makes, and the lines of those that found no room.
type hookTurns struct {
	turnstile.Turnstile

	mu   sync.Mutex
	last map[int64]time.Time // by person, when the last in line comes back
}

func newHookTurns() *hookTurns {
	return &hookTurns{Turnstile: turnstile.Turnstile{Each: webhooksEach, All: webhooksAll}, last: make(map[int64]time.Time)}
}

// line puts one of a person at the end of their line, and says how long it waits there. However many somebody has, they ask for room no
// more often than those of others do: a slot that becomes free goes to anybody.
func (h *hookTurns) line(person int64, now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.last, func(_ int64, last time.Time) bool { return last.Before(now) })
	end := now
	if last, ok := h.last[person]; ok {
		end = last
	}
	h.last[person] = end.Add(webhookGap/2 + rand.N(webhookGap))
	return h.last[person].Sub(now)
}

// webhookSend owes the word that a generation is over.
func webhookSend(g storage.Generation) storage.Send {
	return storage.Send{
		Key: "webhook:" + g.ID, User: g.User, Chat: webhookChat, Generation: g.ID, Kind: storage.SendEdit, Expires: time.Now().Add(webhookKeep),
		Body: editBody{Webhook: &webhookBody{g.Request.Webhook, g.Request.Token}},
	}
}

// webhookEvent is what a program reads.
type webhookEvent struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		ID     string `json:"id"`
		Status string `json:"status"`
	} `json:"data"`
}

// eventOf says how a generation ended.
func eventOf(g storage.Generation) (e webhookEvent) {
	e.Timestamp, e.Data.ID, e.Data.Status = g.Done, g.ID, "completed"
	if !g.Stored.IsZero() {
		e.Timestamp = g.Stored
	} else if e.Data.Status = "failed"; g.Status == storage.StatusCanceled {
		e.Data.Status = "canceled"
	}
	e.Timestamp, e.Type = e.Timestamp.UTC(), "image.generation."+e.Data.Status
	return e
}

// sendWebhook tells a program, or comes back later if there is no room: that is no try. A token that was revoked since tells nobody
// anything.
func (w *Workers) sendWebhook(ctx context.Context, d storage.Delivery, b webhookBody) error {
	leave, err := w.hookTurns.Enter(d.User)
	if err != nil {
		return &telegram.Error{Method: "webhook", Class: telegram.RateLimited, RetryAfter: w.hookTurns.line(d.User, time.Now()), Description: "no room"}
	}
	defer leave()
	t, err := w.Store.OwnToken(ctx, d.User, b.Token)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	g, err := w.Store.Generation(ctx, d.Generation)
	if err != nil {
		return ignore(err, storage.ErrNotFound)
	}
	body, err := json.Marshal(eventOf(g))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, webhookTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.URL, bytes.NewReader(body))
	if err != nil {
		return &telegram.Error{Method: "webhook", Class: telegram.Permanent, Description: "address"}
	}
	sign(req.Header, "msg_"+g.ID, time.Now(), body, t.Secret)
	return w.hook(req, d)
}

// sign adds the headers of Standard Webhooks.
func sign(h http.Header, id string, now time.Time, body, secret []byte) {
	at := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Imagika-Webhook/1")
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", at)
	h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// hook makes the call. Whatever goes wrong is tried again, but for an address that is gone for good (410).
func (w *Workers) hook(req *http.Request, d storage.Delivery) error {
	res, err := w.Hooks.Do(req)
	status := "no answer"
	if err == nil {
		_, _ = io.CopyN(io.Discard, res.Body, 4096) // what it says is of no interest
		_ = res.Body.Close()
		if res.StatusCode/100 == 2 {
			return nil
		}
		status = strconv.Itoa(res.StatusCode)
		if res.StatusCode == http.StatusGone {
			return &telegram.Error{Method: "webhook", Class: telegram.Permanent, Description: status}
		}
	}
	return &telegram.Error{Method: "webhook", Class: telegram.RateLimited, RetryAfter: webhookWait(time.Since(d.Created)), Description: status}
}

// webhookWait is how long one of that age waits after a try that failed: 5, 20, 80, 320 s and so on where tries take no time. It goes by
// the age, because not every claim of the row was a try.
func webhookWait(age time.Duration) time.Duration {
	return min(webhookFirst+3*max(age, 0), webhookLongest)
}
