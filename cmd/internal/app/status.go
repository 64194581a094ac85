package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/status"
	"github.com/imagika/imagika/workers/telegram"
)

const (
	// probeTimeout is how long a server may take to answer before it is said to be away.
	probeTimeout = 2 * time.Second
	// telegramEvery is the least time between two questions to Telegram: they count against the bot's limits.
	telegramEvery = 30 * time.Second
	// sampleEvery is the time between looks at how long the lines are, of which those of samplesFor are kept.
	sampleEvery = 15 * time.Second
	samplesFor  = time.Hour
)

// gauge measures how everything is doing, for the status page.
type gauge struct {
	core  *core
	parts []status.Part

	mu      sync.Mutex
	oldest  map[string][]time.Duration // of the last hour, by queue, a look each
	asked   time.Time                  // Telegram
	answers bool
}

// queueOf is the queue, and the pool, that a part stands on.
func queueOf() map[status.Part]string {
	return map[status.Part]string{
		status.Bot: queue.QueueInteractive, status.Images: queue.QueueGenerate, status.Delivery: queue.QueueDeliver,
		status.Conversations: queue.QueueConversation, status.Payments: queue.QueuePayments,
	}
}

func newGauge(c config.Config, core *core) *gauge {
	g := &gauge{core: core, oldest: make(map[string][]time.Duration)}
	for _, p := range status.Parts() {
		switch {
		case p == status.Payments && c.Shop != config.ShopOn, p == status.Conversations && !c.Conversations:
		case core.telegram == nil && slices.Contains([]status.Part{status.Telegram, status.Bot, status.Conversations, status.Payments}, p):
		default:
			g.parts = append(g.parts, p)
		}
	}
	return g
}

// Board measures, all at once.
func (g *gauge) Board(ctx context.Context) status.Board {
	r := status.Readings{At: time.Now(), Parts: g.parts, Up: map[status.Part]bool{status.Website: true}}
	probes := map[status.Part]func(context.Context) error{
		status.Line: g.core.redis.Ping, status.Accounts: g.database, status.Pictures: g.core.objects.Ping,
	}
	if g.core.telegram != nil {
		probes[status.Telegram] = g.telegram
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	for part, probe := range probes {
		group.Go(func() {
			err := within(ctx, probe)
			mu.Lock()
			defer mu.Unlock()
			r.Up[part] = err == nil
		})
	}
	group.Go(func() {
		_ = within(ctx, func(ctx context.Context) error {
			models, queues := g.core.workers.Models(ctx), g.queues(ctx)
			mu.Lock()
			defer mu.Unlock()
			r.Models, r.Queues = models, queues
			return nil
		})
	})
	group.Wait()
	mu.Lock()
	defer mu.Unlock()
	return status.Judge(r)
}

// within runs a probe for no longer than it may take, whether it looks at its context or not.
func within(ctx context.Context, probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- probe(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// telegram reports whether Telegram answers this bot. That it asks us to slow down is an answer.
func (g *gauge) telegram(ctx context.Context) error {
	g.mu.Lock()
	fresh, answers := time.Since(g.asked) < telegramEvery, g.answers
	g.mu.Unlock()
	if fresh && answers {
		return nil
	}
	_, err := g.core.telegram.GetMe(ctx)
	if telegram.ClassOf(err) == telegram.RateLimited {
		err = nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked, g.answers = time.Now(), err == nil
	return err
}

// database reads something: unlike a ping, that waits for nobody who writes.
func (g *gauge) database(ctx context.Context) error {
	_, err := g.core.store.Holds(ctx)
	return err
}

// queues reads what waits and who works; nil where that is not known.
func (g *gauge) queues(ctx context.Context) map[status.Part]status.Queue {
	depth, err := g.core.inspector.Depth(ctx)
	if err != nil {
		return nil
	}
	seats, err := g.core.pools.Seats(ctx)
	if err != nil {
		return nil
	}
	slots := make(map[string]int)
	for _, s := range seats {
		if !s.Draining {
			slots[s.Pool] += s.Slots
		}
	}
	all := make(map[status.Part]status.Queue)
	for part, name := range queueOf() {
		if slices.Contains(g.parts, part) {
			i := depth[name]
			all[part] = status.Queue{
				Waiting: i.Pending, Active: i.Active, Oldest: i.Oldest, Target: queue.Target(name), Paused: i.Paused, Workers: slots[name], Last: g.last(name),
			}
		}
	}
	return all
}

// last is how long the first of a line waited within the last hour.
func (g *gauge) last(name string) status.Range {
	g.mu.Lock()
	defer g.mu.Unlock()
	sorted := slices.Sorted(slices.Values(g.oldest[name]))
	if len(sorted) == 0 {
		return status.Range{}
	}
	at := func(percent int) time.Duration { return sorted[(len(sorted)-1)*percent/100] }
	return status.Range{P50: at(50), P95: at(95)}
}

// sample looks at the lines for as long as ctx lasts. A look that fails is left out.
func (g *gauge) sample(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		depth, err := g.core.inspector.Depth(ctx)
		if err != nil {
			continue
		}
		g.mu.Lock()
		for name, i := range depth {
			all := append(g.oldest[name], i.Oldest)
			g.oldest[name] = all[max(0, len(all)-int(samplesFor/sampleEvery)):]
		}
		g.mu.Unlock()
	}
}

// incidents are those of the status page.
func (a *App) incidents(ctx context.Context, since time.Time) ([]status.Incident, error) {
	return workers.Incidents(ctx, a.core.store, since)
}
