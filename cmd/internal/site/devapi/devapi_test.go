package devapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/cmd/internal/site/throttle"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// studio does what is asked for as a test says. It knows one token of one person.
type studio struct {
	mu     sync.Mutex
	wishes []workers.Wish
	view   workers.View
	image  string // the bytes of each picture
	err    error
	// What fails after a request was accepted.
	unseen, lost error
	stops        int
}

const mine = "img_mine"

func (s *studio) Authenticate(_ context.Context, token string) (storage.Person, storage.Token, error) {
	if token != mine {
		return storage.Person{}, storage.Token{}, storage.ErrNotFound
	}
	return storage.Person{ID: 1}, storage.Token{ID: "t"}, nil
}

func (s *studio) Request(_ context.Context, _ storage.Person, w workers.Wish) (workers.View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wishes = append(s.wishes, w)
	if _, refused := errors.AsType[*workers.Refusal](s.err); refused {
		return workers.View{}, s.err
	}
	return s.view, s.err // which has an id if the request was accepted
}

func (s *studio) View(_ context.Context, user int64, id string) (workers.View, error) {
	if user != 1 || id != s.view.ID {
		return workers.View{}, storage.ErrNotFound
	}
	return s.view, s.unseen
}

func (s *studio) Await(ctx context.Context, user int64, id string) (workers.View, error) {
	if s.view.Open() {
		<-ctx.Done()
	}
	return s.View(ctx, user, id)
}

func (s *studio) Stop(ctx context.Context, p storage.Person, id string) (workers.View, error) {
	s.stops++
	return s.View(ctx, p.ID, id)
}

func (s *studio) Picture(context.Context, int64, string, int) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(s.image)), s.lost
}

func (s *studio) FileToken(int64, string, int) string { return "token" }

// rate lets so many through.
type rate struct {
	mu   sync.Mutex
	left int
}

func (r *rate) Reserve(context.Context, string, time.Duration, int, time.Duration) (time.Duration, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left--
	return 1500 * time.Millisecond, r.left >= 0, nil
}

func (r *rate) Left(context.Context, string, time.Duration, int) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.left, 0), nil
}

func newAPI(s *studio, limit int) *API {
	return New(Options{
		Workers: s, Limits: &rate{left: limit}, Models: func() []Model { return []Model{{ID: "fox", Object: "model"}} }, Site: "https://imagika.example",
		Timeout: 20 * time.Millisecond, Hash: func(int64) string { return "h" }, Log: slog.New(slog.DiscardHandler),
	})
}

// call makes a request and returns the answer with its error's code.
func call(a *API, method, path, token, body string, header ...string) (*httptest.ResponseRecorder, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1" // a proxy
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	var e struct {
		Error struct{ Code, Type string } `json:"error"`
	}
	_ = json.Unmarshal(w.Body.Bytes(), &e)
	return w, e.Error.Code
}

func done() workers.View {
	return workers.View{
		ID: "g", User: 1, Origin: storage.OriginAPI, Status: storage.StatusStored, Count: 1, Charged: 3, Ended: time.Unix(9, 0),
		Images: []workers.ViewImage{{MediaType: "image/png", Width: 64, Height: 48}},
	}
}

// Nobody gets anywhere without a token, and nobody learns of what is not theirs.
func TestEveryRouteAsksForAToken(t *testing.T) {
	t.Parallel()
	a := newAPI(&studio{view: done()}, 1000)
	for pattern := range a.routes() {
		method, path, _ := strings.Cut(pattern, " ")
		other := strings.ReplaceAll(path, "{id}", "of-another")
		path = strings.ReplaceAll(path, "{id}", "g")
		for token, want := range map[string]string{"": "missing_api_key", "img_other": "invalid_api_key"} {
			if w, code := call(a, method, path, token, `{"prompt":"a fox"}`); w.Code != http.StatusUnauthorized || code != want {
				t.Errorf("%s with %q: %d %s", pattern, token, w.Code, code)
			}
		}
		if strings.Contains(pattern, "generations/{id}") {
			if w, code := call(a, method, other, mine, ""); w.Code != http.StatusNotFound || code != "not_found" {
				t.Errorf("%s of another: %d %s", pattern, w.Code, code)
			}
		}
	}
	if w, code := call(a, "GET", "/v1/chat/completions", mine, ""); w.Code != http.StatusNotFound || code != "unknown_url" {
		t.Errorf("an unknown address: %d %s", w.Code, code)
	}
	if w, _ := call(a, "GET", "/v1/openapi.json", "", ""); w.Code != http.StatusOK || w.Body.Len() == 0 {
		t.Errorf("openapi.json: %d", w.Code)
	}
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	for pattern := range a.routes() {
		method, path, _ := strings.Cut(pattern, " ")
		if doc.Paths[path][strings.ToLower(method)] == nil {
			t.Errorf("openapi.json says nothing of %s", pattern)
		}
	}
}

