package opstest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/cmd/internal/ops"
)

func TestParse(t *testing.T) {
	t.Parallel()
	e, err := Parse(`histogram_quantile(0.95, sum by (le, pool) (rate(x_seconds_bucket{pool!~"a|b",q="c"}[5m]))) > on (pool) group_left max by (pool) (y offset 1h) or label_replace(z, "made", "$1", "queue", "(.*)")`)
	if err != nil {
		t.Fatal(err)
	}
	want := Expression{
		Selectors: []Selector{
			{Metric: "x_seconds_bucket", Match: map[string]string{"pool": "a|b", "q": "c"}, Range: true, In: "rate"},
			{Metric: "y", Match: map[string]string{}, In: "max"},
			{Metric: "z", Match: map[string]string{}, In: "label_replace"},
		},
		Labels: []string{"le", "pool", "pool", "pool"}, Made: []string{"made"},
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, bad := range []string{`sum by (a`, `x{a="b"`, `rate[5m]`, `a)`} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%s parses", bad)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	k := NewKnown([]ops.Metric{
		{Name: "done_total", Type: "counter", Labels: []string{"how"}, Values: map[string][]string{"how": {"well", "badly"}}},
		{Name: "took_seconds", Type: "histogram", Labels: []string{"pool"}},
		{Name: "size", Type: "gauge", Labels: []string{"queue"}},
	}, []Group{{Rules: []Rule{{Record: "my:ratio", Expr: `sum by (queue) (size)`}}}})
	for _, row := range []struct {
		expr  string
		wrong int
	}{
		{`sum by (how) (rate(done_total{how="well"}[5m]))`, 0},
		{`sum by (pool, le) (rate(took_seconds_bucket[5m]))`, 0},
		{`max by (queue) (size) / my:ratio{queue="x"} and up{job="a"} == 1`, 0},
		{`sum(label_replace(size, "pool", "$1", "queue", "(.*)")) by (pool)`, 0},
		{`sum(rate(gone_total[5m]))`, 1},
		{`done_total`, 1},
		{`sum(done_total)`, 1},
		{`rate(size[5m])`, 1},
		{`sum(rate(done_total{how="never"}[5m]))`, 1},
		{`sum(rate(done_total{how=~"well|never"}[5m]))`, 1},
		{`sum(rate(done_total{pool="a"}[5m]))`, 1},
		{`sum by (pool) (size)`, 1},
		{`took_seconds`, 1},
		{`rate(took_seconds_max[5m])`, 1},
		{`frobnicate(size)`, 1},
	} {
		if wrong := k.Check(row.expr); len(wrong) != row.wrong {
			t.Errorf("%s: %q, want %d complaints", row.expr, wrong, row.wrong)
		}
	}
}
