package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// breachCommand is for the record of breaches of personal data.
func breachCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "breach", Short: "Record breaches of personal data, and tell people of them", Args: noArguments,
		Long: `Breach keeps the record that the law demands of every breach of personal data: somebody saw, changed or took what they should not have, or it is lost. From its discovery there are 72 hours to tell the authority, unless nobody can come to harm. What is written down is sealed.`,
		Example: `  imagika admin breach record --facts "A backup lay open for a day." --people 1200 --discovered 2h
  imagika admin breach update 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --authority-at now
  imagika admin breach notify 01KB2W8XGTQ4N0V7P6M5R3S1Z9 notice.txt --dry-run`,
	}
	c.AddCommand(breachRecordCommand(s), breachUpdateCommand(s), breachListCommand(s), breachNotifyCommand(s))
	return c
}

// breachFlags are what is known of a breach.
type breachFlags struct {
	facts, categories, effects, remedy, discovered, authority string
	people                                                    int64
	closed                                                    bool
}

func (f *breachFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.facts, "facts", "", "`WORDS`: what happened")
	flags.StringVar(&f.categories, "categories", "", "`WORDS`: which data, of which people")
	flags.StringVar(&f.effects, "effects", "", "`WORDS`: what it may do to them")
	flags.StringVar(&f.remedy, "remedy", "", "`WORDS`: what was done about it")
	flags.StringVar(&f.discovered, "discovered", "", "`TIME` of the discovery: now, 2h for two hours ago, or 2026-11-01T08:00:00Z; not given: now")
	flags.StringVar(&f.authority, "authority-at", "", "`TIME` when the authority was told, likewise")
	flags.Int64Var(&f.people, "people", 0, "about how many `PEOPLE` are affected")
	flags.BoolVar(&f.closed, "closed", false, "nobody is left to be told")
}

// change puts in what was given.
func (f *breachFlags) change(cmd *cobra.Command, now time.Time) (func(*storage.Breach), error) {
	discovered, err := momentOf("--discovered", f.discovered, now)
	if err != nil {
		return nil, err
	}
	authority, err := momentOf("--authority-at", f.authority, now)
	if err != nil {
		return nil, err
	}
	return func(b *storage.Breach) {
		for text, to := range map[*string]*string{&f.facts: &b.Facts, &f.categories: &b.Categories, &f.effects: &b.Effects, &f.remedy: &b.Remedy} {
			if *text != "" {
				*to = *text
			}
		}
		if !discovered.IsZero() {
			b.Discovered = discovered
		}
		if !authority.IsZero() {
			b.Authority = authority
		}
		if cmd.Flags().Changed("people") {
			b.People = f.people
		}
		if f.closed {
			b.Closed = now
		}
	}, nil
}

// momentOf reads a point in time; zero where none was given.
func momentOf(flag, text string, now time.Time) (time.Time, error) {
	switch text {
	case "":
		return time.Time{}, nil
	case "now":
		return now, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, usagef("Write it as now, 2h or 2026-11-01T08:00:00Z.", "%s: %q is no time", flag, text)
}

func breachRecordCommand(s streams) *cobra.Command {
	var f breachFlags
	c := &cobra.Command{
		Use: "record", Short: "Write a breach down, from when on the 72 hours run", Args: noArguments,
		Example: `  imagika admin breach record --facts "A backup lay open for a day." --categories "prompts, sealed" --people 1200 --discovered 2h`,
	}
	f.add(c)
	return s.acting(c, deed{needless: true, do: func(cmd *cobra.Command, by storage.By, _ []string) error {
		now := time.Now()
		change, err := f.change(cmd, now)
		if err != nil {
			return err
		}
		b := storage.Breach{Discovered: now}
		change(&b)
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.RecordBreach(ctx, by, b)
			return s.done(v, err, "Recorded as %s. The authority has to be told %s, unless nobody can come to harm.", v.ID, left(v.Left))
		})
	}})
}

// left is how long there is to tell the authority.
func left(d time.Duration) string {
	if d < 0 {
		return "at once: 72 hours are over"
	}
	return "within " + d.Round(time.Minute).String()
}

