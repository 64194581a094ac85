package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// rightsCommand is for what people ask about their data, above all by mail and post.
func rightsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "rights", Short: "Record and answer what people ask about their data by mail or post", Args: noArguments,
		Long: `Rights are what people ask about their data: to see, get, erase, correct or freeze it. What is asked in the chat is answered there by itself. Letters are recorded here, with the day on which they came: each has to be answered 28 days after that.

A person who linked an address through the bot is found by it. A code goes to that address with the acknowledgement; once it has come back, verify starts the export or the erasure. Everything else is answered by an operator, and ended with done or refuse. People are told, at their address or in the chat.`,
		Example: `  imagika admin rights list
  imagika admin rights record erase --person ann@example.com --received 2026-11-20 --why "her letter"
  imagika admin rights verify 01KB2W8XGTQ4N0V7P6M5R3S1Z9 123456 --why "her answer"
  imagika admin rights refuse 01KB2W8XGTQ4N0V7P6M5R3S1Z9 --reason identity --why "no answer for two weeks"`,
	}
	c.AddCommand(rightsListCommand(s), rightsShowCommand(s), rightsRecordCommand(s), rightsCodeCommand(s), rightsVerifyCommand(s), rightsDoneCommand(s), rightsRefuseCommand(s))
	return c
}

func rightsListCommand(s streams) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "list", Short: "List requests that are not answered, what is due first at the top", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				list, err := d.Rights(ctx, all)
				if err != nil || *s.machine {
					return s.json(list, err)
				}
				rows := [][]string{{"REQUEST", "DUE", "KIND", "CAME BY", "STATUS", "PERSON"}}
				for _, v := range list {
					rows = append(rows, []string{v.ID, dueWords(v), string(v.Kind), string(v.Origin), rightStatus(v), v.Person})
				}
				return columns(s.out, rows)
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "answered ones too, newest first")
	return c
}

// dueWords say by when a request has to be answered.
func dueWords(v workers.RightView) string {
	day := v.Due.UTC().Format(time.DateOnly)
	switch {
	case !v.Ended.IsZero():
		return "-"
	case v.Overdue:
		return day + " OVERDUE"
	}
	return day
}

func rightStatus(v workers.RightView) string {
	text := string(v.Status)
	switch {
	case v.Waits:
		text = "waits for us"
	case v.Reason != "":
		text += " (" + v.Reason + ")"
	}
	return text
}

func rightsShowCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "show REQUEST", Short: "Show a request", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.Right(ctx, args[0])
				return s.show(v, err, func() error {
					return columns(s.out, [][]string{
						{"request", v.ID},
						{"kind", string(v.Kind)},
						{"came by", string(v.Origin)},
						{"person", v.Person},
						{"status", rightStatus(v)},
						{"step", v.Step},
						{"received", moment(v.Received)},
						{"due", moment(v.Due)},
						{"ended", moment(v.Ended)},
					})
				})
			})
		},
	}
}

// letterKinds are what can be asked by mail.
func letterKinds() (names []string) {
	for _, kind := range storage.RightKinds() {
		names = append(names, string(kind))
	}
	return names
}

func rightsRecordCommand(s streams) *cobra.Command {
	var person, day string
	var received time.Time
	c := &cobra.Command{
		Use: "record KIND", Short: "Record a letter: " + strings.Join(letterKinds(), ", "), Args: cobra.ExactArgs(1),
		Long: `Record writes down what somebody asked by mail or post. Who linked their address gets an acknowledgement there; for access, export, port and erase it carries a code, and what is asked for begins once verify has seen it. Access and export are answered at that address.`,
	}
	c.Flags().StringVar(&person, "person", "", "`PERSON`: a linked e-mail address, the hash of lists, or a Telegram id; not given: not known yet")
	c.Flags().StringVar(&day, "received", "", "`DAY` on which it came, as 2026-11-20; not given: today")
	check := func(args []string) (err error) {
		if !slices.Contains(letterKinds(), args[0]) {
			return usagef("Say one of "+strings.Join(letterKinds(), ", ")+".", "%q is nothing that is asked about data", args[0])
		}
		received = time.Now()
		if day == "" {
			return nil
		}
		if received, err = time.Parse(time.DateOnly, day); err != nil || received.After(time.Now()) {
			return usagef("Write it as 2026-11-20.", "--received: %q is no day in the past", day)
		}
		return nil
	}
	return s.acting(c, deed{check: check, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.RecordRight(ctx, by, person, storage.RightKind(args[0]), received)
			next := "Answer it, then: imagika admin rights done " + v.ID
			if v.Mailed {
				next = "A code is on its way to the linked address. When it comes back: imagika admin rights verify " + v.ID + " CODE"
			}
			return s.done(v, err, "Recorded as %s, due on %s.\n%s", v.ID, v.Due.UTC().Format(time.DateOnly), next)
		})
	}})
}

func rightsCodeCommand(s streams) *cobra.Command {
	c := &cobra.Command{Use: "code REQUEST", Short: "Send another code to the address that a person linked", Args: cobra.ExactArgs(1)}
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			err := d.SendRightCode(ctx, by, args[0])
			return s.done(map[string]string{"request": args[0]}, err, "On its way.")
		})
	}})
}

func rightsVerifyCommand(s streams) *cobra.Command {
	c := &cobra.Command{Use: "verify REQUEST CODE", Short: "Take the code that came back, and begin what was asked for", Args: cobra.ExactArgs(2)}
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.VerifyRight(ctx, by, args[0], args[1])
			return s.done(v, err, "That is the code. The %s begins.", v.Kind)
		})
	}})
}

func rightsDoneCommand(s streams) *cobra.Command {
	c := &cobra.Command{Use: "done REQUEST", Short: "End a request that you answered, and tell the person", Args: cobra.ExactArgs(1)}
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.EndRight(ctx, by, args[0], "")
			return s.done(v, err, "Done.")
		})
	}})
}

func rightsRefuseCommand(s streams) *cobra.Command {
	var reason string
	c := &cobra.Command{Use: "refuse REQUEST", Short: "Refuse a request for a reason, and tell the person", Args: cobra.ExactArgs(1)}
	c.Flags().StringVar(&reason, "reason", "", "`REASON`: "+strings.Join(workers.RefusalReasons(), ", "))
	check := func([]string) error {
		if !slices.Contains(workers.RefusalReasons(), reason) {
			return usagef("Say --reason "+strings.Join(workers.RefusalReasons(), " or ")+".", "%q is no reason to refuse", reason)
		}
		return nil
	}
	return s.acting(c, deed{check: check, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.EndRight(ctx, by, args[0], reason)
			return s.done(v, err, "Refused; the person is told how to complain.")
		})
	}})
}
