// Package prometheus_test proves the rules, and that the files the servers are given are such files.
package prometheus_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/ops/grafana"
	"github.com/imagika/imagika/cmd/internal/ops/opstest"
)

// TestRules says that every rule asks for what exists, and every alert says what a person who is woken needs.
func TestRules(t *testing.T) {
	t.Parallel()
	groups := opstest.Rules(t, "rules.yml")
	known := opstest.NewKnown(app.Catalog(), groups)
	pages := map[string]bool{"README.md": true, "Incidents.md": true} // what to do, whatever it was that called
	for _, d := range grafana.All() {
		for _, p := range d.Panels() {
			pages[p.Runbook+".md"] = true
		}
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			for _, w := range known.Check(r.Expr) {
				t.Errorf("%s%s: %s", r.Record, r.Alert, w)
			}
			if r.Alert == "" {
				continue
			}
			page := r.Alert + ".md"
			pages[page] = true
			if _, err := os.Stat(filepath.Join("..", "runbooks", page)); err != nil || r.Annotations["runbook_url"] != grafana.Pages+page {
				t.Errorf("%s: page %s: %v", r.Alert, r.Annotations["runbook_url"], err)
			}
			summary, description := r.Annotations["summary"], r.Annotations["description"]
			if !slices.Contains([]string{"page", "ticket", "none"}, r.Labels["severity"]) || summary == "" || len(summary) > 80 ||
				strings.HasSuffix(summary, ".") || !strings.HasSuffix(description, ".") {
				t.Errorf("%s: severity %q, summary %q, description %q", r.Alert, r.Labels["severity"], summary, description)
			}
		}
	}
	files, err := filepath.Glob("../runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !pages[filepath.Base(f)] {
			t.Errorf("no alert and no panel leads to %s", f)
		}
	}
}

// suite is a file of tests of rules.
type suite struct {
	Files    []string         `yaml:"rule_files"`
	Order    []string         `yaml:"group_eval_order"` // else alerts may come before what they ask for is recorded
	Interval string           `yaml:"evaluation_interval"`
	Tests    []map[string]any `yaml:"tests"`
}

func suites(t *testing.T) (all []suite) {
	t.Helper()
	for _, name := range []string{"rules_test.yml", "rules_long_test.yml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var s suite
		if err := yaml.Unmarshal(data, &s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, s)
	}
	return all
}

// cases are the tests of an alert: how often it is to fire and how often to be quiet.
func cases(test map[string]any, alert string) (fires, quiet int) {
	rows, _ := test["alert_rule_test"].([]any)
	for _, row := range rows {
		m, _ := row.(map[string]any)
		if m["alertname"] != alert {
			continue
		}
		if list, _ := m["exp_alerts"].([]any); len(list) > 0 {
			fires++
		} else {
			quiet++
		}
	}
	return fires, quiet
}

// TestAlerts runs the tests of the rules, and says that there are some for each alert, firing and quiet.
func TestAlerts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("promtool takes its time")
	}
	if out, err := opstest.Promtool(t, ".", "test", "rules", "rules_test.yml", "rules_long_test.yml"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, g := range opstest.Rules(t, "rules.yml") {
		for _, r := range g.Rules {
			fires, quiet := 0, 0
			for _, s := range suites(t) {
				for _, test := range s.Tests {
					f, q := cases(test, r.Alert)
					fires, quiet = fires+f, quiet+q
				}
			}
			if r.Alert != "" && (fires == 0 || quiet == 0 && r.Alert != "Watchdog") {
				t.Errorf("%s is tested firing %d times and quiet %d times", r.Alert, fires, quiet)
			}
		}
	}
}

