package grafana

import (
	"fmt"
	"strings"
)

// The window of every rate: Grafana makes it four scrapes long at least.
const window = "[$__rate_interval]"

// pick is a metric with matchers.
func pick(metric string, match ...string) string {
	if len(match) == 0 {
		return metric
	}
	return metric + "{" + strings.Join(match, ",") + "}"
}

// rate is how fast a counter grows, in a second.
func rate(metric string, match ...string) string {
	return "rate(" + pick(metric, match...) + window + ")"
}

// minutely is how fast counters grow together, in a minute, for each value of a label.
func minutely(by, metric string, match ...string) string {
	return "60 * " + sum(by, rate(metric, match...))
}

// daily is by how much counters grew in a day.
func daily(metric string, match ...string) string {
	return "sum(increase(" + pick(metric, match...) + "[1d]))"
}

// sum adds for each value of a label, or everything for "".
func sum(by, expr string) string { return fold("sum", by, expr) }

// most is the largest for each value of a label: what several processes say about the same thing.
func most(by, expr string) string { return fold("max", by, expr) }

func fold(how, by, expr string) string {
	if by == "" {
		return how + "(" + expr + ")"
	}
	return how + " by (" + by + ") (" + expr + ")"
}

// quantile is what a share q of a histogram's observations stayed below, for each value of a label, or of all for "".
func quantile(q float64, by, histogram string) string {
	labels := "le"
	if by != "" {
		labels += ", " + by
	}
	return fmt.Sprintf("histogram_quantile(%g, %s)", q, sum(labels, rate(histogram+"_bucket")))
}

// spread is a histogram for a heat map.
func spread(histogram string) string {
	return sum("le", "increase("+histogram+"_bucket"+window+")")
}

// share is a as a part of b; nothing where b is nothing.
func share(a, b string) string { return a + " / (" + b + " > 0)" }

// one makes a list of one query.
func one(expr, legend string) []Query { return []Query{{expr, legend}} }

// Panels are those of all rows, in their order.
func (d Dashboard) Panels() (all []Panel) {
	for _, r := range d.Rows {
		all = append(all, r.Panels...)
	}
	return all
}

// Ready is an expression as Prometheus takes it, with what Grafana and its reader would fill in.
func (d Dashboard) Ready(expr string) string {
	expr = strings.ReplaceAll(expr, "$__rate_interval", "5m")
	for _, in := range d.Inputs {
		expr = strings.ReplaceAll(expr, "$"+in.Name, in.Value)
	}
	return expr
}
