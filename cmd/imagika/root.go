package main

import (
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue"
)

// root is the table of subcommands.
func root(out, errOut io.Writer) *cobra.Command {
	c := &cobra.Command{
		Use:   "imagika",
		Short: "A Telegram service that paints what people describe, around a job queue",
		Long: `Imagika takes prompts in Telegram, has images made and sends them back.

Settings are environment variables; .env.example lists them all. "imagika run" needs none.`,
		SilenceUsage: true, SilenceErrors: true,
	}
	c.SetOut(out)
	c.SetErr(errOut)
	c.AddCommand(
		roleCommand(config.RoleRun, "Run everything in one process, embedding what is not set"),
		roleCommand(config.RoleBot, "Take updates from Telegram and enqueue them"),
		roleCommand(config.RoleWorker, "Work on the queues"),
		roleCommand(config.RoleWeb, "Serve the website and take providers' callbacks"),
		migrateCommand(),
		imagineCommand(),
		verifyCommand(),
		healthcheckCommand(),
	)
	return c
}

// roleCommand runs a role until it is told to stop.
func roleCommand(role config.Role, short string) *cobra.Command {
	c := &cobra.Command{
		Use: string(role), Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := load(cmd, role)
			if err != nil {
				return err
			}
			return app.Run(cmd.Context(), app.Options{Config: cfg, Log: log, Out: cmd.OutOrStdout()})
		},
	}
	if role == config.RoleRun {
		c.Flags().String("data", "", "folder of the embedded servers and keys (IMAGIKA_DATA)")
	}
	if role == config.RoleRun || role == config.RoleWorker {
		c.Flags().String("pools", "", "pools and their slots, such as interactive=32,generate=64 (IMAGIKA_POOLS)")
	}
	return c
}

// load reads the settings; a flag that is given stands for its variable.
func load(cmd *cobra.Command, role config.Role) (config.Config, *slog.Logger, error) {
	environ := config.Environ()
	for flag, name := range map[string]string{"data": "IMAGIKA_DATA", "pools": "IMAGIKA_POOLS"} {
		if f := cmd.Flags().Lookup(flag); f != nil && f.Changed {
			environ = append(environ, name+"="+f.Value.String()) // the last one counts
		}
	}
	cfg, err := config.Load(role, environ)
	if err != nil {
		return cfg, nil, err
	}
	log := config.NewLogger(cmd.ErrOrStderr(), cfg.LogLevel, cfg.LogFormat)
	queue.RedirectLogs(log)
	return cfg, log, nil
}
