package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/storage"
)

// retentionCommand says how long what is kept.
func retentionCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "retention", Short: "List how long which data is kept, and what is past its time", Args: noArguments,
		Long: `Retention lists what is deleted, or emptied, after a time while its person is here. A worker does that every ten minutes; what is late by more than that is a fault. Books of people who were erased go when the years of IMAGIKA_BOOK_YEARS are over. What is kept for as long as an account stands in the privacy policy.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withStore(cmd, func(ctx context.Context, st *storage.Store) error {
				all, err := st.Overdue(ctx)
				if err != nil || *s.machine {
					return s.json(retentionRows(st.RetentionRules(), all), err)
				}
				rows := [][]string{{"DATA", "KEPT", "LATE", ""}}
				for _, r := range retentionRows(st.RetentionRules(), all) {
					late := "-"
					if r.Late > 0 {
						late = seconds(r.Late)
					}
					rows = append(rows, []string{r.Kind, r.words(), late, r.What})
				}
				return columns(s.out, rows)
			})
		},
	}
}

type retentionRow struct {
	Kind string        `json:"kind"`
	What string        `json:"what"`
	Keep time.Duration `json:"keep_ns"`
	// Years are counted from the end of the year; zero where Keep says it.
	Years int           `json:"keep_years,omitempty"`
	Late  time.Duration `json:"late_ns"`
}

func retentionRows(rules []storage.RetentionRule, late []storage.Overdue) []retentionRow {
	all := []retentionRow{}
	for i, rule := range rules[:len(late)] {
		all = append(all, retentionRow{rule.Kind, rule.What, rule.Keep, rule.Years, late[i].By})
	}
	return all
}

// words are how long it is kept.
func (r retentionRow) words() string {
	const day = 24 * time.Hour
	switch {
	case r.Years > 0:
		return fmt.Sprintf("%d years", r.Years)
	case r.Keep == 0:
		return "as it says"
	case r.Keep < 3*day:
		return fmt.Sprintf("%d h", r.Keep/time.Hour)
	}
	return fmt.Sprintf("%d days", r.Keep/day)
}
