package bot

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/imagika/imagika/queue"
)

// maxUpdate bounds the body of a webhook request.
const maxUpdate = 1 << 20

// retryAfter is when Telegram shall bring an update again that could not be enqueued or has had no effect yet, in seconds.
const retryAfter = "2"

// Handler takes updates that Telegram brings. It refuses everything if no webhook is configured. Every answer but 200
// makes Telegram bring the update again.
func (b *Bot) Handler() http.Handler { return http.HandlerFunc(b.receive) }

func (b *Bot) receive(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if !b.authentic(r) {
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	start := time.Now()
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpdate))
	if err != nil {
		refuse(w, err)
		return
	}
	u, ok := classify(b.id, raw)
	if !ok {
		b.skip(r.Context(), len(raw))
		http.Error(w, "no update id", http.StatusBadRequest)
		return
	}
	receipt, err := b.cfg.Front.Push(r.Context(), u.Incoming)
	pushed, err := b.pushed(r.Context(), u, err)
	if err != nil {
		w.Header().Set("Retry-After", retryAfter)
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	receipt.Done = receipt.Done || !pushed
	one := []queue.Receipt{receipt}
	if b.effects(r.Context(), one, b.cfg.AckTimeout); !one[0].Done {
		w.Header().Set("Retry-After", retryAfter)
		http.Error(w, "not done yet", http.StatusServiceUnavailable)
		return
	}
	b.cfg.Metrics.took(1, time.Since(start))
	w.WriteHeader(http.StatusOK)
}

// authentic compares the secret in constant time. Hashes, because the comparison tells lengths apart.
func (b *Bot) authentic(r *http.Request) bool {
	if b.cfg.Webhook.URL == "" {
		return false
	}
	got := sha256.Sum256([]byte(r.Header.Get("X-Telegram-Bot-Api-Secret-Token")))
	want := sha256.Sum256([]byte(b.cfg.Webhook.Secret))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func refuse(w http.ResponseWriter, err error) {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	http.Error(w, "unreadable", http.StatusBadRequest)
}
