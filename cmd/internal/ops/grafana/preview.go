package grafana

import (
	"fmt"
	"html"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Line is a series of an answer. All lines of a preview have values at the same times.
type Line struct {
	Labels map[string]string
	Values []float64 // NaN where there is none
}

// Answer is what Prometheus says to an expression over the time of a preview.
type Answer func(expr string) []Line

// Preview draws a dashboard as a page, roughly as Grafana would, with answers from begin to end. It is for looking at without a
// Grafana, and says so.
func (d Dashboard) Preview(begin, end time.Time, answer Answer) string {
	p := preview{d: d, begin: begin, end: end, answer: answer}
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><meta charset="utf-8"><title>` + html.EscapeString(d.Title) + "</title><style>" + sheet + "</style>")
	fmt.Fprintf(&b, `<header><h1>%s</h1><p>%s</p><small>Preview drawn by Imagika's tests from real answers of Prometheus, not Grafana · %s–%s</small></header><main>`,
		html.EscapeString(d.Title), html.EscapeString(d.About), begin.Format("15:04:05"), end.Format("15:04:05"))
	for _, r := range d.Rows {
		if r.Title != "" {
			b.WriteString("<h2>" + html.EscapeString(r.Title) + "</h2>")
		}
		for _, panel := range r.Panels {
			b.WriteString(p.panel(panel))
		}
	}
	b.WriteString("</main></html>\n")
	return b.String()
}

const sheet = `*{box-sizing:border-box;margin:0}body{background:#111217;color:#ccccdc;font:13px/1.4 Inter,"DejaVu Sans",sans-serif;width:1600px;padding:14px 18px}
h1{font-size:19px;font-weight:600;color:#fff}header p{margin:2px 0}small{color:#8e8e99}main{display:grid;grid-template-columns:repeat(24,1fr);gap:8px;margin-top:12px}
h2{grid-column:1/-1;font-size:14px;font-weight:600;margin-top:6px;color:#e6e6f0}section{background:#181b1f;border:1px solid #25272d;border-radius:3px;padding:7px 10px;overflow:hidden;display:flex;flex-direction:column}
h3{font-size:12.5px;font-weight:600;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;color:#d8d8e2}section.stat{color:#fff;border:0}section.stat h3{color:#fff;opacity:.9}
.big{font-size:32px;font-weight:600;margin:auto 0;line-height:1}svg{display:block;width:100%;flex:1;min-height:0}ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:0 12px;font-size:11px;max-height:34px;overflow:hidden}
i{display:inline-block;width:11px;height:3px;border-radius:2px;margin-right:5px;vertical-align:middle}table{border-collapse:collapse;width:100%;margin-top:4px;font-size:12px}
td,th{padding:2.5px 8px;text-align:right;border-bottom:1px solid #25272d}td:first-child,th:first-child{text-align:left}th{color:#8ab4f8;font-weight:500}.none{margin:auto;color:#8e8e99}`

type preview struct {
	d          Dashboard
	begin, end time.Time
	answer     Answer
}

// named is a line with what it is called and how it is drawn.
type named struct {
	Line

	name, color string
}

// palette is for series whose color has no meaning.
var palette = []string{"#73BF69", "#F2CC0C", "#8AB8FF", "#FF780A", "#F2495C", "#5794F2", "#B877D9", "#37872D", "#FADE2A", "#447EBC", "#C15C17", "#890F02"}

// shades are Grafana's, for those names of colors that panels use.
func shade(color string) string {
	of := map[string]string{Well: "#56A64B", Look: "#FF9830", Trouble: "#E02F44", Counts: "#3274D9", Aside: "#A352CC"}
	if s, ok := of[color]; ok {
		return s
	}
	return color
}

var placeholder = regexp.MustCompile(`\{\{(\w+)\}\}`)

// lines are the series of a panel, by name.
func (p preview) lines(panel Panel) (all []named) {
	for _, q := range panel.Queries {
		for _, l := range p.answer(p.d.Ready(q.Expr)) {
			n := named{Line: l, name: placeholder.ReplaceAllStringFunc(q.Legend, func(s string) string { return l.Labels[s[2:len(s)-2]] })}
			if n.name == "" {
				n.name = "all"
			}
			all = append(all, n)
		}
	}
	slices.SortStableFunc(all, func(a, b named) int { return strings.Compare(a.name, b.name) })
	for i := range all {
		all[i].color = palette[i%len(palette)]
		if c, ok := panel.Colors[all[i].name]; ok {
			all[i].color = shade(c)
		}
	}
	return all
}

