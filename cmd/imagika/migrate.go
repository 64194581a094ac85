package main

import (
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
