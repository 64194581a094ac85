package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/datafile"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/moderation"
)

// moderationCommand is for what people ask for and should not, and for the mistakes in judging that.
func moderationCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "moderation", Short: "Rules, appeals, bans and reports", Args: noArguments,
		Long: `Moderation shows what was refused and reported, and decides about people.

A PERSON is named by the hash that stands in lists and logs, or by a Telegram id, which is looked up and not kept. What is done is written down (imagika admin audit), and people are told in their language.`,
		Example: `  imagika admin moderation try "words to judge"
  imagika admin moderation appeals
  imagika admin moderation appeal accept 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --why "quotes a poem"
  imagika admin moderation ban 4f1c8a90b2d3e657 --for 72h --reason "Please stop that." --why "spam"`,
	}
	c.AddCommand(tryCommand(s), appealsCommand(s), appealCommand(s), banCommand(s), unbanCommand(s), strikesCommand(s), reportsCommand(s))
	return c
}

// trial is what the rules make of words, for machines.
type trial struct {
	Read     string            `json:"read"`
	Action   moderation.Action `json:"action"`
	Rule     string            `json:"rule,omitempty"`
	Category string            `json:"category,omitempty"`
	Because  string            `json:"because,omitempty"`
}

func tryCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "try WORDS…", Short: "Say what the rules make of words", Args: cobra.MinimumNArgs(1),
		Long: `Try judges words by the rules of IMAGIKA_MODERATION_RULES, or the built-in ones. Nothing has to run, and nothing is kept. It ends with 0 for what passes and 1 for what is refused.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, _, err := s.load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			rules, err := datafile.Read(cfg.Rules, moderation.Default, moderation.Parse)
			if err != nil {
				return usagef("Mend the file; what runs keeps the rules it has.", "IMAGIKA_MODERATION_RULES: %w", err)
			}
			return s.try(rules, strings.Join(args, " "))
		},
	}
	return c
}

func (s streams) try(rules *moderation.Rules, words string) error {
	v := rules.Judge(words)
	t := trial{moderation.Normalize(words), v.Action, v.Rule, string(v.Category), words[v.Span.Start:v.Span.End]}
	if *s.machine {
		if err := s.json(t, nil); err != nil {
			return err
		}
	} else {
		s.out.Printf("read as   %s\nverdict   %s\n", t.Read, t.Action)
		if v.Action != moderation.Pass {
			s.out.Printf("rule      %s (%s)\nbecause   %s\n", t.Rule, t.Category, t.Because)
		}
	}
	if v.Action == moderation.Pass {
		return nil
	}
	return &exitError{exitFailed, errors.New("refused by rule " + v.Rule), ""}
}

func appealsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "appeals [ID]", Short: "List what people say was refused by mistake, or open one", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withModeration(cmd, func(ctx context.Context, m app.Moderation) error {
				if len(args) == 1 {
					v, err := m.Appeal(ctx, args[0])
					if err != nil || *s.machine {
						return s.json(v, err)
					}
					return s.appeal(v)
				}
				all, err := m.Appeals(ctx)
				if err != nil || *s.machine {
					return s.json(all, err)
				}
				rows := [][]string{{"APPEAL", "WAITS", "PERSON", "ABOUT", "CAUSE", "PROMPT"}}
				for _, v := range all {
					rows = append(rows, []string{v.ID, ago(v.Appealed), v.Person, string(v.Kind), v.Cause, oneLine(v.Prompt, 60)})
				}
				return columns(s.out, rows)
			})
		},
	}
	return c
}

func (s streams) appeal(v workers.AppealView) error {
	rows := [][]string{
		{"case", v.ID},
		{"person", v.Person},
		{"about", string(v.Kind)},
		{"cause", strings.TrimSpace(v.Cause + " " + v.Category)},
		{"status", string(v.Status)},
		{"made", v.Made.Format(time.RFC3339)},
	}
	for _, r := range [][]string{{"prompt", v.Prompt}, {"without", v.Negative}, {"note", v.Note}} {
		if r[1] != "" {
			rows = append(rows, []string{r[0], oneLine(r[1], 4000)})
		}
	}
	return columns(s.out, rows)
}

func appealCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "appeal", Short: "Accept or reject an appeal", Args: noArguments,
	}
	for _, accept := range []bool{true, false} {
		use, short, said := "accept ID", "Find that it was a mistake: the strike or ban is lifted, the same words pass, the person is told", "Accepted"
		if !accept {
			use, short, said = "reject ID", "Find that it was right, and tell the person", "Rejected"
		}
		one := &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(1)}
		c.AddCommand(s.acting(one, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
			return s.withModeration(cmd, func(ctx context.Context, m app.Moderation) error {
				err := m.Decide(ctx, by, args[0], accept)
				return s.done(map[string]any{"case": args[0], "accepted": accept}, err, "%s; the person is told.", said)
			})
		}}))
	}
	return c
}

func banCommand(s streams) *cobra.Command {
	var length time.Duration
	var note string
	c := &cobra.Command{
		Use: "ban PERSON", Short: "Keep a person from having pictures made", Args: cobra.ExactArgs(1),
		Long: `Ban ends by itself after the time it is for; without one it lasts until it is lifted. The person keeps their credits, their pictures and their rights, is told the reason, and can appeal once.`,
	}
	c.Flags().DurationVar(&length, "for", 0, "`TIME`, such as 72h; not given: until it is lifted")
	c.Flags().StringVar(&note, "reason", "", "`WORDS` to the person")
	check := func([]string) error { return lasting(c, length) }
	return s.acting(c, deed{check: check, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withModeration(cmd, func(ctx context.Context, m app.Moderation) error {
			v, err := m.Ban(ctx, by, args[0], length, note)
			return s.standing(v, err)
		})
	}})
}

func unbanCommand(s streams) *cobra.Command {
	c := &cobra.Command{Use: "unban PERSON", Short: "Lift a ban and all strikes", Args: cobra.ExactArgs(1)}
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withModeration(cmd, func(ctx context.Context, m app.Moderation) error {
			v, err := m.Unban(ctx, by, args[0])
			return s.standing(v, err)
		})
	}})
}

func strikesCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "strikes PERSON", Short: "Say what counts against a person now", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withModeration(cmd, func(ctx context.Context, m app.Moderation) error {
				v, err := m.Standing(ctx, args[0])
				return s.standing(v, err)
			})
		},
	}
	return c
}

// standing prints what counts against a person.
func (s streams) standing(v workers.StandingView, err error) error {
	return s.show(v, err, func() error { return s.standingRows(v) })
}

func (s streams) standingRows(v workers.StandingView) error {
	banned := "no"
	switch {
	case v.Banned.IsZero():
	case v.Banned.Before(storage.Forever):
		banned = "until " + v.Banned.Format(time.RFC3339) + " (case " + v.Case + ")"
	default:
		banned = "until it is lifted (case " + v.Case + ")"
	}
	rows := [][]string{{"person", v.Person}, {"banned", banned}, {"strikes", strconv.FormatInt(v.Weight, 10)}}
	if v.Wait > 0 {
		rows = append(rows, []string{"next request", "in " + v.Wait.Round(time.Second).String()})
	}
	for _, k := range v.Strikes {
		rows = append(rows, []string{"", fmt.Sprintf("%d for %s, %s, until %s", k.Weight, k.Cause, k.ID, k.Expires.Format(time.RFC3339))})
	}
	return columns(s.out, rows)
}

func reportsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "reports", Short: "List the results that people reported", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withModeration(cmd, func(ctx context.Context, m app.Moderation) error {
				all, err := m.Reports(ctx)
				if err != nil || *s.machine {
					return s.json(all, err)
				}
				rows := [][]string{{"REPORTED", "REASON", "GENERATION", "PERSON", "MODEL", "PROVIDERS"}}
				for _, v := range all {
					rows = append(rows, []string{ago(v.At), v.Reason, v.Generation, v.Person, v.Model, strings.Join(v.Providers, " ")})
				}
				return columns(s.out, rows)
			})
		},
	}
	return c
}

func (s streams) withModeration(cmd *cobra.Command, f func(context.Context, app.Moderation) error) error {
	cfg, log, err := s.load(cmd, config.RoleTool)
	if err != nil {
		return err
	}
	return deskError(cmd, app.WithModeration(cmd.Context(), cfg, log, func(m app.Moderation) error { return f(cmd.Context(), m) }))
}

// ago is a time as one says it of something recent.
func ago(t time.Time) string { return seconds(time.Since(t)) + " ago" }

// oneLine is text that fits a column.
func oneLine(text string, limit int) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return string(r)
}
