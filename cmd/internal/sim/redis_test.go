package sim_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/telegram"
)

// redisQueue is the real queue: asynq's servers and clients, go-redis, lanes and limits with their scripts, over a Redis in this
// process to which no socket leads.
type redisQueue struct {
	*world
	server *miniredis.Miniredis
	hub    *queue.Redis // of those on whom nothing breaks: operators, and the world itself
	looks  *queue.Inspector
	lanes  *queue.Lanes
	ended  sync.WaitGroup // processes, and what serves the world
	stop   context.CancelFunc

	lock  sync.Mutex // guards what follows
	away  time.Time  // until then nobody gets through to Redis
	wires map[*wire]bool
	inbox map[int64]queue.Incoming // by update: what is to be pushed
}

// overRedis is a world's queue in which everything happens when it happens.
func overRedis(w *world) carrier {
	q := &redisQueue{world: w, server: miniredis.NewMiniRedis(), wires: map[*wire]bool{}, inbox: map[int64]queue.Incoming{}}
	q.hub = q.open(nil)
	q.looks = queue.NewInspector(q.hub)
	q.lanes = queue.NewLanes(q.hub, queue.NewClient(q.hub, callTime, nil), w.sealer, queue.LaneConfig{}, nil, nil)
	ctx, stop := context.WithCancel(context.Background())
	q.stop = stop
	q.ended.Go(func() { q.age(ctx) })
	q.ended.Go(func() { q.serve(ctx) })
	return q
}

// open connects to Redis, for a process or for nobody in particular.
func (q *redisQueue) open(n *node) *queue.Redis {
	return must(queue.Open(context.Background(), queue.RedisConfig{URL: "redis://127.0.0.1:1", PoolSize: 200, Dial: q.dialer(n)}))
}

// age has keys expire.
func (q *redisQueue) age(ctx context.Context) {
	for ctx.Err() == nil {
		time.Sleep(time.Second)
		q.server.FastForward(time.Second)
	}
}

// equip implements carrier.
func (q *redisQueue) equip(n *node, c *workers.Config) {
	n.redis = q.open(n)
	client, limits := queue.NewClient(n.redis, callTime, nil), queue.NewLimits(n.redis, nil)
	c.Queue, c.AckPayment = &redisClient{client, q.world}, client.Ack
	c.Lanes = &redisLanes{queue.NewLanes(n.redis, client, q.sealer, queue.LaneConfig{}, nil, c.Log), q.world}
	c.Bodies = queue.NewBodies(n.redis, q.sealer)
	c.Slots, c.Queues, c.Wiped = queue.NewSlots(nil, queue.PoolConversation, c.Log), queue.NewInspector(n.redis), n.redis.SentinelMissing
	c.Limits = limits
	c.Router = must(providers.NewRouter(providers.Config{Limits: limits, States: queue.NewStates(n.redis), Providers: q.fakes}))
	c.Telegram = must(telegram.New(telegram.Config{
		URL: "http://telegram", Token: q.tg.Token(), HTTP: &http.Client{Transport: &line{q.world, "telegram", q.tg}}, Pacer: limits,
	}))
}

// redisClient is a client whose process can end before and after a task is enqueued.
type redisClient struct {
	*queue.Client
	w *world
}

// Enqueue implements workers.Enqueuer.
func (c *redisClient) Enqueue(ctx context.Context, t queue.Task) error {
	c.w.at(ctx, "enqueue "+t.Type)
	err := c.Client.Enqueue(ctx, t)
	c.w.at(ctx, "enqueued "+t.Type)
	return err
}

// redisLanes are lanes that count how often one was resumed.
type redisLanes struct {
	*queue.Lanes
	w *world
}

// Sweep implements workers.Lanes.
func (l *redisLanes) Sweep(ctx context.Context, limit int) (int, error) {
	l.w.at(ctx, "lanes sweep")
	n, err := l.Lanes.Sweep(ctx, limit)
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.w.seen["lanes resumed"] += n
	return n, err
}

// start implements carrier.
func (q *redisQueue) start(n *node) {
	handlers := map[string]queue.HandlerFunc{}
	for name, h := range n.handlers {
		handlers[name] = n.counted(name, h)
	}
	n.started = make(chan struct{})
	n.server = must(queue.NewServer(n.redis, queue.ServerConfig{Handlers: handlers, Call: callTime, Grace: 11 * time.Second, Embedded: true}))
	err := n.server.Start(n.context())
	close(n.started)
	n.up.Store(true)
	if err != nil {
		q.kill(n) // as a process that cannot begin
	}
}

// counted is a handler that counts as being at work.
func (n *node) counted(name string, h queue.HandlerFunc) queue.HandlerFunc {
	return func(ctx context.Context, payload []byte) error {
		n.working.Add(1)
		defer n.working.Add(-1)
		n.park("begin " + name)
		err := h(ctx, payload)
		n.park("end " + name)
		return err
	}
}

// died implements carrier. What is left of the process reaches nobody any more, and notices it in its time. Its wires are cut again
// and again, because asynq waits for ever for the reply to a subscription that was never sent.
func (q *redisQueue) died(n *node) {
	q.ended.Go(func() {
		<-n.started
		n.server.Shutdown()
		_ = n.redis.Close()
	})
	q.ended.Go(func() {
		for range 12 {
			q.cut(func(c *wire) bool { return c.n == n })
			time.Sleep(10 * time.Second)
		}
	})
}

// pause implements carrier.
func (q *redisQueue) pause(name string, d time.Duration) {
	q.struck("pause")
	if err := q.looks.Pause(name); err != nil {
		q.wrong("pause %s: %v", name, err)
	}
	q.after(d, "resume "+name, func() {
		if err := q.looks.Resume(name); err != nil {
			q.wrong("resume %s: %v", name, err)
		}
	})
}

// wipe implements carrier: Redis begins anew, and does not even know its scripts.
func (q *redisQueue) wipe() {
	q.struck("wipe")
	q.server.FlushAll()
	conn := must(q.server.Dial())
	defer conn.Close()
	must(io.WriteString(conn, "*2\r\n$6\r\nSCRIPT\r\n$5\r\nFLUSH\r\n"))
	must(conn.Read(make([]byte, 64)))
	q.cut(func(c *wire) bool { return c.n != nil })
}

// leave has nobody get through to Redis for a while.
func (q *redisQueue) leave(d time.Duration) {
	q.struck("redis away")
	q.lock.Lock()
	q.away = time.Now().Add(d)
	q.lock.Unlock()
	q.cut(func(c *wire) bool { return c.n != nil })
}

// busy implements carrier.
func (q *redisQueue) busy() bool {
	q.mu.Lock()
	working := slices.ContainsFunc(q.nodes, func(n *node) bool { return n.working.Load() > 0 })
	q.mu.Unlock()
	if working {
		return true
	}
	for name, info := range must(q.looks.Depth(q.Context())) {
		if info.Pending > 0 {
			q.note("busy", name)
			return true
		}
	}
	return must(q.lanes.Stats(q.Context())).Waiting > 0
}

// end ends what there still is of the queue.
func (q *redisQueue) end() {
	q.mu.Lock()
	nodes := slices.Clone(q.nodes)
	q.mu.Unlock()
	for _, n := range nodes {
		q.died(n)
	}
	q.stop()
	q.ended.Wait()
	for _, info := range must(q.looks.Depth(context.Background())) {
		q.seen["task of asynq"] += info.Processed
	}
	if err := q.hub.Close(); err != nil {
		q.Error(err)
	}
	q.server.Close()
}
