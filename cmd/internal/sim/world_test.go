package sim_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/moderation"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
	"github.com/imagika/imagika/workers/texts"
)

// How much there is of everything.
const (
	processes = 2
	slots     = 4 // tasks that a process works on at once
	callTime  = 20 * time.Second
	stormTime = 2 * time.Minute
	afterglow = 30 * time.Second // after the storm, for what comes late
	calmTime  = 40 * time.Minute // by then nothing may be left to do; Telegram's list of payments is looked at twice
)

// catalog is what the bot says; it is read only.
var catalog = sync.OnceValues(texts.New)

// rules judge prompts; they are read only too.
var rules = sync.OnceValues(func() (*moderation.Judge, error) {
	r, err := moderation.Default()
	return moderation.NewJudge(r, nil), err
})

// world is everything there is of a seed.
type world struct {
	*testing.T
	seed    uint64
	dir     string     // of its files
	dice    *rand.Rand // of the scheduler
	begun   time.Time
	store   *storage.Store
	keys    *keys.Store
	sealer  *queue.Keys
	bucket  *bucket
	tg      *telegramtest.Server
	router  *providers.Router
	limits  *limits
	client  *telegram.Client
	things  *objects.Store
	fakes   []providers.Provider
	queue   carrier
	model   *transport // the queue, if it is the model; else everybody goes on by themselves
	talking bool       // somebody was found to talk with
	people  []*person
	nodes   []*node
	running atomic.Pointer[node] // that goes on now, where the queue is the model
	raw     *sql.DB              // the database, for the checker
	lasted  time.Duration
	steps   int
	keep    bool

	pen     sync.Mutex // guards what follows
	queries map[string]*sql.Stmt
	lines   []string // what happened, if somebody wants to read it
	trace   uint64   // its hash

	mu     sync.Mutex     // guards what follows
	talked bool           // somebody sent something since the last look
	seen   map[string]int // of what programs told in their logs
	parked []*parking
	counts map[string]uint64 // effects so far, by kind
	calm   bool              // no faults any more
	events []event
	faults map[string]int
	bad    []string
	unread map[string]queue.Update // by hash: what Telegram still gives out
	ids    map[string]int64        // of updates, by hash
	offset int64
	called map[string]int // calls of the provider, by attempt
	woken  chan struct{}  // has an element if somebody parked
}

// carrier brings updates and tasks to processes: a model of the queue, or the real one.
type carrier interface {
	take(u queue.Update) // as the front-end does
	wipe()               // loses everything
	pause(queue string, d time.Duration)
	equip(n *node, c *workers.Config) // gives a process its ways to the queue
	start(n *node)                    // begins to give it tasks
	died(n *node)
	busy() bool // says that somebody works on a task
}

// event is something that happens at its time whatever the pipeline does.
type event struct {
	at   time.Time
	what string
	do   func()
}

// parking is somebody who waits to be let go on.
type parking struct {
	node *node
	what string
	who  string // the task it is about, where that is known
	free chan struct{}
}

// node is a process: it has its own memory and dies as a whole.
type node struct {
	*world
	name     string
	workers  *workers.Workers
	handlers map[string]queue.HandlerFunc
	dead     bool         // guarded by the world's lock
	stalled  time.Time    // until then it does nothing at all
	skew     atomic.Int64 // by how much its clock is wrong, ns
	active   []*queued
	// Where the queue is the real one:
	redis   *queue.Redis
	server  *queue.Server
	started chan struct{} // is closed when the server has
	up      atomic.Bool   // after that
	working atomic.Int64  // handlers
}

type (
	nodeKey struct{}
	taskKey struct{}
)

