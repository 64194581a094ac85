// Package ops is the listener for those who run Imagika, apart from the one
// people reach: health, metrics, profiles and the task monitor.
//
//	/livez         the process answers; asks nothing of anybody, because a dead
//	               database is no reason to restart every process
//	/readyz        its dependencies answer and it is not stopping; else 503
//	/metrics       for Prometheus
//	/autoscale     how many processes of a pool are wanted, for autoscalers
//	/debug/pprof/  profiles                  \ this machine only, or with the
//	/tasks/        what waits in the queues  | password
//	/visits/       how the site is used      /
//
// Health, metrics and numbers hold no secret and are open to whoever reaches the address,
// which should be a private one. A heap profile holds every key of the process,
// so profiles, visits and the monitor are closed to other machines unless a
// password is set. The monitor shows and changes nothing, and of a payload only ids.
package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options of [New].
type Options struct {
	Addr      string                      // host:port to listen at; port 0 takes a free one
	Gather    prometheus.Gatherer         // shown at /metrics; see [NewRegistry]
	Ready     func(context.Context) error // nil is always ready; joined errors are reported one by one
	Monitor   http.Handler                // shown at /tasks/, see [NewMonitor]; nil shows none
	Autoscale http.Handler                // answers at /autoscale; nil does not
	Visits    http.Handler                // shown at /visits/: how often the site is seen; nil shows nothing
	Password  string                      // opens profiles, visits and monitor to other machines; "" keeps them closed
	Log       *slog.Logger
}

// Server is the admin listener.
type Server struct {
	options  Options
	http     *http.Server
	listener net.Listener
	draining atomic.Bool
	done     chan struct{} // closed when http no longer serves
}

// New makes a server that does not listen yet.
func New(o Options) *Server {
	s := &Server{options: o, done: make(chan struct{})}
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
		// No WriteTimeout: a profile takes as long as its reader asked for.
	}
	return s
}

// Start listens and serves in the background until [Server.Stop].
func (s *Server) Start(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.options.Addr)
	if err != nil {
		return fmt.Errorf("admin listener: %w", err)
	}
	s.listener = l
	go func() {
		defer close(s.done)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.options.Log.ErrorContext(ctx, "admin listener failed", "error", err)
		}
	}()
	return nil
}

// Addr is the address listened at, host:port, once started.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Drain makes /readyz say that the process is stopping, so that nothing new is
// sent to it.
func (s *Server) Drain() { s.draining.Store(true) }

// Stop stops serving. It waits for requests under way until ctx ends, then cuts
// them off.
func (s *Server) Stop(ctx context.Context) error {
	if s.listener == nil {
		return nil
	}
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("admin listener: %w", err), s.http.Close())
	}
	<-s.done
	return err
}

// Handler is what the listener serves.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", index)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, health{Status: "alive"}) })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.options.Gather, promhttp.HandlerOpts{
		EnableOpenMetrics:   true,
		ErrorLog:            slog.NewLogLogger(s.options.Log.Handler(), slog.LevelWarn),
		MaxRequestsInFlight: 4,
		Timeout:             10 * time.Second,
	}))
	if s.options.Autoscale != nil {
		mux.Handle("GET /autoscale", s.options.Autoscale)
	}
	mux.Handle("/debug/pprof/", s.closed(profiles()))
	if s.options.Monitor != nil {
		mux.Handle("/tasks/", s.closed(s.options.Monitor))
	}
	if s.options.Visits != nil {
		mux.Handle("/visits/", s.closed(s.options.Visits))
	}
	return mux
}

func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

func index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	_, _ = io.WriteString(w, `<!doctype html><html lang="en"><title>Imagika operations</title><ul>
<li><a href="/livez">livez</a><li><a href="/readyz">readyz</a><li><a href="/metrics">metrics</a>
<li><a href="/autoscale">autoscale</a><li><a href="/debug/pprof/">profiles</a><li><a href="/tasks/">tasks</a><li><a href="/visits/">visits</a></ul>`) // the reader may have gone
}
