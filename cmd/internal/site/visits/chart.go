package visits

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
)

// Bar is a day of a chart.
type Bar struct {
	Title           string // what is said of it
	Views, Visitors int64
}

// Chart draws days as bars, visitors in front of views. What it is painted with is up to the style sheet of the page, by the
// classes grid, views and visitors below one called chart.
type Chart struct {
	Label string // what the picture is, for who cannot see it
	Bars  []Bar
}

//go:embed templates/chart.svg
var chartSource string

var chartTemplate = template.Must(template.New("chart").Parse(chartSource))

// The measures of a chart: a day is ten wide, and all of it a hundred high. It is stretched to the room there is, so that there
// are no words in it.
const (
	dayWidth = 10
	barWidth = 7
	height   = 100
)

// column is a bar as it is drawn.
type column struct {
	Title            string
	X, Left          int // of the day and of its bars
	Views, Visitors  string
	ViewsY, VisitorY string
}

// Scale are the numbers beside a chart, from its top to zero.
func (c Chart) Scale() []int64 {
	step := step(c.most())
	return []int64{4 * step, 3 * step, 2 * step, step, 0}
}

func (c Chart) most() (n int64) {
	for _, b := range c.Bars {
		n = max(n, b.Views, b.Visitors)
	}
	return n
}

// step is a round number of which four are enough.
func step(most int64) int64 {
	for power := int64(1); ; power *= 10 {
		for _, digit := range []int64{1, 2, 5} {
			if s := digit * power; 4*s >= most && s >= Coarse {
				return s
			}
		}
	}
}

// SVG is the picture.
func (c Chart) SVG() (template.HTML, error) {
	top := float64(c.Scale()[0])
	view := struct {
		Label         string
		Width, Height int
		BarWidth      int
		DayWidth      int
		Grid          []int
		Columns       []column
	}{Label: c.Label, Width: dayWidth * len(c.Bars), Height: height, BarWidth: barWidth, DayWidth: dayWidth, Grid: []int{0, height / 4, height / 2, height * 3 / 4, height}}
	for i, b := range c.Bars {
		views, visitors := height*float64(b.Views)/top, height*float64(b.Visitors)/top
		view.Columns = append(view.Columns, column{
			Title: b.Title, X: dayWidth * i, Left: dayWidth*i + (dayWidth-barWidth)/2,
			Views: units(views), ViewsY: units(height - views), Visitors: units(visitors), VisitorY: units(height - visitors),
		})
	}
	var body bytes.Buffer
	if err := chartTemplate.Execute(&body, view); err != nil {
		return "", fmt.Errorf("draw visits: %w", err)
	}
	return template.HTML(body.String()), nil //nolint:gosec // escaped by its template
}

func units(n float64) string { return fmt.Sprintf("%.4g", n) }