// TestOfTheChat: what somebody asked for in their chat is not there for their programs, to be seen or stopped: a token is for less than all.
func TestOfTheChat(t *testing.T) {
	t.Parallel()
	s := &studio{view: done()}
	s.view.Origin = storage.OriginChat
	a := newAPI(s, 1000)
	for pattern := range a.routes() {
		method, path, _ := strings.Cut(pattern, " ")
		if !strings.Contains(pattern, "generations/{id}") {
			continue
		}
		if w, code := call(a, method, strings.ReplaceAll(path, "{id}", "g"), mine, ""); w.Code != http.StatusNotFound || code != "not_found" || s.stops != 0 {
			t.Errorf("%s: %d %s, %d stopped", pattern, w.Code, code, s.stops)
		}
	}
}

// TestHeaders: an answer is data that nobody keeps, frames or takes for a page, whether it is a refusal or not.
func TestHeaders(t *testing.T) {
	t.Parallel()
	a := newAPI(&studio{view: done()}, 1000)
	for _, token := range []string{mine, ""} {
		w, _ := call(a, "GET", "/v1/models", token, "")
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Strict-Transport-Security": "max-age=31536000",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := &studio{view: done()}
	a := newAPI(s, 1000)
	const path = "/v1/images/generations"
	for body, want := range map[string]string{
		`{`: "invalid_json", `[]`: "invalid_type", `{"prompt":7}`: "invalid_type", `{}`: "missing_required_parameter", `{"prompt":" "}`: "missing_required_parameter",
		`{"prompt":"x","n":0}`: "invalid_value", `{"prompt":"x","n":"2"}`: "invalid_type", `{"prompt":"x","size":"big"}`: "invalid_value", `{"prompt":"x","size":"0000x10"}`: "invalid_value",
		`{"prompt":"x","response_format":"pdf"}`: "invalid_value", `{"prompt":"x","output_format":"gif"}`: "invalid_value",
		`{"prompt":"x","background":"transparent"}`: "invalid_value", `{"prompt":"x","moderation":"off"}`: "invalid_value", `{"prompt":"x","input_fidelity":"high"}`: "invalid_value",
		`{"prompt":"x","output_compression":101}`: "invalid_value", `{"prompt":"x","partial_images":-1}`: "invalid_value", `{"prompt":"x","user":{}}`: "invalid_type",
		`{"prompt":"x","webhook_url":"http://example.org"}`: "invalid_value", `{"prompt":"x","webhook_url":"https://a:b@example.org"}`: "invalid_value",
		`{"prompt":"` + strings.Repeat("x", maxJSON) + `"}`: "request_too_large",
	} {
		if w, code := call(a, "POST", path, mine, body); code != want || w.Code/100 != 4 {
			t.Errorf("%.60s: %d %s, want %s", body, w.Code, code, want)
		}
	}
	if _, code := call(a, "POST", path, mine, `{"prompt":"x"}`, "Idempotency-Key", strings.Repeat("k", maxKey+1)); code != "invalid_value" {
		t.Errorf("a long key: %s", code)
	}
	if _, code := call(a, "POST", "/v1/images/edits", mine, `{"prompt":"x"}`, "Content-Type", "application/json"); code != "invalid_content_type" {
		t.Errorf("an edit without a form: %s", code)
	}
	if len(s.wishes) != 0 {
		t.Errorf("asked for %+v", s.wishes)
	}
	if w, _ := call(a, "POST", path, mine, `{"prompt":"x","model":null,"n":null,"size":"1024x768","quality":"hd","style":"vivid","user":"u","moderation":"low"}`, "Idempotency-Key", "k"); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	got := s.wishes[0]
	if got.Width != 1024 || got.Height != 768 || got.Quality != "high" || got.Style != "" || got.Key != "k" || got.Token != "t" || got.Form != storage.FormPull {
		t.Errorf("%+v", got)
	}
}

// TestUnknownFields: what nobody knows is not read over, whether it is misspelled, in another case or of another endpoint.
func TestUnknownFields(t *testing.T) {
	t.Parallel()
	s := &studio{view: done()}
	a := newAPI(s, 1000)
	for name, body := range map[string]string{
		"nagative_prompt": `{"prompt":"x","nagative_prompt":"y"}`, "Size": `{"prompt":"x","Size":"16:9"}`, "image": `{"prompt":"x","image":"y"}`, "": `{"prompt":"x","":1}`,
		"a": `{"prompt":7,"b":1,"a":2}`, strings.Repeat("é", maxName) + "…": `{"` + strings.Repeat("é", maxName+1) + `":1}`,
	} {
		w, code := call(a, "POST", "/v1/images/generations", mine, body)
		if w.Code != http.StatusBadRequest || code != "unknown_parameter" || failureIn(t, w).Param != name || failureIn(t, w).Kind != kindInvalid {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	for name, field := range map[string]string{"nagative_prompt": "nagative_prompt", "images": "images", "x[]": "x[]", "": ""} {
		body, kind := formOf("a fox", map[string]string{field: "y"})
		if w, code := call(a, "POST", "/v1/images/edits", mine, body, "Content-Type", kind); code != "unknown_parameter" || failureIn(t, w).Param != name {
			t.Errorf("%q: %d %s", field, w.Code, w.Body)
		}
	}
	if len(s.wishes) != 0 {
		t.Errorf("asked for %+v", s.wishes)
	}
}

// failureIn is the error that an answer holds.
func failureIn(t *testing.T, w *httptest.ResponseRecorder) (f failure) {
	t.Helper()
	var body struct {
		Error struct{ Message, Type, Param, Code string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	e := body.Error
	return failure{w.Code, e.Type, e.Code, e.Param, e.Message}
}

// What an SDK does with an answer follows from its status and headers.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const path = "/v1/images/generations"
	open, refused, failed := done(), done(), done()
	open.Status, open.Images = storage.StatusHeld, nil
	refused.Status, refused.Images = storage.StatusRefused, nil
	failed.Status, failed.Reason, failed.Images = storage.StatusFailed, storage.ReasonProvider, nil
	for _, tt := range []struct {
		desc   string
		s      *studio
		status int
		code   string
		retry  string // what SDKs are told, empty for nothing
	}{
		{"painted", &studio{view: done()}, 200, "", "false"},
		{"still painted", &studio{view: open}, 504, "timeout", "false"},
		{"refused", &studio{view: refused}, 400, "moderation_blocked", "false"},
		{"failed", &studio{view: failed}, 500, "provider", "false"},
		{"no credits", &studio{err: &workers.Refusal{Code: workers.RefusedCredits, Text: "x"}}, 429, "insufficient_quota", "false"},
		{"too many", &studio{err: &workers.Refusal{Code: workers.RefusedTooMany, Text: "x", Wait: 9 * time.Second}}, 429, "rate_limit_exceeded", ""},
		{"rules", &studio{err: &workers.Refusal{Code: workers.RefusedModeration, Text: "x"}}, 400, "moderation_blocked", "false"},
		{"banned", &studio{err: &workers.Refusal{Code: workers.RefusedBanned, Text: "x"}}, 403, "banned", "false"},
		{"conflict", &studio{err: &workers.Refusal{Code: workers.RefusedConflict, Text: "x"}}, 409, "idempotency_conflict", "false"},
		{"model", &studio{err: &workers.Refusal{Code: workers.RefusedInvalid, Param: "model", Text: "x"}}, 404, "model_not_found", "false"},
		{"away", &studio{err: &workers.Refusal{Code: workers.RefusedModel, Text: "x"}}, 503, "model_unavailable", ""},
		{"our fault", &studio{err: errors.New("database is gone at 10.0.0.1")}, 503, "service_unavailable", ""},
	} {
		w, code := call(newAPI(tt.s, 1000), "POST", path, mine, `{"prompt":"a fox"}`)
		if h := w.Header(); w.Code != tt.status || code != tt.code || h.Get("X-Should-Retry") != tt.retry || tt.retry == "" && h.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s %v", tt.desc, w.Code, code, h)
		}
		if strings.Contains(w.Body.String(), "10.0.0.1") {
			t.Errorf("%s tells of the inside: %s", tt.desc, w.Body)
		}
	}
	a := newAPI(&studio{view: open}, 1000)
	if w, _ := call(a, "POST", path, mine, `{"prompt":"a fox","async":true}`); w.Code != http.StatusAccepted || !strings.Contains(w.Body.String(), `"queued"`) || w.Header().Get("Location") != path+"/g" {
		t.Errorf("asked for later: %d %s", w.Code, w.Body)
	}
	w, _ := call(newAPI(&studio{view: done()}, 1000), "POST", path, mine, `{"prompt":"a fox","stream":true}`)
	if !strings.Contains(w.Body.String(), "event: image_generation.completed\ndata: {") {
		t.Errorf("streamed %q", w.Body)
	}
}

// What was accepted is painted and charged, also if nothing can be said of it now: nobody is told otherwise, or to ask once more without
// a key.
func TestAcceptedAndUnreadable(t *testing.T) {
	t.Parallel()
	gone := errors.New("database is gone at 10.0.0.1")
	for desc, s := range map[string]*studio{
		"how it stands": {view: done(), unseen: gone}, "the picture": {view: done(), lost: gone}, "already when it was accepted": {view: done(), err: gone},
	} {
		for key, retry := range map[string]string{"": "false", "k": ""} {
			w, code := call(newAPI(s, 1000), "POST", "/v1/images/generations", mine, `{"prompt":"a fox"}`, "Idempotency-Key", key)
			body, h := w.Body.String(), w.Header()
			if w.Code != http.StatusServiceUnavailable || code != "result_unavailable" || h.Get("X-Should-Retry") != retry || h.Get("Retry-After") == "" || h.Get("X-Generation-Id") != "g" {
				t.Errorf("%s, with key %q: %d %s %v", desc, key, w.Code, code, h)
			}
			if !strings.Contains(body, "/v1/images/generations/g") || strings.Contains(body, "Nothing was charged") || strings.Contains(body, "10.0.0.1") {
				t.Errorf("%s: %s", desc, body)
			}
		}
	}
}

// TestWholePictures: base64 takes three bytes at a time, and pictures are of any size.
func TestWholePictures(t *testing.T) {
	t.Parallel()
	for _, picture := range []string{"", "p", "pi", "pic", "pict"} {
		w, _ := call(newAPI(&studio{view: done(), image: picture}, 1000), "POST", "/v1/images/generations", mine, `{"prompt":"a fox"}`)
		var got struct {
			Data []struct {
				B64 []byte `json:"b64_json"` // the decoder of JSON takes base64 apart
			} `json:"data"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Data) != 1 || string(got.Data[0].B64) != picture {
			t.Errorf("%q comes as %q, %v", picture, got.Data, err)
		}
	}
}

// Strangers who try tokens from one address are sent away before anybody is asked about them.
func TestALimitForOneAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // where no time passes
		a := newAPI(&studio{view: done()}, 1000)
		a.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		codes := map[string]int{}
		for range throttle.AddressBurst + 100 {
			w, code := call(a, "GET", "/v1/models", "img_guess", "", "X-Forwarded-For", "203.0.113.7")
			if codes[code]++; w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
				t.Errorf("no word of when to come back: %v", w.Header())
			}
		}
		if codes["invalid_api_key"] != throttle.AddressBurst || codes["rate_limit_exceeded"] != 100 {
			t.Errorf("%v", codes)
		}
		for _, from := range []string{"203.0.113.8", "10.0.0.1"} {
			if w, code := call(a, "GET", "/v1/models", mine, "", "X-Forwarded-For", from); w.Code != http.StatusOK {
				t.Errorf("from %s: %d %s", from, w.Code, code)
			}
		}
	})
}

// A thousand at once with one token: those beyond the limit are told when to come back, and ask for nothing. They do not wait for the
// pictures: who does passes a turnstile as well, and how many are inside at one moment is up to the machine.
func TestALimitForOneToken(t *testing.T) {
	t.Parallel()
	s := &studio{view: done()}
	a := newAPI(s, RequestsMinute)
	var group sync.WaitGroup
	var mu sync.Mutex
	codes := map[int]int{}
	for range 1000 {
		group.Go(func() {
			w, code := call(a, "POST", "/v1/images/generations", mine, `{"prompt":"a fox","async":true}`)
			mu.Lock()
			defer mu.Unlock()
			if codes[w.Code]++; w.Code == http.StatusTooManyRequests && (code != "rate_limit_exceeded" || w.Header().Get("Retry-After") != "2" || w.Header().Get("X-Ratelimit-Remaining-Requests") != "0") {
				t.Errorf("%s %v", code, w.Header())
			}
		})
	}
	group.Wait()
	if codes[202] != RequestsMinute || codes[429] != 1000-RequestsMinute || len(s.wishes) != RequestsMinute {
		t.Errorf("%v, asked for %d", codes, len(s.wishes))
	}
}
