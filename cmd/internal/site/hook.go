package site

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/imagika/imagika/storage"
)

const (
	maxCallback     = 1 << 20          // bytes of a callback's body
	callbackRead    = 10 * time.Second // for a body to arrive
	callbackTimeout = 5 * time.Second  // to enqueue
	callAgain       = "5"              // seconds until the provider may call again, for providers that look
)

// providerName is the form of a provider's name.
var providerName = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

// Callback is what a provider posts about an attempt, a ULID. The provider's name is well-formed but need not exist.
type Callback struct {
	Provider, Attempt, Signature string
	Header                       http.Header
	Body                         []byte
}

// ErrForged is what a Hook answers to a callback that nobody was asked for.
var ErrForged = errors.New("forged callback")

// hook takes the callback of a provider: POST /hooks/{provider}/{attempt}?sig=….
func (s *site) hook(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		notAllowed(w, http.MethodPost)
		return
	}
	provider, attempt := r.PathValue("provider"), r.PathValue("attempt")
	if !providerName.MatchString(provider) || !storage.IsID(attempt) {
		http.Error(w, "no such address", http.StatusBadRequest)
		return
	}
	body, err := readBody(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), callbackTimeout)
	defer cancel()
	err = s.options.Hook(ctx, Callback{provider, attempt, r.URL.Query().Get("sig"), r.Header, body})
	if errors.Is(err, ErrForged) {
		http.Error(w, "wrong signature", http.StatusForbidden)
		return
	}
	if err != nil {
		s.options.Log.WarnContext(ctx, "callback not taken", "provider", provider, "attempt", attempt, "error", err)
		w.Header().Set("Retry-After", callAgain)
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// readBody reads the body within bounds of size and time.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// A writer that is no connection has no deadline, and nothing to wait for either.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(callbackRead))
	return io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallback))
}

func refuse(w http.ResponseWriter, err error) {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	http.Error(w, "unreadable", http.StatusBadRequest)
}
