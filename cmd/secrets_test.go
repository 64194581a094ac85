package cmd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// secretName is what things are called that nobody may guess byte by byte.
var secretName = regexp.MustCompile(`(?i)(secret|password|signature|\bmac|hmac|sig|token|verifier)$`)

// compared are the comparisons in a file that take longer the more of a secret is right: == and bytes.Equal of two things, one of which is
// called like one. Constants and lengths are no secrets.
func compared(file *ast.File) (all []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		var sides []ast.Expr
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				sides = []ast.Expr{n.X, n.Y}
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Equal" && len(n.Args) == 2 && nameOf(f.X) == "bytes" {
				sides = n.Args
			}
		}
		if slices.ContainsFunc(sides, func(e ast.Expr) bool { return secretName.MatchString(nameOf(e)) }) && !slices.ContainsFunc(sides, isKnown) {
			all = append(all, nameOf(sides[0])+" and "+nameOf(sides[1]))
		}
		return true
	})
	return all
}

// mayCompare reports whether a file is worth reading: parsing all of them takes its time.
func mayCompare(text string) bool {
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "==") && !strings.Contains(line, "!=") && !strings.Contains(line, "bytes.Equal") {
			continue
		}
		for _, word := range []string{"ecret", "assword", "ignature", "mac", "MAC", "ig", "oken", "erifier"} {
			if strings.Contains(line, word) {
				return true
			}
		}
	}
	return false
}

// isKnown reports whether an expression is no secret: a literal, nil, or how long something is.
func isKnown(e ast.Expr) bool {
	if call, ok := e.(*ast.CallExpr); ok {
		return nameOf(call.Fun) == "len"
	}
	_, literal := e.(*ast.BasicLit)
	return literal || nameOf(e) == "nil"
}

// nameOf is what an expression is called, empty for what has no name.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.CallExpr:
		if len(e.Args) == 1 && (nameOf(e.Fun) == "string" || nameOf(e.Fun) == "byte") {
			return nameOf(e.Args[0]) // a conversion
		}
		if _, ok := e.Fun.(*ast.ArrayType); ok && len(e.Args) == 1 {
			return nameOf(e.Args[0])
		}
		return nameOf(e.Fun)
	case *ast.IndexExpr:
		return nameOf(e.X)
	case *ast.SliceExpr:
		return nameOf(e.X)
	case *ast.StarExpr:
		return nameOf(e.X)
	}
	return ""
}

func TestSecretsAreComparedInConstantTime(t *testing.T) {
	t.Parallel()
	public := map[string]string{
		"../workers/token.go: tokenSum and secret":     "a checksum, which shows in every token",
		"../storage/checkpoint.go: prev and Signature": "of the books, which operators may read",
		"../storage/closing.go: prev and Signature":    "of the books, which operators may read",
	}
	seen := make(map[string]bool)
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules" || isKit(d.Name())) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil || !mayCompare(string(text)) {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, what := range compared(file) {
			place := filepath.ToSlash(name) + ": " + what
			seen[place] = true
			if public[place] == "" {
				t.Errorf("%s are compared byte by byte: use hmac.Equal or subtle.ConstantTimeCompare", place)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for place := range public {
		if !seen[place] {
			t.Errorf("%s needs no exception", place)
		}
	}
}

func TestComparisonsThatTakeTheirTime(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		`r.Header.Get("X-Secret") == c.Secret`: "Get and Secret", `string(mac) != sum`: "mac and sum", `bytes.Equal(got, want.signature)`: "got and signature",
		`c.Secret == ""`: "", `c.Secret == nil`: "", `len(token) != 32`: "", `a == b`: "", `hmac.Equal(mac, sum)`: "", `sig[:8] == x`: "sig and x",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nvar _ = "+expr, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(compared(file), ","); got != want {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}
