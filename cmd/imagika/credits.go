package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// creditsCommand is for credits that operators give and take.
func creditsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "credits", Short: "Give credits to a person, or take them", Args: noArguments,
		Long: `Credits gives credits to people by hand, or takes some that are neither spent nor set aside. The person is told, with the reason. Above IMAGIKA_GRANT_ALONE nothing moves until a second operator has approved it. What is done is written down (imagika admin audit).

A PERSON is named by the hash that stands in lists and logs, or by a Telegram id, which is looked up and not kept.`,
		Example: `  imagika admin credits grant 4f1c8a90b2d3e657 50 --reason "Sorry for the wait." --why "an hour without pictures"
  imagika admin credits approve 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --account bob --why "agreed"`,
	}
	c.AddCommand(creditsMoveCommand(s, "grant", "Give credits to a person", 1), creditsMoveCommand(s, "take", "Take credits from a person", -1),
		creditsDecideCommand(s, "approve", "Agree to what another operator wants", true),
		creditsDecideCommand(s, "refuse", "Refuse what another operator wants", false), creditsListCommand(s))
	return c
}

func creditsMoveCommand(s streams, name, short string, sign int64) *cobra.Command {
	var reason string
	c := &cobra.Command{Use: name + " PERSON " + creditsArgument, Short: short, Args: cobra.ExactArgs(2)}
	c.Flags().StringVar(&reason, "reason", "", "`WORDS` to the person, who has to be told why")
	var n int64
	check := func(args []string) (err error) {
		if n, err = strconv.ParseInt(args[1], 10, 64); err != nil || n <= 0 {
			return notCredits(args[1])
		}
		if strings.TrimSpace(reason) == "" {
			return usagef(`Add --reason "…": the person reads it.`, "%s: --reason is missing", c.CommandPath())
		}
		return nil
	}
	return s.acting(c, deed{check: check, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withCredits(cmd, func(ctx context.Context, d app.Credits) error {
			v, err := d.MoveCredits(ctx, by, args[0], sign*n, reason)
			if v.Status == storage.CreditWaiting {
				return s.done(v, err, "Nothing moved yet: another operator has to agree.\nimagika admin credits approve %s --account NAME --why WORDS", v.ID)
			}
			return s.done(v, err, "Done (%s); the person is told.", v.ID)
		})
	}})
}

// creditsArgument is a number of credits in a line of use.
const creditsArgument = "NUMBER"

func notCredits(text string) error {
	return usagef("Write a whole number above 0.", "%q is not a number of credits", text)
}

func creditsDecideCommand(s streams, name, short string, agree bool) *cobra.Command {
	c := &cobra.Command{Use: name + " ID", Short: short, Args: cobra.ExactArgs(1)}
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withCredits(cmd, func(ctx context.Context, d app.Credits) error {
			v, err := d.DecideCredits(ctx, by, args[0], agree)
			return s.done(v, err, "%+d credits: %s.", v.Credits, v.Status)
		})
	}})
}

func creditsListCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List what operators gave and took, what waits first", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withCredits(cmd, func(ctx context.Context, d app.Credits) error {
				all, err := d.Credits(ctx)
				if err != nil || *s.machine {
					return s.json(all, err)
				}
				rows := [][]string{{"ID", "MADE", "WHO", "SECOND", "PERSON", "CREDITS", "STATUS", "REASON"}}
				for _, v := range all {
					rows = append(rows, []string{
						v.ID, v.Created.UTC().Format(time.RFC3339), v.Who, v.Second, v.Person, strconv.FormatInt(v.Credits, 10), string(v.Status), oneLine(v.Reason, 60),
					})
				}
				return columns(s.out, rows)
			})
		},
	}
	return c
}

// ledgerCheckCommand reads a receipt that a person was given by the bot.
func ledgerCheckCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "check RECEIPT", Short: "Say whether a receipt is genuine, and what the books say of it", Args: cobra.ExactArgs(1),
		Long: `Check reads the code of a receipt, as the bot gives it for each movement of a person's credits, and at the end of an erasure. It ends with 0 for one that is genuine and agrees with the books, and with 1 otherwise.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withCredits(cmd, func(ctx context.Context, d app.Credits) error {
				v, err := d.Receipt(ctx, args[0])
				if err != nil {
					return err
				}
				return s.receipt(v)
			})
		},
	}
	return c
}

func (s streams) receipt(v workers.ReceiptView) (err error) {
	switch {
	case *s.machine:
		err = s.json(v, nil)
	case v.Erasure != nil:
		err = columns(s.out, [][]string{
			{"erasure", v.Erasure.ID},
			{"asked for", moment(v.Erasure.Asked)},
			{"done", moment(v.Erasure.Erased)},
			{"rows", number(v.Erasure.Rows)},
			{"objects", number(v.Erasure.Objects)},
		})
	case v.Genuine:
		err = columns(s.out, [][]string{
			{"transfer", v.ID},
			{"kind", v.Kind + " " + string(v.Source)},
			{"person", v.Person},
			{"credits", strconv.FormatInt(v.Credits, 10)},
			{"when", v.At.UTC().Format(time.RFC3339)},
		})
	}
	switch {
	case err != nil:
	case !v.Genuine:
		err = &exitError{exitFailed, errors.New("this is no receipt of this deployment, or it was changed"), ""}
	case !v.Intact:
		err = &exitError{exitFailed, errors.New("the receipt is genuine, but the books say something else now"), "Run imagika admin ledger verify."}
	}
	return err
}
