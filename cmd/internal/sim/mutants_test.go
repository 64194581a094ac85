package sim_test

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var mutantSeeds = flag.Int("mutants", 0, "how many worlds each mutant of TestMutants lives in at most; 0 for no mutants")

// mutants are the pipeline without one of its guards. Where one guard stands behind another, both are taken away.
var mutants = map[string][]change{
	"no lease and no fence": {
		{"storage/claim.go", "AND promoted_at IS NOT NULL AND lease_until < now_us()", "AND promoted_at IS NOT NULL"},
		{"storage/attempt.go", "WHERE id = $1 AND fence = $2\n\t\tAND status = 'generating' AND lease_until > now_us()", "WHERE id = $1 AND $2 = $2"},
	},
	"a call whose end is not known is made again": {
		{"workers/generate.go", "return w.reconcile(ctx, c, a)", "return w.attempt(ctx, c, tried[:len(tried)-1])"},
	},
	"paid before it is stored": {
		{"workers/keep.go", "if err := w.put(ctx, g.User, row.Key, p); err != nil {\n\t\treturn storage.Image{}, err\n\t}\n\tw.Step(\"put\")", "_ = w.put(ctx, g.User, row.Key, p)"},
	},
	"no sweeper": {
		{"workers/sweep.go", "func (w *Workers) Sweep(ctx context.Context) error {", "func (w *Workers) Sweep(ctx context.Context) error {\n\tif ctx != nil {\n\t\treturn nil\n\t}"},
	},
	"a send that was cut off is made again": {
		{"workers/deliver.go", "if d.Interrupted && !d.Kind.Repeatable() {", "if d.Interrupted && d.ID == \"\" {"},
		{"workers/result.go", "if d.Interrupted && !r.inPlace() {", "if d.Interrupted && d.ID == \"\" {"},
	},
	"what was said is passed on again": {
		{"workers/relay_lane.go", "if r.Interrupted && !r.Kind.Repeatable() {", "if r.Interrupted && r.Kind == \"\" {"},
	},
}

// change is what a mutant has instead of a text that is there once.
type change struct{ file, old, new string }

// TestMutants: worlds notice when a guard is missing. Each mutant is compiled anew, so that this is for the night.
func TestMutants(t *testing.T) {
	if *mutantSeeds == 0 {
		t.Skip("-mutants is 0")
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, changes := range mutants {
		t.Run(name, func(t *testing.T) {
			overlay := overlayOf(t, root, changes)
			for first := 1; first <= *mutantSeeds; first += 10 {
				out, err := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-count=1", "-run", "^TestSimulation$", ".", "-seed", strconv.Itoa(first), "-seeds", "10").CombinedOutput()
				if strings.Contains(string(out), "[build failed]") {
					t.Fatalf("%s", out)
				}
				if err != nil {
					t.Logf("noticed within %d worlds: %s", first+9, firstLine(string(out)))
					return
				}
			}
			t.Errorf("lives in %d worlds unnoticed", *mutantSeeds)
		})
	}
}

// firstLine is the first promise that was broken.
func firstLine(out string) string {
	for line := range strings.Lines(out) {
		if strings.Contains(line, "_test.go") || strings.HasPrefix(line, "panic") {
			return strings.TrimSpace(line)
		}
	}
	return out
}

// overlayOf writes the changed files and what -overlay wants to know of them.
func overlayOf(t *testing.T, root string, changes []change) string {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for i, c := range changes {
		path := filepath.Join(root, c.file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), c.old); n != 1 {
			t.Fatalf("%s has %q %d times", c.file, c.old, n)
		}
		replace[path] = filepath.Join(dir, strconv.Itoa(i)+".go")
		if err := os.WriteFile(replace[path], []byte(strings.Replace(string(text), c.old, c.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
