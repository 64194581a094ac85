package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
)

// promoCommand is for codes that bring credits.
func promoCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "promo", Short: "Codes that bring credits", Args: noArguments,
		Long: `Promo makes and ends codes that people redeem with /promo, or by the link t.me/<bot>?start=promo_<CODE>. Codes are kept as keyed hashes: note them where you need them.`,
		Example: `  imagika admin promo create SUMMER --credits 50 --uses 100 --expires 2026-12-31 --why "summer campaign"
  imagika admin promo disable SUMMER --why "leaked"`,
	}
	c.AddCommand(promoCreateCommand(s), promoListCommand(s), promoDisableCommand(s))
	return c
}

func promoCreateCommand(s streams) *cobra.Command {
	var p storage.Promo
	var expires string
	c := &cobra.Command{Use: "create CODE", Short: "Make a code", Args: cobra.ExactArgs(1)}
	check := func([]string) (err error) {
		if expires == "" {
			return nil
		}
		if p.Expires, err = time.Parse(time.DateOnly, expires); err != nil {
			return usagef("Write it as 2026-12-31.", "--expires: %q is not a day", expires)
		}
		p.Expires = p.Expires.AddDate(0, 0, 1) // that day still counts
		return nil
	}
	f := c.Flags()
	f.Int64Var(&p.Credits, "credits", 0, "`NUMBER` of credits it brings")
	f.Int64Var(&p.Uses, "uses", 0, "`NUMBER` of times it can be used in all; 0 is no limit")
	f.Int64Var(&p.PerPerson, "per-person", 1, "`NUMBER` of times one person can use it")
	f.StringVar(&expires, "expires", "", "last `DAY` it can be used, UTC, such as 2026-12-31")
	f.DurationVar(&p.Keep, "keep", 0, "`TIME` the credits can be used, such as 720h; 0 is for ever")
	f.StringVar(&p.Label, "label", "", "`WORDS` that name it in the list")
	return s.acting(c, deed{check: check, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withCredits(cmd, func(ctx context.Context, d app.Credits) error {
			made, err := d.AddPromo(ctx, by, args[0], p)
			return s.done(made, err, "%s brings %d credits from now on (%s).", args[0], made.Credits, made.ID)
		})
	}})
}

func promoListCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List the codes", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withCredits(cmd, func(ctx context.Context, d app.Credits) error {
				all, err := d.Promos(ctx)
				if err != nil || *s.machine {
					return s.json(all, err)
				}
				rows := [][]string{{"ID", "LABEL", "CREDITS", "USED", "PER PERSON", "EXPIRES", "STATE"}}
				for _, p := range all {
					rows = append(rows, []string{
						p.ID, p.Label, strconv.FormatInt(p.Credits, 10), promoUses(p), strconv.FormatInt(p.PerPerson, 10), dayOr(p.Expires, "never"), promoState(p),
					})
				}
				return columns(s.out, rows)
			})
		},
	}
	return c
}

func promoUses(p storage.Promo) string {
	text := strconv.FormatInt(p.Used, 10)
	if p.Uses > 0 {
		text += " of " + strconv.FormatInt(p.Uses, 10)
	}
	return text
}

func promoState(p storage.Promo) string {
	switch {
	case !p.Disabled.IsZero():
		return "disabled"
	case !p.Expires.IsZero() && p.Expires.Before(time.Now()):
		return "expired"
	case p.Uses > 0 && p.Used >= p.Uses:
		return "used up"
	}
	return "works"
}

// dayOr is a point in time, or a word for none.
func dayOr(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format(time.RFC3339)
}

func promoDisableCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "disable CODE", Short: "End a code; what it brought stays", Args: cobra.ExactArgs(1),
		Long: `Disable takes the code itself or the id of the list.`,
	}
	return s.acting(c, deed{do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withCredits(cmd, func(ctx context.Context, d app.Credits) error {
			p, err := d.DisablePromo(ctx, by, args[0])
			return s.done(p, err, "It brings nothing from now on; it was used %d times.", p.Used)
		})
	}})
}

func (s streams) withCredits(cmd *cobra.Command, f func(context.Context, app.Credits) error) error {
	cfg, log, err := s.load(cmd, config.RoleTool)
	if err != nil {
		return err
	}
	return deskError(cmd, app.WithCredits(cmd.Context(), cfg, log, func(d app.Credits) error { return f(cmd.Context(), d) }))
}
