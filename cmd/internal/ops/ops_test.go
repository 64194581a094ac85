package ops

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
)

func options() Options {
	return Options{Addr: "127.0.0.1:0", Gather: NewRegistry(), Log: slog.New(slog.DiscardHandler)}
}

// do asks a server's handler as somebody on this machine.
func do(s *Server, method, path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, http.NoBody)
	r.RemoteAddr, r.Host = "127.0.0.1:40000", "localhost:9090"
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func TestReady(t *testing.T) {
	t.Parallel()
	const token = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx"
	tests := []struct {
		desc  string
		ready func(context.Context) error
		drain bool
		code  int
		want  health
	}{
		{"nothing to ask", nil, false, 200, health{Status: "ready"}},
		{"ready", func(context.Context) error { return nil }, false, 200, health{Status: "ready"}},
		{"one problem", func(context.Context) error { return errors.New("redis: refused") }, false, 503, health{"unready", []string{"redis: refused"}}},
		{
			"several, redacted",
			func(context.Context) error {
				return errors.Join(errors.New("redis: refused"), errors.New("GET /bot"+token+"/getMe"))
			},
			false, 503,
			health{"unready", []string{"redis: refused", "GET /bot<token>/getMe"}},
		},
		{"stopping", func(context.Context) error { panic("asked while stopping") }, true, 503, health{Status: "stopping"}},
		{
			"bounded",
			func(ctx context.Context) error {
				if _, ok := ctx.Deadline(); !ok {
					return errors.New("no deadline")
				}
				return nil
			},
			false, 200,
			health{Status: "ready"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			o := options()
			o.Ready = tt.ready
			s := New(o)
			if tt.drain {
				s.Drain()
			}
			w := do(s, http.MethodGet, "/readyz")
			var got health
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || w.Code != tt.code {
				t.Errorf("code %d, want %d (-want +got):\n%s", w.Code, tt.code, diff)
			}
		})
	}
}

func TestLiveAsksNobody(t *testing.T) {
	t.Parallel()
	o := options()
	o.Ready = func(context.Context) error { return errors.New("everything is down") }
	if w := do(New(o), http.MethodGet, "/livez"); w.Code != http.StatusOK {
		t.Errorf("got %d", w.Code)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	w := do(New(options()), http.MethodGet, "/metrics", func(r *http.Request) {
		r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	})
	for _, want := range []string{"imagika_build_info{", "go_goroutines ", "process_open_fds ", "# EOF"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("metrics lack %q", want)
		}
	}
	if err := NewRegistry().Register(buildInfo()); err == nil {
		t.Error("build info is not in the registry")
	}
}

func TestClosedToOthers(t *testing.T) {
	t.Parallel()
	remote := func(r *http.Request) { r.RemoteAddr = "10.0.0.7:40000" }
	login := func(password string) func(*http.Request) {
		return func(r *http.Request) { r.RemoteAddr = "10.0.0.7:40000"; r.SetBasicAuth("anyone", password) }
	}
	const secret = "correct-horse-battery"
	tests := []struct {
		desc     string
		password string
		change   func(*http.Request)
		want     int
	}{
		{"here", "", func(*http.Request) {}, 200},
		{"here, IPv6", "", func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:4", "[::1]:9090" }, 200},
		{"here, mapped", "", func(r *http.Request) { r.RemoteAddr, r.Host = "[::ffff:127.0.0.1]:4", "127.0.0.1" }, 200},
		{"elsewhere", "", remote, 403},
		{"rebound name", "", func(r *http.Request) { r.Host = "evil.example:9090" }, 403},
		{"through a proxy", "", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "10.0.0.7") }, 403},
		{"empty password is none", "", login(""), 403},
		{"no login", secret, remote, 401},
		{"wrong", secret, login("correct-horse-batterz"), 401},
		{"right", secret, login(secret), 200},
	}
	for _, tt := range tests {
		o := options()
		o.Password = tt.password
		o.Monitor = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
		s := New(o)
		for _, path := range []string{"/debug/pprof/cmdline", "/debug/pprof/heap", "/tasks/"} {
			if w := do(s, http.MethodGet, path, tt.change); w.Code != tt.want {
				t.Errorf("%s: %s: got %d, want %d", tt.desc, path, w.Code, tt.want)
			}
		}
		for _, path := range []string{"/livez", "/readyz", "/metrics", "/"} {
			if w := do(s, http.MethodGet, path, tt.change); w.Code != http.StatusOK {
				t.Errorf("%s: %s: got %d", tt.desc, path, w.Code)
			}
		}
	}
	if w := do(New(options()), http.MethodGet, "/tasks/"); w.Code != http.StatusNotFound {
		t.Errorf("without a monitor: got %d", w.Code)
	}
}

