package app_test

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/ops"
)

// ourMetrics are those of the catalog that are not of the runtime.
func ourMetrics() (all []ops.Metric) {
	for _, m := range app.Catalog() {
		if strings.HasPrefix(m.Name, "imagika_") {
			all = append(all, m)
		}
	}
	return all
}

// Names tell type and unit, labels are of closed sets, and every metric says what it means.
func TestMetricNames(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^imagika_[a-z]+(_[a-z]+)*$`)
	units := regexp.MustCompile(`_(milliseconds|ms|minutes|hours|us|kb|mb|kilobytes|percent|count|gauge|counter|histogram)(_|$)`)
	personal := []string{"user", "chat", "person", "prompt", "task", "task_id", "id", "generation", "url", "error", "trace_id", "lane", "username"}
	all := ourMetrics()
	if len(all) < 60 {
		t.Fatalf("only %d metrics", len(all))
	}
	for _, m := range all {
		if !form.MatchString(m.Name) || units.MatchString(m.Name) {
			t.Errorf("%s: want imagika_<subsystem>_<what> in base units", m.Name)
		}
		if counter := m.Type == "counter"; counter != strings.HasSuffix(m.Name, "_total") {
			t.Errorf("%s is a %s: counters, and only they, end in _total", m.Name, m.Type)
		}
		if !strings.HasSuffix(m.Help, ".") || len(m.Help) < 12 {
			t.Errorf("%s: does not say what it means in a sentence: %q", m.Name, m.Help)
		}
		for _, l := range m.Labels {
			if slices.Contains(personal, l) {
				t.Errorf("%s: label %s", m.Name, l)
			}
		}
	}
}

// TestMetricsReference keeps the table for operators.
func TestMetricsReference(t *testing.T) {
	t.Parallel()
	const path = "../ops/METRICS.md"
	want := reference(ourMetrics())
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, string(got)); diff != "" {
		t.Errorf("METRICS.md is behind; run go test ./cmd/internal/app -run TestMetricsReference -update (-want +got):\n%s", diff)
	}
}

func reference(all []ops.Metric) string {
	var b strings.Builder
	b.WriteString("# Metrics\n\nWhat `/metrics` of the admin listener shows, beside `go_…` and `process_…`. Made from the registrations by\n" +
		"`go test ./cmd/internal/app -run TestMetricsReference -update`. The values of labels are those that are there from the\n" +
		"start; others come with settings, such as names of providers, or when something happens. None is a person, a chat, a prompt or the text of an error.\n")
	group := ""
	for _, m := range all {
		_, name, _ := strings.Cut(m.Name, "_")
		if subsystem, _, _ := strings.Cut(name, "_"); subsystem != group {
			group = subsystem
			fmt.Fprintf(&b, "\n## %s\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n", group)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.Name, m.Type, labels(m), m.Help)
	}
	return b.String()
}

func labels(m ops.Metric) string {
	var all []string
	for _, l := range m.Labels {
		text := "`" + l + "`"
		if values := m.Values[l]; len(values) > 0 {
			values = slices.Sorted(slices.Values(values))
			for i, v := range values {
				values[i] = cmp.Or(v, "(none)")
			}
			text += ": " + strings.Join(values, ", ")
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}
