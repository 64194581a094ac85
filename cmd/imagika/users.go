package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// usersCommand is for the people behind the hashes.
func usersCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "users", Short: "Find people, look at them, ban them, give them credits", Args: noArguments,
		Long: `Users shows what there is about a person, except what they wrote.

A PERSON is named by the hash that stands in lists and logs, by a Telegram id, which is looked up and not kept, or by the charge id of a payment. Names of Telegram are not kept, so nobody is found by theirs.`,
		Example: `  imagika admin users show 4f1c8a90b2d3e657
  imagika admin users find stxbP7…
  imagika admin users ban 4f1c8a90b2d3e657 --for 72h --reason "Please stop that." --why "floods the queue"`,
	}
	grant := creditsMoveCommand(s, "grant", "Give credits to a person", 1)
	c.AddCommand(usersFindCommand(s), usersShowCommand(s), usersReadCommand(s), usersExportCommand(s), banCommand(s), unbanCommand(s), usersEraseCommand(s), childCommand(s), grant)
	return c
}

func usersFindCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "find PERSON", Short: "Say the hash under which a person stands in lists and logs", Args: cobra.ExactArgs(1),
		Example: `  imagika admin users find 123456789`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.Person(ctx, args[0])
				return s.done(map[string]string{"person": v.Person}, err, "%s", v.Person)
			})
		},
	}
}

func usersShowCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "show PERSON", Short: "Show a person: credits, bans, settings, last generations and payments", Args: cobra.ExactArgs(1),
		Example: `  imagika admin users show 4f1c8a90b2d3e657`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.Person(ctx, args[0])
				return s.show(v, err, func() error { return s.person(v) })
			})
		},
	}
}

func (s streams) person(v workers.PersonView) error {
	rows := [][]string{
		{"person", v.Person},
		{"since", moment(v.Since)},
		{"language", v.Language},
		{"tier", string(v.Tier)},
		{"agreed to", v.Agreed},
		{"balance", fmt.Sprintf("%d credits, %d held", v.Balance, v.Held)},
	}
	for _, l := range v.Credits {
		text := fmt.Sprintf("%d of %d, %s", l.Left, l.Credits, l.Source)
		if !l.Expires.IsZero() {
			text += ", until " + moment(l.Expires)
		}
		rows = append(rows, []string{"", text})
	}
	rows = append(rows, []string{"strikes", number(v.Strikes)}, []string{"settings", settingsWords(v.Settings)})
	for _, r := range [][]string{
		{"owes", nonzero(v.Debt)},
		{"banned", until(v.Banned)},
		{"blocked us", dayOr(v.Unreachable, "")},
		{"restricted", yes(v.Restricted)},
		{"being erased", yes(v.Erasing)},
		{"generations", statusWords(v.ByStatus)},
	} {
		if r[1] != "" {
			rows = append(rows, r)
		}
	}
	if err := columns(s.out, rows); err != nil {
		return err
	}
	if len(v.Recent) > 0 {
		s.out.Printf("\n")
		if err := s.generationRows(v.Recent, false); err != nil {
			return err
		}
	}
	if len(v.Payments) > 0 {
		s.out.Printf("\n")
		return s.paymentRows(v.Payments)
	}
	return nil
}

// moment is a time for people.
func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateTime) + " UTC"
}

func until(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Before(storage.Forever):
		return "until " + moment(t)
	}
	return "until it is lifted"
}

func nonzero(n int64) string {
	if n == 0 {
		return ""
	}
	return number(n) + " credits"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// settingsWords are what a person set, in a line.
func settingsWords(p workers.PersonSettings) string {
	var words []string
	for _, w := range []string{p.Model, p.Ratio, p.Quality, p.Style} {
		if w != "" {
			words = append(words, w)
		}
	}
	if p.Count > 0 {
		words = append(words, strconv.Itoa(p.Count)+" images")
	}
	if len(p.Without) > 0 {
		words = append(words, "without "+strings.Join(p.Without, " "))
	}
	if p.Cap > 0 {
		words = append(words, fmt.Sprintf("at most %d credits a month", p.Cap))
	}
	if len(words) == 0 {
		return "as they come"
	}
	return strings.Join(words, ", ")
}

func statusWords(by map[storage.Status]int64) string {
	var words []string
	for _, status := range slices.Sorted(maps.Keys(by)) {
		words = append(words, fmt.Sprintf("%d %s", by[status], status))
	}
	return strings.Join(words, ", ")
}

func usersReadCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "read PERSON", Short: "Read what a person asked for last, which stands in the audit log", Args: cobra.ExactArgs(1),
		Long:    `Read shows the last prompts of a person. It is personal: that it was read, by whom and why stands in the audit log.`,
		Example: `  imagika admin users read 4f1c8a90b2d3e657 --why "appeal 01KB2W8XGTQ4N0V7P6M5R3S1Z9"`,
	}
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			all, err := d.ReadPerson(ctx, by, args[0])
			return s.show(all, err, func() error {
				rows := [][]string{{"GENERATION", "ASKED", "STATUS", "PROMPT"}}
				for _, p := range all {
					rows = append(rows, []string{p.ID, moment(p.Created), string(p.Status), oneLine(p.Prompt, 200)})
				}
				return columns(s.out, rows)
			})
		})
	}})
}

// childCommand is for a report that somebody is a child.
func childCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "child PERSON", Short: "Erase at once the account of somebody who is too young", Args: cobra.ExactArgs(1),
		Long: `Child is for when you learn that a child uses the bot. Everything of theirs is erased without days of grace; what they paid for and did not spend goes back first. A keyed hash keeps them from starting again for 30 days.`,
	}
	warn := func(_ context.Context, args []string) (string, error) {
		return "Everything of " + args[0] + " is erased at once, and nothing brings it back.", nil
	}
	return s.acting(c, deed{warn: warn, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.Child(ctx, by, args[0])
			return s.done(v, err, "%s is being erased.", v.Person)
		})
	}})
}

func usersExportCommand(s streams) *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "export PERSON", Short: "Write everything that is held about a person into a ZIP file", Args: cobra.ExactArgs(1),
		Long:    `Export writes what the person would get from /privacy in the chat, for somebody who cannot use the bot: data.json, a page to read, and all their pictures. Make sure who asks for it. It is personal: that it was made, by whom and why stands in the audit log, and among the person's requests.`,
		Example: `  imagika admin users export 4f1c8a90b2d3e657 --out export.zip --why "letter of 3 November"`,
	}
	c.Flags().StringVar(&path, "out", "", "`FILE` to write, which must not be there yet")
	_ = c.MarkFlagRequired("out")
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		cfg, log, err := s.load(cmd, config.RoleTool)
		if err != nil {
			return err
		}
		// Before anything else is opened: an embedded server may change the working directory.
		if path, err = filepath.Abs(path); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		err = app.WithExporter(cmd.Context(), cfg, log, func(e app.Exporter) error { return e.Export(cmd.Context(), by, args[0], f) })
		if err = errors.Join(err, f.Close()); err != nil {
			return errors.Join(err, os.Remove(path))
		}
		return s.done(map[string]string{"file": path}, nil, "Everything about this person is in %s.", path)
	}})
}
