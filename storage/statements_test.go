package storage_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What callers of this package give it are values, and values are parameters of statements: none of them becomes a part of the statement's
// text. This is looked up in the source. A parameter of a function counts as a part of a statement where it, a field of it, or something
// that a variable or another function made of it is joined with SQL. For functions of our own that only means that their callers are
// looked at in turn; an exported one must have no such parameter.

var sqlText = regexp.MustCompile(`\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|ORDER BY|RETURNING|LIMIT|VALUES|FROM|JOIN)\b`)

// statements is what is known of functions by now: which parameters, by their place, become parts of statements.
type statements struct {
	functions []*ast.FuncDecl
	spliced   map[string]map[int]bool // by name; methods of one name are one
}

// isText reports whether a parameter can hold words: numbers, times and the like cannot.
func isText(kind ast.Expr) bool {
	switch k := kind.(type) {
	case *ast.Ident:
		return !slices.Contains([]string{"int", "int64", "uint64", "bool", "error", "tx", "dialect", "float64"}, k.Name)
	case *ast.SelectorExpr:
		return false // context, time, sql
	case *ast.FuncType:
		return false // makes its own
	}
	return true
}

// parameters of a function by name, with their places.
func parameters(f *ast.FuncDecl) map[string]int {
	all, at := make(map[string]int), 0
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			if isText(field.Type) {
				all[name.Name] = at
			}
			at++
		}
	}
	return all
}

// look reports whether anything new was found.
func (s *statements) look() (found bool) {
	for _, f := range s.functions {
		w := walker{statements: s, from: make(map[string]map[int]bool), into: make(map[int]bool)}
		for name, at := range parameters(f) {
			w.from[name] = map[int]bool{at: true}
		}
		for range 3 { // variables are made of variables
			ast.Inspect(f.Body, w.visit)
		}
		known := s.spliced[f.Name.Name]
		for at := range w.into {
			if !known[at] {
				if known == nil {
					known = make(map[int]bool)
					s.spliced[f.Name.Name] = known
				}
				known[at], found = true, true
			}
		}
	}
	return found
}

// walker goes through a function.
type walker struct {
	*statements
	from map[string]map[int]bool // variables, by the parameters they are made of
	into map[int]bool            // parameters that become parts of statements
}

func (w *walker) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			if name, ok := to.(*ast.Ident); ok && len(n.Lhs) == len(n.Rhs) {
				if _, isString := n.Rhs[i].(*ast.CallExpr); !isString || convertsText(n.Rhs[i]) {
					w.makes(name.Name, w.roots(n.Rhs[i]))
				}
			}
		}
	case *ast.RangeStmt:
		for _, to := range []ast.Expr{n.Key, n.Value} {
			if name, ok := to.(*ast.Ident); ok {
				w.makes(name.Name, w.roots(n.X))
			}
		}
	case *ast.BinaryExpr:
		if n.Op == token.ADD && hasSQL(n) {
			w.becomes(w.roots(n))
		}
	case *ast.CallExpr:
		w.call(n)
	}
	return true
}

func (w *walker) makes(name string, of map[int]bool) {
	if len(of) == 0 {
		return
	}
	if w.from[name] == nil {
		w.from[name] = make(map[int]bool)
	}
	maps.Copy(w.from[name], of)
}

func (w *walker) becomes(of map[int]bool) { maps.Copy(w.into, of) }

// call looks at a format that is SQL, and at functions that make their parameters parts of statements.
func (w *walker) call(n *ast.CallExpr) {
	name := called(n)
	if (name == "Sprintf" || name == "ReplaceAll" || name == "Replace" || name == "Join") && slices.ContainsFunc(n.Args, hasSQL) {
		for _, arg := range n.Args {
			w.becomes(w.roots(arg))
		}
	}
	for at, arg := range n.Args {
		if w.spliced[name][at] && !slices.Contains(runners(), name) {
			w.becomes(w.roots(arg))
		}
	}
	// The text of a statement that came from elsewhere. A prepared one has its text already.
	if slices.Contains(runners(), name) && len(n.Args) > 1 && (len(n.Args) > 2 || !n.Ellipsis.IsValid()) {
		w.becomes(w.roots(n.Args[1]))
	}
}

