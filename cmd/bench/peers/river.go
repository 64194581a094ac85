package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// The jobs. Each is unique by what it is about.
type (
	updateArgs struct {
		ID     int64  `json:"id" river:"unique"`
		Chat   int64  `json:"chat"`
		Prompt string `json:"prompt"`
	}
	statusArgs struct {
		ID int64 `json:"id"`
	}
	generateArgs struct {
		ID int64 `json:"id"`
	}
	deliverArgs struct {
		ID int64 `json:"id"`
	}
)

func (updateArgs) Kind() string   { return "update" }
func (statusArgs) Kind() string   { return "status" }
func (generateArgs) Kind() string { return "generate" }
func (deliverArgs) Kind() string  { return "deliver" }

func once(queue string) river.InsertOpts {
	return river.InsertOpts{Queue: queue, UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

func (updateArgs) InsertOpts() river.InsertOpts   { return once("update") }
func (statusArgs) InsertOpts() river.InsertOpts   { return once("status") }
func (generateArgs) InsertOpts() river.InsertOpts { return once("generate") }
func (deliverArgs) InsertOpts() river.InsertOpts  { return once("deliver") }

// workFunc makes a worker of a function that gets the client of its job.
func workFunc[T river.JobArgs](f func(context.Context, *river.Client[pgx.Tx], T) error) river.Worker[T] {
	return river.WorkFunc(func(ctx context.Context, job *river.Job[T]) error {
		return f(ctx, river.ClientFromContext[pgx.Tx](ctx), job.Args)
	})
}

// runRiver inserts a job in the transaction that makes it necessary, so that a crash loses none.
func runRiver(ctx context.Context, w *work) error {
	driver := riverpgxv5.New(w.db)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet()})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	slots := river.QueueConfig{MaxWorkers: 64}
	client, err := river.NewClient(driver, &river.Config{
		Workers:       riverWorkers(w),
		Queues:        map[string]river.QueueConfig{"update": slots, "status": slots, "generate": slots, "deliver": slots},
		FetchCooldown: fetchCooldown,
		Logger:        quiet(),
	})
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	defer func() { _ = client.Stop(context.WithoutCancel(ctx)) }()
	fmt.Println("started")
	return w.telegram.poll(ctx, func(ctx context.Context, batch []update) error {
		var jobs []river.InsertManyParams
		for _, u := range batch {
			if u.prompt() {
				jobs = append(jobs, river.InsertManyParams{Args: updateArgs{u.ID, u.Message.Chat.ID, u.Message.Text}})
			}
		}
		if len(jobs) == 0 {
			return nil
		}
		_, err := client.InsertMany(ctx, jobs)
		return err
	})
}

// fetchCooldown is what River did best with here. Its default of 100 ms bounds a queue of 64 workers to 640 jobs a second.
const fetchCooldown = 10 * time.Millisecond

func riverWorkers(w *work) *river.Workers {
	all := river.NewWorkers()
	river.AddWorker(all, workFunc(func(ctx context.Context, c *river.Client[pgx.Tx], a updateArgs) error {
		return w.accept(ctx, a.ID, a.Chat, a.Prompt, func(tx pgx.Tx) error {
			_, err := c.InsertManyTx(ctx, tx, []river.InsertManyParams{{Args: statusArgs{a.ID}}, {Args: generateArgs{a.ID}}})
			return err
		})
	}))
	river.AddWorker(all, workFunc(func(ctx context.Context, _ *river.Client[pgx.Tx], a statusArgs) error { return w.announce(ctx, a.ID) }))
	river.AddWorker(all, workFunc(func(ctx context.Context, c *river.Client[pgx.Tx], a generateArgs) error {
		return w.generate(ctx, a.ID, func(tx pgx.Tx) error {
			_, err := c.InsertTx(ctx, tx, deliverArgs(a), nil)
			return err
		})
	}))
	river.AddWorker(all, workFunc(func(ctx context.Context, _ *river.Client[pgx.Tx], a deliverArgs) error { return w.deliver(ctx, a.ID) }))
	return all
}

func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
