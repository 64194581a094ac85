package workers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// A text that nobody says is not kept.
func TestEveryTextIsSaid(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := filepath.Glob("../cmd/internal/site/miniapp/*.go") // speaks the same languages
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, page...)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := s.X.(*ast.Ident); ok && pkg.Name == "texts" {
					said[s.Sel.Name] = true
				}
			}
			return true
		})
	}
	n := 0
	keys, err := filepath.Glob("texts/keys*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range keys {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(node ast.Node) bool {
			v, ok := node.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for _, name := range v.Names {
				n++
				if !said[name.Name] && !strings.HasPrefix(name.Name, "Status") { // statuses are said by their name
					t.Errorf("nobody says %s", name.Name)
				}
			}
			return false
		})
	}
	if n < 50 {
		t.Errorf("found only %d texts", n)
	}
}