func breachUpdateCommand(s streams) *cobra.Command {
	var f breachFlags
	c := &cobra.Command{
		Use: "update ID", Short: "Add what has come to be known of a breach, or that the authority was told", Args: cobra.ExactArgs(1),
		Long:    `Update changes what is given and leaves the rest. That it was changed, by whom and when stands in the audit log.`,
		Example: `  imagika admin breach update 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --authority-at now --remedy "The bucket is private again."`,
	}
	f.add(c)
	return s.acting(c, deed{needless: true, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		change, err := f.change(cmd, time.Now())
		if err != nil {
			return err
		}
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.UpdateBreach(ctx, by, args[0], change)
			return s.show(v, err, func() error { return s.breaches([]workers.BreachView{v}) })
		})
	}})
}

func breachListCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List breaches with how long there is to tell the authority, newest first", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				all, err := d.Breaches(ctx)
				return s.show(all, err, func() error { return s.breaches(all) })
			})
		},
	}
}

func (s streams) breaches(all []workers.BreachView) error {
	rows := [][]string{{"BREACH", "DISCOVERED", "AUTHORITY", "PEOPLE", "TOLD", "FACTS"}}
	for _, b := range all {
		authority := dayOr(b.Authority, left(b.Left))
		if b.Authority.IsZero() && !b.Closed.IsZero() {
			authority = "not needed"
		}
		rows = append(rows, []string{b.ID, dayOr(b.Discovered, ""), authority, people(b.People), dayOr(b.Told, "-"), oneLine(b.Facts, 60)})
	}
	return columns(s.out, rows)
}

func breachNotifyCommand(s streams) *cobra.Command {
	var list string
	c := &cobra.Command{
		Use: "notify ID FILE", Short: "Tell people of a breach, in their language; nobody can have opted out of it", Args: cobra.ExactArgs(2),
		Long: `Notify sends a message to everybody, or to the people of a list, paced like an announcement and with a sound. It takes two operators: one after the other runs the same command, with the same file and list, within 48 hours. People who blocked the bot cannot be told by it; imagika admin announce show says how many.

FILE has a line with a language in brackets, such as [de], and below it the text in Telegram's HTML, for each language there is. Say what happened, what it may mean for people, what was done, what they can do, and whom they can ask.`,
		Example: `  imagika admin breach notify 01KB2W8XGTQ4N0V7P6M5R3S1Z9 notice.txt --dry-run
  imagika admin breach notify 01KB2W8XGTQ4N0V7P6M5R3S1Z9 notice.txt --list affected.txt`,
	}
	c.Flags().StringVar(&list, "list", "", "only the people in `FILE`, one in a line: the hash of logs and lists, or a Telegram id")
	c.Flags().Bool(flagDry, false, "only say whom it would reach, and show it")
	var document string
	var names []string
	check := func(args []string) (err error) {
		if document, err = readTexts(args[1]); err == nil && list != "" {
			names, err = readNames(list)
		}
		return err
	}
	would := func(ctx context.Context, id string, said func(workers.ReachView) error) error {
		return s.withDesk(c, func(_ context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.ReachBreach(ctx, id, document, names)
			if err != nil {
				return err
			}
			return said(v)
		})
	}
	return s.acting(c, deed{
		check: check,
		dry: func(ctx context.Context, args []string) error {
			return would(ctx, args[0], func(v workers.ReachView) error {
				return s.show(v, nil, func() error { return s.reach(v) })
			})
		},
		warn: func(ctx context.Context, args []string) (text string, err error) {
			err = would(ctx, args[0], func(v workers.ReachView) error {
				text = fmt.Sprintf("%d people are told as soon as two operators want it. What somebody has read cannot be taken back.", v.People)
				return nil
			})
			return text, err
		},
		do: func(cmd *cobra.Command, by storage.By, args []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.NotifyBreach(ctx, by, args[0], document, names)
				if err == nil && v.ID == "" {
					return s.done(v, err, "Half done. Another operator now runs the same command, with the same text and people.")
				}
				return s.done(v, err, "People are being told: imagika admin announce show %s", v.ID)
			})
		},
	})
}

// readNames reads a list of people.
func readNames(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("Name the file with the people.", "--list: %w", err)
	}
	names := strings.Fields(string(data))
	if len(names) == 0 {
		return nil, usagef("Write one person in a line.", "--list: %s names nobody", file)
	}
	return names, nil
}
