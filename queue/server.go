package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
)

// HandlerFunc handles the payload of a task. It runs under the policy's own deadline, at least once per task, and maybe
// in two copies at the same time. What becomes of the task on an error is said by Fate.
type HandlerFunc func(ctx context.Context, payload []byte) error

// ServerConfig configures a Server.
type ServerConfig struct {
	// Pools are the pools to run with their concurrency, zero for the table's; nil runs all. See ParsePools.
	Pools map[string]int
	// Handlers by task type. A task without one waits for a release that has it.
	Handlers map[string]HandlerFunc
	// Fate decides about errors other than RetryAfter, VersionError and ErrDrop; nil retries all.
	Fate func(error) Fate
	// Redact makes the text asynq stores with a failed task and the task monitor shows; nil says "task failed".
	Redact func(error) string
	// Call is the longest provider call; zero is DefaultCallTimeout.
	Call time.Duration
	// Embedded says that Redis runs in this process: it is then asked less often.
	Embedded bool
	Metrics  *Metrics     // nil for none
	Log      *slog.Logger // nil for none
}

// Server runs pools. Its life is Start, Stop, Shutdown, once.
type Server struct {
	r        *Redis
	pools    []*pool
	stop     chan struct{}
	stopOnce sync.Once
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
	cfg.Metrics, cfg.Log = orMetrics(cfg.Metrics), orLog(cfg.Log)
	s := &Server{r: r, stop: make(chan struct{})}
	for _, p := range Pools(cfg.Call, cfg.Embedded) {
		n, chosen := cfg.Pools[p.Name]
		if !chosen && cfg.Pools != nil {
			continue
		}
		if n > 0 {
			p.Concurrency = n
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
	for _, p := range s.pools {
		if err := p.start(base, s.r.AsynqOpt()); err != nil {
			s.Shutdown()
			return fmt.Errorf("start pool %s: %w", p.Name, err)
		}
	}
	return nil
}

// Stop takes no new tasks and tells handlers so (Stopping). It returns when no task will start any more.
func (s *Server) Stop() {
	s.stopOnce.Do(func() { close(s.stop) })
	s.each((*asynq.Server).Stop)
}

// Shutdown stops and waits for the handlers in flight, Grace at most. What has not ended by then is put back into its
// queue, while its handler may still run: fences in SQL, not the queue, keep its work single.
func (s *Server) Shutdown() {
	s.Stop()
	s.each((*asynq.Server).Shutdown)
}

func (s *Server) each(f func(*asynq.Server)) {
	var wg sync.WaitGroup
	for _, p := range s.pools {
		if p.server != nil {
			wg.Go(func() { f(p.server) })
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

func stopping(ctx context.Context) bool {
	select {
	case <-Stopping(ctx):
		return true
	default:
		return false
	}
}

// maxConcurrency bounds what may be asked of one pool in one process.
const maxConcurrency = 4096

// ParsePools reads a list like "interactive=32,generate=64". A name alone takes the table's concurrency; an empty list
// is nil, which is all pools.
func ParsePools(spec string) (map[string]int, error) {
	if strings.TrimSpace(spec) == "" {
		return nil, nil //nolint:nilnil // Nil is all pools.
	}
	pools := make(map[string]int)
	for part := range strings.SplitSeq(spec, ",") {
		name, value, given := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := pools[name]; twice {
			return nil, fmt.Errorf("pool %q is named twice", name)
		}
		n := 0
		if given {
			var err error
			if n, err = strconv.Atoi(value); err != nil || n < 1 {
				return nil, fmt.Errorf("pool %q: concurrency %q is not a number from 1 to %d", name, value, maxConcurrency)
			}
		}
		pools[name] = n
	}
	return pools, checkPools(pools)
}

func checkPools(pools map[string]int) error {
	if pools != nil && len(pools) == 0 {
		return errors.New("no pool to run")
	}
	var known []string
	for _, p := range Pools(0, false) {
		known = append(known, p.Name)
	}
	for name, n := range pools {
		if !slices.Contains(known, name) {
			return fmt.Errorf("no pool %q: there are %s", name, strings.Join(known, ", "))
		}
		if n < 0 || n > maxConcurrency {
			return fmt.Errorf("pool %q: concurrency %d is not from 1 to %d", name, n, maxConcurrency)
		}
	}
	return nil
}
