package providertest

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Service is what the fake of a paid service is made of: a server on loopback, a script of faults of the fake's own type
// F, and the books, in calls of its own type C. A fake embeds it.
type Service[F, C any] struct {
	// Mu guards the books, and whatever else the fake keeps.
	Mu sync.Mutex

	tb     testing.TB
	api    *httptest.Server
	start  sync.Once
	paid   func(C) bool
	faults []F
	calls  []C
}

// NewService makes a service that starts when its address is first asked for, so that the fake around it is whole by then,
// and stops with the test. Of the calls, those that paid reports were charged for.
func NewService[F, C any](tb testing.TB, api http.Handler, paid func(C) bool) *Service[F, C] {
	tb.Helper()
	s := &Service[F, C]{tb: tb, api: httptest.NewUnstartedServer(api), paid: paid}
	tb.Cleanup(s.Close)
	return s
}

// Close stops the service; whoever is connected is cut off.
func (s *Service[F, C]) Close() {
	s.api.CloseClientConnections()
	s.api.Close()
}

// Root is the address of the service, without a path.
func (s *Service[F, C]) Root() string {
	s.start.Do(s.api.Start)
	return s.api.URL
}

// Fault appends to the script: each paid call takes one.
func (s *Service[F, C]) Fault(f ...F) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.faults = append(s.faults, f...)
}

// Calls are the paid calls that were read so far.
func (s *Service[F, C]) Calls() []C {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return slices.Clone(s.calls)
}

// Count is how many they are.
func (s *Service[F, C]) Count() int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return len(s.calls)
}

// Billed counts the calls that were charged for.
func (s *Service[F, C]) Billed() (n int) {
	for _, c := range s.Calls() {
		if s.paid(c) {
			n++
		}
	}
	return n
}

// Next is the number of the call that was read, and the fault whose turn it is. It needs Mu, which must be held until the
// call is noted.
func (s *Service[F, C]) Next() (n int, f F) {
	if len(s.faults) > 0 {
		f, s.faults = s.faults[0], s.faults[1:]
	}
	return len(s.calls), f
}

// Note puts a call in the books. It needs Mu.
func (s *Service[F, C]) Note(c C) { s.calls = append(s.calls, c) }

// Noted is the n-th call in the books, to be read or changed. It needs Mu.
func (s *Service[F, C]) Noted(n int) *C { return &s.calls[n] }

// UntilCalled is a context that ends as soon as a call was read, and after ten seconds.
func (s *Service[F, C]) UntilCalled() context.Context {
	ctx, cancel := context.WithTimeout(s.tb.Context(), 10*time.Second)
	go func() {
		defer cancel()
		for s.Count() == 0 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
	}()
	return ctx
}

// CheckOnce reports an error when a paid call asks to be repeated at will.
func (s *Service[F, C]) CheckOnce(r *http.Request) {
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if r.Header.Get(name) != "" {
			s.tb.Errorf("a paid call carries %s, which lets it be repeated", name)
		}
	}
}

// Read decodes the body of a call, and reads it to its end whatever it is.
func Read(r *http.Request, v any) error {
	err := json.NewDecoder(r.Body).Decode(v)
	_, _ = io.Copy(io.Discard, r.Body)
	return err
}

// Reply answers with JSON.
func Reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // into a connection that may be gone
}

// Script answers with a text of the script's, which is JSON if it looks like it and the header says nothing else.
func Script(w http.ResponseWriter, status int, header http.Header, text string) {
	maps.Copy(w.Header(), header)
	if strings.HasPrefix(text, "{") && w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// Half answers with half of a file, and cuts the connection.
func Half(w http.ResponseWriter, file []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(file)))
	_, _ = w.Write(file[:len(file)/2])
	_ = http.NewResponseController(w).Flush() // or a short half never leaves
	panic(http.ErrAbortHandler)
}

// File is what lies at an address.
type File struct {
	MediaType string
	Bytes     []byte
}

// Results is the server that the results of a fake lie at: another one than the service, which has no business with the
// key.
type Results struct {
	tb     testing.TB
	server *httptest.Server
	header string
	gone   int

	mu      sync.Mutex
	lenient bool
	files   map[string]File
}

// NewResults starts a server that stops with the test. It reports an error when it sees the header that the key is in,
// and answers with the status gone where nothing lies.
func NewResults(tb testing.TB, header string, gone int) *Results {
	tb.Helper()
	s := &Results{tb: tb, header: header, gone: gone, files: map[string]File{}}
	s.server = httptest.NewServer(http.HandlerFunc(s.deliver))
	tb.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

// CDN is the host and port that results lie at.
func (s *Results) CDN() string { return s.server.Listener.Addr().String() }

// AllowKeyAtResults is for a client known to send the key to where results lie.
func (s *Results) AllowKeyAtResults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lenient = true
}

// Address of a path, whether something lies there or not.
func (s *Results) Address(path string) string { return s.server.URL + path }

// Keep puts a file at a path, once, and returns its address.
func (s *Results) Keep(path string, paint func() File) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.files[path]; !ok {
		s.files[path] = paint()
	}
	return s.Address(path)
}

func (s *Results) deliver(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	one, ok := s.files[r.URL.Path]
	lenient := s.lenient
	s.mu.Unlock()
	if r.Header.Get(s.header) != "" && !lenient {
		s.tb.Error("the key went to where results lie")
	}
	if !ok {
		http.Error(w, "nothing is here", s.gone)
		return
	}
	w.Header().Set("Content-Type", one.MediaType)
	_, _ = w.Write(one.Bytes)
}
