// Package grafana makes the dashboards. They are written in Go with the metric names of the code, so that a panel cannot ask
// for what is not there, and committed as the JSON that Grafana is given: go test ./cmd/internal/ops/grafana -update.
//
// A dashboard has few panels. Each answers one question, says in plain words what its answer means, and links to the page
// that says what to do. Colors mean the same everywhere: green is well, orange wants a look, red is trouble, blue only counts.
package grafana

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// Pages is where the runbooks are read.
const Pages = "https://github.com/imagika/imagika/blob/main/cmd/internal/ops/runbooks/"

// Colors, by what they mean.
const (
	Well    = "green"
	Look    = "orange"
	Trouble = "red"
	Counts  = "blue"
	Aside   = "purple"
	Idle    = "#8e8e8e"
)

// Units, as Grafana calls them.
const (
	Number    = "short"
	Share     = "percentunit"
	Seconds   = "s"
	PerSecond = "cps"
	PerMinute = "cpm"
	Dollars   = "currencyUSD"
)

// Kind is how a panel shows its answer.
type Kind string

// The kinds.
const (
	Stat     Kind = "stat"           // one number and how it came to be
	Series   Kind = "timeseries"     // lines
	Table    Kind = "table"          // what is now, a row for each value of a label
	Heat     Kind = "heatmap"        // how a histogram spreads
	Timeline Kind = "state-timeline" // which state, when
)

// Dashboard is one page.
type Dashboard struct {
	UID, Title, About string
	Inputs            []Input
	Rows              []Row
}

// Input is a number that expressions use as $Name and people may change.
type Input struct{ Name, Title, Value string }

// Row is a band of panels with a title; without a title nothing is drawn above them.
type Row struct {
	Title  string
	Panels []Panel
}

// Panel is one question and its answer.
type Panel struct {
	Title, About  string
	Kind          Kind
	Unit          string
	Width, Height int // of 24 columns, and of lines of 30 pixels
	Queries       []Query
	Steps         []Step            // colors by value, the lowest first
	Colors        map[string]string // of series, by legend
	Words         []Word            // said instead of numbers
	Units         map[string]string // of a table's columns, where they differ
	Stack         bool
	Signed        bool   // values may be below zero
	Empty         string // said when there is no answer
	Runbook       string // page, without .md
}

// Query is an expression and what its series are called. In a table it is a column.
type Query struct{ Expr, Legend string }

// Step colors what is at least From; the first one has no lower end.
type Step struct {
	From  float64
	Color string
}

// Word is what a value is called.
type Word struct {
	Value       float64
	Text, Color string
}

// stat is a panel with one number.
func stat(title, about, unit, expr, runbook string, steps ...Step) Panel {
	return Panel{Title: title, About: about, Kind: Stat, Unit: unit, Width: 4, Height: 4, Queries: one(expr, title), Steps: steps, Runbook: runbook}
}

// wide makes panels of one width.
func wide(width int, all ...Panel) []Panel {
	for i := range all {
		all[i].Width = width
	}
	return all
}

// object is a piece of Grafana's JSON.
type object = map[string]any

// JSON is the dashboard as Grafana is given it.
func (d Dashboard) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(object{
		"uid": d.UID, "title": d.Title, "description": d.About, "tags": []string{"imagika"}, "schemaVersion": 42, "version": 1,
		"editable": false, "graphTooltip": 1, "refresh": "30s", "timezone": "browser", "fiscalYearStartMonth": 0,
		"time": object{"from": "now-3h", "to": "now"}, "timepicker": object{},
		"annotations": object{"list": []object{releases()}},
		"templating":  object{"list": d.variables()},
		"links": []object{
			{"type": "dashboards", "title": "Imagika", "tags": []string{"imagika"}, "asDropdown": false, "keepTime": true, "includeVars": true, "targetBlank": false},
			{"type": "link", "title": "Runbooks", "url": Pages, "icon": "doc", "targetBlank": true},
		},
		"panels": d.panels(),
	})
	return b.Bytes(), err
}

// releases marks when a version was first seen.
func releases() object {
	return object{
		"name": "Releases", "enable": true, "iconColor": Counts, "datasource": source(), "titleFormat": "Release {{version}}", "step": "60s",
		"expr": Releases,
	}
}

func (d Dashboard) variables() []object {
	list := []object{{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "refresh": 1, "hide": 0}}
	for _, in := range d.Inputs {
		list = append(list, object{
			"name": in.Name, "label": in.Title, "type": "textbox", "query": in.Value, "hide": 0,
			"current": object{"text": in.Value, "value": in.Value},
		})
	}
	return list
}

// panels lays them out from left to right, and gives them ids.
func (d Dashboard) panels() []object {
	var all []object
	y := 0
	add := func(p object, x, w, h int) {
		p["id"] = len(all) + 1
		p["gridPos"] = object{"x": x, "y": y, "w": w, "h": h}
		all = append(all, p)
	}
	for _, r := range d.Rows {
		if r.Title != "" {
			add(object{"type": "row", "title": r.Title, "collapsed": false, "panels": []object{}}, 0, 24, 1)
			y++
		}
		x, height := 0, 0
		for _, p := range r.Panels {
			if x+p.Width > 24 {
				x, y, height = 0, y+height, 0
			}
			add(p.json(), x, p.Width, p.Height)
			x, height = x+p.Width, max(height, p.Height)
		}
		y += height
	}
	return all
}

