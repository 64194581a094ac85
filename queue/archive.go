package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"
)

// ErrNoTask says that there is no archived task of that id.
var ErrNoTask = errors.New("there is no such archived task")

// Archived is a task that was given up. asynq keeps at most 10,000 of a queue, for 90 days.
type Archived struct {
	ID      string    `json:"id"`
	Type    string    `json:"type"`
	Error   string    `json:"error"`
	Retried int       `json:"retried"`
	Failed  time.Time `json:"failed"`
}

// archivedPage is how many archived tasks are read at once.
const archivedPage = 100

// Archived lists the archived tasks of a queue, at most limit.
func (in *Inspector) Archived(ctx context.Context, queue string, limit int) ([]Archived, error) {
	all := []Archived{}
	for page := 1; len(all) < limit && ctx.Err() == nil; page++ {
		tasks, err := in.asynq.ListArchivedTasks(queue, asynq.Page(page), asynq.PageSize(archivedPage))
		if errors.Is(err, asynq.ErrQueueNotFound) {
			return all, nil // nothing was ever enqueued
		}
		if err != nil {
			return nil, fmt.Errorf("list archived tasks of %s: %w", queue, err)
		}
		for _, t := range tasks {
			all = append(all, Archived{t.ID, t.Type, t.LastErr, t.Retried, t.LastFailedAt.UTC()})
		}
		if len(tasks) < archivedPage {
			break
		}
	}
	return all[:min(len(all), limit)], ctx.Err()
}

// RetryArchived has an archived task run again, or all of the queue where id is empty, and returns how many.
func (in *Inspector) RetryArchived(queue, id string) (int, error) {
	if id == "" {
		return in.allArchived(queue, in.asynq.RunAllArchivedTasks)
	}
	if err := in.archived(queue, id); err != nil {
		return 0, err
	}
	return 1, archivedError(in.asynq.RunTask(queue, id))
}

// DeleteArchived forgets an archived task, or all of the queue where id is empty, and returns how many.
func (in *Inspector) DeleteArchived(queue, id string) (int, error) {
	if id == "" {
		return in.allArchived(queue, in.asynq.DeleteAllArchivedTasks)
	}
	if err := in.archived(queue, id); err != nil {
		return 0, err
	}
	return 1, archivedError(in.asynq.DeleteTask(queue, id))
}

// allArchived does something to all archived tasks of a queue, if there ever were any.
func (in *Inspector) allArchived(queue string, do func(string) (int, error)) (int, error) {
	known, err := in.asynq.Queues()
	if err != nil || !slices.Contains(known, queue) {
		return 0, archivedError(err)
	}
	n, err := do(queue)
	return n, archivedError(err)
}

// archived refuses a task that is not archived: it would be run out of turn, or lost.
func (in *Inspector) archived(queue, id string) error {
	t, err := in.asynq.GetTaskInfo(queue, id)
	if err == nil && t.State != asynq.TaskStateArchived {
		return fmt.Errorf("%w: %s is %s", ErrNoTask, id, t.State)
	}
	return archivedError(err)
}

func archivedError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, asynq.ErrTaskNotFound), errors.Is(err, asynq.ErrQueueNotFound):
		return ErrNoTask
	}
	return fmt.Errorf("archived tasks: %w", err)
}

// PushAgain is Push for an update that was given up: that it was handled once is forgotten first.
func (f *Front) PushAgain(ctx context.Context, in Incoming) error {
	hash := f.keys.UpdateHash(in.Bot, in.UpdateID)
	lane := ""
	if !in.Payment {
		lane = f.keys.LaneHash(in.Bot, in.Chat)
	}
	if err := f.conn.Del(ctx, doneKey(lane, hash)).Err(); err != nil {
		return fmt.Errorf("forget that an update was handled: %w", err)
	}
	_, err := f.Push(ctx, in)
	return err
}
