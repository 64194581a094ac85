package sim_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/telegram"
)

// transport is the queue, its lanes and the bodies of conversations, as the pipeline sees them: what is enqueued comes at least
// once, unless everything is lost; an id that is taken is not taken again.
type transport struct {
	*world
	policies map[string]queue.Policy
	tasks    []*queued
	lanes    map[string]*lane
	bodies   map[string][]byte
	taken    map[string]bool // ids of tasks that are over and stay known
	paused   string          // a queue that operators stopped
	until    time.Time       // they start it again
	lost     bool            // everything, since somebody last asked
}

// queued is a task.
type queued struct {
	queue.Task
	queue   string
	due     time.Time
	retries int
	active  *node
}

// lane has the updates of a chat that were not handled yet.
type lane struct {
	items  []queue.Update
	epoch  int64
	holder *node // who drains it
	until  time.Time
	tries  int
}

const laneLease = 10 * time.Second

// modelOf is a world's queue in which everything happens when the scheduler says so.
func modelOf(w *world) carrier {
	w.model = newTransport(w)
	return w.model
}

// equip implements carrier.
func (t *transport) equip(_ *node, c *workers.Config) {
	c.Queue, c.Lanes, c.Bodies, c.Wiped, c.AckPayment = &enqueuer{t}, t, t, t.wiped, t.paymentDone
}

// start implements carrier: dispatch finds the node.
func (t *transport) start(*node) {}

func newTransport(w *world) *transport {
	t := &transport{
		world: w, policies: map[string]queue.Policy{}, lanes: map[string]*lane{}, bodies: map[string][]byte{},
		taken: map[string]bool{},
	}
	for _, p := range queue.Policies(callTime) {
		t.policies[p.Type] = p
	}
	return t
}

// enqueuer is the queue as processes see it.
type enqueuer struct{ t *transport }

// Enqueue implements workers.Enqueuer.
func (e *enqueuer) Enqueue(ctx context.Context, task queue.Task) error {
	e.t.at(ctx, "enqueue "+task.Type)
	if e.t.chance("not enqueued", odds("enqueue "+task.Type, 0.01)) {
		e.t.struck("enqueue refused")
		return errors.New("the queue is away")
	}
	e.t.add(task)
	if e.t.chance("enqueued unheard", 0.01) {
		e.t.struck("enqueue unheard")
		return errors.New("the queue's answer is lost")
	}
	return nil
}

func (t *transport) add(task queue.Task) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken[task.ID] || slices.ContainsFunc(t.tasks, func(q *queued) bool { return q.ID == task.ID }) {
		return
	}
	t.tasks = append(t.tasks, &queued{Task: task, queue: t.policies[task.Type].Queue, due: time.Now().Add(task.Delay)})
}

// next is when the next task becomes due. Those that are due wait for somebody who takes them, and that is told of otherwise.
func (t *transport) next() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	next := now.Add(time.Minute)
	for _, q := range t.tasks {
		if due := t.due(q); q.active == nil && due.After(now) {
			next = earlier(next, due)
		}
	}
	return next
}

// due is when a task can begin.
func (t *transport) due(q *queued) time.Time {
	if q.queue == t.paused && t.until.After(q.due) {
		return t.until
	}
	return q.due
}

// pause stops a queue for a while.
func (t *transport) pause(queue string, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults["pause"]++
	t.paused, t.until = queue, time.Now().Add(d)
}

// dispatch gives a task that is due to a process with room. Money has a pool of its own.
func (t *transport) dispatch() bool {
	t.mu.Lock()
	now := time.Now()
	var due []*queued
	for _, q := range t.tasks {
		if q.active == nil && !t.due(q).After(now) {
			due = append(due, q)
		}
	}
	var free, awake []*node
	for _, n := range t.nodes {
		if !n.stalled.After(now) {
			awake = append(awake, n)
			if len(n.active) < slots {
				free = append(free, n)
			}
		}
	}
	if len(free) == 0 {
		due, free = slices.DeleteFunc(due, func(q *queued) bool { return q.Type != queue.TypeUpdatePayment }), awake
	}
	if len(due) == 0 || len(free) == 0 {
		t.mu.Unlock()
		return false
	}
	q, n := due[t.dice.IntN(len(due))], free[t.dice.IntN(len(free))]
	q.active = n
	n.active = append(n.active, q)
	t.mu.Unlock()
	t.note("task", n.name+" "+q.ID)
	go t.work(n, q)
	return true
}