func source() object { return object{"type": "prometheus", "uid": "${datasource}"} }

func (p Panel) json() object {
	return object{
		"type": string(p.Kind), "title": p.Title, "description": p.About, "datasource": source(),
		"targets": p.targets(), "options": p.options(), "transformations": p.transformations(),
		"fieldConfig": object{"defaults": p.defaults(), "overrides": p.overrides()},
		"links":       []object{{"title": "What to do", "url": Pages + p.Runbook + ".md", "targetBlank": true}},
	}
}

func (p Panel) targets() []object {
	var all []object
	for i, q := range p.Queries {
		t := object{"refId": string(rune('A' + i)), "datasource": source(), "editorMode": "code", "expr": q.Expr, "legendFormat": q.Legend, "range": true, "instant": false}
		switch p.Kind {
		case Table:
			t["format"], t["range"], t["instant"] = "table", false, true
		case Heat:
			t["format"], t["legendFormat"] = "heatmap", "{{le}}"
		case Series:
			t["exemplar"] = true
		case Stat, Timeline:
		}
		all = append(all, t)
	}
	return all
}

func (p Panel) options() object {
	multi := object{"mode": "multi", "sort": "desc"}
	legend := object{"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []string{}}
	switch p.Kind {
	case Stat:
		return object{
			"colorMode": "background", "graphMode": "area", "justifyMode": "auto", "textMode": "auto", "orientation": "auto",
			"reduceOptions": object{"calcs": []string{"lastNotNull"}, "values": false, "fields": ""},
		}
	case Table:
		return object{"showHeader": true, "cellHeight": "sm", "footer": object{"show": false}}
	case Heat:
		return object{
			"calculate": false, "legend": object{"show": true}, "tooltip": object{"mode": "single", "yHistogram": true}, "cellGap": 1,
			"color": object{"mode": "scheme", "scheme": "Blues", "steps": 64, "reverse": false}, "yAxis": object{"unit": p.Unit, "axisPlacement": "left"},
		}
	case Timeline:
		return object{"mergeValues": true, "showValue": "auto", "alignValue": "left", "rowHeight": 0.8, "legend": legend, "tooltip": object{"mode": "single"}}
	case Series:
	}
	return object{"legend": legend, "tooltip": multi}
}

// transformations make one table of a table's queries: a row for each value of the label, a column for each query.
func (p Panel) transformations() []object {
	if p.Kind != Table {
		return []object{}
	}
	names := object{}
	for i, q := range p.Queries {
		names["Value #"+string(rune('A'+i))] = q.Legend
	}
	return []object{
		{"id": "merge", "options": object{}},
		{"id": "organize", "options": object{"excludeByName": object{"Time": true}, "indexByName": object{}, "renameByName": names}},
	}
}

func (p Panel) defaults() object {
	steps := []object{{"color": Counts, "value": nil}}
	for i, s := range p.Steps {
		if i == 0 {
			steps[0]["color"] = s.Color
			continue
		}
		steps = append(steps, object{"color": s.Color, "value": s.From})
	}
	d := object{
		"unit": p.Unit, "noValue": p.Empty, "color": object{"mode": "palette-classic"}, "mappings": p.mappings(),
		"thresholds": object{"mode": "absolute", "steps": steps},
	}
	if p.Empty == "" {
		d["noValue"] = "no data"
	}
	switch p.Kind {
	case Stat, Timeline, Table:
		d["color"] = object{"mode": "thresholds"}
	case Series:
		d["custom"] = p.lines()
		if !p.Signed {
			d["min"] = 0
		}
	case Heat:
	}
	return d
}

// lines draws steps as lines too, so that one sees how far away they are.
func (p Panel) lines() object {
	stack, width, fill, style := "none", 1, 8, "off"
	if p.Stack { // without edges, so that a series of nothing does not color the one below it
		stack, width, fill = "normal", 0, 70
	}
	if len(p.Steps) > 1 {
		style = "dashed"
	}
	return object{
		"drawStyle": "line", "lineInterpolation": "linear", "lineWidth": width, "fillOpacity": fill, "showPoints": "never", "spanNulls": false,
		"stacking": object{"mode": stack, "group": "A"}, "thresholdsStyle": object{"mode": style}, "axisSoftMin": 0,
	}
}

func (p Panel) mappings() []object {
	if len(p.Words) == 0 {
		return []object{}
	}
	words := object{}
	for i, w := range p.Words {
		words[strconv.FormatFloat(w.Value, 'f', -1, 64)] = object{"index": i, "text": w.Text, "color": w.Color}
	}
	return []object{{"type": "value", "options": words}}
}

func (p Panel) overrides() []object {
	all := []object{}
	add := func(name string, property object) {
		all = append(all, object{"matcher": object{"id": "byName", "options": name}, "properties": []object{property}})
	}
	for _, name := range slices.Sorted(maps.Keys(p.Colors)) {
		add(name, object{"id": "color", "value": object{"mode": "fixed", "fixedColor": p.Colors[name]}})
	}
	for _, name := range slices.Sorted(maps.Keys(p.Units)) {
		add(name, object{"id": "unit", "value": p.Units[name]})
	}
	return all
}
