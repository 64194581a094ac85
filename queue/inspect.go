package queue

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// Info is the state of a queue.
type Info struct {
	Pending, Active, Scheduled, Retry, Archived, Completed int
	// Oldest is the age of the oldest pending task.
	Oldest time.Duration
	// Processed and Failed are the tasks that ran since the queue exists, in all processes, and the runs that failed.
	Processed, Failed int
	Paused            bool
	// Registered is false for a queue asynq does not know (yet, or since Redis lost its data).
	Registered bool
}

// Sizes is the number of tasks by state.
func (i Info) Sizes() map[string]int {
	return map[string]int{
		"pending": i.Pending, "active": i.Active, "scheduled": i.Scheduled,
		"retry": i.Retry, "archived": i.Archived, "completed": i.Completed,
	}
}

// Open is the number of tasks that wait or run.
func (i Info) Open() int { return i.Pending + i.Active + i.Scheduled + i.Retry }

// Inspector looks at queues, and pauses and resumes them. It closes with its Redis.
type Inspector struct {
	conn  redis.UniversalClient
	asynq *asynq.Inspector
}

// NewInspector returns an inspector. It is impatient: an absent Redis is an error soon.
func NewInspector(r *Redis) *Inspector {
	return &Inspector{r.brisk, asynq.NewInspectorFromRedisClient(r.brisk)}
}

// Depth is the state of all queues of the policy table. What could be read is returned beside an error.
func (in *Inspector) Depth(ctx context.Context) (map[string]Info, error) {
	depth := make(map[string]Info)
	known, err := in.asynq.Queues()
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", err)
	}
	for _, queue := range Queues() {
		if err := ctx.Err(); err != nil {
			return depth, fmt.Errorf("inspect queues: %w", err)
		}
		if !slices.Contains(known, queue) {
			depth[queue] = Info{}
			continue
		}
		q, err := in.asynq.GetQueueInfo(queue)
		if err != nil {
			return depth, fmt.Errorf("inspect queue %s: %w", queue, err)
		}
		depth[queue] = Info{
			Pending: q.Pending, Active: q.Active, Scheduled: q.Scheduled, Retry: q.Retry,
			Archived: q.Archived, Completed: q.Completed, Oldest: q.Latency, Processed: q.ProcessedTotal, Failed: q.FailedTotal, Paused: q.Paused, Registered: true,
		}
	}
	return depth, nil
}

// Pause keeps all workers from taking tasks of a queue. Pausing twice is no error.
func (in *Inspector) Pause(queue string) error {
	return in.toggle(queue, true, in.asynq.PauseQueue)
}

// Resume ends a pause. Resuming twice is no error.
func (in *Inspector) Resume(queue string) error {
	return in.toggle(queue, false, in.asynq.UnpauseQueue)
}

func (in *Inspector) toggle(queue string, paused bool, f func(string) error) error {
	err := f(queue)
	if err == nil {
		return nil
	}
	// asynq calls a change to the present state an error, and does not tell the state of a queue that Redis has lost.
	_ = in.conn.SAdd(context.Background(), asynqQueues, queue).Err() // the look fails without
	if q, look := in.asynq.GetQueueInfo(queue); look == nil && q.Paused == paused {
		return nil
	}
	return fmt.Errorf("pause or resume queue %s: %w", queue, err)
}