// work runs a handler as the queue's server does.
func (t *transport) work(n *node, q *queued) {
	ctx, cancel := context.WithTimeout(context.WithValue(n.context(), taskKey{}, q.ID), t.policies[q.Type].Own)
	defer cancel()
	n.parkAs("begin "+q.Type, q.ID)
	t.ended(n, q, n.handlers[q.Type](ctx, q.Payload))
}

// ended decides what becomes of a task, as the queue does.
func (t *transport) ended(n *node, q *queued, err error) {
	n.parkAs("end "+q.Type, q.ID)
	t.mu.Lock()
	defer t.mu.Unlock()
	n.active = slices.DeleteFunc(n.active, func(o *queued) bool { return o == q })
	q.active = nil
	later, isLater := errors.AsType[*queue.RetryAfter](err)
	switch {
	case err == nil, errors.Is(err, queue.ErrDrop):
		t.over(q, t.policies[q.Type].Retention > 0)
	case isLater:
		q.due = time.Now().Add(max(later.After, 100*time.Millisecond))
	case q.retries >= t.policies[q.Type].MaxRetry:
		t.seen["task archived"]++
		t.over(q, true)
	default:
		q.retries++
		q.due = time.Now().Add(min(time.Minute, time.Second<<min(q.retries, 6)))
	}
}

// over forgets a task, but not its id if that stays known.
func (t *transport) over(q *queued, known bool) {
	n := len(t.tasks)
	t.tasks = slices.DeleteFunc(t.tasks, func(o *queued) bool { return o == q })
	if known && len(t.tasks) < n {
		t.taken[q.ID] = true
	}
}

// died implements carrier. The queue notices in a minute or two that nobody has the tasks any more.
func (t *transport) died(n *node) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, q := range n.active {
		q.active, q.due = nil, time.Now().Add(time.Duration(60+t.dice.IntN(65))*time.Second)
	}
}

// wipe loses everything.
func (t *transport) wipe() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults["wipe"]++
	for _, n := range t.nodes {
		n.active = nil // what runs goes on, but nobody knows of it
	}
	t.tasks, t.lost = nil, true
	clear(t.lanes)
	clear(t.bodies)
	clear(t.taken)
}

// wiped implements workers.Config.Wiped.
func (t *transport) wiped(ctx context.Context) (bool, error) {
	t.at(ctx, "wiped?")
	t.mu.Lock()
	defer t.mu.Unlock()
	lost := t.lost
	t.lost = false
	return lost, nil
}

// take puts an update where the front-end does: money does not wait in lanes.
func (t *transport) take(u queue.Update) {
	parsed := must(telegram.ParseUpdate(u.Raw))
	if paying(parsed) {
		t.add(must(t.sealer.PaymentTask(u)))
		return
	}
	t.push(u)
}

// paying reports whether an update is about money.
func paying(u telegram.Update) bool {
	m := u.Message
	return u.PreCheckoutQuery != nil || m != nil && (m.SuccessfulPayment != nil || m.RefundedPayment != nil)
}

// push puts an update into its lane, unless it is there, and sees that somebody drains it.
func (t *transport) push(u queue.Update) {
	t.mu.Lock()
	l := t.lanes[u.Lane]
	if l == nil {
		l = &lane{epoch: time.Now().UnixMicro()}
		t.lanes[u.Lane] = l
	}
	if !slices.ContainsFunc(l.items, func(o queue.Update) bool { return o.Hash == u.Hash }) {
		l.items = append(l.items, u)
	}
	epoch := l.epoch
	t.mu.Unlock()
	t.add(queue.NewChatDrainTask(u.Lane, epoch))
}

