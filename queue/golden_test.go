package queue_test

import (
	"context"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// update writes the golden files that are missing. One that is there is what a release has written: it is never changed.
var update = flag.Bool("update", false, "write golden files that are missing")

// goldenFile reads a file of testdata/golden, which make says where there is none yet.
func goldenFile(t *testing.T, name string, make func() any) []byte {
	t.Helper()
	name = filepath.Join("testdata", "golden", name)
	text, err := os.ReadFile(name)
	if os.IsNotExist(err) && *update {
		if text, err = json.MarshalIndent(make(), "", "  "); err != nil {
			t.Fatal(err)
		}
		err = os.WriteFile(name, append(text, '\n'), 0o600)
	}
	if err != nil {
		t.Fatalf("%v: run with -update once the form is what it is to be", err)
	}
	return text
}

// goldenTask is a task as a release has enqueued it.
type goldenTask struct {
	Type    string         `json:"type"`
	ID      string         `json:"id"`
	Payload map[string]any `json:"payload"`
}

// TestGoldenFiles: what any release so far has enqueued is read by this one, field for field. Each task type has a file for
// each version of its payload.
func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, g := range golden {
		goldenFile(t, strings.ReplaceAll(g.task.Type, ":", "-")+".v1.json", func() any {
			var payload map[string]any
			if err := json.Unmarshal([]byte(g.payload), &payload); err != nil {
				t.Fatal(err)
			}
			return goldenTask{g.task.Type, g.id, payload}
		})
		files, err := filepath.Glob(filepath.Join("testdata", "golden", strings.ReplaceAll(g.task.Type, ":", "-")+".v*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no golden file: %v", g.task.Type, err)
		}
		for _, name := range files {
			checkGoldenTask(t, name, g.decode)
		}
	}
}

func checkGoldenTask(t *testing.T, name string, decode func([]byte) (any, error)) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var g struct {
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	got, err := decode(g.Payload)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	read, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fields(t, g.Payload), fields(t, read)); diff != "" {
		t.Errorf("%s: what was written and what is read (-was +is):\n%s", name, diff)
	}
}

// fields of an object, but for its version.
func fields(t *testing.T, text []byte) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "v")
	return m
}

// goldenSeal is an update as a release has sealed it, and the names it gave things.
type goldenSeal struct {
	Secret  []byte `json:"secret"`
	Bot     int64  `json:"bot"`
	Chat    int64  `json:"chat"`
	Update  int64  `json:"update"`
	Raw     string `json:"raw"`
	Lane    string `json:"lane"`
	Hash    string `json:"hash"`
	InLane  []byte `json:"in_lane"`
	Payment []byte `json:"payment"`
	MAC     []byte `json:"mac"`
}

func newGoldenSeal(t *testing.T) goldenSeal {
	g := goldenSeal{Secret: []byte("0123456789abcdef0123456789abcdef"), Bot: 7000000001, Chat: -1001234567890, Update: 42, Raw: `{"update_id":42}`}
	k, err := queue.NewKeys(g.Secret)
	if err != nil {
		t.Fatal(err)
	}
	g.Lane, g.Hash, g.MAC = k.LaneHash(g.Bot, g.Chat), k.UpdateHash(g.Bot, g.Update), k.MAC("button", "ag", "1")
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if g.InLane, err = k.SealLane(g.Hash, g.Lane, g.Bot, at, []byte(g.Raw)); err != nil {
		t.Fatal(err)
	}
	if g.Payment, err = k.SealPayment(g.Hash, g.Bot, at, []byte(g.Raw)); err != nil {
		t.Fatal(err)
	}
	return g
}

func readGoldenSeal(t *testing.T) (g goldenSeal, k *queue.Keys) {
	t.Helper()
	text := goldenFile(t, "sealed.v1.json", func() any { return newGoldenSeal(t) })
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	k, err := queue.NewKeys(g.Secret)
	if err != nil {
		t.Fatal(err)
	}
	return g, k
}

// TestGoldenSeal: what any release so far has sealed is opened by this one, and things keep the names they had: another name
// of a lane would lose its order, another signature every button.
func TestGoldenSeal(t *testing.T) {
	t.Parallel()
	g, k := readGoldenSeal(t)
	if k.LaneHash(g.Bot, g.Chat) != g.Lane || k.UpdateHash(g.Bot, g.Update) != g.Hash || string(k.MAC("button", "ag", "1")) != string(g.MAC) {
		t.Error("a lane, an update or a signature is another than it was")
	}
	inLane, err := k.OpenLane(g.Hash, g.Lane, g.InLane)
	payment, err2 := k.OpenPayment(queue.UpdatePayment{Version: 1, Hash: g.Hash, Sealed: g.Payment})
	for name, u := range map[string]queue.Update{"in a lane": inLane, "of a payment": payment} {
		if err != nil || err2 != nil || u.Bot != g.Bot || string(u.Raw) != g.Raw || !u.Received.Equal(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)) {
			t.Errorf("an update %s: %+v, %v, %v", name, u, err, err2)
		}
	}
}

// goldenLane is a lane with an update in it, as a release has left it in Redis.
type goldenLane struct {
	IDs   []string          `json:"ids"`
	Items map[string][]byte `json:"items"`
	Meta  map[string]string `json:"meta"`
}

// TestGoldenLane: an update that an earlier release has pushed, and whose drain is gone, is handled by this one.
func TestGoldenLane(t *testing.T) {
	t.Parallel()
	seal, k := readGoldenSeal(t)
	var g goldenLane
	err := json.Unmarshal(goldenFile(t, "lane.v1.json", func() any {
		return goldenLane{[]string{seal.Hash}, map[string][]byte{seal.Hash: seal.InLane}, map[string]string{
			"epoch": "1794830000000001", "bytes": "128", "due": "1794830000000001", "sweeps": "0",
		}}
	}), &g)
	if err != nil {
		t.Fatal(err)
	}
	queuetest.Each(t, func(t *testing.T, r *queue.Redis) {
		names := queue.LaneKeys(seal.Lane)
		_, err := r.Conn().Pipelined(t.Context(), func(p redis.Pipeliner) error {
			p.RPush(t.Context(), names[0], g.IDs)
			for hash, sealed := range g.Items {
				p.HSet(t.Context(), names[1], hash, sealed)
			}
			p.HSet(t.Context(), names[2], maps.Clone(g.Meta))
			return p.ZAdd(t.Context(), queue.LaneIndex, redis.Z{Score: 1, Member: seal.Lane}).Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		client := queue.NewClient(r, 0, nil)
		b := &bundle{r: r, keys: k, client: client, lanes: queue.NewLanes(r, client, k, queue.LaneConfig{}, nil, nil)}
		w := newWorld()
		handled := make(chan queue.Update, 1)
		w.before = func(_ context.Context, u queue.Update) error {
			handled <- u
			return nil
		}
		b.serve(t, 1, w)
		b.sweep(t)
		if u := <-handled; string(u.Raw) != seal.Raw || u.Bot != seal.Bot {
			t.Errorf("handled %+v", u)
		}
	})
}
