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

// ErrAtWork says that an update is being handled at this moment.
var ErrAtWork = errors.New("the update is being handled right now")

// PushAgain is Push for an update that was given up: that it was handled once is forgotten first. ErrAtWork says that this
// could not be done yet.
func (f *Front) PushAgain(ctx context.Context, in Incoming) error {
	hash := f.keys.UpdateHash(in.Bot, in.UpdateID)
	marks := []string{doneKey(f.keys.LaneHash(in.Bot, in.Chat), hash)}
	if in.Payment { // which takes the lane where it is too large for a task
		if err := f.forgetPayment(hash); err != nil {
			return err
		}
		marks = append(marks, doneKey("", hash))
	}
	for _, mark := range marks {
		if err := f.conn.Del(ctx, mark).Err(); err != nil {
			return fmt.Errorf("forget that an update was handled: %w", err)
		}
	}
	_, err := f.Push(ctx, in)
	return err
}

// forgetPayment makes room for the task of a payment. One that is over would hold its id for as long as it is kept; one that
// still waits is as good as a new one.
func (f *Front) forgetPayment(hash string) error {
	tasks := asynq.NewInspectorFromRedisClient(f.conn)
	queue, id := f.lanes.client.table[TypeUpdatePayment].Queue, NewUpdatePaymentTask(hash, nil).ID
	t, err := tasks.GetTaskInfo(queue, id)
	if err == nil {
		switch t.State {
		case asynq.TaskStateActive:
			return ErrAtWork
		case asynq.TaskStateCompleted, asynq.TaskStateArchived:
			err = tasks.DeleteTask(queue, id)
		}
	}
	if errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("forget the task of an update: %w", err)
	}
	return nil
}