// TestMonitor runs the real monitor over a Redis with a task in it.
func TestMonitor(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	opt := asynq.RedisClientOpt{Addr: redis.Addr()}
	client := asynq.NewClient(opt)
	t.Cleanup(func() { _ = client.Close() })
	payload := []byte(`{"v":1,"id":"01HXYZ","epoch":3,"prompt":"a red fox"}`)
	if _, err := client.EnqueueContext(t.Context(), asynq.NewTask("generation:generate", payload), asynq.Queue("generate")); err != nil {
		t.Fatal(err)
	}
	monitor := NewMonitor(opt)
	t.Cleanup(func() {
		if err := monitor.Close(); err != nil {
			t.Error(err)
		}
	})
	o := options()
	o.Monitor = monitor
	s := New(o)

	page := do(s, http.MethodGet, "/tasks/")
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), `FLAG_READ_ONLY="true"`) {
		t.Errorf("page: %d %s", page.Code, page.Body)
	}
	if csp := page.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "font-src 'self'") {
		t.Errorf("policy %q", csp)
	}
	list := do(s, http.MethodGet, "/tasks/api/queues/generate/pending_tasks")
	if body := list.Body.String(); !strings.Contains(body, "generation:generate epoch=3 id=01HXYZ (11 bytes) v=1") || strings.Contains(body, "fox") {
		t.Errorf("list: %d %s", list.Code, body)
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodPut} {
		if w := do(s, method, "/tasks/api/queues/generate:pause"); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: got %d", method, w.Code)
		}
	}
	if info, err := asynqInfo(opt); err != nil || info.Paused || info.Pending != 1 {
		t.Errorf("the queue changed: %+v, %v", info, err)
	}
}

func asynqInfo(opt asynq.RedisConnOpt) (*asynq.QueueInfo, error) {
	inspector := asynq.NewInspector(opt)
	defer inspector.Close()
	return inspector.GetQueueInfo("generate")
}

func TestFormatPayload(t *testing.T) {
	t.Parallel()
	tests := []struct{ payload, want string }{
		{`{"v":1,"lane":"ab12","epoch":1700000000}`, "x:y epoch=1700000000 lane=ab12 v=1"},
		{`{"hash":"ab","sealed":"c2VjcmV0"}`, "x:y hash=ab (10 bytes)"},
		{`{"id":"a name with spaces"}`, "x:y id=(20 bytes)"},
		{`{"id":{"text":"hello"}}`, "x:y id=(16 bytes)"},
		{"a red fox", "x:y (9 bytes)"},
		{"", "x:y (0 bytes)"},
	}
	for _, tt := range tests {
		if got := formatPayload("x:y", []byte(tt.payload)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.payload, got, tt.want)
		}
	}
	if got := formatResult("x:y", []byte("a red fox")); got != "9 bytes" {
		t.Errorf("result: %q", got)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	ready := make(chan error, 1)
	o := options()
	o.Ready = func(context.Context) error { return <-ready }
	s := New(o)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ready <- nil
	if err := Healthcheck(t.Context(), s.Addr()); err != nil {
		t.Errorf("ready: %v", err)
	}
	ready <- errors.New("redis: refused")
	if err := Healthcheck(t.Context(), s.Addr()); err == nil || !strings.Contains(err.Error(), "redis: refused") {
		t.Errorf("unready: got %v", err)
	}
	second := New(Options{Addr: s.Addr(), Gather: prometheus.NewRegistry(), Log: o.Log})
	if err := second.Start(t.Context()); err == nil {
		t.Error("two servers at one address")
	}
	if err := second.Stop(t.Context()); err != nil {
		t.Errorf("stop of what never started: %v", err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Errorf("stop: %v", err)
	}
	if err := Healthcheck(t.Context(), s.Addr()); err == nil {
		t.Error("healthy after stop")
	}
}

// TestStopIsBounded has a request that does not end by itself.
func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	o := options()
	o.Monitor = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})
	s := New(o)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		res, err := http.Get("http://" + s.Addr() + "/tasks/")
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
		failed <- err
	}()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := <-failed; err == nil {
		t.Error("the request was not cut off")
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	tests := []struct{ addr, want string }{
		{":9090", "127.0.0.1:9090"},
		{"0.0.0.0:9090", "127.0.0.1:9090"},
		{"[::]:9090", "127.0.0.1:9090"},
		{"10.0.0.7:1", "10.0.0.7:1"},
		{"[::1]:1", "[::1]:1"},
		{"9090", ""},
	}
	for _, tt := range tests {
		got, err := local(tt.addr)
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%s: got %q, %v, want %q", tt.addr, got, err, tt.want)
		}
	}
}
