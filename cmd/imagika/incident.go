package main

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/status"
)

// incidentCommand is for what the status page says is wrong.
func incidentCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "incident", Short: "Tell everybody on the status page what is wrong, and that it is over", Args: noArguments,
		Long: `Incident tells everybody what is wrong, on the status page, in its feed and for monitors. The page itself measures what works; this says what is known about it. Whatever is said is public and stays: write for people who use the bot, and name nobody.

An incident has an impact (notice: to be known, such as planned work; degraded: slow, or away for some; outage: something does not work) and a stage (investigating, identified, monitoring, resolved). The words are in English, by flags, or in several languages, in a FILE: a line with a language in brackets, such as [de], and below it the text. Of an incident that begins, the first line of each is its title.`,
		Example: `  imagika admin incident open --title "Pictures are late" --text "We are looking into it." --part images --began 10m
  imagika admin incident update 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --stage identified --text "A service does not answer; others take over."
  imagika admin incident resolve 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --text "Everything is as fast as before. Nothing was charged that failed."`,
	}
	c.AddCommand(incidentOpenCommand(s), incidentUpdateCommand(s), incidentResolveCommand(s), incidentListCommand(s))
	return c
}

// incidentFlags are what is said about an incident.
type incidentFlags struct {
	draft         workers.DraftIncident
	impact, stage string
	parts         []string
}

func (f *incidentFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.draft.Text, "text", "", "`WORDS` in English: what people notice, what is done about it")
	flags.StringVar(&f.impact, "impact", "", "how bad it is: notice, degraded or outage")
	flags.StringVar(&f.stage, "stage", "", "how far it has come: investigating, identified, monitoring or resolved")
	flags.StringSliceVar(&f.parts, "part", nil, "`PARTS` that are affected: bot, images, delivery, conversations, payments, website, telegram, accounts, pictures, line")
}

// take reads the file, where one is named.
func (f *incidentFlags) take(c *cobra.Command, files []string) (err error) {
	if len(files) == 0 && f.draft.Text == "" {
		return usagef(`Add --text "…", or name a FILE with texts.`, "%s: --text is missing", c.CommandPath())
	}
	f.draft.Impact, f.draft.Stage, f.draft.Parts = storage.Impact(f.impact), storage.IncidentStage(f.stage), f.parts
	if len(files) > 0 {
		f.draft.Document, err = readTexts(files[0])
	}
	return err
}

func incidentOpenCommand(s streams) *cobra.Command {
	var f incidentFlags
	var began string
	c := &cobra.Command{
		Use: "open [FILE]", Short: "Begin an incident", Args: cobra.MaximumNArgs(1),
		Example: `  imagika admin incident open --title "Pictures are late" --text "We are looking into it." --impact degraded --part images --began 10m
  imagika admin incident open planned.txt --impact notice --began 2026-12-01T02:00:00Z`,
	}
	f.add(c)
	c.Flags().StringVar(&f.draft.Title, "title", "", "`WORDS` in English that name it")
	c.Flags().StringVar(&began, "began", "", "`TIME` when it began: 10m for ten minutes ago, or 2026-12-01T02:00:00Z, of planned work in the future; not given: now")
	check := func(args []string) (err error) {
		if len(args) == 0 && f.draft.Title == "" {
			return usagef(`Add --title "…", or name a FILE with titles and texts.`, "%s: --title is missing", c.CommandPath())
		}
		if f.draft.Began, err = momentOf("--began", began, time.Now()); err != nil {
			return err
		}
		return f.take(c, args)
	}
	return s.acting(c, deed{needless: true, check: check, do: func(cmd *cobra.Command, by storage.By, _ []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.OpenIncident(ctx, by, f.draft)
			return s.done(v, err, "On the status page as %s. Say more with imagika admin incident update, and that it is over with incident resolve.", v.ID)
		})
	}})
}

func incidentUpdateCommand(s streams) *cobra.Command {
	var f incidentFlags
	c := &cobra.Command{
		Use: "update ID [FILE]", Short: "Say more about an incident", Args: cobra.RangeArgs(1, 2),
		Long:    `Update adds to what was said, and changes impact, stage and parts where they are given. One that is resolved can get a last word, such as what it was and what keeps it from coming back.`,
		Example: `  imagika admin incident update 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --stage identified --text "A service does not answer; others take over."`,
	}
	f.add(c)
	return s.incidentSays(c, &f)
}

func incidentResolveCommand(s streams) *cobra.Command {
	var f incidentFlags
	c := &cobra.Command{
		Use: "resolve ID [FILE]", Short: "Say that an incident is over", Args: cobra.RangeArgs(1, 2),
		Example: `  imagika admin incident resolve 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --text "Everything is as fast as before."`,
	}
	c.Flags().StringVar(&f.draft.Text, "text", "", "`WORDS` in English: what it was")
	f.stage = string(storage.IncidentResolved)
	return s.incidentSays(c, &f)
}

// incidentSays makes a command that says something about an incident there is.
func (s streams) incidentSays(c *cobra.Command, f *incidentFlags) *cobra.Command {
	check := func(args []string) error { return f.take(c, args[1:]) }
	return s.acting(c, deed{needless: true, check: check, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.UpdateIncident(ctx, by, args[0], f.draft)
			return s.show(v, err, func() error { return s.incidents([]status.Incident{v}) })
		})
	}})
}

func incidentListCommand(s streams) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "list", Short: "List incidents that last and those of the last 90 days, newest first", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				since := time.Now().AddDate(0, 0, -90)
				if all {
					since = time.Time{}
				}
				list, err := d.Incidents(ctx, since)
				return s.show(list, err, func() error { return s.incidents(list) })
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "however old")
	return c
}

func (s streams) incidents(all []status.Incident) error {
	rows := [][]string{{"INCIDENT", "BEGAN", "RESOLVED", "IMPACT", "STAGE", "PARTS", "TITLE"}}
	for _, i := range all {
		rows = append(rows, []string{
			i.ID, dayOr(i.Began, "-"), dayOr(i.Resolved, "-"), i.Impact, i.Stage, partsOf(i),
			oneLine(i.Title[workers.AnnouncementFallback], 60),
		})
	}
	return columns(s.out, rows)
}

func partsOf(i status.Incident) string {
	all := make([]string, len(i.Parts))
	for n, p := range i.Parts {
		all[n] = string(p)
	}
	return cmp.Or(strings.Join(all, ","), "-")
}
