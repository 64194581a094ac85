package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const said = `goos: linux
BenchmarkIngest/front-2         	       1	      8000 raw/s	         0.5125 ratio	      4100 updates/s
BenchmarkPickup/real         	     300	  31500000 ns/op	        11.52 p50-ms	        60.4 p99-ms
--- BENCH: BenchmarkPickup/real
PASS
`

func TestParse(t *testing.T) {
	t.Parallel()
	got := make(map[string]map[string]float64)
	parse(said, got)
	want := map[string]map[string]float64{
		"Ingest/front": {"raw/s": 8000, "ratio": .5125, "updates/s": 4100},
		"Pickup/real":  {"ns/op": 31500000, "p50-ms": 11.52, "p99-ms": 60.4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	r := report{Started: time.Unix(0, 0).UTC(), Go: "go1.26", System: "linux/amd64", Processors: 2, Commit: "abc", Measured: map[string]map[string]float64{}}
	parse(said, r.Measured)
	var out bytes.Buffer
	if err := write(&out, r); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"acknowledged when enqueued, no workers 4,100 updates/s 0.51 × raw asynq enqueue aim ≥ 0.60 × missed",
		"pickup of an idle pool, p50 11.5 ms",
		"pickup of an idle pool, p99 60.4 ms aim ≤ 50.0 missed",
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "  ") {
			got = append(got, strings.Join(strings.Fields(line), " "))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(out.String(), "cost of") {
		t.Error("a heading without a line")
	}
}

// TestRowsHaveBenchmarks: what a row or a suite names is there, and every row belongs to a suite.
func TestRowsHaveBenchmarks(t *testing.T) {
	t.Parallel()
	for _, s := range suites() {
		files, err := filepath.Glob(filepath.Join("..", "..", s.pkg, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(strings.Trim(s.bench, "^$"), "$")
		declared := regexp.MustCompile(`(?m)^func ` + name + `\(b \*testing\.B\)`)
		found := false
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || declared.Match(content)
		}
		if !found {
			t.Errorf("suite %s: there is no %s in %s", s.name, name, s.pkg)
		}
	}
	for _, s := range sections() {
		for _, row := range s.rows {
			top, _, _ := strings.Cut(row.of, "/")
			found := false
			for _, suite := range suites() {
				found = found || strings.Contains(suite.bench, "^Benchmark"+top+"$")
			}
			if !found {
				t.Errorf("no suite runs Benchmark%s, which %q is of", top, row.what)
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "0", .634: "0.63", 12.34: "12.3", 123.4: "123", 1234.4: "1,234", 1234567: "1,234,567"} {
		if got := number(v); got != want {
			t.Errorf("%v is shown as %s, want %s", v, got, want)
		}
	}
}
