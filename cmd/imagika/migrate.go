package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
)

// migrateCommand brings the databases up to date, for deployments that do so before anything else starts.
func migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the databases up to date and exit", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			engine, err := app.Migrate(cmd.Context(), cfg, log)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), engine, "is up to date")
			return err
		},
	}
}

// verifyCommand checks the books.
func verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check every invariant of the ledger and the generations, and exit 1 if one is broken", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			return app.Verify(cmd.Context(), cfg, log, cmd.OutOrStdout())
		},
	}
}
