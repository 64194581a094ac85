package sitetest

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// grades are what lighthouse gives, 0 to 1, by category.
type grades struct {
	Address string
	Scores  map[string]float64
	Failed  []string
	Error   string
}

// Lighthouse fails t for each page that does not get full marks for accessibility, best practices and search engines. Pages
// that are not meant to be found do not belong here. How fast a page is depends on the machine: it is logged, where wanted.
func Lighthouse(t *testing.T, performance bool, addresses ...string) {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("install chromium: pages are graded in it")
	}
	timed := "no"
	if performance {
		timed = "yes"
	}
	out := run(t, time.Duration(len(addresses)+1)*2*time.Minute, install(t, "lighthouse"), "node", append([]string{"grade.mjs", chromium, timed}, addresses...)...)
	lines, n := bufio.NewScanner(strings.NewReader(out)), 0
	lines.Buffer(nil, 1<<20)
	for ; lines.Scan(); n++ {
		var g grades
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatalf("lighthouse: %v in %.300s", err, lines.Text())
		}
		g.hold(t)
	}
	if n != len(addresses) {
		t.Errorf("lighthouse graded %d pages of %d", n, len(addresses))
	}
}

// hold fails t for what is missing to full marks.
func (g grades) hold(t *testing.T) {
	t.Helper()
	t.Logf("%s: %v", g.Address, g.Scores)
	for _, category := range []string{"accessibility", "best-practices", "seo"} {
		if g.Scores[category] != 1 {
			t.Errorf("%s: %s gets %v of 1", g.Address, category, g.Scores[category])
		}
	}
	for _, f := range g.Failed {
		t.Errorf("%s: %s", g.Address, f)
	}
	if g.Error != "" {
		t.Errorf("%s: lighthouse: %s", g.Address, g.Error)
	}
}
