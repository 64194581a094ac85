package cmd

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// linked is a module that the binary is made of.
type linked struct {
	Path, Version, Dir string
	Main               bool
}

// piece is a package that the binary is made of.
type piece struct {
	ImportPath string
	EmbedFiles []string
	Module     *linked
}

// pieces are the packages that the binary links. The files that decide are opened here, so that the answer is not taken from the test
// cache after they changed.
func pieces(t *testing.T) (all []piece) {
	t.Helper()
	for _, name := range []string{"../go.mod", "../go.sum"} {
		if _, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "list", "-mod=readonly", "-deps", "-json=ImportPath,EmbedFiles,Module", "./imagika")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "CGO_ENABLED=0")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, stderr.String())
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p piece
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// modules are those that the binary links, read from the module cache.
func modules(t *testing.T) map[string]linked {
	t.Helper()
	all := make(map[string]linked)
	for _, p := range pieces(t) {
		if p.Module != nil && !p.Module.Main {
			all[p.Module.Path] = *p.Module
		}
	}
	return all
}

// licenses are known by their words. The first that fits counts: longer ones quote shorter ones.
var licenses = []struct {
	name  string
	words []string
}{
	{"AGPL", []string{"GNU AFFERO GENERAL PUBLIC LICENSE Version"}},
	{"LGPL", []string{"GNU LESSER GENERAL PUBLIC LICENSE Version"}},
	{"GPL", []string{"GNU GENERAL PUBLIC LICENSE Version"}},
	{"MPL-2.0", []string{"Mozilla Public License", "2.0"}},
	{"Apache-2.0", []string{"Apache License", "Version 2.0"}},
	{"BSD", []string{"Redistribution and use in source and binary forms"}},
	{"ISC", []string{"Permission to use, copy, modify, and/or distribute this software for any purpose"}},
	{"ISC", []string{"Permission to use, copy, modify, and distribute this software for any purpose"}},
	{"MIT", []string{"Permission is hereby granted, free of charge"}},
	{"public domain", []string{"CC0 1.0 Universal"}},
}

// licenseOf names the license in a text, empty for one that is not known.
func licenseOf(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, l := range licenses {
		if !slices.ContainsFunc(l.words, func(words string) bool { return !strings.Contains(text, words) }) {
			return l.name
		}
	}
	return ""
}

