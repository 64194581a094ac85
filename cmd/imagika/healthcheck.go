package main

import (
	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/ops"
)

// healthcheckCommand asks the process beside it, for containers without a shell.
func healthcheckCommand() *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Ask the process at IMAGIKA_ADMIN_ADDR whether it is ready; exit 1 if not", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			return ops.Healthcheck(cmd.Context(), cfg.AdminAddr)
		},
	}
}
