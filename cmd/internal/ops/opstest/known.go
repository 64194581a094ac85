package opstest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/imagika/imagika/cmd/internal/ops"
)

// Rule is one of a file of rules: it records or it alerts.
type Rule struct {
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// Group is a group of rules.
type Group struct {
	Name     string `yaml:"name"`
	Interval string `yaml:"interval,omitempty"`
	Rules    []Rule `yaml:"rules"`
}

// Rules reads a file of rules.
func Rules(tb testing.TB, file string) (all []Group) {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var doc struct {
		Groups []Group `yaml:"groups"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		tb.Fatalf("%s: %v", file, err)
	}
	return doc.Groups
}

// Known is what expressions may ask for.
type Known struct {
	metrics map[string]ops.Metric
	made    map[string]bool // recorded: whatever labels they were recorded with are theirs
}

// open are labels that may take other values than those their metric starts with: what servers answer.
var open = []string{"code", "method"}

// target are the labels a scrape adds.
var target = []string{"job", "instance", "service"}

// NewKnown knows the metrics of a catalog, what the rules record, and what Prometheus says itself.
func NewKnown(catalog []ops.Metric, rules []Group) Known {
	k := Known{metrics: map[string]ops.Metric{
		"up":     {Name: "up", Type: "gauge"},
		"ALERTS": {Name: "ALERTS", Type: "gauge", Labels: []string{"alertname", "alertstate", "severity"}},
	}, made: make(map[string]bool)}
	for _, m := range catalog {
		k.metrics[m.Name] = m
	}
	for _, g := range rules {
		for _, r := range g.Rules {
			if r.Record == "" {
				continue
			}
			e, _ := Parse(r.Expr) // looked at on its own
			k.metrics[r.Record], k.made[r.Record] = ops.Metric{Name: r.Record, Type: "gauge", Labels: e.Labels}, true
		}
	}
	return k
}

// Check says what is wrong with what an expression asks for, a line for each.
func (k Known) Check(expr string) (wrong []string) {
	e, err := Parse(expr)
	if err != nil {
		return []string{err.Error()}
	}
	known := append(slices.Clone(e.Made), target...)
	for _, s := range e.Selectors {
		m, ok := k.metric(s.Metric)
		if !ok {
			wrong = append(wrong, "there is no metric "+s.Metric)
			continue
		}
		known = append(known, m.Labels...)
		wrong = append(wrong, matched(m, s)...)
		if over := slices.Contains([]string{"rate", "increase"}, s.In); m.Type == "counter" && (!over || !s.Range) {
			wrong = append(wrong, s.Metric+" is a counter: only its rate or increase means something")
		} else if over && m.Type == "gauge" {
			wrong = append(wrong, s.Metric+" is a gauge: it has no rate")
		}
	}
	for _, l := range e.Labels {
		if !slices.Contains(known, l) {
			wrong = append(wrong, "no metric here has the label "+l)
		}
	}
	return wrong
}

// metric finds the metric behind a name; the parts of a histogram are counters.
func (k Known) metric(name string) (ops.Metric, bool) {
	if m, ok := k.metrics[name]; ok {
		return m, m.Type != "histogram"
	}
	for _, part := range []string{"_bucket", "_sum", "_count"} {
		base, cut := strings.CutSuffix(name, part)
		if m, ok := k.metrics[base]; cut && ok && m.Type == "histogram" {
			m.Type = "counter"
			if part == "_bucket" {
				m.Labels = append(slices.Clone(m.Labels), "le")
			}
			return m, true
		}
	}
	return ops.Metric{}, false
}

// matched holds matchers against the labels of a metric, and against their values where those are a closed set.
func matched(m ops.Metric, s Selector) (wrong []string) {
	for _, l := range slices.Sorted(maps.Keys(s.Match)) {
		if !slices.Contains(m.Labels, l) && !slices.Contains(target, l) {
			wrong = append(wrong, fmt.Sprintf("%s has no label %s", s.Metric, l))
		}
		values := m.Values[l]
		if len(values) == 0 || slices.Contains(open, l) {
			continue
		}
		for v := range strings.SplitSeq(s.Match[l], "|") {
			if !slices.Contains(values, v) {
				wrong = append(wrong, fmt.Sprintf("%s of %s is never %q", l, s.Metric, v))
			}
		}
	}
	return wrong
}
