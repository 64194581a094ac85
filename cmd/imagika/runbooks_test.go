package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/imagika/imagika/cmd/internal/ops/grafana"
)

var (
	block    = regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```$")
	indented = regexp.MustCompile("(?m)^    (.+)$")
	inline   = regexp.MustCompile("`([^`]+)`")
	link     = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	setting  = regexp.MustCompile(`IMAGIKA_[A-Z0-9_]*[A-Z0-9]\b`)
	metric   = regexp.MustCompile(`imagika_[a-z0-9]+_[a-z0-9_]*[a-z0-9]\b`)
	target   = regexp.MustCompile(`^make ([a-z-]+)`)
	logged   = regexp.MustCompile(`\blog\b[^".]{0,60}"([^"]+)"`)
	emphasis = regexp.MustCompile(`(?:^|[\s(])\*([^*\s][^*]*)\*`)
)

// said are the commands of a page: each line of its blocks, and what its text has between backticks.
func said(page string) (lines []string) {
	for _, b := range block.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(b[1]) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	page = block.ReplaceAllString(page, "")
	for _, b := range indented.FindAllStringSubmatch(page, -1) {
		lines = append(lines, b[1])
	}
	for _, c := range inline.FindAllStringSubmatch(indented.ReplaceAllString(page, ""), -1) {
		lines = append(lines, strings.Join(strings.Fields(c[1]), " "))
	}
	return lines
}

// unknown says what is wrong with a line that runs imagika, itself or in a container: "" for nothing.
func unknown(t *testing.T, line string) string {
	t.Helper()
	switch words := strings.Fields(line); {
	case strings.HasPrefix(line, "kubectl "): // where imagika is a namespace, too
		_, line, _ = strings.Cut(line, " -- ")
	case strings.HasPrefix(line, "docker compose exec ") && !slices.Contains(words[3:min(6, len(words))], "imagika"):
		return "" // another program, with a database of that name
	}
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

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// documents are the pages that people read, by their name: not those that are made by tests, or are part of the product.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, pattern := range []string{"../../*.md", "../../.github/*.md", "../deploy/*.md", "../bench/*.md", "../internal/ops/runbooks/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d pages, %v", pattern, len(files), err)
		}
		for _, f := range files {
			all[f] = read(t, f)
		}
	}
	return all
}

// TestDocuments says that what the pages name exists: commands with their flags, targets of make, settings, metrics and files.
func TestDocuments(t *testing.T) {
	t.Parallel()
	settings, metrics, makefile := read(t, "../../.env.example"), read(t, "../internal/ops/METRICS.md"), read(t, "../../Makefile")
	ran := 0
	for f, page := range documents(t) {
		for _, line := range said(page) {
			if strings.Contains(line, "imagika ") {
				ran++
			}
			if wrong := unknown(t, line); wrong != "" {
				t.Errorf("%s: %s: %s", f, line, wrong)
			}
			if m := target.FindStringSubmatch(line); m != nil && !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s: there is no make %s", f, m[1])
			}
		}
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(f), m[1])); err != nil {
				t.Errorf("%s: %v", f, err)
			}
		}
		for _, name := range setting.FindAllString(page, -1) {
			if !strings.Contains(settings, "#"+strings.TrimSuffix(name, "_FILE")+"=") {
				t.Errorf("%s: there is no setting %s", f, name)
			}
		}
		for _, name := range metric.FindAllString(page, -1) {
			if !strings.Contains(metrics, "`"+name+"`") {
				t.Errorf("%s: there is no metric %s", f, name)
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
	if ran < 120 {
		t.Errorf("only %d commands", ran)
	}
}

// sources are the program's own.
func sources(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, pattern := range []string{"../../queue/*.go", "../../workers/*.go", "../internal/app/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				b.WriteString(read(t, f))
			}
		}
	}
	return b.String()
}

// TestRunbooks says that the panels that runbooks name are on the dashboards, that the program logs what they quote, and that the
// commands that panels name exist.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	titles := make(map[string]bool)
	for _, d := range grafana.All() {
		for _, p := range d.Panels() {
			titles[p.Title] = true
			for c := range strings.SplitSeq(p.About, ". ") {
				if c, ok := strings.CutPrefix(c, "imagika "); ok {
					if wrong := unknown(t, "imagika "+strings.Join(strings.Fields(c)[:2], " ")); wrong != "" {
						t.Errorf("%s: %s: %s", p.Title, c, wrong)
					}
				}
			}
		}
		titles[d.Title] = true
	}
	named, quoted, program := 0, 0, sources(t)
	for f, page := range documents(t) {
		if !strings.Contains(f, "runbooks") {
			continue
		}
		for _, m := range logged.FindAllStringSubmatch(page, -1) {
			quoted++
			if !strings.Contains(program, `"`+m[1]) {
				t.Errorf("%s: nothing logs %q", filepath.Base(f), m[1])
			}
		}
		for _, m := range emphasis.FindAllStringSubmatch(block.ReplaceAllString(page, ""), -1) {
			named++
			if title := strings.Join(strings.Fields(m[1]), " "); !titles[title] {
				t.Errorf("%s: no dashboard has a panel %q", filepath.Base(f), title)
			}
		}
	}
	if named < 60 || quoted < 4 {
		t.Errorf("only %d panels, %d lines of the log", named, quoted)
	}
}
