package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers"
)

// What an operator and an autoscaler see of the pools of a running process, and what a drain does to it: it says at once
// that it takes nothing more, to whoever asks.
func TestPoolsOfARunningProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	w.env["IMAGIKA_POOLS"], w.env["IMAGIKA_SCALE"] = "payments=2,interactive=4,generate=3,deliver=4,maintenance=1", "generate=2-5"
	a, _ := w.start()
	cfg, err := config.Load(config.RoleTool, w.environ())
	if err != nil {
		t.Fatal(err)
	}
	answer := func(path string) (int, string) {
		t.Helper()
		res, err := http.Get("http://" + a.AdminAddr + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	var process string
	within(t, 20*time.Second, "the pools are not on the roster", func() bool {
		err := app.WithPools(t.Context(), cfg, slog.New(slog.DiscardHandler), func(p app.Pools) error {
			seats, err := p.Seats(t.Context())
			if err == nil && len(seats) == 5 {
				process = seats[0].Process
			}
			return err
		})
		return err == nil && process != ""
	})
	code, body := answer("/autoscale?pool=generate")
	var one queue.Scale
	if err := json.Unmarshal([]byte(body), &one); err != nil || code != http.StatusOK || one.Want != 2 || one.Slots != 3 || one.Running != 1 {
		t.Errorf("autoscale: %d %s, %v", code, body, err)
	}
	if code, body := answer("/autoscale"); code != http.StatusOK || strings.Count(body, `"want"`) != 6 {
		t.Errorf("autoscale of all: %d %s", code, body)
	}
	if code, body := answer("/autoscale?pool=paint"); code != http.StatusNotFound || !strings.Contains(body, `"paint": there are payments`) {
		t.Errorf("autoscale of a pool that is none: %d %s", code, body)
	}
	err = app.WithPools(t.Context(), cfg, slog.New(slog.DiscardHandler), func(p app.Pools) error {
		if err := p.Drain(t.Context(), "nobody"); !errors.As(err, new(*workers.OperatorError)) {
			t.Errorf("drain of nobody: %v", err)
		}
		if _, err := p.Scales(t.Context(), "paint"); !errors.As(err, new(*workers.OperatorError)) {
			t.Errorf("scale of a pool that is none: %v", err)
		}
		return p.Drain(t.Context(), process)
	})
	if err != nil {
		t.Fatal(err)
	}
	within(t, 20*time.Second, "the process does not say that it drains", func() bool {
		code, body := answer("/readyz")
		return code == http.StatusServiceUnavailable && strings.Contains(body, "stopping")
	})
	within(t, 20*time.Second, "a process that drains is counted", func() bool {
		code, body := answer("/autoscale?pool=generate")
		return code == http.StatusOK && strings.Contains(body, `"running":0`)
	})
}
