package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/providers/catalogue"
)

// catalogueCommand is for the file that says which models there are and what they cost.
func catalogueCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "catalogue", Short: "Try a file of models and prices before it counts", Args: noArguments,
		Long: `Catalogue is for the file that IMAGIKA_CATALOGUE names. Every process reads it again within seconds of a change, so there is nothing to restart; one with mistakes changes nothing. Whoever was shown a price pays that price while it holds.`,
	}
	c.AddCommand(&cobra.Command{
		Use: "check FILE", Short: "Say what is wrong with a file, or what it would change", Args: cobra.ExactArgs(1),
		Long:    `Check reads a file as the program would, with the providers that have a key, and compares it with the one that counts now. Prices are credits for an image.`,
		Example: `  imagika admin catalogue check models.yaml && mv models.yaml config/`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, log, err := s.load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			was, is, err := app.TryCatalogue(cfg, args[0], log)
			if err != nil {
				return &exitError{exitRefused, err, "What runs keeps the catalogue it has."}
			}
			changes := append([]catalogue.Change{}, catalogue.Compare(was, is)...)
			return s.show(changes, nil, func() error { return s.catalogueChanges(changes) })
		},
	})
	return c
}

func (s streams) catalogueChanges(changes []catalogue.Change) error {
	if len(changes) == 0 {
		s.out.Printf("It is well, and says what counts already.\n")
		return nil
	}
	for _, c := range changes {
		if c.What == "texts" { // long, and in five languages
			s.out.Printf("%s: texts\n", c.Model)
			continue
		}
		s.out.Printf("%s\n", strings.TrimPrefix(c.Model+": "+c.What, ": "))
		if c.Was != "" {
			s.out.Printf("  - %s\n", c.Was)
		}
		if c.Is != "" {
			s.out.Printf("  + %s\n", c.Is)
		}
	}
	return nil
}
