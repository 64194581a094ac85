package devapi

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/cmd/internal/sse"
	"github.com/imagika/imagika/storage"
)

// revoked knows the token up to a time.
type revoked struct {
	*studio
	at time.Time
}

func (s *revoked) Authenticate(ctx context.Context, token string) (storage.Person, storage.Token, error) {
	if !time.Now().Before(s.at) {
		return storage.Person{}, storage.Token{}, storage.ErrNotFound
	}
	return s.studio.Authenticate(ctx, token)
}

// A stream ends soon after its token was revoked.
func TestStreamOfARevokedToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, begun := &studio{view: done()}, time.Now()
		s.view.Status, s.view.Images = storage.StatusGenerating, nil
		a := newAPI(s, 1000)
		a.Workers = &revoked{s, begun.Add(time.Minute)}
		w, _ := call(a, "GET", "/v1/images/generations/g/events", mine, "")
		if lasted := time.Since(begun); w.Code != http.StatusOK || lasted < time.Minute || lasted > time.Minute+2*sse.Beat {
			t.Errorf("%d, ended after %v", w.Code, lasted)
		}
		if h := w.Header(); h.Get("Strict-Transport-Security") == "" || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("headers %v", h)
		}
	})
}
