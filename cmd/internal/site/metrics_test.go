package site

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// counted are the requests by "route code", and the durations observed by route.
func counted(t *testing.T, r *prometheus.Registry) (requests map[string]float64, durations map[string]uint64) {
	t.Helper()
	requests, durations = map[string]float64{}, map[string]uint64{}
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			switch f.GetName() {
			case "imagika_web_requests_total":
				if m.GetCounter().GetValue() == 0 {
					continue
				}
				requests[labels["route"]+" "+labels["code"]] = m.GetCounter().GetValue()
			case "imagika_web_request_duration_seconds":
				durations[labels["route"]] = m.GetHistogram().GetSampleCount()
			}
		}
	}
	return requests, durations
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	// The playground has a mux of its own, which overwrites what the request says about its pattern.
	play := http.NewServeMux()
	play.HandleFunc("GET /play/{$}", func(http.ResponseWriter, *http.Request) {})
	play.HandleFunc("GET /play/stream", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.WriteHeader(http.StatusOK)
	})
	registry := prometheus.NewRegistry()
	h := newSite(t, Options{
		Playground: play, Webhook: named("webhook"), Metrics: NewMetrics(registry),
		Hook: func(context.Context, Callback) error { return nil },
		File: func(context.Context, string) (File, error) { return File{}, ErrNoFile },
	})
	for _, target := range []string{
		"/", "/", "/privacy", "/healthz", "/robots.txt", "/favicon.ico", "/a", "/b?c", "/assets/x", "/x/../privacy",
		"/play/", "/play/stream", "/play/none", "/telegram", "/hooks/fake/" + attempt, "/f/x",
	} {
		ask(t, h, "GET", target, "")
	}
	ask(t, h, "POST", "/hooks/fake/"+attempt, "")

	requests, durations := counted(t, registry)
	if diff := cmp.Diff(map[string]float64{
		"home 200": 2, "privacy 200": 1, "privacy 307": 1, "health 204": 1, "asset 200": 1, "asset 302": 1, "missing 404": 3,
		"playground 200": 2, "playground 404": 1, "webhook 200": 1, "hook 405": 1, "hook 204": 1, "file 404": 1,
	}, requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]uint64{
		"home": 2, "privacy": 2, "health": 1, "asset": 2, "missing": 3, "playground": 2, "webhook": 1, "hook": 2, "file": 1,
	}, durations); diff != "" {
		t.Errorf("durations, without streams (-want +got):\n%s", diff)
	}
	all, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(all).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
}

// TestStreams makes sure that an event stream passes through: what is flushed arrives before the handler ends.
func TestStreams(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	srv := httptest.NewServer(newSite(t, Options{Playground: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("first"))
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})}))
	defer srv.Close()
	defer close(release)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/play/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	first := make([]byte, 5)
	if _, err := res.Body.Read(first); err != nil || string(first) != "first" {
		t.Errorf("read %q, %v", first, err)
	}
}

func TestPanics(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	registry := prometheus.NewRegistry()
	h := newSite(t, Options{
		Metrics: NewMetrics(registry), Log: slog.New(slog.NewTextHandler(&log, nil)),
		Playground: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/play/half" {
				_, _ = w.Write([]byte("half"))
			}
			panic("a fault")
		}),
	})
	if res := ask(t, h, "GET", "/play/", ""); res.StatusCode != http.StatusInternalServerError {
		t.Errorf("a handler that panics = %d", res.StatusCode)
	}
	if !strings.Contains(log.String(), "handler panicked") || strings.Contains(log.String(), "192.0.2.1") {
		t.Errorf("the log should have the fault and not the visitor:\n%s", &log)
	}
	func() {
		defer func() {
			if v := recover(); v != http.ErrAbortHandler { //nolint:errorlint // a panic value
				t.Errorf("half an answer ended with %v, want the connection cut", v)
			}
		}()
		ask(t, h, "GET", "/play/half", "")
	}()
	requests, _ := counted(t, registry)
	if diff := cmp.Diff(map[string]float64{"playground 500": 1, "playground 200": 1}, requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	var bounded bool
	h := newSite(t, Options{Ready: func(ctx context.Context) error {
		_, bounded = ctx.Deadline()
		return errors.New("dial tcp 10.0.0.7:5432: connection refused")
	}})
	res := ask(t, h, "GET", "/healthz", "")
	if body := read(t, res); res.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "10.0.0.7") {
		t.Errorf("not ready = %d %q, want 503 that tells strangers nothing", res.StatusCode, body)
	}
	if !bounded {
		t.Error("the check has no deadline")
	}
	if res := ask(t, newSite(t, Options{Ready: func(context.Context) error { return nil }}), "GET", "/healthz", ""); res.StatusCode != http.StatusNoContent {
		t.Errorf("ready = %d, want 204", res.StatusCode)
	}
}