// Drain implements workers.Lanes.
func (t *transport) Drain(ctx context.Context, hash string, epoch int64, h queue.Handler) error {
	n := ctx.Value(nodeKey{}).(*node)
	n.park("lane take")
	t.mu.Lock()
	l := t.lanes[hash]
	if l == nil || l.epoch != epoch || l.leased() || len(l.items) == 0 {
		t.mu.Unlock()
		return nil
	}
	l.holder = n
	t.mu.Unlock()
	for head, ok := t.head(hash, l); ok; head, ok = t.head(hash, l) {
		if wait, err := t.handle(ctx, hash, l, h, head); err != nil {
			t.release(hash, l, wait)
			return nil
		}
		n.park("lane remove")
		t.mu.Lock()
		if t.lanes[hash] == l && len(l.items) > 0 && l.items[0].Hash == head.Hash {
			l.items, l.tries = l.items[1:], 0
		}
		t.mu.Unlock()
		t.acknowledge(head.Hash)
	}
	t.release(hash, l, 0)
	return nil
}

func (l *lane) leased() bool {
	if l.holder == nil {
		return false
	}
	if l.holder.dead && l.until.IsZero() {
		l.until = time.Now().Add(laneLease)
	}
	return !l.holder.dead || time.Now().Before(l.until)
}

func (t *transport) head(hash string, l *lane) (queue.Update, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lanes[hash] != l || len(l.items) == 0 {
		return queue.Update{}, false
	}
	l.tries++
	u := l.items[0]
	u.Tries = l.tries
	return u, true
}

const laneTries = 5

// handle has a head handled, or buried if that failed too often. The error says that the head stays.
func (t *transport) handle(ctx context.Context, hash string, l *lane, h queue.Handler, u queue.Update) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if u.Tries <= laneTries {
		err = h.Handle(ctx, u)
	} else {
		err = h.Dead(ctx, u, errors.New("too often"), u.Tries-1)
	}
	if later, ok := errors.AsType[*queue.RetryAfter](err); ok {
		t.mu.Lock()
		l.tries--
		t.mu.Unlock()
		return later.After, err
	}
	return time.Second, err
}

// release gives a lane back and has the next drain come.
func (t *transport) release(hash string, l *lane, wait time.Duration) {
	l.holder.park("lane release")
	t.mu.Lock()
	l.holder, l.until = nil, time.Time{}
	l.epoch++
	left, epoch := len(l.items) > 0 && t.lanes[hash] == l, l.epoch
	t.mu.Unlock()
	if left {
		t.add(queue.NewChatDrainTask(hash, epoch).After(wait))
	}
}

// Sweep implements workers.Lanes.
func (t *transport) Sweep(ctx context.Context, _ int) (n int, err error) {
	t.at(ctx, "lanes sweep")
	t.mu.Lock()
	var all []queue.Task
	for _, hash := range slices.Sorted(maps.Keys(t.lanes)) {
		if l := t.lanes[hash]; len(l.items) > 0 && !l.leased() {
			l.holder, l.until = nil, time.Time{}
			l.epoch++
			all = append(all, queue.NewChatDrainTask(hash, l.epoch))
		}
	}
	t.mu.Unlock()
	for _, task := range all {
		t.add(task)
	}
	return len(all), nil
}

// Put implements workers.Bodies.
func (t *transport) Put(ctx context.Context, hash string, body []byte) error {
	t.at(ctx, "body put")
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bodies[hash] = slices.Clone(body)
	return nil
}

// Get implements workers.Bodies.
func (t *transport) Get(ctx context.Context, hash string) ([]byte, error) {
	t.at(ctx, "body get")
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bodies[hash], nil
}

// Drop implements workers.Bodies.
func (t *transport) Drop(ctx context.Context, hashes ...string) error {
	t.at(ctx, "body drop")
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, h := range hashes {
		delete(t.bodies, h)
	}
	return nil
}

// busy implements carrier.
func (t *transport) busy() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.nodes, func(n *node) bool { return len(n.active) > 0 })
}
