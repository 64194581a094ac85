package main

import (
	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/ops"
)

// healthcheckCommand asks the process beside it, for containers without a shell.
func healthcheckCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Ask the process beside it whether it is ready", GroupID: groupCare, Args: noArguments,
		Long: `Healthcheck asks the process at IMAGIKA_ADMIN_ADDR whether it is ready: whether Redis, the database and Telegram answer. It says nothing if so; otherwise it says what is away and exits with 1. It is made for containers, which have no shell.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := s.load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			if err := ops.Healthcheck(cmd.Context(), cfg.AdminAddr); err != nil {
				return &exitError{exitFailed, err, "If it listens somewhere else, set IMAGIKA_ADMIN_ADDR; imagika run prints its addresses."}
			}
			return nil
		},
	}
}
