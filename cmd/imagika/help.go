package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/term"
)

// helpWidth is the longest line that is read easily.
const helpWidth = 96

// help writes a command's help: what it does, how it is called, commands, examples and flags.
func (s streams) help(cmd *cobra.Command, _ []string) {
	t := s.out
	width := min(helpWidth, t.Columns())
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	t.Printf("%s\n\n%s\n  %s\n", strings.Join(term.Wrap(text, width), "\n"), t.Bold("Usage"), useLine(cmd))
	for _, g := range cmd.Groups() {
		s.helpCommands(cmd, g.Title, g.ID)
	}
	if cmd.HasParent() && cmd.HasAvailableSubCommands() {
		s.helpCommands(cmd, "Commands", "")
	}
	if cmd.Example != "" {
		t.Printf("\n%s\n%s\n", t.Bold("Examples"), t.Cyan(cmd.Example))
	}
	if cmd.HasAvailableLocalFlags() {
		t.Printf("\n%s\n%s", t.Bold("Flags"), cmd.LocalFlags().FlagUsagesWrapped(width))
	}
	if cmd.HasAvailableInheritedFlags() {
		t.Printf("%s", cmd.InheritedFlags().FlagUsagesWrapped(width))
	}
	if !cmd.HasParent() {
		t.Printf("\nimagika help COMMAND says more about one.\n")
	}
}

func useLine(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return "imagika COMMAND [flags]"
	}
	line := cmd.Parent().CommandPath() + " " + strings.TrimSuffix(cmd.Use, " [flags]")
	if cmd.HasAvailableSubCommands() {
		line += " COMMAND"
	}
	if cmd.HasAvailableLocalFlags() {
		line += " [flags]"
	}
	return line
}

func (s streams) helpCommands(cmd *cobra.Command, title, group string) {
	var rows [][]string
	for _, c := range cmd.Commands() {
		if c.GroupID == group && c.IsAvailableCommand() {
			rows = append(rows, []string{s.out.Cyan(c.Name()), c.Short})
		}
	}
	s.out.Printf("\n%s\n%s", s.out.Bold(title), s.out.Rows(rows))
}
