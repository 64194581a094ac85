package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/workers"
)

// What money can be shown by.
const (
	byDay   = "day"
	byModel = "model"
)

// moneyCommand says what comes in and what goes out.
func moneyCommand(s streams) *cobra.Command {
	var by string
	var days int
	c := &cobra.Command{
		Use: "money", Short: "Say what came in by Stars, what providers cost, and what remains", Args: noArguments,
		Long: `Money adds up Stars and the cost of providers. A day has what was paid on it less what went back; a model has the Stars that bought the credits that were spent on it, so what was given away earns nothing and costs all the same. Dollars are reckoned by IMAGIKA_STARS_USD, what 1000 Stars are worth to you.`,
		Example: `  imagika admin money
  imagika admin money --by model --days 7
  imagika admin money --json | jq .models`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if by != byDay && by != byModel {
				return usagef("Write --by day or --by model.", "--by: %q is neither day nor model", by)
			}
			if days < 1 {
				return usagef("Write it as --days 30.", "--days: %d is no number of days", days)
			}
			return s.withDesk(cmd, func(ctx context.Context, cfg config.Config, d *workers.Desk) error {
				since := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-days)
				v, err := d.Money(ctx, since, cfg.StarsUSD)
				if err != nil || *s.machine {
					return s.json(v, err)
				}
				return s.money(v, by)
			})
		},
	}
	c.Flags().StringVar(&by, "by", byDay, "what a line is: `day` or model")
	c.Flags().IntVar(&days, "days", 30, "how many days, today included")
	return c
}

func (s streams) money(v workers.MoneyView, by string) error {
	dollars := func(v float64) string { return fmt.Sprintf("%.2f", v) }
	rows := [][]string{{"DAY", "PAYMENTS", "STARS", "BACK", "CREDITS SPENT", "CALLS", "REVENUE $", "COST $", "MARGIN $"}}
	lines := v.Days
	if by == byModel {
		rows, lines = [][]string{{"MODEL", "CREDITS SPENT", "STARS EARNED", "CALLS", "REVENUE $", "COST $", "MARGIN $"}}, v.Models
	}
	var sum workers.MoneyRow
	for _, m := range lines {
		rows = append(rows, moneyLine(m, by, dollars))
		sum.Payments, sum.Stars, sum.Refunded, sum.Spent, sum.Calls = sum.Payments+m.Payments, sum.Stars+m.Stars, sum.Refunded+m.Refunded, sum.Spent+m.Spent, sum.Calls+m.Calls
		sum.Earned, sum.Revenue, sum.Cost, sum.Margin = sum.Earned+m.Earned, sum.Revenue+m.Revenue, sum.Cost+m.Cost, sum.Margin+m.Margin
	}
	sum.Day, sum.Model = "all", "all"
	if err := columns(s.out, append(rows, moneyLine(sum, by, dollars))); err != nil {
		return err
	}
	if v.Owing > 0 {
		s.out.Printf("\n%d people owe %d credits of payments that were taken back.\n", v.Owing, v.Owed)
	}
	return nil
}

func moneyLine(m workers.MoneyRow, by string, dollars func(float64) string) []string {
	rest := []string{number(m.Calls), dollars(m.Revenue), dollars(m.Cost), dollars(m.Margin)}
	if by == byModel {
		return append([]string{m.Model, number(m.Spent), dollars(m.Earned)}, rest...)
	}
	return append([]string{m.Day, number(m.Payments), number(m.Stars), number(m.Refunded), number(m.Spent)}, rest...)
}
