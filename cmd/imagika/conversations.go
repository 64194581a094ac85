package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/workers"
)

// conversationsCommand is for what people report of those they talk with.
func conversationsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "conversations", Short: "Reports of conversations, and who talked with whom", Args: noArguments,
		Long: `Conversations shows what people reported of those they talked with: a reason, and what the reporter chose to send. Who reported is not kept. To decide "pause" keeps the accused out of conversations for an hour, then a day, then a week, then until it is lifted; they are told, and can appeal (imagika admin moderation appeals).

Who talked with whom stands in the open only while they do. At the end it is sealed to the keys of IMAGIKA_OPERATOR_KEYS for as long as IMAGIKA_REPORT_WINDOW says; two operators open it together, one after the other, each with their own key. Both steps are in the audit log.`,
		Example: `  imagika admin conversations reports
  imagika admin conversations decide 01KB2W8XGTQ4N0V7P6M5R3S1Z9 pause --why "ads"
  imagika admin conversations keygen ann.key
  imagika admin conversations unseal 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --key ann.key --why "request of the police"`,
	}
	c.AddCommand(chatReportsCommand(s), chatReportCommand(s), chatDecideCommand(s), keygenCommand(s), unsealCommand(s))
	return c
}

func chatReportsCommand(s streams) *cobra.Command {
	var everything bool
	c := &cobra.Command{
		Use: "reports", Short: "List reports that wait, the longest waiting first", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				all, err := d.ChatReports(ctx, everything)
				if err != nil || *s.machine {
					return s.json(all, err)
				}
				rows := [][]string{{"REPORT", "MADE", "ACCUSED", "REASON", "STATUS", "PAUSES", "SENT"}}
				for _, v := range all {
					rows = append(rows, []string{
						v.ID, ago(v.Made), v.Accused, v.Reason, string(v.Status), strconv.FormatInt(v.Pauses, 10), strconv.Itoa(len(v.Evidence)),
					})
				}
				return columns(s.out, rows)
			})
		},
	}
	c.Flags().BoolVar(&everything, "all", false, "decided ones too, newest first")
	return c
}

func chatReportCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "show REPORT", Short: "Show what was sent with a report", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.ChatReport(ctx, args[0])
				if err != nil || *s.machine {
					return s.json(v, err)
				}
				rows := [][]string{
					{"report", v.ID},
					{"conversation", v.Conversation},
					{"accused", v.Accused},
					{"reason", v.Reason},
					{"status", string(v.Status)},
					{"pauses", strconv.FormatInt(v.Pauses, 10)},
					{"made", v.Made.UTC().Format(time.DateTime)},
				}
				for _, one := range v.Evidence {
					rows = append(rows, []string{one.Kind, strings.TrimSpace(oneLine(one.Text, 2000) + " " + one.File)})
				}
				return columns(s.out, rows)
			})
		},
	}
}

func chatDecideCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "decide REPORT pause|dismiss", Short: "Keep the accused out of conversations for a while, or decide that nothing follows", Args: cobra.ExactArgs(2),
	}
	check := func(args []string) error {
		if args[1] != "pause" && args[1] != "dismiss" {
			return usagef("Write pause or dismiss.", "%q is no decision", args[1])
		}
		return nil
	}
	return s.acting(c, deed{check: check, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			length, err := d.DecideChatReport(ctx, by, args[0], args[1] == "pause")
			said := "Dismissed."
			switch {
			case args[1] == "pause" && length > 0:
				said = "Kept out of conversations for " + length.String() + "; the person is told."
			case args[1] == "pause":
				said = "Kept out of conversations until it is lifted; the person is told."
			}
			return s.done(map[string]any{"report": args[0], "pause_ns": length}, err, "%s", said)
		})
	}})
}

func keygenCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "keygen FILE", Short: "Make the keys of an operator", Args: cobra.ExactArgs(1),
		Long: `Keygen writes a private key to FILE, which only its operator should have, and prints the public one. The public keys of at least two operators go into IMAGIKA_OPERATOR_KEYS.`,
		RunE: func(_ *cobra.Command, args []string) error {
			public, private, err := keys.GenerateOperator()
			if err != nil {
				return err
			}
			f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			_, err = f.WriteString(private + "\n")
			return s.done(map[string]string{"public": public}, errors.Join(err, f.Close()), "%s", public)
		},
	}
}

func unsealCommand(s streams) *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "unseal CONVERSATION", Short: "Open who talked with whom, together with another operator", Args: cobra.ExactArgs(1),
		Long: `Unseal takes two operators. The first one's key opens the outer seal, and nothing shows yet; the key of any other one opens the rest and shows who it was.`,
	}
	c.Flags().StringVar(&path, "key", "", "`FILE` of the operator's private key")
	_ = c.MarkFlagRequired("key")
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		key, err := keys.ParseOperatorKey(string(text))
		if err != nil {
			return usagef("It is made by imagika admin conversations keygen.", "--key: %w", err)
		}
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.Unseal(ctx, by, args[0], key)
			return s.show(v, err, func() error {
				if len(v.People) == 0 {
					s.out.Printf("Half open. Another operator now runs the same command with their own key.\n")
					return nil
				}
				rows := [][]string{{"PERSON", "TELEGRAM ID"}}
				for _, p := range v.People {
					rows = append(rows, []string{p.Person, strconv.FormatInt(p.TelegramID, 10)})
				}
				return columns(s.out, rows)
			})
		})
	}})
}
