package chaos_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/cmd/internal/config"
)

// berth is the place of one process: when it dies another takes it, as an orchestrator sees to it.
type berth struct {
	name string
	role config.Role
	w    *world
	log  *os.File

	mu     sync.Mutex // of whoever does something to the process
	now    *apptest.Child
	admin  string
	starts int
	failed int // starts that failed, because something it needs was away
	deaths int // nobody killed it
}

// fleet is all processes.
type fleet struct {
	w      *world
	berths []*berth
	mu     sync.Mutex
	states map[string]int // what the workers found their providers to be
	tended sync.WaitGroup
	stop   context.CancelFunc
}

// launch starts the processes and keeps them going.
func (w *world) launch(workers int) *fleet {
	w.t.Helper()
	f := &fleet{w: w, states: map[string]int{}}
	roles := []config.Role{config.RoleBot, config.RoleWeb}
	for range workers {
		roles = append(roles, config.RoleWorker)
	}
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	for i, role := range roles {
		b := &berth{name: fmt.Sprintf("%s-%d", role, i), role: role, w: w}
		b.open()
		f.berths = append(f.berths, b)
		f.tended.Go(func() { b.tend(ctx) })
	}
	w.t.Cleanup(f.end)
	for _, b := range f.berths {
		within(w.t, time.Minute, b.name+" does not start", func() bool { return b.address() != "" })
	}
	return f
}

// open opens the log of a berth, which is shown when the test fails.
func (b *berth) open() {
	t := b.w.t
	path := filepath.Join(t.ArtifactDir(), b.name+".log")
	log, err := os.Create(path)
	fatal(t, err)
	b.log = log
	t.Cleanup(func() {
		_ = log.Close()
		if text, err := os.ReadFile(path); err == nil && t.Failed() {
			t.Logf("what %s said last:\n%s", b.name, text[max(0, len(text)-6_000):])
		}
	})
}

// tend has a process in the berth until ctx ends.
func (b *berth) tend(ctx context.Context) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		b.mu.Lock()
		if b.now != nil && b.now.Ended() {
			b.now, b.deaths = nil, b.deaths+1
		}
		if b.now == nil && ctx.Err() == nil {
			b.start()
		}
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// start starts a process. Its listener for operators gets an address that we know.
func (b *berth) start() {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	b.admin = l.Addr().String()
	_ = l.Close()
	c, err := apptest.Start(apptest.Process{Role: b.role, Env: b.w.environ("IMAGIKA_ADMIN_ADDR=" + b.admin), Log: b.log})
	if err != nil {
		b.failed++
		_, _ = fmt.Fprintln(b.log, err)
		return
	}
	b.now, b.starts = c, b.starts+1
}

// address is where the process tells how it is; empty while there is none.
func (b *berth) address() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil {
		return ""
	}
	return b.admin
}

// kill ends the process as kill -9 does, frozen or not.
func (b *berth) kill() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now != nil {
		b.now.Kill()
		b.now = nil
	}
}

// freeze stops the process for a while, as a machine does that is paused.
func (b *berth) freeze(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now != nil && b.now.Signal(syscall.SIGSTOP) == nil {
		time.Sleep(d)
		_ = b.now.Signal(syscall.SIGCONT)
	}
}

// stopGrace is how long a process that is told to stop may take: IMAGIKA_STOP_GRACE, and something for a busy machine. In a short
// run nobody has that long: an impatient orchestrator is a fault as well.
func stopGrace() time.Duration {
	if *duration < time.Minute {
		return 8 * time.Second
	}
	return 40 * time.Second
}

// replace tells the process to stop and waits for that, as a release does. It reports whether it stopped in time; else it is killed.
func (b *berth) replace() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil {
		return true
	}
	defer func() { b.now = nil }()
	if b.now.Stop(stopGrace()) {
		return true
	}
	if b.now.Signal(syscall.SIGQUIT) == nil { // its log tells where it stood
		time.Sleep(time.Second)
	}
	b.now.Kill()
	return false
}

// end kills everything that runs.
func (f *fleet) end() {
	f.stop()
	f.tended.Wait()
	for _, b := range f.berths {
		b.kill()
	}
}

// up waits until every berth has a process that says it is well.
func (f *fleet) up() {
	f.w.t.Helper()
	for _, b := range f.berths {
		within(f.w.t, time.Minute, b.name+" is not well", func() bool {
			status, _ := f.get(b, "/livez")
			return status == http.StatusOK
		})
	}
}

// get asks a process, and returns zero if it does not answer.
func (f *fleet) get(b *berth, path string) (status int, text []byte) {
	address := b.address()
	if address == "" {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, http.NoBody)
	if err != nil {
		return 0, nil
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer res.Body.Close()
	text, _ = io.ReadAll(res.Body)
	return res.StatusCode, text
}

var stateLine = regexp.MustCompile(`(?m)^imagika_provider_state\{provider="\w+",state="(\w+)"\} 1$`)

// observe counts in what states the workers find their providers.
func (f *fleet) observe() {
	for _, b := range f.berths {
		if b.role != config.RoleWorker {
			continue
		}
		_, text := f.get(b, "/metrics")
		for _, m := range stateLine.FindAllSubmatch(text, -1) {
			f.mu.Lock()
			f.states[string(m[1])]++
			f.mu.Unlock()
		}
	}
}

// within polls until done, or fails the test. A busy machine may take three times as long.
func within(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * limit); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %s: %s", 3*limit, what)
		}
	}
}
