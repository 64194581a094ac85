package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/term"
)

// doctorCommand looks at everything that Imagika needs.
func doctorCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "doctor", Short: "Look at every setting and every server, and say how to mend what is wrong", GroupID: groupCare, Args: noArguments,
		Long: `Doctor looks at the data folder, Redis, the database, the key store, the bucket, Telegram, the providers and the addresses, at once, and says of each whether it is well (✓), works but not always will (!), or is broken (✗), and what to do about it. It changes nothing and pays nothing: a small file is put into the bucket and taken out again.

It ends with 0 where nothing is broken, and with 1 otherwise.`,
		Example: `  imagika doctor
  imagika doctor --json | jq '.[] | select(.verdict != "well")'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := s.load(cmd, config.RoleTool)
			if err != nil {
				return err
			}
			all := app.Doctor(cmd.Context(), cfg, log)
			if err := s.show(all, nil, func() error { return s.findings(all) }); err != nil {
				return err
			}
			n := 0
			for _, f := range all {
				if f.Verdict == app.Broken {
					n++
				}
			}
			if n > 0 {
				return &exitError{exitFailed, fmt.Errorf("%d broken", n), ""}
			}
			return nil
		},
	}
	c.Flags().BoolVar(s.machine, "json", false, "print JSON")
	return c
}

// findings prints a line for each finding, and below it how to mend it.
func (s streams) findings(all []app.Finding) error {
	width := 0
	for _, f := range all {
		width = max(width, len(f.Part))
	}
	marks := map[app.Verdict]string{app.Well: s.out.Green("✓"), app.Doubt: s.out.Yellow("!"), app.Broken: s.out.Red("✗")}
	for _, f := range all {
		if _, err := fmt.Fprintf(s.out, "%s %-*s  %s\n", marks[f.Verdict], width, f.Part, oneLine(f.Text, 400)); err != nil {
			return err
		}
		for i, line := range term.Wrap(f.Mend, max(20, s.out.Columns()-width-6)) {
			arrow := "→"
			if i > 0 {
				arrow = " "
			}
			if f.Mend != "" {
				s.out.Printf("  %-*s  %s %s\n", width, "", s.out.Cyan(arrow), line)
			}
		}
	}
	return nil
}
