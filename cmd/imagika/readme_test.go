package main

import (
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write the table of commands")

// commandTable is every command with what it does.
func commandTable() string {
	var b strings.Builder
	b.WriteString("# The commands\n\nMade from the program; after a change there: `go test ./cmd/imagika -run TestCommandTable -update`. " +
		"Each says more with `--help`.\n\n| command | what it does |\n|---|---|\n")
	runnable(root(newStreams(nil, io.Discard, io.Discard, nil)), func(c *cobra.Command) {
		b.WriteString("| `" + strings.ReplaceAll(strings.Replace(useLine(c), " COMMAND", "", 1), "|", `\|`) + "` | " + c.Short)
		if _, acts := c.Annotations[actsAnnotation]; acts {
			b.WriteString(" ✎")
		}
		b.WriteString(" |\n")
	})
	b.WriteString("\n✎ changes something: it takes `--why`, and stands in `imagika admin audit`.\n")
	return b.String()
}

// runnable walks the commands that do something: those without others below them, and those that do not only list these.
func runnable(c *cobra.Command, f func(c *cobra.Command)) {
	_, group := c.Annotations[groupAnnotation]
	if c.HasParent() && !group && !c.Hidden {
		f(c)
	}
	for _, sub := range c.Commands() {
		runnable(sub, f)
	}
}

// The table of commands beside the program is that of the program.
func TestCommandTable(t *testing.T) {
	t.Parallel()
	const name = "COMMANDS.md"
	if *update {
		if err := os.WriteFile(name, []byte(commandTable()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil || string(text) != commandTable() {
		t.Errorf("%s is not what the program has (%v): go test ./cmd/imagika -run TestCommandTable -update", name, err)
	}
}
