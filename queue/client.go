package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// headerDue is the task header that holds when the task may start, in microseconds: pickup latency counts from there.
const headerDue = "due"

// ErrPayloadTooLarge is returned for a task whose payload is beyond its type's bound. Payloads carry ids.
var ErrPayloadTooLarge = errors.New("payload too large")

// Client enqueues tasks. It is safe for concurrent use and closes with its Redis.
type Client struct {
	conn  redis.UniversalClient
	asynq *asynq.Client
	table map[string]Policy
	m     *Metrics
	// traces follow the tasks; nil for none.
	traces *Traces
}

// NewClient returns a client for workers, the site and the sweeper. Call is the longest provider call, as for the
// server (zero: DefaultCallTimeout); metrics may be nil.
func NewClient(r *Redis, call time.Duration, m *Metrics) *Client {
	return newClient(r.patient, call, m)
}

// Follow makes tasks carry the trace they are enqueued in. It is called before the first one is.
func (c *Client) Follow(t *Traces) { c.traces = t }

func newClient(conn redis.UniversalClient, call time.Duration, m *Metrics) *Client {
	return &Client{
		conn: conn, asynq: asynq.NewClientFromRedisClient(conn),
		table: policyTable(call), m: orMetrics(m),
	}
}

// Enqueue enqueues a task as the policy table says. That a task of the same id is there already is success. After an
// error the task may be there nevertheless: the reply can get lost.
func (c *Client) Enqueue(ctx context.Context, t Task) error {
	policy, ok := c.table[t.Type]
	if !ok {
		return fmt.Errorf("enqueue %q: no such task type", t.Type)
	}
	if len(t.Payload) > policy.MaxPayload {
		return fmt.Errorf("enqueue %s: %w: %d bytes", t.Type, ErrPayloadTooLarge, len(t.Payload))
	}
	_, err := c.asynq.EnqueueContext(ctx, c.task(ctx, t, policy))
	conflict := errors.Is(err, asynq.ErrTaskIDConflict)
	c.m.enqueued(t.Type, conflict, err)
	if err != nil && !conflict {
		return fmt.Errorf("enqueue %s: %w", t.Type, err)
	}
	return nil
}

// Ack says that the update of a payment has had its effect in SQL. Lanes say so by themselves.
func (c *Client) Ack(ctx context.Context, hash string) error {
	_, err := c.conn.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, doneKey("", hash), 1, doneTTL)
		p.Publish(ctx, ackChannel, hash)
		return nil
	})
	if err != nil {
		return fmt.Errorf("acknowledge update: %w", err)
	}
	return nil
}

func (c *Client) task(ctx context.Context, t Task, p Policy) *asynq.Task {
	var delay time.Duration
	if t.Delay > 0 {
		delay = wholeDelay(t.Delay)
	}
	due := time.Now().Add(delay)
	opts := []asynq.Option{
		asynq.TaskID(t.ID), asynq.Queue(p.Queue), asynq.Timeout(p.Timeout), asynq.MaxRetry(p.MaxRetry),
	}
	if p.Retention > 0 {
		opts = append(opts, asynq.Retention(p.Retention))
	}
	if delay > 0 {
		opts = append(opts, asynq.ProcessAt(due))
	}
	header := map[string]string{headerDue: strconv.FormatInt(due.UnixMicro(), 10)}
	c.traces.inject(ctx, header)
	return asynq.NewTaskWithHeaders(t.Type, t.Payload, header, opts...)
}
