package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/workers"
)

// dayCommand says what an operator has to do today.
func dayCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "day", Short: "Say what has to be done today, what the law gives least time for at the top", Args: noArguments,
		Long: `Day lists what waits for an operator: breaches of which the authority was not told, with what is left of the 72 hours; requests of people about their data that are late or nearly; what takes a second operator; appeals, tickets, grants and refunds; data that is past its time and still there. It prints nothing but a line where there is nothing to do.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.Day(ctx)
				return s.show(v, err, func() error { return s.day(v) })
			})
		},
	}
}

// day prints a row for each, with the command that leads on.
func (s streams) day(v workers.DayView) error {
	rows := [][]string{{"WHAT", "WHICH", "TIME", "NEXT"}}
	for _, b := range v.Breaches {
		rows = append(rows, []string{"breach", b.ID, "tell the authority " + left(b.Left), "imagika admin breach update " + b.ID + " --authority-at now"})
	}
	for _, r := range v.Rights {
		rows = append(rows, []string{string(r.Kind), r.ID, "due " + dueWords(r), "imagika admin rights show " + r.ID})
	}
	for _, w := range v.Seconds {
		rows = append(rows, []string{"second operator", w.Name, "asked for by " + w.Who + " " + ago(w.At), "the same command by another operator"})
	}
	next := map[string]string{
		"appeal": "imagika admin moderation appeals", "ticket": "imagika admin tickets list", "grant": "imagika admin credits list", "refund": "imagika admin payments list",
	}
	for _, w := range v.Waiting {
		rows = append(rows, []string{w.What, strconv.Itoa(w.Number), "the oldest " + ago(time.Now().Add(-w.Oldest)), next[w.What]})
	}
	for _, l := range v.Late {
		rows = append(rows, []string{"data past its time", l.Kind, "by " + seconds(l.By), "imagika admin retention"})
	}
	if len(rows) == 1 {
		s.out.Printf("Nothing waits for you.\n")
		return nil
	}
	return columns(s.out, rows)
}
