package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

func usersEraseCommand(s streams) *cobra.Command {
	var now, dry bool
	c := &cobra.Command{
		Use: "erase PERSON", Short: "Erase everything of a person", Args: cobra.ExactArgs(1),
		Long: `Erase does what the person could do at /privacy: it stops what runs for them, gives back what they paid and did not spend, deletes everything and destroys their key, and sends them a receipt. Payments stay, under a random number, and whether there is a ban or a debt, as a keyed code.

It begins after IMAGIKA_ERASE_GRACE, in which the person can take it back, or at once with --now, as for the account of a child.`,
		Example: `  imagika admin users erase 4f1c8a90b2d3e657 --dry-run
  imagika admin users erase 4f1c8a90b2d3e657 --now --why "a parent wrote: the child is eleven"`,
	}
	c.Flags().BoolVar(&now, "now", false, "begin at once")
	c.Flags().BoolVar(&dry, "dry-run", false, "say what it would take, and do nothing")
	acting := s.acting(c, deed{
		warn: func(ctx context.Context, args []string) (text string, err error) {
			err = s.withDesk(c, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.Erasure(ctx, args[0])
				text = "This cannot be undone. " + eraseWords(v)
				return err
			})
			return text, err
		},
		do: func(cmd *cobra.Command, by storage.By, args []string) error {
			return s.withDesk(cmd, func(ctx context.Context, cfg config.Config, d *workers.Desk) error {
				wait := cfg.EraseGrace
				if now {
					wait = 0
				}
				v, err := d.Erase(ctx, by, args[0], wait)
				return s.done(v, err, "%s It begins at %s, as request %s.", eraseWords(v), moment(v.At), v.Right)
			})
		},
	})
	does := acting.RunE
	acting.RunE = func(cmd *cobra.Command, args []string) error {
		if !dry {
			return does(cmd, args)
		}
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.Erasure(ctx, args[0])
			return s.done(v, err, "%s Nothing was done.", eraseWords(v))
		})
	}
	return acting
}

// eraseWords say what an erasure takes.
func eraseWords(v workers.EraseView) string {
	t := v.Takes
	return fmt.Sprintf("Of %s go %d rows and %d pictures, %d generations under way, %d credits; %d Stars go back first. %d payments stay.",
		v.Person, t.Rows, t.Images, t.Running, t.Credits, t.Stars, t.Payments)
}
