package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
)

// Tasks of the floor, each in the queue of its name.
const (
	taskUpdate   = "update"
	taskStatus   = "status"
	taskGenerate = "generate"
	taskDeliver  = "deliver"
)

// runFloor is a bare chain: a task does its stage and enqueues the next one after the commit. What a crash in between loses,
// nobody finds again.
func runFloor(ctx context.Context, w *work, redis string) error {
	opt, err := asynq.ParseRedisURI(redis)
	if err != nil {
		return err
	}
	client := asynq.NewClient(opt)
	defer client.Close()
	queues := map[string]int{taskUpdate: 1, taskStatus: 1, taskGenerate: 1, taskDeliver: 1}
	for queue := range queues {
		srv := asynq.NewServer(opt, asynq.Config{
			Concurrency: 64, TaskCheckInterval: 20 * time.Millisecond, LogLevel: asynq.WarnLevel, Queues: map[string]int{queue: 1},
		})
		if err := srv.Start(asynq.HandlerFunc(floor{w, client}.handle)); err != nil {
			return err
		}
		defer srv.Shutdown()
	}
	fmt.Println("started")
	return w.telegram.poll(ctx, func(ctx context.Context, batch []update) error {
		for _, u := range batch {
			if err := enqueue(ctx, client, taskUpdate, u.ID, u); err != nil {
				return err
			}
		}
		return nil
	})
}

type floor struct {
	*work
	client *asynq.Client
}

func (f floor) handle(ctx context.Context, t *asynq.Task) error {
	if t.Type() == taskUpdate {
		var u update
		if err := json.Unmarshal(t.Payload(), &u); err != nil {
			return err
		}
		return f.update(ctx, u)
	}
	var id int64
	if err := json.Unmarshal(t.Payload(), &id); err != nil {
		return err
	}
	switch t.Type() {
	case taskStatus:
		return f.announce(ctx, id)
	case taskGenerate:
		if err := f.generate(ctx, id, nil); err != nil {
			return err
		}
		return enqueue(ctx, f.client, taskDeliver, id, id)
	default:
		return f.deliver(ctx, id)
	}
}

func (f floor) update(ctx context.Context, u update) error {
	if !u.prompt() {
		return nil
	}
	if err := f.accept(ctx, u.ID, u.Message.Chat.ID, u.Message.Text, nil); err != nil {
		return err
	}
	return errors.Join(enqueue(ctx, f.client, taskStatus, u.ID, u.ID), enqueue(ctx, f.client, taskGenerate, u.ID, u.ID))
}

// enqueue enqueues a task under an id of its own, once.
func enqueue(ctx context.Context, client *asynq.Client, what string, id int64, payload any) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	_, err = client.EnqueueContext(ctx, asynq.NewTask(what, body), asynq.TaskID(name(what, id)), asynq.Queue(what))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	return err
}