func (p preview) panel(panel Panel) string {
	style := fmt.Sprintf("grid-column:span %d;height:%dpx", panel.Width, 36*panel.Height)
	class, inner := "", ""
	switch panel.Kind {
	case Stat:
		v := last(p.lines(panel))
		class, style = "stat", style+";background:"+shade(panel.color(v))
		inner = `<div class="big">` + html.EscapeString(panel.say(v, panel.Unit)) + "</div>"
	case Table:
		inner = p.table(panel)
	case Series, Heat, Timeline:
		inner = p.drawing(panel)
	}
	return fmt.Sprintf(`<section class="%s" style="%s"><h3>%s</h3>%s</section>`, class, style, html.EscapeString(panel.Title), inner)
}

func (p preview) drawing(panel Panel) string {
	all := p.lines(panel)
	if !slices.ContainsFunc(all, func(n named) bool { return !math.IsNaN(latest(n.Values)) }) {
		return `<div class="none">` + html.EscapeString(panel.say(math.NaN(), panel.Unit)) + "</div>"
	}
	c := canvas{width: 64.5*float64(panel.Width) - 24, height: 36*float64(panel.Height) - 76, begin: p.begin, end: p.end, panel: panel}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %.0f %.0f" preserveAspectRatio="none">`, c.width, c.height)
	switch panel.Kind {
	case Heat:
		b.WriteString(c.heat(all))
	case Timeline:
		b.WriteString(c.timeline(all))
	case Series, Stat, Table:
		b.WriteString(c.series(all))
	}
	b.WriteString("</svg>")
	if panel.Kind != Series {
		return b.String()
	}
	b.WriteString("<ul>")
	for _, n := range all {
		fmt.Fprintf(&b, `<li><i style="background:%s"></i>%s</li>`, n.color, html.EscapeString(n.name))
	}
	return b.String() + "</ul>"
}

// table has a row for each value of the label that the queries share.
func (p preview) table(panel Panel) string {
	cells := map[string][]float64{}
	for i, q := range panel.Queries {
		for _, l := range p.answer(p.d.Ready(q.Expr)) {
			key := strings.Join(slices.Sorted(maps.Values(l.Labels)), " ")
			if cells[key] == nil {
				cells[key] = slices.Repeat([]float64{math.NaN()}, len(panel.Queries))
			}
			cells[key][i] = latest(l.Values)
		}
	}
	var b strings.Builder
	b.WriteString("<table><tr><th></th>")
	for _, q := range panel.Queries {
		b.WriteString("<th>" + html.EscapeString(q.Legend) + "</th>")
	}
	for _, key := range slices.Sorted(maps.Keys(cells)) {
		b.WriteString("</tr><tr><td>" + html.EscapeString(key) + "</td>")
		for i, v := range cells[key] {
			unit, ok := panel.Units[panel.Queries[i].Legend]
			if !ok {
				unit = panel.Unit
			}
			b.WriteString("<td>" + html.EscapeString(panel.say(v, unit)) + "</td>")
		}
	}
	return b.String() + "</tr></table>"
}

// last is the newest value of the first line that has one.
func last(all []named) float64 {
	for _, n := range all {
		if v := latest(n.Values); !math.IsNaN(v) {
			return v
		}
	}
	return math.NaN()
}

// latest is the newest number.
func latest(values []float64) float64 {
	for _, v := range slices.Backward(values) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
	}
	return math.NaN()
}

// color of a value by the steps.
func (p Panel) color(v float64) string {
	color := Counts
	for i, s := range p.Steps {
		if i == 0 || v >= s.From {
			color = s.Color
		}
	}
	if math.IsNaN(v) {
		return "#2c3038"
	}
	return color
}

// say is a value in words.
func (p Panel) say(v float64, unit string) string {
	if math.IsNaN(v) {
		if p.Empty != "" {
			return p.Empty
		}
		return "–"
	}
	return inUnit(v, unit)
}

func inUnit(v float64, unit string) string {
	switch unit {
	case Share:
		return short(100*v) + "%"
	case Seconds:
		return inTime(v)
	case Dollars:
		return strings.Replace("$"+short(v), "$-", "-$", 1)
	case PerMinute:
		return short(v) + "/min"
	}
	return short(v)
}

func inTime(v float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}} {
		if v >= 2*u.size {
			return short(v/u.size) + " " + u.name
		}
	}
	if v != 0 && v < 1 {
		return short(1000*v) + " ms"
	}
	return short(v) + " s"
}

// short has three digits.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1e6:
		return fmt.Sprintf("%.3g M", v/1e6)
	case a >= 1e4:
		return fmt.Sprintf("%.3g K", v/1e3)
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
