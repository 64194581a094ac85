package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// wipeWords are what has to be said for it.
const wipeWords = "erase-everybody"

// wipeCommand ends the service.
func wipeCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "wipe", Short: "Say what the end of the service would erase, and how far it is", Args: noArguments,
		Long: `Wipe says what the end of the service would erase, and how far it is. Wipe start has everybody erased, a few at a time, as if they had asked for it: what runs is canceled, subscriptions end, Stars for unspent credits go back, pictures, rows and keys go. What the law demands of the books stays.

Tell people first (imagika admin announce), and give them time to export what they want to keep. Workers have to run, and the bot too, so that people are told; whoever writes to it meanwhile is erased as well. It goes on where it was after an interruption.

When it says done, stop the service and delete its databases, bucket, backups and keys.`,
		Example: `  imagika admin wipe
  imagika admin wipe start --really ` + wipeWords + ` --why "the service ends on 1 December"`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.Wiped(ctx)
				return s.show(v, err, func() error { return s.wiped(v) })
			})
		},
	}
	c.AddCommand(wipeStartCommand(s), wipeStopCommand(s))
	return c
}

func wipeStartCommand(s streams) *cobra.Command {
	var really string
	c := &cobra.Command{
		Use: "start", Short: "Erase everybody, and give back what they paid for and did not spend", Args: noArguments,
		Long: `Start has everybody erased: see imagika admin wipe --help. It cannot be undone, so it takes the words --really ` + wipeWords + `, and two operators, who run it one after the other within 48 hours.`,
	}
	c.Flags().StringVar(&really, "really", "", "has to be the `WORDS` "+wipeWords)
	check := func([]string) error {
		if really != wipeWords {
			return usagef("Add --really "+wipeWords+" if that is what you want.", "everybody would be erased, for good")
		}
		return nil
	}
	return s.acting(c, deed{check: check, do: func(cmd *cobra.Command, by storage.By, _ []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.StartWipe(ctx, by)
			return s.show(v, err, func() error { return s.wiped(v) })
		})
	}})
}

func wipeStopCommand(s streams) *cobra.Command {
	c := &cobra.Command{Use: "stop", Short: "Erase nobody else: those whose turn has not come stay", Args: noArguments}
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, _ []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.StopWipe(ctx, by)
			return s.show(v, err, func() error { return s.wiped(v) })
		})
	}})
}

func (s streams) wiped(v workers.WipeView) error {
	state := map[string]string{
		workers.WipeNone: "not begun: this is what would be erased", workers.WipeRunning: "under way", workers.WipeStopped: "stopped", workers.WipeDone: "done",
	}[v.State]
	if v.Wanted != nil {
		state += "; " + v.Wanted.Who + " wants it to begin, and another operator has to run the same command"
	}
	return columns(s.out, [][]string{
		{"state", state},
		{"people", fmt.Sprintf("%d, of whom %d are being erased", v.People, v.Erasing)},
		{"pictures", people(v.Objects)},
		{"unspent", fmt.Sprintf("%d credits that were paid for", v.Unspent)},
	})
}
