package devapi

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/turnstile"
)

// formOf is a form with a picture, and its media type.
func formOf(prompt string, fields map[string]string) (body, kind string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	fields["prompt"] = prompt
	for name, value := range fields {
		_ = w.WriteField(name, value) // into memory, as what follows
	}
	part, _ := w.CreateFormFile("image[]", "fox.png")
	_, _ = part.Write([]byte("picture"))
	_ = w.Close()
	return b.String(), w.FormDataContentType()
}

// slow is a studio that takes its time, however long a body may take.
type slow struct {
	*studio
	takes time.Duration
}

func (s slow) Await(ctx context.Context, user int64, id string) (workers.View, error) {
	select {
	case <-ctx.Done():
		v := s.view
		v.Status, v.Images = storage.StatusHeld, nil
		return v, nil
	case <-time.After(s.takes):
		return s.View(ctx, user, id)
	}
}

// bodyTime is how long a body may take here.
const bodyTime = 50 * time.Millisecond

// serve serves an API where bodies have no time to lose.
func serve(t *testing.T, w Workers) (*API, string) {
	t.Helper()
	a := newAPI(&studio{}, 1000)
	a.Workers, a.BodyTime, a.Timeout = w, bodyTime, time.Minute
	web := httptest.NewServer(a)
	t.Cleanup(web.Close)
	return a, web.URL
}

// post sends a body as somebody who has a token.
func post(t *testing.T, address, kind string, body io.Reader) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+mine)
	req.Header.Set("Content-Type", kind)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// How long a body may take says nothing of how long its pictures may.
func TestAWaitOutlivesTheTimeForBodies(t *testing.T) {
	t.Parallel()
	_, address := serve(t, slow{&studio{view: done()}, 6 * bodyTime})
	form, kind := formOf("a fox", map[string]string{})
	for path, sent := range map[string][2]string{
		"/v1/images/generations": {`{"prompt":"a fox"}`, "application/json"}, "/v1/images/edits": {form, kind},
	} {
		if res := post(t, address+path, sent[1], strings.NewReader(sent[0])); res.StatusCode != http.StatusOK {
			body, err := io.ReadAll(res.Body)
			t.Errorf("%s: %d %s %v", path, res.StatusCode, body, err)
		}
	}
}

// Whoever waits while the process is told to stop is told where the picture will be, while there is a line to say it by.
func TestNobodyWaitsForAProcessThatStops(t *testing.T) {
	t.Parallel()
	for key, retry := range map[string]string{"": "false", "k": ""} {
		synctest.Test(t, func(t *testing.T) {
			stopping := make(chan struct{})
			a := newAPI(&studio{}, 1000)
			a.Workers, a.Timeout, a.Stopping = slow{&studio{view: done()}, time.Hour}, time.Hour, stopping
			time.AfterFunc(time.Second, func() { close(stopping) })
			begun := time.Now()
			w, code := call(a, "POST", "/v1/images/generations", mine, `{"prompt":"a fox"}`, "Idempotency-Key", key)
			if h := w.Header(); w.Code != http.StatusGatewayTimeout || code != "timeout" || h.Get("X-Should-Retry") != retry || h.Get("X-Generation-Id") != "g" {
				t.Errorf("with key %q: %d %s %v", key, w.Code, code, h)
			}
			if took := time.Since(begun); took > 2*time.Second {
				t.Errorf("answered after %v", took)
			}
		})
	}
}

// A body that does not arrive holds nobody up.
func TestABodyThatDoesNotArrive(t *testing.T) {
	t.Parallel()
	s := &studio{view: done()}
	_, address := serve(t, s)
	_, kind := formOf("a fox", map[string]string{})
	for path, kind := range map[string]string{"/v1/images/generations": "application/json", "/v1/images/edits": kind} {
		body, more := io.Pipe()
		t.Cleanup(func() { _ = more.Close() })
		res := post(t, address+path, kind, body)
		if said, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusBadRequest || !bytes.Contains(said, []byte("too slowly")) {
			t.Errorf("%s: %d %s %v", path, res.StatusCode, said, err)
		}
	}
	if len(s.wishes) != 0 {
		t.Errorf("asked for %+v", s.wishes)
	}
}

// So many of one person wait at once, and so many of all; whoever is one too many has begun nothing.
func TestWaitsAreBounded(t *testing.T) {
	t.Parallel()
	form, kind := formOf("a fox", map[string]string{"async": "true"})
	calls := map[string][2]string{
		"POST /v1/images/generations":           {`{"prompt":"a fox"}`, ""},
		"GET /v1/images/generations/g/events":   {"", ""},
		"POST /v1/images/edits":                 {form, kind},
		"POST /v1/images/generations?streaming": {`{"prompt":"a fox","stream":true}`, ""},
	}
	for pattern, sent := range calls {
		method, path, _ := strings.Cut(pattern, " ")
		for _, tt := range []struct {
			each, all, times int
			status           int
			code             string
		}{{0, 9, 1, 429, "rate_limit_exceeded"}, {1, 0, 1, 503, "service_unavailable"}, {1, 1, 3, 200, ""}} {
			s := &studio{view: done()}
			a := newAPI(s, 1000)
			a.waits = &turnstile.Turnstile{Each: tt.each, All: tt.all}
			a.uploads = &turnstile.Turnstile{Each: tt.each, All: tt.all * maxForm}
			for range tt.times { // whoever was in has left
				w, code := call(a, method, path, mine, sent[0], "Content-Type", sent[1])
				if w.Code/100 != tt.status/100 || code != tt.code || tt.code != "" && (w.Header().Get("Retry-After") == "" || len(s.wishes) != 0) {
					t.Errorf("%s with %d and %d: %d %s %v", pattern, tt.each, tt.all, w.Code, code, w.Header())
				}
			}
		}
	}
	a := newAPI(&studio{view: done()}, 1000)
	a.waits = &turnstile.Turnstile{}
	if w, _ := call(a, "POST", "/v1/images/generations", mine, `{"prompt":"a fox","async":true}`); w.Code != http.StatusAccepted {
		t.Errorf("who does not wait: %d", w.Code)
	}
}

// A stream counts as long as it is open.
func TestAnOpenStreamCounts(t *testing.T) {
	t.Parallel()
	open := done()
	open.Status, open.Images = storage.StatusHeld, nil
	a, address := serve(t, &studio{view: open})
	a.waits = &turnstile.Turnstile{Each: 1, All: 1}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/v1/images/generations/g/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+mine)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if line, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil || line != "event: image.generation\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if w, code := call(a, "POST", "/v1/images/generations", mine, `{"prompt":"a fox"}`); code != "rate_limit_exceeded" {
		t.Errorf("%d %s", w.Code, code)
	}
}