// licenseFile is what modules call the file of their license. Others beside it, such as LICENSE-3RD-PARTY, are of what they were made of.
var licenseFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)(\.(md|txt|libyaml)|-mit|-apache)?$`)

// textsOf are the files in a module's folder whose names fit.
func textsOf(t *testing.T, dir string, form *regexp.Regexp) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if form.MatchString(e.Name()) && !e.IsDir() {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(text))
		}
	}
	return all
}

// allowed are the licenses that NOTICE speaks of; a module under MPL-2.0 has to be one that it names by its maker.
var allowed = []string{"MIT", "BSD", "ISC", "Apache-2.0", "MPL-2.0"}

// TestLicenses reads the licenses of all that is linked. What Apache-2.0 wants to be passed on has to stand in our NOTICE.
func TestLicenses(t *testing.T) {
	t.Parallel()
	notice := strings.Join(strings.Fields(readNotice(t)), " ")
	all, weak := modules(t), 0
	if len(all) < 30 {
		t.Fatalf("only %d modules are linked", len(all))
	}
	for path, m := range all {
		var found []string
		for _, text := range textsOf(t, m.Dir, licenseFile) {
			found = append(found, licenseOf(text))
		}
		found = slices.Compact(found)
		if !slices.ContainsFunc(found, func(l string) bool { return slices.Contains(allowed, l) }) || slices.Contains(found, "AGPL") || slices.Contains(found, "GPL") {
			t.Errorf("%s %s is under %q, want one of %q", path, m.Version, found, allowed)
		}
		if slices.Contains(found, "MPL-2.0") {
			weak++
			if !strings.HasPrefix(path, "github.com/hashicorp/") {
				t.Errorf("%s is under MPL-2.0, and NOTICE names those of HashiCorp alone", path)
			}
		}
		for _, text := range textsOf(t, m.Dir, regexp.MustCompile(`^NOTICE(\.txt)?$`)) {
			for _, line := range copyrights(text) {
				if !strings.Contains(notice, line) {
					t.Errorf("NOTICE lacks what %s wants to be passed on: %s", path, line)
				}
			}
		}
	}
	for n, word := range []string{"no", "one", "two", "three", "four", "five", "six", "seven"} {
		if is := n == weak; is != strings.Contains(notice, "MPL-2.0 for "+word+" modules") {
			t.Errorf("%d modules are under MPL-2.0, and NOTICE says something else", weak)
		}
	}
}

// copyrights are the lines of a notice that say whose it is.
func copyrights(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); strings.HasPrefix(line, "Copyright ") {
			all = append(all, line)
		}
	}
	return all
}

func TestLicenseOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"MIT License\n\nPermission is hereby granted, free\nof charge, to any person": "MIT",
		"GNU GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007":                      "GPL",
		"GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3":                                "AGPL",
		"Apache License\n Version 2.0, January 2004":                                  "Apache-2.0",
		"All rights reserved.":                                                        "",
	} {
		if got := licenseOf(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func readNotice(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// foreign marks files that others made.
var foreign = regexp.MustCompile(`(?i)@license|copyright \(c\)|copyright ©|all rights reserved|sourceMappingURL|spdx-license-identifier`)

// brought are kinds of files that are seldom one's own: fonts, weights of models, programs.
var brought = []string{".woff", ".woff2", ".ttf", ".otf", ".eot", ".onnx", ".safetensors", ".gguf", ".wasm", ".so", ".dll", ".exe", ".jar", ".min.js", ".min.css", ".dat", ".mmdb"}

// TestNoticeNamesWhatIsEmbedded: what the binary embeds was made here, or is named in NOTICE with its file.
func TestNoticeNamesWhatIsEmbedded(t *testing.T) {
	t.Parallel()
	notice := readNotice(t)
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == "bin" || isKit(d.Name())) {
			return filepath.SkipDir
		}
		if d.IsDir() || strings.HasSuffix(name, ".go") {
			return nil
		}
		if slices.ContainsFunc(brought, func(end string) bool { return strings.HasSuffix(name, end) }) && !strings.Contains(notice, d.Name()) {
			t.Errorf("%s: say in NOTICE who made it, and under which license", name)
		}
		if slices.Contains([]string{".js", ".css", ".svg"}, filepath.Ext(name)) {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if mark := foreign.Find(text); mark != nil && !strings.Contains(notice, d.Name()) {
				t.Errorf("%s says %q: say in NOTICE who made it, and under which license", name, mark)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoticeNamesWhatModulesEmbed: what modules bring that is no Go is often somebody else's, under another license.
func TestNoticeNamesWhatModulesEmbed(t *testing.T) {
	t.Parallel()
	notice, found := readNotice(t), 0
	for _, p := range pieces(t) {
		if p.Module == nil || p.Module.Main || len(p.EmbedFiles) == 0 || p.Module.Path == "google.golang.org/protobuf" { // its own defaults
			continue
		}
		found++
		_, inside, _ := strings.Cut(p.ImportPath, p.Module.Path+"/")
		if !strings.Contains(notice, p.ImportPath) && (inside == "" || !strings.Contains(notice, "package "+inside)) {
			t.Errorf("%s embeds %q: say in NOTICE who made that, and under which license", p.ImportPath, p.EmbedFiles)
		}
	}
	if found < 3 {
		t.Errorf("only %d packages embed something", found)
	}
}

var required = regexp.MustCompile(`^\s*(?:require )?([a-z0-9.-]+\.[a-z]+/\S+) (v\S+)(?:\s*// (.*))?$`)

// TestEveryDependencyHasAReason: a module that we import ourselves says in go.mod what for.
func TestEveryDependencyHasAReason(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	direct := 0
	for line := range strings.Lines(string(text)) {
		m := required.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || m[3] == "indirect" {
			continue
		}
		direct++
		if strings.TrimSpace(m[3]) == "" {
			t.Errorf("go.mod: say behind %s what it is for, as in // reads settings", m[1])
		}
		if longest(m[1], theirs) == "" {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(theirs)), func(row string) bool { return under(row, m[1]) }) {
				t.Errorf("%s has no row in the table of imports", m[1])
			}
		}
	}
	if direct < 20 {
		t.Errorf("only %d direct dependencies are read", direct)
	}
}

// vulncheck is the tool at its version, called is where it is run.
var (
	vulncheck = regexp.MustCompile(`golang\.org/x/vuln/cmd/govulncheck@v\d+\.\d+\.\d+`)
	called    = regexp.MustCompile(`(?m)^\s*\.ci/vulncheck`)
)

// TestVulncheckIsPinned: the nightly run looks for known holes, with a tool whose version is fixed.
func TestVulncheckIsPinned(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]*regexp.Regexp{
		"../.ci/vulncheck": vulncheck, "../.ci/nightly": called, "../Makefile": called,
	} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !want.Match(text) {
			t.Errorf("%s does not look for known holes", name)
		}
	}
}
