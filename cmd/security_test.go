package cmd

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// securityFile is the threat model. Its tables name, in backquotes, what stands against each threat and which tests prove it: a file, or a
// folder and a declaration, as in `queue.Keys.open`. What it names has to be there.
const securityFile = "../.github/SECURITY.md"

// The tables, by their first column, and what their columns mean.
const (
	threats = "threat"             // threat | mechanism | tests
	parsers = "bytes from outside" // bytes | read by | fuzz targets | property
)

// tables are the rows of a document's tables, by the name of the first column.
func tables(doc string) map[string][][]string {
	all, name := make(map[string][][]string), ""
	for line := range strings.Lines(doc) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			name = ""
			continue
		}
		var row []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			row = append(row, strings.TrimSpace(cell))
		}
		switch {
		case name == "":
			name = row[0]
		case strings.Trim(line, "|-: ") != "":
			all[name] = append(all[name], row)
		}
	}
	return all
}

var backquoted = regexp.MustCompile("`([^`]+)`")

// named are the names in a cell.
func named(cell string) (all []string) {
	for _, m := range backquoted.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}

// tree is the code of this repository, read as far as somebody asks.
type tree struct {
	root    string
	folders map[string]folder
}

// folder are the names that its files declare, methods as Type.Method: those of tests, and the others.
type folder struct{ tests, others map[string]bool }

func (t *tree) folder(dir string) folder {
	if f, ok := t.folders[dir]; ok {
		return f
	}
	f := folder{make(map[string]bool), make(map[string]bool)}
	names, _ := filepath.Glob(filepath.Join(t.root, dir, "*.go"))
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		into := f.others
		if strings.HasSuffix(name, "_test.go") {
			into = f.tests
		}
		for _, d := range file.Decls {
			for _, declared := range declares(d) {
				into[declared] = true
			}
		}
	}
	t.folders[dir] = f
	return f
}

// declares are the names of a declaration.
func declares(d ast.Decl) (all []string) {
	if f, ok := d.(*ast.FuncDecl); ok {
		if f.Recv == nil {
			return []string{f.Name.Name}
		}
		of := f.Recv.List[0].Type
		if p, ok := of.(*ast.StarExpr); ok {
			of = p.X
		}
		if g, ok := of.(*ast.IndexExpr); ok {
			of = g.X
		}
		return []string{fmt.Sprint(of) + "." + f.Name.Name}
	}
	for _, spec := range d.(*ast.GenDecl).Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			all = append(all, s.Name.Name)
		case *ast.ValueSpec:
			for _, n := range s.Names {
				all = append(all, n.Name)
			}
		}
	}
	return all
}

// place splits a name into its folder and what is declared there.
func place(name string) (dir, declared string) {
	at := strings.LastIndex(name, "/") + 1
	before, declared, _ := strings.Cut(name[at:], ".")
	return name[:at] + before, declared
}

// hasMechanism reports whether a name is that of a file, or declared by the program itself.
func (t *tree) hasMechanism(name string) bool {
	if _, err := os.Stat(filepath.Join(t.root, name)); err == nil {
		return true
	}
	dir, declared := place(name)
	return t.folder(dir).others[declared]
}

// hasTest reports whether a name is that of a test.
func (t *tree) hasTest(name string) bool {
	dir, declared := place(name)
	return (strings.HasPrefix(declared, "Test") || strings.HasPrefix(declared, "Fuzz")) && t.folder(dir).tests[declared]
}

// complaints say what is wrong with a document.
func (t *tree) complaints(doc string) (all []string) {
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	check := func(row []string, cell int, what string, has func(string) bool) {
		names := named(row[cell])
		if len(names) == 0 {
			say("%q has no %s", row[0], what)
		}
		for _, name := range names {
			if !has(name) {
				say("%q names the %s %s, which is not there", row[0], what, name)
			}
		}
	}
	found := tables(doc)
	for name, columns := range map[string]int{threats: 3, parsers: 4} {
		if len(found[name]) == 0 {
			say("there is no table %q", name)
		}
		for _, row := range found[name] {
			if len(row) != columns {
				say("%q has %d cells, not %d", row[0], len(row), columns)
				continue
			}
			check(row, 1, "mechanism", t.hasMechanism)
			check(row, 2, "test", t.hasTest)
		}
	}
	return all
}