// runners take a statement and its parameters.
func runners() []string { return []string{"exec", "ExecContext", "QueryContext", "QueryRowContext"} }

func called(n *ast.CallExpr) string {
	switch f := n.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// convertsText reports whether a call makes a text of a text.
func convertsText(e ast.Expr) bool {
	n, ok := e.(*ast.CallExpr)
	if !ok {
		return true
	}
	name := called(n)
	if f, ok := n.Fun.(*ast.SelectorExpr); ok {
		of, _ := f.X.(*ast.Ident)
		return of != nil && (of.Name == "strings" || of.Name == "fmt")
	}
	return name == "string"
}

// roots are the parameters that an expression is made of.
func (w *walker) roots(e ast.Expr) map[int]bool {
	all := make(map[int]bool)
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if !convertsText(n) {
				return false // what comes back is judged where it is made
			}
		case *ast.SelectorExpr:
			maps.Copy(all, w.roots(n.X))
			return false
		case *ast.KeyValueExpr, *ast.FuncLit:
			return false
		case *ast.Ident:
			maps.Copy(all, w.from[n.Name])
		}
		return true
	})
	return all
}

func hasSQL(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && sqlText.MatchString(l.Value) {
			found = true
		}
		return !found
	})
	return found
}

// exposed are the exported functions whose parameters become parts of statements.
func exposed(files []*ast.File) []string {
	s := &statements{spliced: make(map[string]map[int]bool)}
	for _, f := range files {
		for _, d := range f.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				s.functions = append(s.functions, f)
			}
		}
	}
	for s.look() {
	}
	var all []string
	for name, at := range s.spliced {
		if ast.IsExported(name) && len(at) > 0 && !slices.Contains(runners(), name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func TestStatementsHoldNoValues(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	closed := map[string]string{
		"Dossier":          "tables are those of the inventory",
		"MoveAnnouncement": "a status is looked up among ours",
		"Visits":           "a column is one of ours, or refused",
	}
	for _, name := range exposed(files) {
		if closed[name] != "" {
			delete(closed, name)
			continue
		}
		t.Errorf("what %s is given becomes a part of a statement: give it as a parameter of the statement", name)
	}
	for name := range closed {
		t.Errorf("%s needs no exception", name)
	}
}

// TestStatementsThatHoldValues keeps the check from finding nothing whatever it reads.
func TestStatementsThatHoldValues(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"func (s *Store) A(ctx C, name string) { s.w.exec(ctx, `SELECT 1 WHERE n = $1`, name) }":                                  "",
		"func (s *Store) A(ctx C, name string) { s.w.exec(ctx, `SELECT 1 WHERE n = '` + name + `'`) }":                            "A",
		"func (s *Store) A(ctx C, p Person) { q := fmt.Sprintf(`DELETE FROM x WHERE n = %s`, p.Name); s.w.exec(ctx, q) }":         "A",
		"func (s *Store) A(ctx C, p Person) { n := strings.ToLower(p.Name); q := `SELECT ` + n; _ = q }":                          "A",
		"func (s *Store) A(ctx C, n string) { s.b(ctx, n) }\nfunc (s *Store) b(ctx C, which string) { _ = `SELECT 1 ` + which }":  "A",
		"func (s *Store) A(ctx C, n string) { s.b(ctx, `id`) }\nfunc (s *Store) b(ctx C, which string) { _ = `SELECT ` + which }": "",
		"func (s *Store) A(ctx C, query string) { s.r.QueryContext(ctx, query) }":                                                 "A",
		"func (s *Store) A(ctx C, all []string) { for _, one := range all { _ = `SELECT ` + one } }":                              "A",
		"func (s *Store) A(ctx C, n int) { _ = `SELECT 1 LIMIT ` + strconv.Itoa(n) }":                                             "",
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package storage\n"+body, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(exposed([]*ast.File{f}), ","); got != want {
			t.Errorf("%s\nexposes %q, want %q", body, got, want)
		}
	}
}
