package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
)

// errNoHandler is met in a deployment, when a newer release enqueues what an older one is asked to run.
var errNoHandler = errors.New("no handler for the task type")

// pool runs the tasks of one pool: recover, metrics, deadline, handler, from the outside in.
type pool struct {
	Pool
	cfg    ServerConfig
	table  map[string]Policy
	server *asynq.Server
	busy   atomic.Int64 // handlers that run
	ended  atomic.Int64 // when one last ended, in Unix µs
}

// lastEnd is when a task last ended, or the given time.
func (p *pool) lastEnd(otherwise time.Time) time.Time {
	if us := p.ended.Load(); us > 0 {
		return time.UnixMicro(us)
	}
	return otherwise
}

func (p *pool) start(base context.Context, opt asynq.RedisConnOpt) error {
	queues := make(map[string]int)
	for _, w := range p.Queues {
		queues[w.Queue] = w.Weight
	}
	p.server = asynq.NewServer(opt, asynq.Config{
		Concurrency:              p.Concurrency,
		BaseContext:              func() context.Context { return base },
		TaskCheckInterval:        p.Check,
		DelayedTaskCheckInterval: p.Delayed,
		ShutdownTimeout:          p.Shutdown,
		RetryDelayFunc:           retryDelay(p.table),
		IsFailure:                p.isFailure,
		Queues:                   queues,
		Logger:                   asynqLog{p.cfg.Log.With(slog.String("pool", p.Name))},
		LogLevel:                 asynq.InfoLevel,
	})
	p.cfg.Metrics.poolStarted(p.Name, p.Concurrency)
	return p.server.Start(asynq.HandlerFunc(p.process))
}

// shutdown takes no new tasks and waits for handlers as long as asynq is to, and a little for the rest. If Redis is away asynq waits for
// it before it even begins to stop, and for ever for the end of its subscription if it went away at the moment that began.
func (p *pool) shutdown() {
	over := make(chan struct{})
	go func() {
		defer close(over)
		p.server.Shutdown()
	}()
	select {
	case <-over:
	case <-time.After(p.Shutdown + handBack/2):
		p.cfg.Log.Warn("pool did not end in its time", slog.String("pool", p.Name))
	}
}

// isFailure says what burns a retry: not limits, and not a crash where claims are counted elsewhere.
func (p *pool) isFailure(err error) bool {
	if v, ok := errors.AsType[*verdict](err); ok {
		return v.fate != FateLater
	}
	return p.CrashCounts || !errors.Is(err, asynq.ErrLeaseExpired)
}

// process runs a task and tells asynq its fate.
func (p *pool) process(ctx context.Context, t *asynq.Task) error {
	started := time.Now()
	p.busy.Add(1)
	defer func() { p.busy.Add(-1); p.ended.Store(time.Now().UnixMicro()) }()
	tries, _ := asynq.GetRetryCount(ctx)
	ctx, end := p.cfg.Traces.task(ctx, t.Type(), p.table[t.Type()].Queue, tries+1, t.Headers())
	p.cfg.Metrics.taskStarted(ctx, p.Name, due(t))
	err := p.call(ctx, t)
	fate, outcome, after := FateRetry, outcomeOK, time.Duration(0)
	if err != nil {
		fate, after = judge(err, p.cfg.Fate)
		outcome = string(fate)
	}
	if fate == FateLater { // nobody's fault
		end(nil)
	} else {
		end(err)
	}
	if errors.Is(err, errPanic) {
		outcome = outcomePanic
	}
	p.cfg.Metrics.taskEnded(p.Name, t.Type(), outcome, time.Since(started))
	if err == nil {
		return nil
	}
	if reason := dead(ctx, fate); reason != "" {
		p.cfg.Metrics.buried(p.table[t.Type()].Queue, reason)
	}
	v := &verdict{fate: fate, after: after, text: p.redact(err)}
	p.cfg.Log.LogAttrs(ctx, level(fate), "task ended in an error", slog.String("type", t.Type()),
		slog.String("fate", string(fate)), slog.String("error", v.text))
	return v
}

// dead says why asynq archives a task after this run, "" if it does not.
func dead(ctx context.Context, fate Fate) string {
	tries, known := asynq.GetRetryCount(ctx)
	most, _ := asynq.GetMaxRetry(ctx)
	switch {
	case fate == FateArchive:
		return deadArchived
	case fate == FateRetry && known && tries >= most:
		return deadExhausted
	}
	return ""
}

// call runs the handler under our own deadline, which ends before asynq's although another release may have enqueued
// the task with a shorter one: asynq ignores what is returned after its own.
func (p *pool) call(ctx context.Context, t *asynq.Task) (err error) {
	handler, ok := p.cfg.Handlers[t.Type()]
	if !ok {
		return &RetryAfter{After: versionDelay, Err: errNoHandler}
	}
	own := p.table[t.Type()].Own
	if end, ok := ctx.Deadline(); ok {
		own = min(own, time.Until(end)-5*time.Second)
	}
	ctx, cancel := unleased(ctx, own)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			p.cfg.Log.ErrorContext(ctx, "panic in task handler", slog.String("type", t.Type()),
				slog.String("panic", fmt.Sprintf("%T", v)), slog.String("stack", string(debug.Stack())))
			err = errPanic
		}
	}()
	return handler(ctx, t.Payload())
}

// unleased is a context that lasts so long, and does not end when asynq cannot renew its lease of the task: Redis was away for half a
// minute, or the machine asleep. Asynq runs the task again then, but whoever is at work has paid for a call, or is in the middle of a
// send, and knows by its own claim whether it may go on. When the server stops it ends as asynq's does.
func unleased(ctx context.Context, long time.Duration) (context.Context, context.CancelFunc) {
	on, cancel := context.WithTimeout(context.WithoutCancel(ctx), long)
	stop := context.AfterFunc(ctx, func() {
		if stopping(ctx) {
			cancel()
		}
	})
	return on, func() {
		stop()
		cancel()
	}
}

func (p *pool) redact(err error) string {
	if p.cfg.Redact == nil {
		return "task failed"
	}
	return p.cfg.Redact(err)
}

// due reads when the task could have started, zero if it does not say.
func due(t *asynq.Task) time.Time {
	us, err := strconv.ParseInt(t.Headers()[headerDue], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(us)
}

func level(f Fate) slog.Level {
	switch f {
	case FateArchive:
		return slog.LevelError
	case FateRetry:
		return slog.LevelWarn
	default:
		return slog.LevelDebug
	}
}

// asynqLog sends asynq's own messages to slog. They hold ids and types, no payloads.
type asynqLog struct{ log *slog.Logger }

var _ asynq.Logger = asynqLog{}

func (l asynqLog) write(level slog.Level, args []any) {
	l.log.LogAttrs(context.Background(), level, "asynq", slog.String("detail", fmt.Sprint(args...)))
}

// Debug implements asynq.Logger.
func (l asynqLog) Debug(args ...any) { l.write(slog.LevelDebug, args) }

// Info implements asynq.Logger. What asynq calls info is its starting and stopping.
func (l asynqLog) Info(args ...any) { l.write(slog.LevelDebug, args) }

// Warn implements asynq.Logger.
func (l asynqLog) Warn(args ...any) { l.write(slog.LevelWarn, args) }

// Error implements asynq.Logger.
func (l asynqLog) Error(args ...any) { l.write(slog.LevelError, args) }

// Fatal implements asynq.Logger. It does not end the process: that is the wiring's business.
func (l asynqLog) Fatal(args ...any) { l.write(slog.LevelError, args) }
