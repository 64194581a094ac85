package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
)

// root is the table of subcommands.
func root(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "imagika",
		Short: "A Telegram service that paints what people describe, around a job queue",
		Long: `Imagika takes prompts in Telegram, has pictures made and sends them back.

Nothing has to be installed or set: "imagika run" starts everything in one process, with a stand-in for Telegram in the browser. What is set replaces the embedded part. Settings are environment variables; .env.example lists them all.`,
		Example: `  imagika run
  imagika imagine "a red fox under a full moon"
  IMAGIKA_TELEGRAM_TOKEN=… imagika run`,
		SilenceUsage: true, SilenceErrors: true,
		SuggestionsMinimumDistance: 2,
		Version:                    version(),
		Args:                       cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	c.SetIn(s.in)
	c.SetOut(s.out)
	c.SetErr(s.err)
	c.SetVersionTemplate("{{.Version}}\n")
	c.SetHelpFunc(s.help)
	c.SetFlagErrorFunc(flagError)
	c.AddGroup(
		&cobra.Group{ID: groupUse, Title: "Use it"}, &cobra.Group{ID: groupRoles, Title: "Roles of a deployment"},
		&cobra.Group{ID: groupCare, Title: "Look after it"},
	)
	c.SetHelpCommandGroupID(groupCare)
	c.SetCompletionCommandGroupID(groupCare)
	c.AddCommand(
		runCommand(s),
		imagineCommand(s),
		roleCommand(s, config.RoleBot, "Take updates from Telegram and enqueue them", botLong),
		roleCommand(s, config.RoleWorker, "Work on the queues", workerLong),
		roleCommand(s, config.RoleWeb, "Serve the website and take providers' callbacks", webLong),
		adminCommand(s),
		configCommand(s),
		doctorCommand(s),
		migrateCommand(s),
		healthcheckCommand(s),
		versionCommand(s),
	)
	explainArguments(c)
	return c
}

// explainArguments makes usage errors of what cobra says about the number of arguments.
func explainArguments(c *cobra.Command) {
	for _, sub := range c.Commands() {
		explainArguments(sub)
		check := sub.Args
		if check == nil {
			continue
		}
		sub.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usagef("See "+cmd.CommandPath()+" --help.", "%s: %w", cmd.CommandPath(), err)
			}
			return nil
		}
	}
}

const (
	groupUse   = "use"
	groupRoles = "roles"
	groupCare  = "care"
)

// unknownCommand names what may have been meant.
func unknownCommand(root *cobra.Command, name string) error {
	hint := "imagika help lists the commands."
	if near := root.SuggestionsFor(name); len(near) > 0 {
		hint = "Did you mean imagika " + strings.Join(near, ", or imagika ") + "?"
	}
	return usagef(hint, "there is no command %q", name)
}

// flagError explains an unknown flag; one behind a mistyped command is that command's.
func flagError(cmd *cobra.Command, err error) error {
	if args := cmd.Flags().Args(); !cmd.HasParent() && len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	return usagef("See "+cmd.CommandPath()+" --help.", "%w", err)
}
