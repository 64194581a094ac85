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
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/imagika/imagika/"

// ours says which trees of this module a tree may import: cmd imports workers,
// workers the three leaves, and the leaves nothing but themselves. The longest
// match wins, on both sides; a tree behind "!" is refused.
var ours = map[string][]string{
	"queue":     {"queue"},
	"providers": {"providers"},
	"storage":   {"storage"},
	"workers":   {"workers", "queue", "providers", "!providers/all", "storage"},

	// The front-end enqueues and acknowledges; it reaches no model, database or sender.
	"cmd/internal/bot":    {"queue", "cmd/internal/bot"},
	"cmd/internal/config": {"cmd/internal/config"},
	"cmd/internal/ops":    {"cmd/internal/ops", "cmd/internal/config"},
	// The dashboards know every metric there is.
	"cmd/internal/ops/grafana": {"cmd", "workers", "queue", "providers", "storage"},
	"cmd/internal/embedded":    {"cmd/internal/embedded"},
	"cmd/internal/playground":  {"cmd/internal/playground", "cmd/internal/sse", "workers/telegram/telegramtest"},
	// The site reserves as a chat does, and asks workers for the rest.
	"cmd/internal/site":          {"cmd/internal/site", "cmd/internal/sse", "workers", "!workers/telegram", "queue", "storage"},
	"cmd/internal/sse":           {},
	"cmd/internal/site/sitetest": {"cmd/internal/playground/playgroundtest", "cmd/internal/site/sitetest"},
	"cmd":                        {"cmd", "workers", "queue", "providers", "storage"},
}

// Places that are no tree.
const (
	everywhere = ""
	kits       = "*test"        // packages that are test kits
	metrics    = "metrics.go"   // files of that name
	collectors = "collector.go" // files of that name
)

// theirs says where each package that is not ours may be imported. The longest
// match wins, and one that is neither here nor in the standard library is
// refused: a new dependency is a row.
var theirs = map[string][]string{
	"github.com/hibiken/asynq":                {"queue", "workers", "cmd/internal/ops"},
	"github.com/hibiken/asynqmon":             {"cmd/internal/ops"},
	"github.com/redis/go-redis":               {"queue"},
	"gopkg.in/telebot.v3":                     {"cmd/internal/bot", "workers/telegram"},
	"github.com/minio/minio-go":               {"storage/objects"},
	"database/sql":                            {"storage"},
	"github.com/jackc/pgx":                    {"storage"},
	"modernc.org":                             {"storage"},
	"github.com/pressly/goose":                {"storage"},
	"github.com/tink-crypto/tink-go":          {"storage", "queue"},
	"github.com/aws/aws-sdk-go-v2/service/s3": {"cmd/internal/embedded", kits},
	"github.com/versity/versitygw":            {"cmd/internal/embedded", kits},
	"github.com/alicebob/miniredis":           {"cmd/internal/embedded", kits},
	"github.com/prometheus":                   {metrics, collectors, "cmd/internal/ops"},
	"go.opentelemetry.io/otel":                {"queue/trace.go", "cmd/internal/ops"},
	"github.com/caarlos0/env":                 {"cmd/internal/config"},
	"github.com/spf13/cobra":                  {"cmd/imagika"},
	"github.com/spf13/pflag":                  {"cmd/imagika"},
	"github.com/nicksnyder/go-i18n":           {"workers/texts"},
	"github.com/BurntSushi/toml":              {"workers/texts"},
	"github.com/wneessen/go-mail":             {"workers/mail"},
	"github.com/coreos/go-oidc":               {"cmd/internal/site/miniapp"},
	"github.com/emersion":                     {kits},
	"go.yaml.in/yaml/v3":                      {"providers/catalogue", "workers/moderation", "workers/shop", kits},
	"github.com/google/go-cmp":                {kits},
	"pgregory.net/rapid":                      {kits},
	"github.com/chromedp":                     {kits},
	"github.com/santhosh-tekuri":              {kits},
	"github.com/go-telegram/bot":              {kits},
	"github.com/compose-spec":                 {kits},
	"k8s.io":                                  {kits},
	"sigs.k8s.io":                             {kits},
	"github.com/oklog/ulid":                   {everywhere},
	"golang.org/x":                            {everywhere},
	"github.com/google/pprof":                 {"cmd"},
	"github.com/phuslu/iploc":                 {"cmd/internal/site/visits"},
	"github.com/pkg/errors":                   nil, // errors and fmt
	"io/ioutil":                               nil, // io and os
	"log":                                     nil, // log/slog
	"log/slog":                                {everywhere},
	"math/rand":                               nil, // math/rand/v2
	"math/rand/v2":                            {everywhere},
}

