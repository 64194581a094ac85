package main

import (
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

// poolsCommand shows which processes run which pools.
func poolsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "pools", Short: "List the processes that run pools: slots, how many are busy, last progress", Args: noArguments,
		Long: `Pools lists every pool of every process that works on the queues, as it said of itself within the last seconds.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withPools(cmd, func(ctx context.Context, p app.Pools) error {
				seats, err := p.Seats(ctx)
				if err != nil || *s.machine {
					return s.json(seats, err)
				}
				return columns(s.out, seatRows(seats, time.Now()))
			})
		},
	}
	c.AddCommand(drainProcessCommand(s))
	return c
}

func seatRows(seats []queue.Seat, now time.Time) [][]string {
	rows := [][]string{{"POOL", "PROCESS", "HOST", "BUSY", "STATE", "UP", "PROGRESS"}}
	for _, seat := range seats {
		state := "takes tasks"
		if seat.Draining {
			state = "drains"
		}
		rows = append(rows, []string{
			seat.Pool, seat.Process, seat.Host, fmt.Sprintf("%d of %d", seat.Busy, seat.Slots), state,
			since(now, seat.Started), since(now, seat.Progress) + " ago",
		})
	}
	return rows
}

// since is how long ago a time was, in the unit that says something. A clock that is ahead says zero.
func since(now, t time.Time) string {
	d := max(0, now.Sub(t))
	switch {
	case d < time.Minute:
		return d.Truncate(time.Second).String()
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d/time.Hour), int(d%time.Hour/time.Minute))
	default:
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	}
}

// drainProcessCommand empties one process.
func drainProcessCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "drain PROCESS", Short: "Have a process take no more tasks and finish what it has", Args: cobra.ExactArgs(1),
		Long: `Drain asks one process to take no more tasks, in any of its pools. What it has is finished, others take what waits, and it can then be stopped or looked at in peace. It stays so until it is started again. To end a process no drain is needed: one that is told to stop drains by itself.`,
		Example: `  imagika admin pools
  imagika admin pools drain k3x7q2ab`,
	}
	return s.acting(c, deed{needless: true, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withPools(cmd, func(ctx context.Context, p app.Pools) error {
			err := s.elsewhere(cmd, storage.Act{By: by, What: "process drain", Object: args[0]}, func() error { return p.Drain(ctx, args[0]) })
			return s.done(map[string]string{"process": args[0]}, err, "%s takes no more tasks within seconds; imagika admin pools shows when it has nothing left.", args[0])
		})
	}})
}

// scaleCommand says how many processes are wanted.
func scaleCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "scale [POOL]...", Short: "Say how many processes of each pool are wanted, and why", Args: cobra.ArbitraryArgs,
		Long: `Scale reckons how many processes of a pool are wanted: enough slots for what waits and runs, and a quarter more while the oldest task has waited longer than it should. It changes nothing: docker compose up --scale does, or an autoscaler that reads the same numbers from GET /autoscale of the admin listener.

Slots are those of the processes that run, IMAGIKA_SCALE bounds the answer.`,
		Example: `  imagika admin scale
  imagika admin scale generate --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withPools(cmd, func(ctx context.Context, p app.Pools) error {
				scales, err := p.Scales(ctx, args...)
				if err != nil || *s.machine {
					return s.json(scales, err)
				}
				rows := [][]string{{"POOL", "RUNNING", "WANTED", "BECAUSE"}}
				for _, v := range scales {
					rows = append(rows, []string{v.Pool, strconv.Itoa(v.Running), strconv.Itoa(v.Want), v.Why})
				}
				return columns(s.out, rows)
			})
		},
	}
	return c
}

func (s streams) withPools(cmd *cobra.Command, f func(context.Context, app.Pools) error) error {
	cfg, log, err := s.load(cmd, config.RoleTool)
	if err != nil {
		return err
	}
	return deskError(cmd, app.WithPools(cmd.Context(), cfg, log, func(p app.Pools) error { return f(cmd.Context(), p) }))
}
