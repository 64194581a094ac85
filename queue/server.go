package queue

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// HandlerFunc handles the payload of a task. It runs under the policy's own deadline, at least once per task, and maybe
// in two copies at the same time. What becomes of the task on an error is said by Fate.
type HandlerFunc func(ctx context.Context, payload []byte) error

// ServerConfig configures a Server.
type ServerConfig struct {
	// Pools are the pools to run with their concurrency, zero for the table's; nil runs all. See ParsePools.
	Pools map[string]int
	// Queues are weights of queues within their pool, in place of the table's; see ParseQueues.
	Queues map[string]int
	// Handlers by task type. A task without one waits for a release that has it.
	Handlers map[string]HandlerFunc
	// Fate decides about errors other than RetryAfter, VersionError and ErrDrop; nil retries all.
	Fate func(error) Fate
	// Redact makes the text asynq stores with a failed task and the task monitor shows; nil says "task failed".
	Redact func(error) string
	// Call is the longest provider call; zero is DefaultCallTimeout.
	Call time.Duration
	// Grace is how long whoever stops the process waits before killing it, zero if nobody does. What has not ended shortly
	// before is put back into its queue, for others.
	Grace time.Duration
	// Embedded says that Redis runs in this process: it is then asked less often, and runs no script for a look.
	Embedded bool
	Metrics  *Metrics     // nil for none
	Traces   *Traces      // nil for none
	Log      *slog.Logger // nil for none
}

// handBack is the part of the grace that is left for putting tasks back, and for everything else that stops.
const handBack = 10 * time.Second

// Server runs pools. Its life is Start, Stop, Shutdown, once.
type Server struct {
	r        *Redis
	pools    []*pool
	log      *slog.Logger
	stop     chan struct{}
	stopOnce sync.Once
	absent   func() // leaves the roster; nil before Start
	embedded bool
}

// NewServer checks the configuration; nothing runs before Start.
func NewServer(r *Redis, cfg ServerConfig) (*Server, error) {
	table := policyTable(cfg.Call)
	for typ, h := range cfg.Handlers {
		if _, ok := table[typ]; !ok || h == nil {
			return nil, fmt.Errorf("queue server: handler for %q: nil, or not a type of the policy table", typ)
		}
	}
	if err := checkPools(cfg.Pools); err != nil {
		return nil, fmt.Errorf("queue server: %w", err)
	}
	if err := checkQueues(cfg.Queues); err != nil {
		return nil, fmt.Errorf("queue server: %w", err)
	}
	cfg.Metrics, cfg.Log = orMetrics(cfg.Metrics), orLog(cfg.Log)
	s := &Server{r: r, log: cfg.Log, stop: make(chan struct{}), embedded: cfg.Embedded}
	for _, p := range Pools(cfg.Call, cfg.Embedded) {
		n, chosen := cfg.Pools[p.Name]
		if !chosen && cfg.Pools != nil {
			continue
		}
		if p.Queues = weigh(p.Queues, cfg.Queues); len(p.Queues) == 0 {
			return nil, fmt.Errorf("queue server: pool %s has no queue with a weight", p.Name)
		}
		if n > 0 {
			p.Concurrency = n
		}
		if cfg.Grace > 0 {
			p.Shutdown = min(p.Shutdown, max(time.Second, cfg.Grace-handBack))
		}
		s.pools = append(s.pools, &pool{Pool: p, cfg: cfg, table: table})
	}
	return s, nil
}

// Start registers the queues and starts one asynq server per pool.
func (s *Server) Start(ctx context.Context) error {
	if err := s.r.register(ctx); err != nil {
		return err
	}
	base := context.WithValue(context.WithoutCancel(ctx), stopKey{}, (<-chan struct{})(s.stop))
	opt := s.r.AsynqOpt()
	if s.embedded {
		opt = spareOpt{opt}
	}
	for _, p := range s.pools {
		if err := p.start(base, opt); err != nil {
			s.Shutdown()
			return fmt.Errorf("start pool %s: %w", p.Name, err)
		}
	}
	s.attend(base)
	return nil
}

// attend keeps the server on the roster until it is shut down.
func (s *Server) attend(ctx context.Context) {
	p := newPresence(s, s.r, s.log)
	ctx, cancel := context.WithCancel(ctx)
	var kept sync.WaitGroup
	kept.Go(func() { p.keep(ctx) })
	s.absent = func() {
		cancel()
		kept.Wait()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := p.leave(ctx); err != nil { // it is forgotten after a while anyway
			s.log.DebugContext(ctx, "roster not left", slog.Any("error", err))
		}
	}
}

// Stop takes no new tasks and tells handlers so (Stopping). It returns when no task will start any more.
func (s *Server) Stop() {
	s.sayStop()
	s.each(func(p *pool) { p.server.Stop() })
}

func (s *Server) sayStop() {
	s.stopOnce.Do(func() {
		close(s.stop)
		for _, p := range s.pools {
			p.cfg.Metrics.drains(p.Name)
		}
	})
}

// Shutdown stops and waits for the handlers in flight, Grace at most. What has not ended by then is put back into its
// queue, while its handler may still run: fences in SQL, not the queue, keep its work single.
func (s *Server) Shutdown() {
	s.sayStop()
	s.each((*pool).shutdown)
	if s.absent != nil {
		s.absent()
	}
}

// Draining is closed when the server takes no new tasks any more: by Stop, or because an operator asked for it.
func (s *Server) Draining() <-chan struct{} { return s.stop }

func (s *Server) draining() bool { return closed(s.stop) }

func (s *Server) each(f func(*pool)) {
	var wg sync.WaitGroup
	for _, p := range s.pools {
		if p.server != nil {
			wg.Go(func() { f(p) })
		}
	}
	wg.Wait()
}

// Grace is the longest time Shutdown takes. The process's own grace has to be longer.
func (s *Server) Grace() time.Duration {
	var longest time.Duration
	for _, p := range s.pools {
		longest = max(longest, p.Shutdown)
	}
	return longest
}

// Pools lists the pools that run, with their concurrency.
func (s *Server) Pools() []Pool {
	var pools []Pool
	for _, p := range s.pools {
		pools = append(pools, p.Pool)
	}
	return pools
}

type stopKey struct{}

// Stopping is closed when the server that runs this handler stops. A handler that could go on for long ends in good
// order then. In a context of no handler it is nil, which never is.
func Stopping(ctx context.Context) <-chan struct{} {
	stop, _ := ctx.Value(stopKey{}).(<-chan struct{})
	return stop
}

func stopping(ctx context.Context) bool { return closed(Stopping(ctx)) }

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