// mutants are changes of rules.yml that its tests have to notice.
var mutants = []struct{ alert, from, to string }{
	{"ErrorBudgetFastBurn", "[1h])) > 30", "[1h])) > 0"},
	{"ErrorBudgetFastBurn", "and imagika:generation_bad:ratio_rate5m > 14.4 * 0.01", ""},
	{"ErrorBudgetFastBurn", `reason!="bad_reference"}[5m])) or vector(0)`, `}[5m])) or vector(0)`},
	{"ProviderDown", "[5m])) > 0.5", "[5m])) > 0.95"},
	{"ProviderDown", "[5m])) > 10)", "[5m])) > 0)"},
	{"ProviderDown", `open|half_open`, `open|ramping`},
	{"AllProvidersDown", `,provider!="local"}) == 0`, "}) == 0"},
	{"QueueLatencyHigh", "unless on (queue) max by (queue) (imagika_queue_paused) == 1", ""},
	{"QueueStalled", "unless on (queue) max by (queue) (imagika_queue_paused) == 1", ""},
	{"QueueStalled", "[10m])) == 0", "[10m])) < 2"},
	{"DeliveryBacklog", `{kind="result"}`, ""},
	{"QueuePausedTooLong", "for: 30m", "for: 3m"},
	{"PoolSaturated", "ratio > 0.9", "ratio > 0.4"},
	{"LedgerMismatch", "abs(imagika_ledger_imbalance_credits)", "imagika_ledger_imbalance_credits"},
	{"LedgerMismatch", "for: 2m", "for: 30m"},
	{"InvariantBroken", `{kind="broken"}`, ""},
	{"InvariantBroken", "sum by (group) (max by (group, scope)", "sum by (group) (sum by (group, scope)"},
	{"WorkOverdue", `kind="late",`, ""},
	{"WorkOverdue", "for: 70m", "for: 5m"},
	{"VerifyStale", `{scope="recent"}) > 3`, ") > 3"},
	{"PaymentProblem", `outcome!~"paid|renewed|duplicate"`, `outcome!~"paid|renewed"`},
	{"CheckoutsLate", "[15m])) > 2", "[15m])) > 0"},
	{"TelegramFlood", `code!="held"`, `code!=""`},
	{"RoleMissing", `unless group by (service) (up{job="imagika"})`, `unless group by (service) (up{job="imagika"} == 1)`},
}

// TestMutants breaks a rule and expects its tests to notice.
func TestMutants(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("promtool takes its time")
	}
	for _, m := range mutants {
		t.Run(m.alert+" "+m.to, func(t *testing.T) {
			t.Parallel()
			groups, changed := only(opstest.Rules(t, "rules.yml"), m.alert), 0
			for _, g := range groups {
				for i, r := range g.Rules {
					if strings.Contains(r.Expr, m.from) {
						g.Rules[i].Expr, changed = strings.Replace(r.Expr, m.from, m.to, 1), changed+1
					}
					if "for: "+r.For == m.from {
						g.Rules[i].For, changed = strings.TrimPrefix(m.to, "for: "), changed+1
					}
				}
			}
			if changed != 1 {
				t.Fatalf("%q is in %d rules", m.from, changed)
			}
			if out, err := try(t, groups, m.alert); err == nil {
				t.Errorf("nobody notices:\n%s", out)
			}
		})
	}
}

// only keeps what records, and one alert.
func only(groups []opstest.Group, alert string) (kept []opstest.Group) {
	for _, g := range groups {
		g.Rules = slices.DeleteFunc(g.Rules, func(r opstest.Rule) bool { return r.Alert != "" && r.Alert != alert })
		if len(g.Rules) > 0 {
			kept = append(kept, g)
		}
	}
	return kept
}

// try runs the tests of one alert.
func try(t *testing.T, groups []opstest.Group, alert string) (string, error) {
	t.Helper()
	s := suites(t)[0]
	s.Tests = slices.DeleteFunc(s.Tests, func(test map[string]any) bool { f, q := cases(test, alert); return f+q == 0 })
	for _, test := range s.Tests {
		rows, _ := test["alert_rule_test"].([]any)
		test["alert_rule_test"] = slices.DeleteFunc(rows, func(row any) bool { return row.(map[string]any)["alertname"] != alert })
	}
	dir := t.TempDir()
	for name, v := range map[string]any{"rules.yml": map[string]any{"groups": groups}, "tests.yml": s} {
		data, err := yaml.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return opstest.Promtool(t, dir, "test", "rules", "tests.yml")
}
