package chaos_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/hibiken/asynq"

	"github.com/imagika/imagika/queue"
)

// golden is a task as a release has enqueued it.
type golden struct {
	Type    string         `json:"type"`
	Payload map[string]any `json:"payload"`
}

// replayed says of which rows the golden tasks of a type are made to be, by the query of one row, as JSON that goes into the payload.
var replayed = map[string]string{
	"generation:prepare":  `SELECT json_build_object('id', id) FROM generations ORDER BY random() LIMIT 1`,
	"generation:generate": `SELECT json_build_object('id', id) FROM generations ORDER BY random() LIMIT 1`,
	"generation:progress": `SELECT json_build_object('id', id) FROM generations ORDER BY random() LIMIT 1`,
	"generation:poll":     `SELECT json_build_object('attempt', id) FROM attempts ORDER BY random() LIMIT 1`,
	"delivery:send":       `SELECT json_build_object('id', id) FROM deliveries ORDER BY random() LIMIT 1`,
	"payment:refund":      `SELECT json_build_object('id', id) FROM refunds ORDER BY random() LIMIT 1`,
	"right:serve":         `SELECT json_build_object('id', id) FROM rights ORDER BY random() LIMIT 1`,
	"relay:drain":         `SELECT json_build_object('conversation', conversation_id, 'side', side) FROM relays ORDER BY random() LIMIT 1`,
	"album:close":         `SELECT json_build_object('id', 'nobody knows')`,
	"chat:drain":          `SELECT json_build_object('lane', 'nobodyknows')`,
}

// errAway says that a server which a fault needs is away itself.
var errAway = errors.New("away")

// replay enqueues tasks as earlier releases have written them, about rows that are there: to whom they come too late, or twice.
func (r *run) replay(n int) error {
	client := asynq.NewClient(asynq.RedisClientOpt{Addr: r.redis.line.Addr, Password: r.redis.password})
	defer client.Close()
	files, err := filepath.Glob("../../../queue/testdata/golden/*.v*.json")
	if err != nil {
		return err
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var g golden
		if err := json.Unmarshal(text, &g); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		query, ok := replayed[g.Type]
		if !ok {
			continue
		}
		var row []byte
		if err := r.raw.QueryRowContext(r.t.Context(), query).Scan(&row); err != nil {
			continue // there is no such row yet, or nobody to ask
		}
		if err := json.Unmarshal(row, &g.Payload); err != nil {
			return err
		}
		if err := r.enqueue(client, g, fmt.Sprintf("replay:%s:%d", filepath.Base(name), n)); err != nil {
			return errors.Join(errAway, err)
		}
	}
	return nil
}

// enqueue enqueues a task where a release would have put it.
func (r *run) enqueue(client *asynq.Client, g golden, id string) error {
	all := queue.Policies(0)
	i := slices.IndexFunc(all, func(p queue.Policy) bool { return p.Type == g.Type })
	payload, err := json.Marshal(g.Payload)
	if err != nil {
		return err
	}
	_, err = client.EnqueueContext(r.t.Context(), asynq.NewTask(g.Type, payload), asynq.TaskID(id), asynq.Queue(all[i].Queue),
		asynq.MaxRetry(all[i].MaxRetry), asynq.Timeout(all[i].Timeout))
	if errors.Is(err, asynq.ErrTaskIDConflict) { // a lost answer: it is there
		return nil
	}
	return err
}
