package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// paymentsCommand is for what people paid.
func paymentsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "payments", Short: "Look at payments, give them back, compare them with Telegram's", Args: noArguments,
		Long: `Payments are named by Telegram's charge id, people by the hash that stands in lists and logs, or by a Telegram id, which is looked up and not kept. Stars are given back by the service that runs: the command asks for it and ends.`,
		Example: `  imagika admin payments list --status unmatched
  imagika admin payments refund stxbP7… --why "paid twice"
  imagika admin payments reconcile --since 2026-11-01`,
	}
	c.AddCommand(paymentsListCommand(s), paymentsShowCommand(s), paymentsRefundCommand(s), paymentsForgiveCommand(s), reconcileCommand(s))
	return c
}

func (s streams) withDesk(cmd *cobra.Command, f func(context.Context, config.Config, *workers.Desk) error) error {
	cfg, log, err := s.load(cmd, config.RoleTool)
	if err != nil {
		return err
	}
	return deskError(cmd, app.WithDesk(cmd.Context(), cfg, log, func(d *workers.Desk) error { return f(cmd.Context(), cfg, d) }))
}

// paymentStatuses are all there are.
func paymentStatuses() []string {
	return []string{
		string(storage.PaymentPaid), string(storage.PaymentRefunding), string(storage.PaymentRefunded), string(storage.PaymentClawedBack),
		string(storage.PaymentUnmatched),
	}
}

func paymentsListCommand(s streams) *cobra.Command {
	var person, status string
	c := &cobra.Command{
		Use: "list", Short: "List payments, newest first", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("status", status, paymentStatuses()); err != nil {
				return err
			}
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				all, err := d.Payments(ctx, person, storage.PaymentStatus(status))
				return s.show(all, err, func() error { return s.paymentRows(all) })
			})
		},
	}
	c.Flags().StringVar(&person, "person", "", "only those of a `PERSON`")
	c.Flags().StringVar(&status, "status", "", "only those in a `STATUS`: "+strings.Join(paymentStatuses(), ", "))
	_ = c.RegisterFlagCompletionFunc("status", cobra.FixedCompletions(paymentStatuses(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// paymentRows prints a table of payments.
func (s streams) paymentRows(all []workers.PaymentView) error {
	rows := [][]string{{"PAID", "STARS", "CREDITS", "UNSPENT", "STATUS", "PERSON", "CHARGE"}}
	for _, v := range all {
		rows = append(rows, []string{
			v.Paid.UTC().Format(time.DateTime), number(v.Stars), number(v.Credits), number(v.Left),
			strings.TrimSpace(string(v.Status) + " " + string(v.Problem)), v.Person, v.Charge,
		})
	}
	return columns(s.out, rows)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func paymentsShowCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "show CHARGE", Short: "Show a payment and what became of it", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.Payment(ctx, args[0])
				if err != nil || *s.machine {
					return s.json(v, err)
				}
				return s.payment(v)
			})
		},
	}
	return c
}

func (s streams) payment(v workers.PaymentView) error {
	rows := [][]string{
		{"charge", v.Charge},
		{"person", v.Person},
		{"order", v.Order},
		{"paid", v.Paid.UTC().Format(time.RFC3339)},
		{"stars", number(v.Stars)},
		{"credits", number(v.Credits)},
		{"unspent", number(v.Left)},
		{"status", string(v.Status)},
	}
	for _, r := range [][]string{{"problem", string(v.Problem)}, {"refund", string(v.Refund)}, {"telegram says", v.Reason}} {
		if r[1] != "" {
			rows = append(rows, r)
		}
	}
	return columns(s.out, rows)
}

func paymentsRefundCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "refund CHARGE", Short: "Give a payment back", Args: cobra.ExactArgs(1),
		Long: `Refund gives a whole payment back: Telegram knows no partial refunds. What it bought and is unspent leaves the person's account at once; what is spent stays with them. The person is told when the Stars are back, and everything is as it was should Telegram refuse.`,
	}
	var v workers.PaymentView
	warn := func(ctx context.Context, args []string) (text string, err error) {
		err = s.withDesk(c, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err = d.Payment(ctx, args[0])
			return err
		})
		return fmt.Sprintf("%d Stars go back to %s, and %d unspent credits of %d leave their account", v.Stars, cmp.Or(v.Person, "whoever paid"), v.Left, v.Credits), err
	}
	return s.acting(c, deed{warn: warn, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.RefundPayment(ctx, by, args[0])
			return s.show(v, err, func() error { return s.payment(v) })
		})
	}})
}

func paymentsForgiveCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "forgive PERSON", Short: "End what a person owes, so that they are painted for again", Args: cobra.ExactArgs(1),
		Long: `Who spent the credits of a payment that Telegram took back owes them, and has nothing painted until what they buy has settled it. Forgive ends that, and tells them.`,
	}
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			err := d.Forgive(ctx, by, args[0])
			return s.done(map[string]int{"owed": 0}, err, "Nothing is owed any more; the person is told.")
		})
	}})
}

// reconcileLook is how often the command looks whether it is done.
const reconcileLook = 500 * time.Millisecond

func reconcileCommand(s streams) *cobra.Command {
	var since string
	var wait time.Duration
	c := &cobra.Command{
		Use: "reconcile", Short: "Compare payments with Telegram's list of them, and set right what can be", Args: noArguments,
		Long: `Reconcile has the running service read Telegram's list of Star transactions. A payment that is missing here is given its credits, one that went back is taken back, one of somebody unknown is returned; what only people can judge is listed. The service does the same every IMAGIKA_RECONCILE_INTERVAL.

It ends with 1 if something was found.`,
	}
	c.Flags().StringVar(&since, "since", "", "leave older transactions out: a `TIME` such as 720h ago, or a day such as 2026-11-01; not given: none")
	c.Flags().DurationVar(&wait, "wait", 5*time.Minute, "how long to wait for the service")
	var from time.Time
	check := func([]string) (err error) {
		if from, err = parseSince(since); err != nil {
			return err
		}
		return atLeast("wait", wait, 1, "5m")
	}
	return s.acting(c, deed{needless: true, check: check, do: func(cmd *cobra.Command, by storage.By, _ []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := awaitReconcile(ctx, d, by, from, wait)
			if err := s.show(v.Report, err, func() error { return s.reconciled(v) }); err != nil || v.Findings == 0 {
				return err
			}
			return &exitError{exitFailed, fmt.Errorf("%d differences", v.Findings), ""}
		})
	}})
}

// parseSince reads how long ago, or a day; the zero time for nothing.
func parseSince(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return time.Time{}, usagef("Write it as 720h or 2026-11-01.", "--since: %q is neither a time nor a day", text)
	}
	return time.Now().Add(-d), nil
}

func awaitReconcile(ctx context.Context, d *workers.Desk, by storage.By, since time.Time, wait time.Duration) (v workers.ReconcileView, err error) {
	id, err := d.Reconcile(ctx, by, since)
	if err != nil {
		return v, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(reconcileLook)
	defer tick.Stop()
	for {
		if v, err = d.Reconciliation(ctx, id); err == nil && v.Done {
			return v, nil
		}
		select {
		case <-ctx.Done():
			return v, &workers.OperatorError{Text: "nobody has done it yet: it stays asked for, and the service does it as soon as it runs"}
		case <-tick.C:
		}
	}
}

func (s streams) reconciled(v workers.ReconcileView) error {
	var r workers.Reconciled
	if err := json.Unmarshal(v.Report, &r); err != nil {
		return err
	}
	rows := [][]string{
		{"transactions", strconv.Itoa(r.Transactions)},
		{"stars paid", number(r.Paid)},
		{"stars refunded", number(r.Refunded)},
		{"other stars", number(r.Other)},
		{"balance", number(r.Balance)},
		{"until", r.Until.Format(time.RFC3339)},
		{"differences", strconv.Itoa(len(r.Findings))},
	}
	if err := columns(s.out, rows); err != nil || len(r.Findings) == 0 {
		return err
	}
	rows = [][]string{{"WHEN", "WHAT", "STARS", "HERE", "PERSON", "CHARGE"}}
	for _, f := range r.Findings {
		here := ""
		if f.Here != 0 {
			here = number(f.Here)
		}
		rows = append(rows, []string{f.At.Format(time.DateTime), string(f.Kind), number(f.Stars), here, f.Person, f.Charge})
	}
	s.out.Printf("\n")
	return columns(s.out, rows)
}
