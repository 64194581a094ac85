package main

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// lettersCommand is for updates of Telegram that nobody could handle.
func lettersCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "dead-letters", Short: "Look at updates of Telegram that were given up, and try them again", Args: noArguments,
		Long: `An update that fails too often is set aside, sealed, so that the chat goes on. After what was wrong is mended it can be tried again; it stays here until it is dropped.`,
		Example: `  imagika admin dead-letters list
  imagika admin dead-letters retry 8d1f… --why "mended in 1.4.2"`,
	}
	c.AddCommand(lettersListCommand(s), lettersShowCommand(s), lettersReadCommand(s), lettersRetryCommand(s), lettersDropCommand(s))
	return c
}

func lettersListCommand(s streams) *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List updates that were given up, newest first", Args: noArguments,
		Example: `  imagika admin dead-letters list --json | jq length`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := atLeast("limit", limit, 1, "100"); err != nil {
				return err
			}
			return s.withStore(cmd, func(ctx context.Context, st *storage.Store) error {
				all, err := st.DeadLetters(ctx, limit)
				return s.show(append([]storage.DeadLetter{}, all...), err, func() error {
					rows := [][]string{{"UPDATE", "GIVEN UP", "FAILURES", "STATE", "ERROR"}}
					for _, l := range all {
						rows = append(rows, []string{l.ID, moment(l.Buried), number(l.Failures), letterState(l), oneLine(l.Error, 80)})
					}
					return columns(s.out, rows)
				})
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 100, "how many at most")
	return c
}

func letterState(l storage.DeadLetter) string {
	switch {
	case l.Handled:
		return "handled"
	case !l.Retried.IsZero():
		return "tried again"
	}
	return "waits"
}

func lettersShowCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "show UPDATE", Short: "Show why an update was given up, without its content", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withStore(cmd, func(ctx context.Context, st *storage.Store) error {
				l, err := st.DeadLetter(ctx, args[0])
				return s.show(l, noLetter(err, args[0]), func() error {
					return columns(s.out, [][]string{
						{"update", l.ID},
						{"given up", moment(l.Buried)},
						{"failures", number(l.Failures)},
						{"state", letterState(l)},
						{"sealed bytes", strconv.FormatInt(l.Bytes, 10)},
						{"error", oneLine(l.Error, 2000)},
					})
				})
			})
		},
	}
}

// noLetter says in an operator's words what is not there.
func noLetter(err error, id string) error {
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return &workers.OperatorError{Text: "there is no update " + id + ", or its content is gone; imagika admin dead-letters list lists them"}
	case errors.Is(err, storage.ErrConsumed):
		return &workers.OperatorError{Text: "the update " + id + " was handled"}
	}
	return err
}

func lettersReadCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "read UPDATE", Short: "Print an update as Telegram sent it, which stands in the audit log", Args: cobra.ExactArgs(1),
		Long:    `Read prints what somebody wrote, and who. It is personal: that it was read, by whom and why stands in the audit log.`,
		Example: `  imagika admin dead-letters read 8d1f… --why "bug 42"`,
	}
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withStore(cmd, func(ctx context.Context, st *storage.Store) error {
			raw, err := st.OpenDeadLetter(ctx, storage.Act{By: by, What: "dead letter read", Object: args[0]}, args[0])
			if err == nil && !json.Valid(raw) {
				return s.json(string(raw), nil)
			}
			return s.json(json.RawMessage(raw), noLetter(err, args[0]))
		})
	}})
}

func lettersRetryCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "retry UPDATE", Short: "Have an update handled again, after everything else of its chat", Args: cobra.ExactArgs(1),
		Long:    `Retry puts an update at the end of its chat. If it fails again it is given up again. Doing it twice is harmless: what was handled is not handled again.`,
		Example: `  imagika admin dead-letters retry 8d1f… --why "mended in 1.4.2"`,
	}
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withQueues(cmd, func(ctx context.Context, q app.Queues) error {
			return s.withStore(cmd, func(ctx context.Context, st *storage.Store) error {
				raw, err := st.Exhume(ctx, storage.Act{By: by, What: "dead letter retry", Object: args[0]}, args[0])
				if err == nil {
					err = q.Again(ctx, raw)
				}
				return s.done(map[string]any{"update": args[0], "pushed": time.Now().UTC()}, noLetter(err, args[0]), "It is handled next; imagika admin dead-letters show %s says what became of it.", args[0])
			})
		})
	}})
}

func lettersDropCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "drop UPDATE", Short: "Delete an update for good", Args: cobra.ExactArgs(1),
		Example: `  imagika admin dead-letters drop 8d1f… --why "a bot that is gone"`,
	}
	warn := func(_ context.Context, args []string) (string, error) {
		return "The update " + args[0] + " is lost for good", nil
	}
	return s.acting(c, deed{warn: warn, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withStore(cmd, func(ctx context.Context, st *storage.Store) error {
			err := st.DropDeadLetter(ctx, storage.Act{By: by, What: "dead letter drop", Object: args[0]}, args[0])
			return s.done(map[string]string{"update": args[0]}, noLetter(err, args[0]), "It is gone.")
		})
	}})
}
