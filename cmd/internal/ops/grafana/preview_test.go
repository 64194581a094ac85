package grafana_test

import (
	"encoding/xml"
	"errors"
	"html"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/ops/grafana"
)

// TestPreview draws every dashboard with some lines and with none: titles are there and drawings are well formed.
func TestPreview(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	some := []grafana.Line{
		{Labels: map[string]string{"provider": "a", "queue": "a", "pool": "a", "le": "0.5"}, Values: []float64{0, 1, 3, nan, 4, 4}},
		{Labels: map[string]string{"provider": "<b>", "queue": "<b>", "pool": "<b>", "le": "+Inf"}, Values: []float64{nan, 1, 5, 5, 5, 5}},
	}
	end := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, d := range grafana.All() {
		for _, lines := range [][]grafana.Line{some, nil} {
			page := d.Preview(end.Add(-time.Hour), end, func(string) []grafana.Line { return lines })
			for _, p := range d.Panels() {
				if !strings.Contains(page, html.EscapeString(p.Title)) {
					t.Errorf("%s: %s is not there", d.UID, p.Title)
				}
			}
			if strings.Contains(page, "<b>") || !strings.Contains(page, "not Grafana") {
				t.Errorf("%s: a name is markup, or the page does not say what it is", d.UID)
			}
			for _, svg := range regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1) {
				dec := xml.NewDecoder(strings.NewReader(svg))
				for {
					if _, err := dec.Token(); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						t.Fatalf("%s: %v in %s", d.UID, err, svg)
					}
				}
				if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
					t.Errorf("%s: a drawing with numbers that are none: %s", d.UID, svg)
				}
			}
		}
	}
}