// newWorld makes a world with people who have credits and agreed to the terms, and starts its processes.
func newWorld(t *testing.T, seed uint64, crowd int, keep bool, queueOf func(*world) carrier) *world {
	t.Helper()
	w := &world{
		queries: map[string]*sql.Stmt{}, ids: map[string]int64{},
		T: t, seed: seed, dice: rand.New(rand.NewPCG(seed, 1)), begun: time.Now(), counts: map[string]uint64{}, faults: map[string]int{}, unread: map[string]queue.Update{}, called: map[string]int{},
		woken: make(chan struct{}, 1), trace: 14695981039346656037, seen: map[string]int{}, keep: keep,
	}
	dir := scratch(t)
	w.dir = dir
	storagetest.CopySQLite(t, filepath.Join(dir, "imagika.db"))
	w.keys = must(keys.Open(t.Context(), keys.Config{URL: "file:" + filepath.Join(dir, "keys.db"), Master: must(keys.ParseMasterKeys(keys.GenerateMaster()))}))
	w.store = must(storage.Open(t.Context(), storage.Config{
		URL: "file:" + filepath.Join(dir, "imagika.db"), Keys: w.keys, Step: func(ctx context.Context) { w.at(ctx, "sql") }, Now: w.clock,
	}))
	w.raw = must(sql.Open("sqlite", "file:"+filepath.Join(dir, "imagika.db")+"?_pragma=busy_timeout(10000)"))
	w.sealer = must(queue.NewKeys([]byte(strings.Repeat("k", queue.SecretSize))))
	w.tg = telegramtest.New(telegramtest.Options{OnViolation: func(v telegramtest.Violation) { w.wrong("telegram: %v", v) }})
	w.tg.JumpUpdateIDs(1_000_000)
	w.bucket = &bucket{things: map[string][]byte{}}
	w.client = must(telegram.New(telegram.Config{URL: "http://telegram", Token: w.tg.Token(), HTTP: &http.Client{Transport: &line{w, "telegram", w.tg}}}))
	w.things = must(objects.Open(t.Context(), objects.Config{Endpoint: "bucket", Bucket: "bucket", Key: "k", Secret: "s", Transport: &line{w, "bucket", w.bucket}}))
	w.limits = &limits{w, providers.NewLocalLimits()}
	w.fakes = []providers.Provider{
		&painter{providertest.NewFake("fake"), w},
		&painter{providertest.NewFake("spare", providertest.FakeModel("fake")), w}, // has one of the other's models as well
	}
	for _, p := range w.fakes {
		p.(*painter).Script(w.script)
	}
	w.router = must(providers.NewRouter(providers.Config{
		Limits: w.limits, States: providers.NewLocalStates(), Providers: w.fakes, Draw: func() float64 { return min(w.draw("router"), 0.999) },
	}))
	w.queue = queueOf(w)
	for i := range crowd {
		w.people = append(w.people, w.newPerson(i))
	}
	for i := range processes {
		w.start(fmt.Sprint("p", i))
	}
	return w
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// start starts a process, which sweeps like all of them.
func (w *world) start(name string) {
	n := &node{world: w, name: name}
	n.setClock()
	c := workers.Config{
		Settings: workers.Settings{
			Price: 1, Conversations: true, CallTimeout: callTime, RefundWindow: 24 * time.Hour, EraseGrace: 3 * time.Second, Reconcile: 5 * time.Minute, SpoolDir: w.dir,
		},
		Store: w.store, Objects: w.things, Keys: w.keys, Shop: must(goods()), Sealer: w.sealer, Limits: w.limits, Router: w.router, Telegram: w.client,
		BotName: "imagika_test_bot", Texts: must(catalog()), Rules: must(rules()), Step: func(name string) { n.park("step " + name) }, Log: slog.New(ear{w}),
	}
	w.queue.equip(n, &c)
	n.workers = must(workers.New(c))
	n.handlers = n.workers.Handlers()
	w.mu.Lock()
	w.nodes = append(w.nodes, n)
	w.mu.Unlock()
	w.queue.start(n)
	go func() { _ = n.workers.Sweep(n.context()) }()
}

func (n *node) context() context.Context {
	return context.WithValue(context.Background(), nodeKey{}, n)
}

// scratch is a folder in memory, where there is one: a world asks a thousand times that its files be on the disk.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "imagika-sim-") //nolint:usetesting // not where the others are
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// at parks whoever is about to do something; what the world does itself goes on.
func (w *world) at(ctx context.Context, what string) {
	if n, ok := ctx.Value(nodeKey{}).(*node); ok {
		who, _ := ctx.Value(taskKey{}).(string)
		n.parkAs(what, who)
	}
}

func (n *node) park(what string) { n.parkAs(what, "") }

// parkAs returns when the scheduler lets this go on. It ends the goroutine if its process is dead.
func (n *node) parkAs(what, who string) {
	if n.model == nil {
		n.stroll(what)
		return
	}
	p := &parking{n, what, who, make(chan struct{})}
	n.mu.Lock()
	if n.dead {
		n.mu.Unlock()
		runtime.Goexit()
	}
	n.parked = append(n.parked, p)
	n.mu.Unlock()
	select {
	case n.woken <- struct{}{}:
	default:
	}
	<-p.free
	n.mu.Lock()
	dead := n.dead
	n.mu.Unlock()
	if dead {
		runtime.Goexit()
	}
}

// alive reports whether there still is the process that asks.
func alive(ctx context.Context) bool {
	n, ok := ctx.Value(nodeKey{}).(*node)
	if !ok {
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.dead
}

// chance draws whether something of this kind goes wrong this time.
func (w *world) chance(kind string, p float64) bool { return w.draw(kind) < p }

// draw is a number that follows from the seed, the kind and how many were drawn of it.
func (w *world) draw(kind string) float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calm {
		return 1
	}
	w.counts[kind]++
	h := fnv.New64a()
	fmt.Fprint(h, w.seed, kind, w.counts[kind])
	return rand.New(rand.NewPCG(h.Sum64(), w.seed)).Float64()
}

// struck counts a fault.
func (w *world) struck(kind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[kind]++
	w.note("fault", kind)
}

// wrong notes that a promise is broken.
func (w *world) wrong(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.bad) < 20 {
		w.bad = append(w.bad, fmt.Sprintf(format, args...))
	}
}

// after has something happen, unless the world ends before.
func (w *world) after(d time.Duration, what string, do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, event{time.Now().Add(d), what, do})
}

// end ends all processes and lets what is left of them notice it.
func (w *world) end() {
	w.die()
	for range 200 {
		w.mu.Lock()
		all := w.parked
		w.parked = nil
		w.mu.Unlock()
		for _, p := range all {
			close(p.free)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
	}
	w.close()
}

// die ends all processes.
func (w *world) die() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.nodes {
		n.dead = true
	}
}

// close closes what processes share.
func (w *world) close() {
	w.tg.Close()
	w.things.Close()
	if err := errors.Join(w.raw.Close(), w.keys.Close()); err != nil {
		w.Error(err)
	}
	if err := w.store.Close(); err != nil {
		w.Error(err)
	}
}
