package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/imagika/imagika/cmd/internal/ops/grafana"
)

var (
	block  = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	inline = regexp.MustCompile("`([^`\n]+)`")
)

// said are the commands of a page: each line of its blocks, and what its text has between backticks.
func said(page string) (lines []string) {
	for _, b := range block.FindAllStringSubmatch(page, -1) {
		lines = append(lines, strings.Split(strings.TrimSpace(b[1]), "\n")...)
	}
	for _, c := range inline.FindAllStringSubmatch(block.ReplaceAllString(page, ""), -1) {
		lines = append(lines, c[1])
	}
	return lines
}

// unknown says what is wrong with a line that runs imagika, itself or in a container: "" for nothing.
func unknown(t *testing.T, line string) string {
	t.Helper()
	_, args, ok := strings.Cut(" "+line, " imagika ")
	if args, _, _ = strings.Cut(args, "  #"); !ok || strings.Contains(args, "…") {
		return ""
	}
	words := strings.Fields(args)
	cmd, rest, err := root(newStreams(nil, io.Discard, io.Discard, nil)).Find(words)
	switch {
	case err != nil:
		return err.Error()
	case cmd.HasSubCommands() && len(rest) > 0 && rest[0] != "--help" && !cmd.HasParent():
		return "no such command"
	case cmd.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-"):
		return cmd.CommandPath() + " has no " + rest[0]
	}
	for _, w := range rest {
		name, isFlag := strings.CutPrefix(w, "--")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && name != "help" && cmd.Flag(name) == nil {
			return cmd.CommandPath() + " has no flag " + w
		}
	}
	return ""
}

// TestRunbooks says that every command of the runbooks and of the dashboards exists, flags included.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../internal/ops/runbooks/*.md")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d runbooks, %v", len(files), err)
	}
	ran := 0
	for _, f := range files {
		page, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range said(string(page)) {
			if strings.Contains(line, "imagika ") {
				ran++
			}
			if wrong := unknown(t, line); wrong != "" {
				t.Errorf("%s: %s: %s", filepath.Base(f), line, wrong)
			}
		}
	}
	for _, d := range grafana.All() {
		for _, p := range d.Panels() {
			for c := range strings.SplitSeq(p.About, ". ") {
				if c, ok := strings.CutPrefix(c, "imagika "); ok {
					if wrong := unknown(t, "imagika "+strings.Join(strings.Fields(c)[:2], " ")); wrong != "" {
						t.Errorf("%s: %s: %s", p.Title, c, wrong)
					}
				}
			}
		}
	}
	for line, want := range map[string]bool{
		"imagika admin": true, "imagika admin frobnicate": false, "docker compose exec x imagika admin money --by model": true,
		"imagika admin money --frobnicate": false, "imagika frobnicate": false, "redis-cli ping": true,
	} {
		if got := unknown(t, line) == ""; got != want {
			t.Errorf("%s exists: %v", line, got)
		}
	}
	if ran < 40 {
		t.Errorf("only %d commands", ran)
	}
}
