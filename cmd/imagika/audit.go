package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/storage"
)

// auditCommand says what operators did.
func auditCommand(s streams) *cobra.Command {
	var f storage.ActFilter
	var since string
	c := &cobra.Command{
		Use: "audit", Short: "List what operators did, and why, newest first", Args: noArguments,
		Long: `Audit lists what was done by these commands and by buttons in the operators' chat: who, why, what, about what, and when. Lines are only ever added, and signed in a chain: imagika admin ledger verify says if one was changed or taken out by hand.

What is done to queues, processes and providers is written down before it is done. Where it was refused or went wrong, a line that ends in "failed" follows.

People stand in it by the hash of lists and logs.`,
		Example: `  imagika admin audit --since 24h
  imagika admin audit --who ann --json | jq -r '.[].what'`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := atLeast("limit", f.Limit, 0, "200"); err != nil {
				return err
			}
			if f.Since, err = parseSince(since); err != nil {
				return err
			}
			return s.withStore(cmd, func(ctx context.Context, st *storage.Store) error {
				all, err := st.Acts(ctx, f)
				return s.show(all, err, func() error { return s.acts(all) })
			})
		},
	}
	c.Flags().StringVar(&f.Who, "who", "", "only what `NAME` did")
	c.Flags().StringVar(&f.Object, "object", "", "only what was about `ID`: a person's hash, a charge, a generation")
	c.Flags().StringVar(&since, "since", "", "only since a `TIME` such as 720h ago, or a day such as 2026-11-01")
	c.Flags().IntVar(&f.Limit, "limit", 200, "how many at most; 0 is all")
	return c
}

func (s streams) acts(all []storage.Act) error {
	rows := [][]string{{"WHEN", "WHO", "WHAT", "OBJECT", "WHY"}}
	for _, a := range all {
		rows = append(rows, []string{a.At.UTC().Format(time.DateTime), a.Who, a.What, a.Object, oneLine(a.Why, 60)})
	}
	return columns(s.out, rows)
}
