package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/site/visits"
	"github.com/imagika/imagika/storage"
)

// visitsCommand says how the site is used.
func visitsCommand(s streams) *cobra.Command {
	var by string
	var days int
	c := &cobra.Command{
		Use: "visits", Short: "Say how often pages of the site were seen, and from where", Args: noArguments,
		Long: `Visits adds up what is counted of people who look at the site: sums, without cookies, of nobody whose browser asks not to be counted, and not of programs. A visitor is counted once a day, where they came in; on several days, with several browsers, after a restart, and by each process that serves the site, they are counted anew. The country is an estimate by IP2Location LITE, https://lite.ip2location.com. IMAGIKA_VISITS=off counts nothing.`,
		Example: `  imagika admin visits
  imagika admin visits --by referrer --days 7
  imagika admin visits --json | jq .countries`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			pick, ok := visitLines()[by]
			if !ok {
				return usagef("Write --by day, page, country, referrer or device.", "--by: visits are not counted by %q", by)
			}
			if longest := int(storage.VisitsKept / (24 * time.Hour)); days < 1 || days > longest {
				return usagef("Write it as --days 30.", "--days: want 1 to %d, which is how long visits are kept", longest)
			}
			return s.withStore(cmd, func(ctx context.Context, st *storage.Store) error {
				r, err := visits.Read(ctx, st, days, time.Now())
				return s.show(r, err, func() error { return s.visits(r, by, pick(r)) })
			})
		},
	}
	c.Flags().StringVar(&by, "by", byDay, "what a line is: `day`, page, country, referrer or device")
	c.Flags().IntVar(&days, "days", 30, "how many days, today included")
	return c
}

// visitLines are the parts of a report, by how one asks for them.
func visitLines() map[string]func(visits.Report) []storage.VisitLine {
	return map[string]func(visits.Report) []storage.VisitLine{
		byDay:      func(r visits.Report) []storage.VisitLine { return r.Days },
		"page":     func(r visits.Report) []storage.VisitLine { return r.Pages },
		"country":  func(r visits.Report) []storage.VisitLine { return r.Countries },
		"referrer": func(r visits.Report) []storage.VisitLine { return r.Referrers },
		"device":   func(r visits.Report) []storage.VisitLine { return r.Devices },
	}
}

func (s streams) visits(r visits.Report, by string, lines []storage.VisitLine) error {
	rows := [][]string{{map[string]string{byDay: "DAY", "page": "PAGE", "country": "COUNTRY", "referrer": "LED HERE BY", "device": "DEVICE"}[by], "VISITORS", "VIEWS"}}
	for _, l := range lines {
		name := l.Name
		switch {
		case by == "country":
			name = visits.Country("en", name)
		case name == "":
			name = "-"
		}
		rows = append(rows, []string{name, number(l.Visitors), number(l.Views)})
	}
	total := r.Total()
	return columns(s.out, append(rows, []string{"all", number(total.Visitors), number(total.Views)}))
}
