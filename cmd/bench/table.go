package main

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
)

// suite is one run of go test.
type suite struct {
	name  string
	pkg   string
	bench string // as -bench takes it
	time  string // as -benchtime takes it
	large []string
}

// row is a line of the table.
type row struct {
	what  string
	of    string // benchmark
	unit  string // as the benchmark says it
	shown string // as people say it
	// beside is the unit that says how many times of something else that is, and than what.
	beside, than string
	aim          *aim
}

// aim is a bound, of the value or of the ratio.
type aim struct {
	least bool // or at most
	ratio bool
	bound float64
}

func atLeast(v float64) *aim   { return &aim{least: true, bound: v} }
func atMost(v float64) *aim    { return &aim{bound: v} }
func ratioFrom(v float64) *aim { return &aim{least: true, ratio: true, bound: v} }

// line is what go test prints of a benchmark: its name, how often it ran, and pairs of a value and a unit.
var line = regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// parse adds what a run of go test printed, by benchmark and unit.
func parse(said string, to map[string]map[string]float64) {
	for _, m := range line.FindAllStringSubmatch(said, -1) {
		fields := strings.Fields(m[2])
		units := make(map[string]float64)
		for i := 0; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				units[fields[i+1]] = v
			}
		}
		to[m[1]] = units
	}
}

// write shows the table: a section for each heading, a line for what was measured. What was not is left out.
func write(out io.Writer, r report) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s, %s, %d processors, commit %s, %s\n", r.Go, r.System, r.Processors, r.Commit, r.Started.Format("2006-01-02 15:04"))
	for _, s := range sections() {
		headed := false
		for _, row := range s.rows {
			units, ok := r.Measured[row.of]
			v, measured := units[row.unit]
			if !ok || !measured {
				continue
			}
			if !headed {
				fmt.Fprintf(t, "\n%s\t\t\t\t\n", s.heading)
				headed = true
			}
			fmt.Fprintf(t, "  %s\t%s %s\t%s\t%s\n", row.what, number(v), row.shown, row.ratio(units), row.judge(v, units[row.beside]))
		}
	}
	return t.Flush()
}

// ratio says what the value is beside something else.
func (r row) ratio(units map[string]float64) string {
	v, ok := units[r.beside]
	if !ok || r.beside == "" {
		return ""
	}
	return number(v) + " × " + r.than
}

// judge says what the aim is, and whether it was met.
func (r row) judge(v, ratio float64) string {
	if r.aim == nil {
		return ""
	}
	if r.aim.ratio {
		v = ratio
	}
	sign, met := "≤", v <= r.aim.bound
	if r.aim.least {
		sign, met = "≥", v >= r.aim.bound
	}
	text := "aim " + sign + " " + number(r.aim.bound)
	if r.aim.ratio {
		text += " ×"
	}
	if !met {
		text += "  missed"
	}
	return text
}

// number shows three figures that count, and no more.
func number(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 100 || v <= -100:
		return group(strconv.FormatFloat(v, 'f', 0, 64))
	case v >= 10 || v <= -10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}

// group sets commas.
func group(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
