package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// policyCommand is for the versions of the privacy policy.
func policyCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "policy", Short: "Publish versions of the privacy policy, and see which is in force", Args: noArguments,
		Long: `Policy publishes what people agree to. What was published is never changed: a change is another version.

A material change needs a summary in every language and a date at least a week ahead. Everybody who can be written to is told at once, at the pace of announcements, whatever news they opted out of, and can agree ahead of time. From that date on nothing new is done for anybody who has not agreed. A small change only appears on the page.

The program brings a policy of its own, which is published when it first starts. A release that brings another changes nothing until you publish it.`,
		Example: `  imagika admin policy list
  imagika admin policy publish 2027-03 ./policy --material --effective 2027-03-15 --dry-run`,
	}
	c.AddCommand(policyListCommand(s), policyShowCommand(s), policyPublishCommand(s))
	return c
}

func policyListCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the versions, by when they take effect", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				all, err := d.Policies(ctx)
				if err != nil || *s.machine {
					return s.json(all, err)
				}
				rows := [][]string{{"VERSION", "EFFECTIVE", "CHANGE", "IN FORCE", "ANNOUNCEMENT"}}
				for _, v := range all {
					rows = append(rows, []string{v.Version, dayOr(v.Effective, "-"), change(v), yes(v.InForce), v.Announcement})
				}
				return columns(s.out, rows)
			})
		},
	}
}

// change says what a version asks of people.
func change(v workers.PolicyView) string {
	if v.Material {
		return "material"
	}
	return "small"
}

func policyShowCommand(s streams) *cobra.Command {
	var lang string
	c := &cobra.Command{
		Use: "show VERSION", Short: "Show a version and its text", Args: cobra.ExactArgs(1),
		Example: `  imagika admin policy show 2027-03 --lang de`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.Policy(ctx, args[0])
				if err == nil && cmd.Flags().Changed("lang") {
					err = oneOf("lang", lang, slices.Sorted(maps.Keys(v.Texts)))
				}
				return s.show(v, err, func() error { return s.policy(v, lang) })
			})
		},
	}
	c.Flags().StringVar(&lang, "lang", workers.AnnouncementFallback, "show the text in this `LANGUAGE`")
	return c
}

// policy shows a version; no language leaves its text out.
func (s streams) policy(v workers.PolicyView, lang string) error {
	rows := [][]string{
		{"version", v.Version},
		{"effective", dayOr(v.Effective, "-")},
		{"change", change(v)},
		{"in force", yes(v.InForce)},
		{"languages", strings.Join(slices.Sorted(maps.Keys(v.Texts)), ", ")},
		{"sha256", v.SHA256},
	}
	if v.Announcement != "" {
		rows = append(rows, []string{"announcement", v.Announcement})
	}
	if v.People > 0 {
		rows = append(rows, []string{"would be told", people(v.People)})
	}
	if err := columns(s.out, rows); err != nil {
		return err
	}
	if summary := v.Summary[lang]; summary != "" {
		s.out.Printf("\n%s\n%s\n", s.out.Bold("what changes"), summary)
	}
	if text := v.Texts[lang]; text != "" {
		s.out.Printf("\n%s\n", text)
	}
	return nil
}

func policyPublishCommand(s streams) *cobra.Command {
	var draft workers.DraftPolicy
	var effective string
	c := &cobra.Command{
		Use: "publish VERSION [DIR]", Short: "Publish a version, and tell people of a material change", Args: cobra.RangeArgs(1, 2),
		Long: `Publish checks a version, publishes it, and announces it if the change is material. With --dry-run it only says what would happen.

DIR has policy.LANGUAGE.md in every language of the bot, in the form that "imagika admin policy show" shows, and summary.LANGUAGE.txt, in plain words, for what changes. Without texts in DIR, or without DIR, it is the policy that the program brings; where VERSION is its own, what changed is said too.`,
		Example: `  imagika admin policy publish 2027-03 ./policy --material --effective 2027-03-15 --dry-run
  imagika admin policy publish 2027-03 ./policy --material --effective 2027-03-15 --why "a new image service"`,
	}
	check := func(args []string) (err error) {
		draft.Version = args[0]
		if effective != "" {
			if draft.Effective, err = time.Parse(time.DateOnly, effective); err != nil {
				return usagef("Give the day as in 2027-03-15; it begins at midnight UTC.", "--effective %s is no day", effective)
			}
		}
		if len(args) == 1 {
			return nil
		}
		if draft.Texts, err = readLanguages(args[1], "policy.", ".md"); err == nil {
			draft.Summary, err = readLanguages(args[1], "summary.", ".txt")
		}
		if err == nil && draft.Texts == nil && draft.Summary == nil {
			err = usagef("It has to have policy.en.md and so on, or summary.en.txt.", "there is nothing in %s", args[1])
		}
		return err
	}
	f := c.Flags()
	f.StringVar(&effective, "effective", "", "in force from this `DAY` on, such as 2027-03-15, midnight UTC; now if it is left out")
	f.BoolVar(&draft.Material, "material", false, "people have to agree anew")
	f.Bool(flagDry, false, "only check it, and say what would happen")
	would := func(ctx context.Context, said func(workers.PolicyView) error) error {
		return s.withDesk(c, func(_ context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.CheckPolicy(ctx, draft)
			if err != nil {
				return err
			}
			return said(v)
		})
	}
	return s.acting(c, deed{
		check: check,
		dry: func(ctx context.Context, _ []string) error {
			return would(ctx, func(v workers.PolicyView) error {
				return s.show(v, nil, func() error { return s.policy(v, "") })
			})
		},
		warn: func(ctx context.Context, _ []string) (text string, err error) {
			err = would(ctx, func(v workers.PolicyView) error {
				text = fmt.Sprintf("Version %s is in force from %s on, and is never changed. %d people are told at once.", v.Version, dayOr(v.Effective, "now"), v.People)
				return nil
			})
			return text, err
		},
		do: func(cmd *cobra.Command, by storage.By, _ []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.PublishPolicy(ctx, by, draft)
				return s.show(v, err, func() error { return s.policy(v, "") })
			})
		},
	})
}

// readLanguages reads files named after languages; nil if there are none.
func readLanguages(dir, prefix, suffix string) (map[string]string, error) {
	names, err := filepath.Glob(filepath.Join(dir, prefix+"*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("look into %s: %w", dir, err)
	}
	var all map[string]string
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, usagef("Name the folder with the texts.", "%w", err)
		}
		if all == nil {
			all = make(map[string]string)
		}
		all[strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), prefix), suffix)] = string(text)
	}
	return all, nil
}
