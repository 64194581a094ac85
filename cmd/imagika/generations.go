package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// generationsCommand is for what people asked for.
func generationsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "generations", Short: "Look at generations, cancel, retry and refund them", Args: noArguments,
		Long: `Generations shows what became of what people asked for: every call to a provider, every message about it, every credit that moved. What they wrote is only in read, which stands in the audit log.`,
		Example: `  imagika admin generations list --status failed --since 24h
  imagika admin generations show 01KB2W8XGTQ4N0V7P6M5R3S1Z9
  imagika admin generations retry 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --why "the provider was down"
  imagika admin generations refund 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --why "four fingers" --reason "Sorry about that hand."`,
	}
	c.AddCommand(generationsListCommand(s), generationsShowCommand(s), generationsReadCommand(s), generationsCancelCommand(s),
		generationsRetryCommand(s), generationsRefundCommand(s))
	return c
}

// statuses are all there are.
func statuses() []string {
	return []string{
		string(storage.StatusHeld), string(storage.StatusGenerating), string(storage.StatusStored), string(storage.StatusDelivered),
		string(storage.StatusUndeliverable), string(storage.StatusCanceled), string(storage.StatusRefused), string(storage.StatusFailed),
	}
}

func generationsListCommand(s streams) *cobra.Command {
	var person, status, since string
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List generations, newest first", Args: noArguments,
		Example: `  imagika admin generations list --person 4f1c8a90b2d3e657
  imagika admin generations list --status generating --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := parseSince(since)
			if err != nil {
				return err
			}
			if err := cmp.Or(oneOf("status", status, statuses()), atLeast("limit", limit, 1, "100")); err != nil {
				return err
			}
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				all, err := d.Generations(ctx, person, storage.GenerationFilter{Status: storage.Status(status), Since: from, Limit: limit})
				return s.show(all, err, func() error { return s.generationRows(all, true) })
			})
		},
	}
	c.Flags().StringVar(&person, "person", "", "only those of a `PERSON`")
	c.Flags().StringVar(&status, "status", "", "only those in a `STATUS`: "+strings.Join(statuses(), ", "))
	c.Flags().StringVar(&since, "since", "", "only since a `TIME` such as 24h ago, or a day such as 2026-11-01")
	c.Flags().IntVar(&limit, "limit", 50, "how many at most")
	_ = c.RegisterFlagCompletionFunc("status", cobra.FixedCompletions(statuses(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// generationRows prints a table of generations, with whose they are.
func (s streams) generationRows(all []workers.GenerationRow, persons bool) error {
	head := []string{"GENERATION", "ASKED", "STATUS", "MODEL", "IMAGES", "CREDITS"}
	if persons {
		head = append(head, "PERSON")
	}
	rows := [][]string{head}
	for _, g := range all {
		row := []string{
			g.ID, moment(g.Created), strings.TrimSpace(string(g.Status) + " " + string(g.Reason)), g.Model, strconv.Itoa(g.Images), number(g.Price),
		}
		if persons {
			row = append(row, g.Person)
		}
		rows = append(rows, row)
	}
	return columns(s.out, rows)
}

func generationsShowCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show a generation with its calls, its messages, its credits and its timeline", Args: cobra.ExactArgs(1),
		Example: `  imagika admin generations show 01KB2W8XGTQ4N0V7P6M5R3S1Z9`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.Generation(ctx, args[0])
				return s.show(v, err, func() error { return s.generation(v) })
			})
		},
	}
}

func (s streams) generation(v workers.GenerationView) error {
	rows := [][]string{
		{"generation", v.ID},
		{"person", v.Person},
		{"status", strings.TrimSpace(string(v.Status) + " " + string(v.Reason))},
		{"model", v.Model + " (" + v.Operation + ")"},
		{"images", strconv.Itoa(v.Images)},
		{"credits", number(v.Price)},
		{"asked from", string(v.Origin)},
	}
	for _, r := range [][]string{
		{"made from", v.Parent},
		{"cancel asked", yes(v.Asked && v.Status.Open())},
		{"prompt", oneLine(v.Prompt, 4000)},
		{"without", oneLine(v.Negative, 4000)},
	} {
		if r[1] != "" {
			rows = append(rows, r)
		}
	}
	if err := columns(s.out, rows); err != nil {
		return err
	}
	if len(v.Calls) > 0 {
		rows = [][]string{{"CALL", "PROVIDER", "MODEL", "STATE", "TOOK", "COST $", "BILLED"}}
		for i, c := range v.Calls {
			rows = append(rows, []string{
				strconv.Itoa(i + 1), c.Provider, c.Model, strings.TrimSpace(string(c.State) + " " + c.Class), callTook(c), callCost(c), c.Billed,
			})
		}
		s.out.Printf("\n")
		if err := columns(s.out, rows); err != nil {
			return err
		}
	}
	rows = [][]string{{"WHEN (UTC)", "WHAT"}}
	for _, e := range v.Timeline {
		rows = append(rows, []string{e.At.UTC().Format("2006-01-02 15:04:05.000"), e.What})
	}
	s.out.Printf("\n")
	return columns(s.out, rows)
}

func callTook(c storage.Call) string {
	if c.Ended.IsZero() {
		return "-"
	}
	return c.Ended.Sub(c.Began).Round(100 * time.Millisecond).String()
}

func callCost(c storage.Call) string {
	if c.Cost == nil {
		return fmt.Sprintf("about %.4f", float64(c.Expected)/1e6)
	}
	return fmt.Sprintf("%.4f", float64(*c.Cost)/1e6)
}

func generationsReadCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "read ID", Short: "Show a generation with what the person wrote, which stands in the audit log", Args: cobra.ExactArgs(1),
		Example: `  imagika admin generations read 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --why "report of a minor"`,
	}
	return s.onGeneration(c, nil, func(ctx context.Context, d *workers.Desk, by storage.By, id string) (workers.GenerationView, error) {
		return d.ReadGeneration(ctx, by, id)
	})
}

func generationsCancelCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "cancel ID", Short: "Cancel a generation in the person's stead, and give its credits back", Args: cobra.ExactArgs(1),
		Long:    `Cancel ends at once what nobody works on. Where a provider is painting, the wish is noted: whoever works on it stops if that is still possible, and what is painted nevertheless is delivered and paid for. The person is told.`,
		Example: `  imagika admin generations cancel 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --why "stuck since noon"`,
	}
	return s.onGeneration(c, s.warnGeneration(c, "ends and %d credits are free again"), func(ctx context.Context, d *workers.Desk, by storage.By, id string) (workers.GenerationView, error) {
		return d.CancelGeneration(ctx, by, id)
	})
}

func generationsRetryCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "retry ID", Short: "Have what failed painted again, or what was not delivered sent again, for nothing", Args: cobra.ExactArgs(1),
		Long:    `Retry makes a new generation of one that failed; the person pays nothing for it and is told. One whose result could not be delivered is sent again. Doing it twice is doing it once.`,
		Example: `  imagika admin generations retry 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --why "the provider was down"`,
	}
	return s.onGeneration(c, nil, func(ctx context.Context, d *workers.Desk, by storage.By, id string) (workers.GenerationView, error) {
		return d.RetryGeneration(ctx, by, id)
	})
}

func generationsRefundCommand(s streams) *cobra.Command {
	var note string
	c := &cobra.Command{
		Use: "refund ID", Short: "Give back the credits that a generation took", Args: cobra.ExactArgs(1),
		Long:    `Refund gives credits back to where they came from, so that what was bought with Stars can still be refunded in Stars. The pictures stay with the person, who is told.`,
		Example: `  imagika admin generations refund 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --why "four fingers" --reason "Sorry about that hand."`,
	}
	c.Flags().StringVar(&note, "reason", "", "`WORDS` to the person")
	return s.onGeneration(c, s.warnGeneration(c, "is paid back: %d credits at most"), func(ctx context.Context, d *workers.Desk, by storage.By, id string) (workers.GenerationView, error) {
		return d.RefundGeneration(ctx, by, id, note)
	})
}

// warnGeneration says whose generation something happens to.
func (s streams) warnGeneration(c *cobra.Command, what string) func(context.Context, []string) (string, error) {
	return func(_ context.Context, args []string) (text string, err error) {
		return text, s.withDesk(c, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.Generation(ctx, args[0])
			text = fmt.Sprintf("The %s generation of %s "+what, v.Status, v.Person, v.Price)
			return err
		})
	}
}

// onGeneration makes a command of an act about a generation.
func (s streams) onGeneration(c *cobra.Command, warn func(context.Context, []string) (string, error),
	do func(ctx context.Context, d *workers.Desk, by storage.By, id string) (workers.GenerationView, error),
) *cobra.Command {
	return s.acting(c, deed{warn: warn, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := do(ctx, d, by, args[0])
			return s.show(v, err, func() error { return s.generation(v) })
		})
	}})
}