// source is a file as far as the rules ask.
type source struct {
	path    string // from the root of the repository, with slashes
	imports []string
	environ bool // reads the environment
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// isKit reports whether a folder is a test kit, such as queue/queuetest.
func isKit(dir string) bool { return strings.HasSuffix(dir, "test") }

// violations is a line for each rule a file breaks.
func (s source) violations() []string {
	var all []string
	for _, imported := range s.imports {
		allowed := s.mayImportTheirs(imported)
		if tree, ok := strings.CutPrefix(imported, module); ok {
			allowed = s.mayImportOurs(tree)
		}
		if !allowed {
			all = append(all, s.path+" must not import "+imported)
		}
	}
	if s.environ && !s.isTest() && !under(s.path, "cmd/internal/config") {
		all = append(all, s.path+" must not read the environment: settings come from cmd/internal/config")
	}
	return all
}

// mayImportOurs holds a file against the table of trees. Kits are for tests and
// other kits, and for cmd where it serves them on purpose. Tests in cmd may put
// together what the program does.
func (s source) mayImportOurs(tree string) bool {
	from := longest(s.path, ours)
	if s.isTest() && under(s.path, "cmd") {
		from = "cmd"
	}
	if isKit(tree) && s.isTest() {
		return true
	}
	if isKit(tree) && !isKit(path.Dir(s.path)) && !under(s.path, "cmd") {
		return false
	}
	allowed, length := false, -1
	for _, rule := range ours[from] {
		to, refused := strings.CutPrefix(rule, "!")
		if under(tree, to) && len(to) > length && (!refused || !s.isTest()) {
			allowed, length = !refused, len(to)
		}
	}
	return allowed
}

// mayImportTheirs holds a file against the table of packages. Tests may use all
// that some file may.
func (s source) mayImportTheirs(imported string) bool {
	row := longest(imported, theirs)
	if row == "" {
		first, _, _ := strings.Cut(imported, "/")
		return !strings.Contains(first, ".") // the standard library has no dot there
	}
	places := theirs[row]
	return s.isTest() && places != nil || slices.ContainsFunc(places, s.isAt)
}

func (s source) isAt(place string) bool {
	switch place {
	case kits:
		return isKit(path.Dir(s.path))
	case metrics, collectors:
		return path.Base(s.path) == place
	default:
		return under(s.path, place)
	}
}

// longest is the key of table that is the longest prefix of name, "" for none.
func longest(name string, table map[string][]string) string {
	best := ""
	for key := range table {
		if under(name, key) && len(key) > len(best) {
			best = key
		}
	}
	return best
}

// under reports whether a path is a tree or in it.
func under(name, tree string) bool {
	return tree == everywhere || name == tree || strings.HasPrefix(name, tree+"/")
}

// TestImports reads every file itself: what go list answers would be taken from
// the cache after a forbidden import was added.
func TestImports(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(name, "go.mod")); d.IsDir() && err == nil && name != ".." {
			return filepath.SkipDir // a module of its own
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		s, err := read(name)
		if err != nil {
			return err
		}
		files++
		for _, v := range s.violations() {
			t.Error(v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("read only %d files", files)
	}
}

// read parses a file named from this folder.
func read(name string) (source, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	return newSource(strings.TrimPrefix(filepath.ToSlash(name), "../"), file)
}

func newSource(name string, file *ast.File) (source, error) {
	s := source{path: name}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, fmt.Errorf("%s: %w", name, err)
		}
		s.imports = append(s.imports, imported)
		if imported == "os" || imported == "syscall" {
			osName := imported
			if spec.Name != nil {
				osName = spec.Name.Name
			}
			s.environ = s.environ || readsEnvironment(file, osName)
		}
	}
	return s, nil
}

// readsEnvironment reports whether a file asks os, under that name, for the
// environment.
func readsEnvironment(file *ast.File, osName string) bool {
	found := osName == "." // then anything may
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := selector.X.(*ast.Ident)
		if ok && pkg.Name == osName {
			found = found || slices.Contains([]string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}, selector.Sel.Name)
		}
		return true
	})
	return found
}
