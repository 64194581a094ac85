package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/all"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// providerView is how a provider is doing, for machines.
type providerView struct {
	providers.Health
	Calls *storage.ProviderCalls `json:",omitempty"` // of the last day
}

// providersCommand is for who paints.
func providersCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "providers", Short: "Say how providers are doing, switch them off and on", Args: noArguments,
		Long: `Providers lists every provider that has a key: whether it is asked, what went wrong last, how its calls of the last day went, and what it costs.`,
		Example: `  imagika admin providers
  imagika admin providers disable fal --for 2h --why "their incident"
  imagika admin providers enable fal`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withRouting(cmd, func(ctx context.Context, r app.Routing) error {
				health, err := r.Health(ctx)
				if err != nil {
					return err
				}
				return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
					calls, err := d.ProviderCalls(ctx)
					views := providerViews(health, calls)
					return s.show(views, err, func() error { return s.providers(views) })
				})
			})
		},
	}
	c.AddCommand(providersDisableCommand(s), providersEnableCommand(s))
	return c
}

func providerViews(health []providers.Health, calls []storage.ProviderCalls) []providerView {
	views := make([]providerView, 0, len(health))
	for _, h := range health {
		v := providerView{Health: h}
		for _, c := range calls {
			if c.Provider == h.Provider {
				v.Calls = &c
			}
		}
		views = append(views, v)
	}
	return views
}

func (s streams) providers(views []providerView) error {
	rows := [][]string{{"PROVIDER", "MODEL", "STATE", "CALLS", "FAILED", "P50", "P95", "LAST ERROR", "TODAY", "BUDGET"}}
	for _, v := range views {
		row := []string{v.Provider, "", modelState(v.Models[0]), "-", "-", "-", "-", "-", dollars(v.Spent), "-"}
		if v.Budget > 0 {
			row[9] = dollars(v.Budget)
		}
		if c := v.Calls; c != nil {
			row[3], row[4], row[5], row[6] = strconv.Itoa(c.Calls), strconv.Itoa(c.Failed), took(c.P50), took(c.P95)
			if c.Last != "" {
				row[7] = c.Last + ", " + ago(c.LastAt)
			}
		}
		rows = append(rows, row)
		for _, m := range v.Models[1:] {
			if text := modelState(m); text != modelState(providers.ModelHealth{State: providers.StateClosed}) {
				rows = append(rows, []string{"", m.Model, text})
			}
		}
	}
	return columns(s.out, rows)
}

func dollars(micros int64) string { return fmt.Sprintf("$%.2f", float64(micros)/1e6) }

// modelState says whether a provider or one of its models is asked.
func modelState(m providers.ModelHealth) string {
	if m.Held > 0 {
		return "switched off"
	}
	text := strings.ReplaceAll(string(m.State), "_", "-")
	switch m.State {
	case providers.StateClosed:
		return "well"
	case providers.StateRamping:
		return text
	}
	if m.Why != "" {
		text += " (" + m.Why + ")"
	}
	if m.Wait > 0 {
		text += " for " + m.Wait.Round(time.Second).String()
	}
	return text
}

// aProvider refuses names that are none.
func aProvider(args []string) error {
	if slices.Contains(all.Names(), args[0]) {
		return nil
	}
	return usagef("Providers are "+strings.Join(all.Names(), ", ")+".", "there is no provider %q", args[0])
}

func providersDisableCommand(s streams) *cobra.Command {
	var h storage.Hold
	var length time.Duration
	c := &cobra.Command{
		Use: "disable PROVIDER", Short: "Ask a provider for nothing more", Args: cobra.ExactArgs(1),
		Long: `Disable keeps all processes from asking a provider, or one of its models, within seconds and until it is enabled again or the time is over; restarts change nothing. What it is working on is fetched. Whatever only it can do is refused before it costs anything.`,
		Example: `  imagika admin providers disable fal --for 2h --why "their incident"
  imagika admin providers disable openai --model gpt-image-1 --why "too dear"`,
	}
	f := c.Flags()
	f.StringVar(&h.Model, "model", "", "only this `MODEL`, by the provider's own name")
	f.DurationVar(&length, "for", 0, "`TIME`, such as 2h; not given: until it is enabled")
	check := func(args []string) error {
		if err := lasting(c, length); err != nil {
			return err
		}
		return aProvider(args)
	}
	return s.acting(c, deed{check: check, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		if h.Provider = args[0]; length > 0 {
			h.Until = time.Now().Add(length)
		}
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			err := d.HoldProvider(ctx, by, h)
			return s.done(h, err, "%s is not asked any more, from within seconds on.", strings.TrimSpace(h.Provider+" "+h.Model))
		})
	}})
}

func providersEnableCommand(s streams) *cobra.Command {
	var model string
	c := &cobra.Command{
		Use: "enable PROVIDER", Short: "Ask a provider again that was switched off, or failed", Args: cobra.ExactArgs(1),
		Long: `Enable lifts what disable did, and forgets what was held against the provider.`,
	}
	c.Flags().StringVar(&model, "model", "", "only this `MODEL`, by the provider's own name")
	return s.acting(c, deed{needless: true, check: aProvider, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			if err := d.ReleaseProvider(ctx, by, args[0], model); err != nil {
				return err
			}
			return s.withRouting(cmd, func(ctx context.Context, r app.Routing) error {
				err := r.Enable(ctx, args[0])
				return s.done(map[string]string{"provider": args[0]}, err, "%s is asked again from now on.", args[0])
			})
		})
	}})
}
