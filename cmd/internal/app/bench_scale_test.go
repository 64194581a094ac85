package app_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/providers/local"
	"github.com/imagika/imagika/queue/queuetest"
)

// slow makes a world whose painter takes so long for a call, with so many calls at once in a process.
func slow(b *testing.B, delay time.Duration, slots int) *world {
	w := newWorld(b, onReal)
	w.env["IMAGIKA_WELCOME_CREDITS"], w.env["IMAGIKA_PERSON_WAITING"], w.env["IMAGIKA_PERSON_PARALLEL"] = "100000", "1000", "100"
	w.env["IMAGIKA_POOLS"] = fmt.Sprintf("payments,interactive,deliver,maintenance,conversation,generate=%d", slots)
	w.env[apptest.Flat], w.env["IMAGIKA_MODEL"] = delay.String(), local.ModelFlat
	return w
}

// BenchmarkScale is how many pictures a second 1, 2 and 4 worker processes make of a provider that takes a second for each and
// takes eight calls of each process at a time, beside what that allows at most. They share a Redis server.
func BenchmarkScale(b *testing.B) { benchScale(b, func(*world) {}) }

// BenchmarkScaleCluster is the same over a Redis Cluster of three nodes.
func BenchmarkScaleCluster(b *testing.B) {
	benchScale(b, func(w *world) { w.over(queuetest.StartCluster(b, "--appendonly", "yes")) })
}

func benchScale(b *testing.B, change func(*world)) {
	const slots, rounds = 8, 12
	for b.Loop() {
		var one float64
		for _, processes := range []int{1, 2, 4} {
			w := slow(b, time.Second, slots)
			change(w)
			c := &contender{world: w, name: "imagika", people: w.crowd(32)}
			children := []*apptest.Child{w.spawnRole(config.RoleBot, "")}
			for range processes {
				children = append(children, w.spawnRole(config.RoleWorker, ""))
			}
			w.agreeAll(c.people)
			c.paint(processes*slots, time.Minute) // connections
			start := time.Now()
			c.paint(processes*slots*rounds, 5*time.Minute)
			rate := float64(processes*slots*rounds) / time.Since(start).Seconds()
			if processes == 1 {
				one = rate
			}
			b.ReportMetric(rate, fmt.Sprintf("%d/s", processes))
			b.ReportMetric(rate/one/float64(processes), fmt.Sprintf("x_linear-%d", processes))
			for _, child := range children {
				child.Kill()
			}
		}
		b.ReportMetric(0, "ns/op")
	}
}

// BenchmarkResume is how long it takes until the work of a process that is killed goes on in another: from the kill, with twenty
// calls in flight, until the last of their pictures is there, less the call that had to be made again.
func BenchmarkResume(b *testing.B) {
	const delay, slots = 2 * time.Second, 20
	for b.Loop() {
		w := slow(b, delay, slots)
		w.env["IMAGIKA_ADMIN_ADDR"] = freeAddr(b)
		c := &contender{world: w, name: "imagika", people: w.crowd(slots)}
		victim := w.spawnRole(config.RoleRun, "")
		w.agreeAll(c.people)
		painted := c.painted(0, slots, 3*time.Minute)
		c.ask(slots)
		for end := time.Now().Add(time.Minute); w.metric("imagika_provider_inflight{") < slots; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				b.Fatal("the calls are not in flight")
			}
		}
		victim.Kill()
		killed := time.Now()
		w.env["IMAGIKA_ADMIN_ADDR"] = freeAddr(b)
		w.spawnRole(config.RoleRun, "")
		var last time.Time
		for _, at := range c.all(painted, slots) {
			if at.After(last) {
				last = at
			}
		}
		b.ReportMetric((last.Sub(killed) - delay).Seconds(), "resume-s")
		b.ReportMetric(0, "ns/op")
	}
}

// BenchmarkStart is how long the program takes from its start until it is ready, with everything in one process over servers that
// are there, and how large its file is.
func BenchmarkStart(b *testing.B) {
	program := filepath.Join(b.TempDir(), "imagika")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./cmd/imagika")
	build.Dir, build.Env = filepath.Join("..", "..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	file, err := os.Stat(program)
	if err != nil {
		b.Fatal(err)
	}
	w := newWorld(b, onReal)
	for b.Loop() {
		var took, idle []float64
		for range 5 {
			t, m := w.coldStart(program)
			took, idle = append(took, t.Seconds()*1000), append(idle, m)
		}
		b.ReportMetric(median(took), "start-ms")
		b.ReportMetric(median(idle), "idle-MB")
		b.ReportMetric(float64(file.Size())/(1<<20), "size-MB")
		b.ReportMetric(0, "ns/op")
	}
}

// coldStart starts the program, and ends it once it is ready. It returns how long that took and what is resident then, in MB.
func (w *world) coldStart(program string) (took time.Duration, idle float64) {
	w.t.Helper()
	w.env["IMAGIKA_ADMIN_ADDR"] = freeAddr(w.t)
	ctx, cancel := context.WithCancel(w.t.Context())
	cmd := exec.CommandContext(ctx, program, "run")
	cmd.Env, cmd.Stderr = append(os.Environ(), w.environ()...), os.Stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	for end := start.Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		res, err := http.Get("http://" + w.env["IMAGIKA_ADMIN_ADDR"] + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(start), resident(w.t, cmd.Process.Pid)
			}
		}
		if time.Now().After(end) {
			w.t.Fatal("the program does not become ready")
		}
	}
}
