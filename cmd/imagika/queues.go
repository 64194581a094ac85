package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
)

// queuesCommand is for what waits.
func queuesCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "queues", Short: "Look at queues, pause and resume them, deal with tasks that were given up", Args: noArguments,
		Long: `Queues shows what waits in Redis. Nothing is lost with it: what a task stands for is in the database, and is enqueued again. A queue that is paused is taken from by nobody, in any process, until it is resumed.`,
		Example: `  imagika admin queues list
  imagika admin queues pause generate --why "the provider asked us to"
  imagika admin queues archived retry generate --all`,
	}
	c.AddCommand(queuesListCommand(s), queuesPauseCommand(s, true), queuesPauseCommand(s, false), queuesDrainCommand(s), archivedCommand(s))
	return c
}

func (s streams) withQueues(cmd *cobra.Command, f func(context.Context, app.Queues) error) error {
	cfg, log, err := s.load(cmd, config.RoleTool)
	if err != nil {
		return err
	}
	return deskError(cmd, app.WithQueues(cmd.Context(), cfg, log, func(q app.Queues) error { return f(cmd.Context(), q) }))
}

func queuesListCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the queues with what waits, runs and was given up", Args: noArguments,
		Example: `  imagika admin queues list --json | jq '.[] | select(.paused)'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withQueues(cmd, func(ctx context.Context, q app.Queues) error {
				all, err := q.Queues(ctx)
				return s.show(all, err, func() error { return columns(s.out, queueRows(all)) })
			})
		},
	}
}

func queueRows(all []app.QueueView) [][]string {
	rows := [][]string{{"QUEUE", "STATE", "PENDING", "OLDEST", "ACTIVE", "SCHEDULED", "RETRY", "ARCHIVED", "PROCESSED", "FAILED"}}
	for _, q := range all {
		state, oldest := "runs", "-"
		if q.Paused {
			state = "paused"
		}
		if q.Pending > 0 {
			oldest = q.Oldest.Round(time.Second).String()
		}
		rows = append(rows, []string{
			q.Queue, state, strconv.Itoa(q.Pending), oldest, strconv.Itoa(q.Active), strconv.Itoa(q.Scheduled), strconv.Itoa(q.Retry),
			strconv.Itoa(q.Archived), strconv.Itoa(q.Processed), strconv.Itoa(q.Failed),
		})
	}
	return rows
}

func queuesPauseCommand(s streams, pause bool) *cobra.Command {
	c := &cobra.Command{
		Use: "pause QUEUE", Short: "Have nobody take tasks of a queue until it is resumed", Args: cobra.ExactArgs(1), ValidArgs: queue.Queues(),
		Example: `  imagika admin queues pause generate --why "the provider asked us to"`,
	}
	said := "Nobody takes tasks of %s until it is resumed; what runs is finished."
	if !pause {
		c.Use, c.Short, c.Example = "resume QUEUE", "End the pause of a queue", `  imagika admin queues resume generate`
		said = "Tasks of %s are taken again."
	}
	return s.acting(c, deed{needless: true, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withQueues(cmd, func(ctx context.Context, q app.Queues) error {
			err := s.elsewhere(cmd, storage.Act{By: by, What: "queue " + cmd.Name(), Object: args[0]}, func() error { return q.Pause(ctx, args[0], pause) })
			return s.done(map[string]any{"queue": args[0], "paused": pause}, err, said, args[0])
		})
	}})
}

// drainLook is how often a queue that drains is looked at.
const drainLook = 500 * time.Millisecond

func queuesDrainCommand(s streams) *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{
		Use: "drain QUEUE", Short: "Pause a queue and wait until none of its tasks runs", Args: cobra.ExactArgs(1), ValidArgs: queue.Queues(),
		Long:    `Drain pauses a queue and waits for what runs. The queue stays paused, also where the waiting ended before.`,
		Example: `  imagika admin queues drain generate --wait 3m --why "new keys for the provider"`,
	}
	c.Flags().DurationVar(&wait, "wait", 5*time.Minute, "how long to wait")
	check := func([]string) error { return atLeast("wait", wait, 1, "5m") }
	return s.acting(c, deed{needless: true, check: check, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withQueues(cmd, func(ctx context.Context, q app.Queues) error {
			err := s.elsewhere(cmd, storage.Act{By: by, What: "queue drain", Object: args[0]}, func() error { return q.Pause(ctx, args[0], true) })
			if err == nil {
				err = drained(ctx, q, args[0], wait)
			}
			return s.done(map[string]any{"queue": args[0], "paused": true, "active": 0}, err, "Nothing of %s runs. imagika admin queues resume %s ends the pause.", args[0], args[0])
		})
	}})
}

// drained waits until nothing of a queue runs.
func drained(ctx context.Context, q app.Queues, name string, wait time.Duration) error {
	over := time.After(wait)
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	for {
		all, err := q.Queues(ctx)
		if err != nil {
			return err
		}
		active := 0
		for _, one := range all {
			if one.Queue == name {
				active = one.Active
			}
		}
		if active == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-over:
			return &exitError{exitFailed, fmt.Errorf("%d tasks of %s still run", active, name), "The queue stays paused; the same command waits again."}
		}
	}
}

func archivedCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "archived", Short: "Tasks that were given up", Args: noArguments,
		Long:    `Archived tasks failed too often. What they stood for is in the database and is mostly enqueued again by then; Redis keeps at most 10,000 of a queue, for 90 days.`,
		Example: `  imagika admin queues archived list deliver`,
	}
	c.AddCommand(archivedListCommand(s), unarchiveCommand(s, true), unarchiveCommand(s, false))
	return c
}

func archivedListCommand(s streams) *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "list QUEUE", Short: "List the archived tasks of a queue", Args: cobra.ExactArgs(1), ValidArgs: queue.Queues(),
		Example: `  imagika admin queues archived list deliver`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := atLeast("limit", limit, 1, "100"); err != nil {
				return err
			}
			return s.withQueues(cmd, func(ctx context.Context, q app.Queues) error {
				all, err := q.Archived(ctx, args[0], limit)
				return s.show(all, err, func() error {
					rows := [][]string{{"TASK", "TYPE", "FAILED", "RETRIED", "ERROR"}}
					for _, t := range all {
						rows = append(rows, []string{t.ID, t.Type, moment(t.Failed), strconv.Itoa(t.Retried), oneLine(t.Error, 80)})
					}
					return columns(s.out, rows)
				})
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 100, "how many at most")
	return c
}

func unarchiveCommand(s streams, retry bool) *cobra.Command {
	var everything bool
	c := &cobra.Command{
		Use: "retry QUEUE [TASK]", Short: "Have an archived task run again", Args: cobra.RangeArgs(1, 2), ValidArgs: queue.Queues(),
		Example: `  imagika admin queues archived retry deliver --all`,
	}
	d := deed{needless: true, check: func(args []string) error {
		if everything == (len(args) == 2) {
			return usagef("Name a task, or write --all.", "which tasks is missing, or said twice")
		}
		return nil
	}}
	said := "%d tasks run again."
	if !retry {
		c.Use, c.Short, c.Example = "delete QUEUE [TASK]", "Forget an archived task", `  imagika admin queues archived delete deliver deliver:01KB2W8XGTQ4N0V7P6M5R3S1Z9:1`
		said = "%d tasks are forgotten."
		d.warn = func(_ context.Context, args []string) (string, error) {
			return fmt.Sprintf("Archived tasks of %s are forgotten: %s", args[0], cmp.Or(taskOf(args), "all")), nil
		}
	}
	c.Flags().BoolVar(&everything, "all", false, "all of the queue")
	d.do = func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withQueues(cmd, func(ctx context.Context, q app.Queues) error {
			n := 0
			err := s.elsewhere(cmd, storage.Act{By: by, What: "archived " + cmd.Name(), Object: args[0] + " " + cmp.Or(taskOf(args), "all")}, func() (err error) {
				n, err = q.Unarchive(ctx, args[0], taskOf(args), retry)
				return err
			})
			return s.done(map[string]any{"queue": args[0], "tasks": n}, err, said, n)
		})
	}
	return s.acting(c, d)
}

// taskOf is the task that is named, "" for all.
func taskOf(args []string) string {
	if len(args) < 2 {
		return ""
	}
	return args[1]
}
