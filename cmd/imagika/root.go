package main

import (
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
		Version: version(),
		Args:    cobra.ArbitraryArgs,
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
	c.InitDefaultHelpCmd()
	c.InitDefaultCompletionCmd()
	for _, sub := range c.Commands() {
		if sub.Name() == "help" {
			sub.Args = onlyCommands
		}
	}
	polish(c)
	return c
}

const (
	groupUse   = "use"
	groupRoles = "roles"
	groupCare  = "care"
)
