package ops

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Metric is one there is, as far as its registration tells.
type Metric struct {
	Name string
	Type string // counter, gauge or histogram
	Help string
	// Labels in order, those of every series included.
	Labels []string
	// Values are those that a label has from the start, because they can be known. What else there is depends on
	// settings, such as the names of providers, or has to happen first, such as a status code.
	Values map[string][]string
}

// Enumerator is a collector that reads elsewhere, and says which values its labels may take.
type Enumerator interface {
	prometheus.Collector
	Values() map[string][]string
}

// Catalog lists the metrics that register registers, by name. The values of a label are those that its metric has
// from the start: each package initializes what it can enumerate.
func Catalog(register func(prometheus.Registerer)) []Metric {
	r := &recorder{of: make(map[string]Metric), values: prometheus.NewRegistry(), constant: make(map[string]bool)}
	register(r)
	r.gather()
	all := slices.Collect(maps.Values(r.of))
	slices.SortFunc(all, func(a, b Metric) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// recorder is a Registerer that remembers what was registered.
type recorder struct {
	of     map[string]Metric
	values *prometheus.Registry // of what can be gathered without a server
	// constant are metrics whose labels are not a choice: those of the build.
	constant map[string]bool
}

// Register implements prometheus.Registerer.
func (r *recorder) Register(c prometheus.Collector) error {
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		c.Describe(descs)
	}()
	values, elsewhere := c.(Enumerator)
	for d := range descs {
		m, constant := described(d, kind(c))
		r.constant[m.Name] = constant
		if elsewhere {
			m.Values = pick(values.Values(), m.Labels)
		}
		r.of[m.Name] = m
	}
	if elsewhere {
		return nil
	}
	return r.values.Register(c)
}

// MustRegister implements prometheus.Registerer.
func (r *recorder) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		if err := r.Register(c); err != nil {
			panic(err)
		}
	}
}

// Unregister implements prometheus.Registerer.
func (r *recorder) Unregister(c prometheus.Collector) bool { return r.values.Unregister(c) }

// gather learns the values of labels from the series there are.
func (r *recorder) gather() {
	families, err := r.values.Gather()
	if err != nil {
		panic(err) // two metrics of one name, or one that fails with no server in sight
	}
	for _, family := range families {
		m := r.of[family.GetName()]
		m.Type = strings.ToLower(family.GetType().String())
		r.of[m.Name] = m
		if r.constant[m.Name] {
			continue
		}
		m.Values = make(map[string][]string)
		for _, series := range family.GetMetric() {
			for _, l := range series.GetLabel() {
				if name := l.GetName(); !slices.Contains(m.Values[name], l.GetValue()) {
					m.Values[name] = append(m.Values[name], l.GetValue())
				}
			}
		}
		r.of[m.Name] = m
	}
}

// description is how a Desc prints; it tells of itself in no other way.
var description = regexp.MustCompile(`fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*").* constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)

func described(d *prometheus.Desc, typ string) (m Metric, constant bool) {
	part := description.FindStringSubmatch(d.String())
	if part == nil {
		panic("a description of another form: " + d.String())
	}
	m.Type = typ
	m.Name, _ = strconv.Unquote(part[1]) // printed with %q
	m.Help, _ = strconv.Unquote(part[2])
	for l := range strings.SplitSeq(part[3], ",") {
		if name, _, ok := strings.Cut(l, "="); ok {
			m.Labels = append(m.Labels, name)
		}
	}
	if part[4] != "" {
		m.Labels = append(m.Labels, strings.Split(part[4], ",")...)
	}
	if m.Type == "" {
		m.Type = "gauge"
		if strings.HasSuffix(m.Name, "_total") {
			m.Type = "counter"
		}
	}
	return m, part[3] != ""
}

// kind is the type of a collector's metrics, "" if only their names tell.
func kind(c prometheus.Collector) string {
	switch c.(type) {
	case *prometheus.HistogramVec, prometheus.Histogram:
		return "histogram"
	case *prometheus.GaugeVec, prometheus.Gauge:
		return "gauge"
	case *prometheus.CounterVec, prometheus.Counter:
		return "counter"
	}
	return ""
}

func pick(values map[string][]string, labels []string) map[string][]string {
	some := make(map[string][]string)
	for _, l := range labels {
		if all, ok := values[l]; ok {
			some[l] = all
		}
	}
	return some
}
