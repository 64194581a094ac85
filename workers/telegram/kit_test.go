package telegram

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

const canary = "canarycanarycanary"

const testToken = "7000000001:" + canary

// fakeClient returns a client of the strict fake.
func fakeClient(t *testing.T, s *telegramtest.Server) *Client {
	t.Helper()
	c, err := New(Config{URL: s.URL(), Token: s.Token()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve returns a client of a server that answers with h.
func serve(t *testing.T, h http.HandlerFunc, change func(*Config)) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	cfg := Config{URL: s.URL, Token: testToken}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer is a handler that reads the request and writes the same answer every time.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// picture returns a PNG of the given size.
func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		img.Set(x, 0, color.RGBA{R: uint8(x), A: 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func upload(name string, content []byte) Media {
	return Media{Upload: &Upload{
		Name: name, MediaType: "image/png", Size: int64(len(content)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
	}}
}

// pacer keeps holds in memory. Each begins with the first look at it.
type pacer struct {
	mu    sync.Mutex
	holds map[string]time.Duration
	began map[string]time.Time
	err   error
}

func (p *pacer) Cooling(_ context.Context, keys ...string) (left []time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range keys {
		left = append(left, p.left(key))
	}
	return left, p.err
}

func (p *pacer) left(key string) time.Duration {
	hold, ok := p.holds[key]
	if !ok {
		return 0
	}
	if p.began == nil {
		p.began = map[string]time.Time{}
	}
	if p.began[key].IsZero() {
		p.began[key] = time.Now()
	}
	return max(hold-time.Since(p.began[key]), 0)
}

func (p *pacer) Cool(_ context.Context, key string, d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holds == nil {
		p.holds = map[string]time.Duration{}
	}
	p.holds[key] = d
	return p.err
}

// logger collects everything that is logged.
func logger() (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(slog.NewTextHandler(&b, nil)), &b
}

func noToken(t *testing.T, what, s string) {
	t.Helper()
	if strings.Contains(s, canary) {
		t.Errorf("%s holds the token: %s", what, s)
	}
}
