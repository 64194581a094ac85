package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
)

// migrateCommand brings the databases up to date, for deployments that do so before anything else starts.
func migrateCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the databases up to date and exit", GroupID: groupCare, Args: noArguments,
		Long: `Migrate brings the database and the key store up to date. Every role does so when it starts; this is for deployments that want it done before. Doing it twice does nothing.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := s.load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			engine, err := app.Migrate(cmd.Context(), cfg, log)
			if err != nil {
				return err
			}
			s.out.Printf("%s is up to date\n", engine)
			return nil
		},
	}
}

// verifyCommand checks the books.
func verifyCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check every invariant of the ledger and the generations", GroupID: groupCare, Args: noArguments,
		Long: `Verify reads the whole database and checks what must always hold: that the ledger adds up, that each generation is settled exactly once, that what was paid for is there. It changes nothing, may run beside everything else, and exits with 1 if an invariant is broken, after a line for each row that breaks one.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := s.load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			err = app.Verify(cmd.Context(), cfg, log, s.out)
			if errors.Is(err, app.ErrBooks) {
				return &exitError{exitFailed, err, "Keep a copy of the database as it is now before anything repairs it."}
			}
			return err
		},
	}
}
