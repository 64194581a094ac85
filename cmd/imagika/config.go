package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
)

// configCommand is for the settings.
func configCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "Check the settings, and show them without their secrets", GroupID: groupCare, Args: noArguments,
		Long: `Config reads the settings as the roles do: environment variables that begin with IMAGIKA_, and the files that their _FILE twins name. .env.example lists them all.`,
		Example: `  imagika config check --role worker
  imagika config print --all`,
	}
	c.PersistentFlags().BoolVar(s.machine, "json", false, "print JSON")
	c.AddCommand(configCheckCommand(s), configPrintCommand(s))
	return c
}

// roleCheck is what is wrong with the settings for a role.
type roleCheck struct {
	Role     config.Role `json:"role"`
	Problems []string    `json:"problems"`
}

func allRoles() []string {
	return []string{string(config.RoleRun), string(config.RoleBot), string(config.RoleWorker), string(config.RoleWeb)}
}

func configCheckCommand(s streams) *cobra.Command {
	var roles []string
	c := &cobra.Command{
		Use: "check", Short: "Say everything that is wrong with the settings, for each role", Args: noArguments,
		Long: `Check reads the settings as each role would, with the files that they name, and says all problems at once with what is accepted instead. Where IMAGIKA_REDIS_URL is set it checks bot, worker and web, otherwise run; --role asks for others. Whether what they name can be reached is for imagika doctor to say.

It ends with 0 where nothing is wrong, and with 2 otherwise.`,
		Example: `  imagika config check
  imagika config check --role bot --role worker --json`,
		RunE: func(*cobra.Command, []string) error {
			for _, r := range roles {
				if !slices.Contains(allRoles(), r) {
					return usagef("Write one of "+strings.Join(allRoles(), ", ")+".", "--role: there is no role %q", r)
				}
			}
			return s.checkRoles(s.rolesOf(roles))
		},
	}
	c.Flags().StringSliceVar(&roles, "role", nil, "`ROLE` to check for: "+strings.Join(allRoles(), ", "))
	_ = c.RegisterFlagCompletionFunc("role", cobra.FixedCompletions(allRoles(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// rolesOf are those that are asked for, or those that the settings are for.
func (s streams) rolesOf(asked []string) []string {
	if len(asked) > 0 {
		return asked
	}
	apart := slices.ContainsFunc(s.environ, func(item string) bool {
		value, ok := strings.CutPrefix(item, "IMAGIKA_REDIS_URL=")
		return ok && value != ""
	})
	if apart {
		return allRoles()[1:]
	}
	return allRoles()[:1]
}

func (s streams) checkRoles(roles []string) error {
	var all []roleCheck
	wrong := 0
	for _, r := range roles {
		cfg, err := config.Load(config.Role(r), s.environ)
		if err == nil {
			err = app.Check(cfg, slog.New(slog.DiscardHandler))
		}
		check := roleCheck{config.Role(r), append([]string{}, config.Problems(err)...)}
		wrong += len(check.Problems)
		all = append(all, check)
	}
	err := s.show(all, nil, func() error {
		for _, check := range all {
			mark := s.out.Green("✓")
			if len(check.Problems) > 0 {
				mark = s.out.Red("✗")
			}
			s.out.Printf("%s %s\n", mark, check.Role)
			for _, p := range check.Problems {
				s.out.Printf("  %s\n", p)
			}
		}
		return nil
	})
	if err == nil && wrong > 0 {
		err = &exitError{exitUsage, errors.New("settings are wrong or missing"), everySetting}
	}
	return err
}

func configPrintCommand(s streams) *cobra.Command {
	var everything bool
	c := &cobra.Command{
		Use: "print", Short: "Print the settings that differ from their defaults, without secrets", Args: noArguments,
		Example: `  imagika config print --all | less`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := s.load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			lines := slices.DeleteFunc(cfg.Lines(), func(l config.Line) bool { return l.Default && !everything })
			return s.show(append([]config.Line{}, lines...), nil, func() error {
				if len(lines) == 0 {
					s.out.Printf("# Every setting is at its default; imagika config print --all shows them.\n")
				}
				for _, l := range lines {
					if _, err := fmt.Fprintf(s.out, "%s=%s\n", l.Name, l.Value); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&everything, "all", false, "also those at their defaults")
	c.Flags().Bool("redacted", true, "secrets are never printed; this says so")
	return c
}
