package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
)

// adminCommand is for operators of a running deployment.
func adminCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "admin", Short: "Look into a running deployment", GroupID: groupCare, Args: noArguments,
		Long: `Admin asks the process that owns the data folder, or the deployment that the settings name.

With --json a command prints its value alone: a list as an array, anything else as an object, with times as RFC 3339 in UTC. An error is then an object on the error output: {"error", "hint", "exit"}.

A command that changes something takes --why, and --account where another name is to stand in the audit log than IMAGIKA_OPERATOR or that of who is logged in. What cannot be undone is asked about first, unless --yes is given.

Exit codes: 0 it worked · 1 it failed, or found something wrong · 2 the command line or a setting is wrong, or a confirmation is missing; nothing was done · 3 refused: what is asked for is not there, or not possible as things stand · 130 interrupted, or not confirmed.`,
	}
	for _, command := range []func(streams) *cobra.Command{
		announceCommand,
		policyCommand,
		auditCommand,
		breachCommand,
		catalogueCommand,
		conversationsCommand,
		creditsCommand,
		dayCommand,
		enableCommand,
		generationsCommand,
		incidentCommand,
		keysCommand,
		ledgerCommand,
		lettersCommand,
		modelsCommand,
		moderationCommand,
		moneyCommand,
		paymentsCommand,
		poolsCommand,
		promoCommand,
		queuesCommand,
		retentionCommand,
		providersCommand,
		rightsCommand,
		routeCommand,
		scaleCommand,
		ticketsCommand,
		usersCommand,
		verifyCommand,
		visitsCommand,
		wipeCommand,
	} {
		c.AddCommand(command(s))
	}
	c.PersistentFlags().BoolVar(s.machine, "json", false, "print JSON")
	return c
}

func modelsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "models", Short: "List the models people can choose, and who makes their images", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withRouting(cmd, func(ctx context.Context, r app.Routing) error {
				all, err := r.Offers(ctx)
				if err != nil || *s.machine {
					return s.json(all, err)
				}
				rows := [][]string{{"MODEL", "TITLE", "CAN", "PROVIDERS"}}
				for _, o := range all {
					ops := make([]string, 0, len(o.Operations))
					for _, op := range o.Operations {
						ops = append(ops, string(op))
					}
					name := o.Name
					if o.Hidden {
						name += " (hidden)"
					}
					rows = append(rows, []string{name, o.Title, strings.Join(ops, " "), strings.Join(o.Providers, " ")})
				}
				return columns(s.out, rows)
			})
		},
	}
	return c
}

func routeCommand(s streams) *cobra.Command {
	var operation string
	c := &cobra.Command{
		Use: "route MODEL", Short: "Say which provider would be asked next for a model, and why", Args: cobra.ExactArgs(1),
		Long: `Route lists the routes of a model in the order in which they would be asked for one image right now, with what speaks for and against each.`,
		Example: `  imagika admin route flux-2-pro
  imagika admin route flux-2-pro --op edit`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withRouting(cmd, func(ctx context.Context, r app.Routing) error {
				all, err := r.Routes(ctx, args[0], operation)
				if err != nil || *s.machine {
					return s.json(all, err)
				}
				rows := [][]string{{"#", "PROVIDER", "MODEL", "VERDICT", "STATE", "COST", "TAKES", "PRIORITY"}}
				for i, v := range all {
					rows = append(rows, []string{
						strconv.Itoa(i + 1), v.Provider, v.Model, verdict(v), state(v), fmt.Sprintf("$%.4f", float64(v.Cost)/1e6), took(v.Latency), priority(v),
					})
				}
				return columns(s.out, rows)
			})
		},
	}
	c.Flags().StringVar(&operation, "op", string(providers.Generate), "`OPERATION`: generate, edit, vary or upscale")
	return c
}

func enableCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "enable PROVIDER", Short: "Use a provider again whose key was refused or whose calls failed", Args: cobra.ExactArgs(1),
		Long: `Enable forgets what was held against a provider. Where it can be asked at no cost this happens by itself within a minute of its working again.`,
	}
	return s.acting(c, deed{needless: true, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withRouting(cmd, func(ctx context.Context, r app.Routing) error {
			err := s.elsewhere(cmd, storage.Act{By: by, What: "provider enable", Object: args[0]}, func() error { return r.Enable(ctx, args[0]) })
			return s.done(map[string]string{"provider": args[0]}, err, "%s is asked again from now on.", args[0])
		})
	}})
}

func (s streams) withRouting(cmd *cobra.Command, f func(context.Context, app.Routing) error) error {
	cfg, log, err := s.load(cmd, config.RoleTool)
	if err != nil {
		return err
	}
	return deskError(cmd, app.WithRouting(cmd.Context(), cfg, log, func(r app.Routing) error { return f(cmd.Context(), r) }))
}

// json prints a value, unless there is an error.
func (s streams) json(v any, err error) error {
	if err != nil {
		return err
	}
	return s.encode(s.out, v)
}

func (s streams) encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// columns prints a table. No line ends with spaces.
func columns(w io.Writer, rows [][]string) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if _, err := fmt.Fprintln(t, strings.Join(r, "\t")); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// verdict in words.
func verdict(v app.RouteView) string {
	words := map[providers.Verdict]string{
		providers.Chosen: "asked next", providers.Standby: "stands by", providers.CannotDo: "cannot do this", providers.Excluded: "not wanted",
		providers.WasTried: "was tried", providers.LeftAlone: "left alone", providers.SwitchedOff: "switched off", providers.OverBudget: "over its budget", providers.StillRamped: "ramping up",
		providers.AllInUse: "all calls in use",
	}[v.Verdict]
	if v.Wait > 0 && v.Verdict != providers.Chosen && v.Verdict != providers.Standby {
		words += " for " + v.Wait.Round(time.Second).String()
	}
	return words
}

func state(v app.RouteView) string {
	text := strings.ReplaceAll(string(v.State), "_", "-")
	if v.Why != "" && !slices.Contains([]providers.State{providers.StateClosed, providers.StateRamping}, v.State) {
		text += " (" + v.Why + ")"
	}
	if v.State == providers.StateRamping {
		text += fmt.Sprintf(" (%.0f%%)", 100*v.Share)
	}
	return text
}

func took(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return d.Round(100 * time.Millisecond).String()
}

func priority(v app.RouteView) string {
	if v.Weight > 0 {
		return fmt.Sprintf("%d (weight %g)", v.Priority, v.Weight)
	}
	return strconv.Itoa(v.Priority)
}