func readSecurity(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile(securityFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

func TestThreatModel(t *testing.T) {
	t.Parallel()
	code := &tree{root: "..", folders: make(map[string]folder)}
	for _, c := range code.complaints(readSecurity(t)) {
		t.Error(c)
	}
}

// TestThreatModelRefuses keeps the check from passing whatever it reads.
func TestThreatModelRefuses(t *testing.T) {
	t.Parallel()
	code := &tree{root: "..", folders: make(map[string]folder)}
	good := "| threat | mechanism | tests |\n|---|---|---|\n| forgery | `queue.Keys.open`, `cmd/imports_test.go` | `queue.TestSealTamper` |\n\n" +
		"| bytes from outside | read by | fuzz targets | what holds |\n|---|---|---|---|\n| tasks | `queue` | `queue.FuzzDecode` | - |\n"
	if got := code.complaints(good); len(got) != 0 {
		t.Errorf("a good document: %q", got)
	}
	for _, tt := range []struct{ desc, from, to, want string }{
		{"no test", "`queue.TestSealTamper`", "one day", `"forgery" has no test`},
		{"no such test", "TestSealTamper", "TestSealTempers", "queue.TestSealTempers, which is not there"},
		{"a test of another folder", "`queue.TestSealTamper`", "`storage.TestSealTamper`", "storage.TestSealTamper, which is not there"},
		{"what is no test", "`queue.TestSealTamper`", "`queue.Keys`", "queue.Keys, which is not there"},
		{"no such mechanism", "Keys.open", "Keys.opened", "queue.Keys.opened, which is not there"},
		{"a method as a function", "Keys.open", "open", "queue.open, which is not there"},
		{"a test as a mechanism", "Keys.open", "TestSealTamper", "mechanism queue.TestSealTamper"},
		{"no such file", "cmd/imports_test.go", "cmd/imports.go", "cmd/imports.go, which is not there"},
		{"no mechanism", "`queue.Keys.open`, `cmd/imports_test.go`", "care", `"forgery" has no mechanism`},
		{"a cell too many", "| forgery |", "| forgery | or not |", "has 4 cells"},
		{"no threats", "| threat |", "| worry |", `no table "threat"`},
		{"no fuzz target", "`queue.FuzzDecode`", "", `"tasks" has no test`},
	} {
		got := strings.Join(code.complaints(strings.Replace(good, tt.from, tt.to, 1)), "\n")
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: complaints are %q, want %q", tt.desc, got, tt.want)
		}
	}
}

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// TestFuzzTargets: every fuzz target is in the table and keeps what it once found interesting, and whoever answers us has one.
func TestFuzzTargets(t *testing.T) {
	t.Parallel()
	var listed, written []string
	for _, row := range tables(readSecurity(t))[parsers] {
		listed = append(listed, named(row[2])...)
	}
	wired := make(map[string]bool) // adapters: what providers answer is read there
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(name)), "../")
		if !strings.HasSuffix(name, "_test.go") {
			wired[dir] = wired[dir] || strings.HasPrefix(dir, "providers/") && !isKit(dir) && strings.Contains(string(text), `"`+module+`providers/wire"`)
			return nil
		}
		for _, m := range fuzzTarget.FindAllStringSubmatch(string(text), -1) {
			written = append(written, dir+"."+m[1])
			if kept, _ := filepath.Glob(path.Join("..", dir, "testdata", "fuzz", m[1], "*")); len(kept) == 0 {
				t.Errorf("%s.%s keeps no corpus in testdata/fuzz", dir, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range written {
		if !slices.Contains(listed, one) {
			t.Errorf("%s is not in %s", one, securityFile)
		}
	}
	for dir, is := range wired {
		if is && !slices.ContainsFunc(written, func(one string) bool { return strings.HasPrefix(one, dir+".Fuzz") }) {
			t.Errorf("%s reads what a provider answers and has no fuzz target", dir)
		}
	}
}
