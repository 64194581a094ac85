package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// ticketsCommand is for what people ask about payments.
func ticketsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "tickets", Short: "Read and answer what people ask about payments", Args: noArguments,
		Long: `Tickets are what people write to the operators through /paysupport. Answers reach them in their chat with the bot. With IMAGIKA_OPERATOR_CHAT the same can be done by buttons there.`,
		Example: `  imagika admin tickets list
  imagika admin tickets reply 01KB2W8XGTQ4N0V7P6M5R3S1Z9 "Your Stars are on their way."
  imagika admin tickets close 01KB2W8XGTQ4N0V7P6M5R3S1Z9`,
	}
	c.AddCommand(ticketsListCommand(s), ticketsShowCommand(s), ticketsReplyCommand(s), ticketsCloseCommand(s))
	return c
}

func ticketsListCommand(s streams) *cobra.Command {
	var everything bool
	c := &cobra.Command{
		Use: "list", Short: "List open requests, the longest waiting first", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				all, err := d.Tickets(ctx, everything)
				if err != nil || *s.machine {
					return s.json(all, err)
				}
				rows := [][]string{{"TICKET", "WAITS", "PERSON", "STATUS", "CHARGE"}}
				for _, v := range all {
					waits := "for them"
					if !v.Waiting.IsZero() {
						waits = ago(v.Waiting)
					}
					rows = append(rows, []string{v.ID, waits, v.Person, string(v.Status), v.Charge})
				}
				return columns(s.out, rows)
			})
		},
	}
	c.Flags().BoolVar(&everything, "all", false, "closed ones too, newest first")
	return c
}

func ticketsShowCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "show TICKET", Short: "Show what was written", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.Ticket(ctx, args[0])
				if err != nil || *s.machine {
					return s.json(v, err)
				}
				rows := [][]string{{"ticket", v.ID}, {"person", v.Person}, {"status", string(v.Status)}, {"charge", v.Charge}}
				for _, w := range v.Words {
					rows = append(rows, []string{w.From, w.At.UTC().Format(time.DateTime) + "  " + oneLine(w.Text, 4000)})
				}
				return columns(s.out, rows)
			})
		},
	}
	return c
}

func ticketsReplyCommand(s streams) *cobra.Command {
	c := &cobra.Command{Use: "reply TICKET WORDS…", Short: "Answer a person", Args: cobra.MinimumNArgs(2)}
	return s.acting(c, deed{needless: true, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			err := d.AnswerTicket(ctx, by, args[0], strings.Join(args[1:], " "))
			return s.done(map[string]string{"ticket": args[0]}, err, "Sent.")
		})
	}})
}

func ticketsCloseCommand(s streams) *cobra.Command {
	c := &cobra.Command{Use: "close TICKET", Short: "Close a request, and tell the person", Args: cobra.ExactArgs(1)}
	return s.acting(c, deed{needless: true, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			err := d.CloseTicket(ctx, by, args[0])
			return s.done(map[string]string{"ticket": args[0]}, err, "Closed; the person is told.")
		})
	}})
}
