package bot

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/queue"
)

// run runs the bot for d of faked time, and waits for its end.
func run(t *testing.T, b *Bot, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := b.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestNothingIsLostAndOrderIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &telegram{updates: messages(1000, 1000)}
		f := &front{fail: func(n int, _ queue.Incoming) error {
			if n%97 == 0 {
				return errDown
			}
			return nil
		}}
		b := newBot(t, s, f, nil)
		// Crashes: the run ends in the middle, and starts anew without any memory, several times.
		for range 4 {
			ctx, cancel := context.WithCancel(t.Context())
			crashed := false
			f.mu.Lock()
			pushes := f.pushes
			was := f.fail
			f.fail = func(n int, in queue.Incoming) error {
				if n > pushes+150 && !crashed {
					crashed = true
					cancel()
					return errDown
				}
				return was(n, in)
			}
			f.mu.Unlock()
			_ = b.Run(ctx)
			cancel()
			f.mu.Lock()
			f.fail = was
			f.mu.Unlock()
		}
		run(t, b, 10*time.Minute)
		if diff := cmp.Diff(idsFrom(1000, 1000), f.ids()); diff != "" {
			t.Errorf("stored updates (-want +got):\n%s", diff)
		}
		if len(s.updates) != 0 {
			t.Errorf("%d updates were not confirmed", len(s.updates))
		}
	})
}

func TestAFailedPushStopsTheBatchAndWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &telegram{updates: messages(1, 5)}
		var failed, repeated time.Time
		f := &front{fail: func(n int, _ queue.Incoming) error {
			switch n {
			case 3:
				failed = time.Now()
				return errDown
			case 4:
				repeated = time.Now()
			}
			return nil
		}}
		run(t, newBot(t, s, f, nil), time.Minute)
		if diff := cmp.Diff(idsFrom(1, 5), f.ids()); diff != "" {
			t.Error(diff)
		}
		if wait := repeated.Sub(failed); wait < 500*time.Millisecond {
			t.Errorf("asked again after %v", wait)
		}
		if diff := cmp.Diff([]int64{0, 3, 6}, s.offsets[:3]); diff != "" {
			t.Errorf("offsets: %s", diff)
		}
	})
}

func TestAFailedPushKeepsWhatHasNoEffectYet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &telegram{updates: messages(1, 5)}
		f := &front{needs: map[int64]int{2: 2}, fail: func(n int, _ queue.Incoming) error {
			if n == 3 {
				return errDown
			}
			return nil
		}}
		m, read := newMetrics(t)
		run(t, newBot(t, s, f, func(c *Config) { c.Metrics = m }), time.Minute)
		if diff := cmp.Diff([]int64{0, 2, 6}, s.offsets[:3]); diff != "" {
			t.Errorf("offsets: %s", diff)
		}
		if got := read("imagika_bot_stragglers_total"); got != 0 {
			t.Errorf("%v stragglers, want none", got)
		}
	})
}

func TestIDsThatRestartLower(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &telegram{updates: append(messages(900, 2), messages(7, 2)...)}
		f := &front{}
		run(t, newBot(t, s, f, nil), time.Minute)
		if diff := cmp.Diff([]int64{900, 901, 7, 8}, f.ids()); diff != "" {
			t.Error(diff)
		}
		if !slices.Contains(s.offsets, 9) {
			t.Errorf("offsets %v never follow the restarted ids", s.offsets)
		}
	})
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		status      int
		body        string
		least, most int // polls in ten minutes
		unhealthy   bool
	}{
		{"another poller", 409, `{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request"}`, 10, 35, true},
		{"flood", 429, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 45","parameters":{"retry_after":45}}`, 10, 14, true},
		{"gateway", 502, `<html>bad gateway</html>`, 10, 35, true},
		{"empty 200", 200, ``, 10, 35, true},
		{"odd result", 200, `{"ok":true,"result":{"update_id":1}}`, 10, 35, true},
		{"wrong token", 401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`, 8, 30, true},
		{"no such bot", 404, `{"ok":false,"error_code":404,"description":"Not Found"}`, 8, 30, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				s := &telegram{answer: func(_ int, method string) *http.Response {
					if method != "getUpdates" {
						return nil
					}
					return reply(tt.status, tt.body)
				}}
				b := newBot(t, s, &front{}, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
				run(t, b, 10*time.Minute)
				if n := s.count("getUpdates"); n < tt.least || n > tt.most {
					t.Errorf("%d polls in ten minutes, want %d to %d", n, tt.least, tt.most)
				}
				if b.Healthy() == nil {
					t.Error("healthy")
				}
				if lines := strings.Count(log.String(), "\n"); lines < 1 || lines > 11 {
					t.Errorf("%d log lines in ten minutes", lines)
				}
				if strings.Contains(log.String(), "canary") {
					t.Errorf("the token is in the log: %s", log.String())
				}
			})
		})
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &telegram{updates: messages(1, 3), answer: func(n int, _ string) *http.Response {
			if n > 1 && n < 8 {
				return reply(502, "<html>")
			}
			return nil
		}}
		f := &front{}
		b := newBot(t, s, f, nil)
		run(t, b, 5*time.Minute)
		if diff := cmp.Diff(idsFrom(1, 3), f.ids()); diff != "" {
			t.Error(diff)
		}
		if err := b.Healthy(); err != nil {
			t.Errorf("unhealthy after recovery: %v", err)
		}
	})
}

// What has no effect yet stays at Telegram, comes again and is pushed again, until it has one; what came before it does not.
func TestWhatHasNoEffectIsPushedAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		ack     Ack
		needs   map[int64]int
		offsets []int64
		took    time.Duration
	}{
		{"all in time", AckSQL, nil, []int64{0, 4}, 0},
		{"two are late", AckSQL, map[int64]int{2: 3, 3: 4}, []int64{0, 2, 2, 3, 4}, 7 * time.Second},
		{"the first is late", AckSQL, map[int64]int{1: 2}, []int64{0, 0, 4}, 5 * time.Second},
		{"acknowledged on enqueue", AckEnqueue, map[int64]int{2: 3}, []int64{0, 4}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var confirmed time.Duration
				s := &telegram{updates: messages(1, 3)}
				s.idle = func(ctx context.Context) {
					if confirmed == 0 {
						confirmed = time.Since(start) + 1
					}
					<-ctx.Done()
				}
				m, read := newMetrics(t)
				run(t, newBot(t, s, &front{needs: tt.needs}, func(c *Config) { c.Metrics, c.Ack = m, tt.ack }), time.Minute)
				if diff := cmp.Diff(tt.offsets, s.offsets[:min(len(s.offsets), len(tt.offsets))]); diff != "" {
					t.Errorf("offsets: %s", diff)
				}
				if confirmed == 0 || confirmed < tt.took || confirmed > tt.took+time.Second {
					t.Errorf("confirmed after %v, want %v", confirmed, tt.took)
				}
				if pushed, late := read("imagika_bot_updates_total", outcomePushed, kindMessage), read("imagika_bot_stragglers_total"); pushed != 3 || late != 0 {
					t.Errorf("%v updates counted, want 3, and %v stragglers, want none", pushed, late)
				}
			})
		})
	}
}

// Telegram gives out a hundred updates at most. A few without an effect do not keep what comes behind them from being taken; where
// most have none there is nothing to be won by it, and nothing is passed over.
func TestFewDoNotHoldUpMany(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		stuck      int64
		left       int
		stragglers float64
	}{
		{"one is stuck", 1, 0, 1},
		{"most are stuck", 60, 150, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &front{needs: map[int64]int{}}
				for id := range tt.stuck {
					f.needs[id+1] = 1_000_000
				}
				s := &telegram{updates: messages(1, 150)}
				m, read := newMetrics(t)
				b := newBot(t, s, f, func(c *Config) { c.Metrics = m })
				run(t, b, 50*time.Second)
				if late := read("imagika_bot_stragglers_total"); late != 0 {
					t.Errorf("%v stragglers before their time", late)
				}
				run(t, b, 100*time.Second)
				if late := read("imagika_bot_stragglers_total"); len(s.updates) != tt.left || late != tt.stragglers {
					t.Errorf("%d updates are left, want %d; %v stragglers, want %v", len(s.updates), tt.left, late, tt.stragglers)
				}
				if n := s.count("getUpdates"); n > 170 {
					t.Errorf("%d polls in two minutes and a half", n)
				}
			})
		})
	}
}

func TestStopGivesUpThePollAndConfirmsTheLastBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &telegram{updates: messages(1, 3)}
		ctx, cancel := context.WithCancel(t.Context())
		// The end comes while the batch is being pushed.
		f := &front{fail: func(n int, _ queue.Incoming) error {
			if n == 2 {
				cancel()
			}
			return nil
		}}
		start := time.Now()
		_ = newBot(t, s, f, nil).Run(ctx)
		if took := time.Since(start); took > time.Second {
			t.Errorf("stopping took %v", took)
		}
		if diff := cmp.Diff(idsFrom(1, 3), f.ids()); diff != "" {
			t.Errorf("the batch was not finished: %s", diff)
		}
		if len(s.updates) != 0 {
			t.Error("the last batch was not confirmed")
		}
	})
}

func TestStopDoesNotConfirmWhatHasNoEffectYet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &telegram{updates: messages(1, 3)}
		f := &front{needs: map[int64]int{3: 2}}
		run(t, newBot(t, s, f, nil), 2*time.Second)
		if len(s.updates) != 1 {
			t.Errorf("%d updates are left, want the one without an effect", len(s.updates))
		}
	})
}

func TestPoisonDoesNotHoldUpTheBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &telegram{updates: []string{
			message(1), `"nonsense"`, `{"message":{}}`, `{"update_id":"7"}`, `{"update_id":2,"message":"not an object"}`,
			`{"update_id":3,"message":{"chat":"odd","from":{"id":9}}}`, message(4),
		}}
		f := &front{}
		m, read := newMetrics(t)
		run(t, newBot(t, s, f, func(c *Config) { c.Metrics = m }), time.Minute)
		if diff := cmp.Diff(idsFrom(1, 4), f.ids()); diff != "" {
			t.Error(diff)
		}
		if got := read("imagika_bot_updates_total", outcomeSkipped, kindUnreadable); got != 3 {
			t.Errorf("%v skipped, want 3", got)
		}
	})
}

func TestAFullLaneIsDroppedAndCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &telegram{updates: messages(1, 3)}
		m, read := newMetrics(t)
		f := &front{fail: func(_ int, in queue.Incoming) error {
			if in.UpdateID == 2 {
				return queue.ErrLaneFull
			}
			return nil
		}}
		run(t, newBot(t, s, f, func(c *Config) { c.Metrics = m }), time.Minute)
		if diff := cmp.Diff([]int64{1, 3}, f.ids()); diff != "" {
			t.Error(diff)
		}
		if got := read("imagika_bot_updates_total", outcomeFull, kindMessage); got != 1 {
			t.Errorf("%v full, want 1", got)
		}
	})
}
