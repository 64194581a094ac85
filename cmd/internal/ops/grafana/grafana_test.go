package grafana_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/ops/grafana"
	"github.com/imagika/imagika/cmd/internal/ops/opstest"
)

var update = flag.Bool("update", false, "write the dashboards' files")

// TestCommitted says that the files are what the code makes, and nothing else is there.
func TestCommitted(t *testing.T) {
	t.Parallel()
	want := map[string]bool{}
	for _, d := range grafana.All() {
		data, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join("dashboards", d.UID+".json")
		want[name] = true
		if *update {
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s is not what the code makes: run go test ./cmd/internal/ops/grafana -update (%v)\n%s", name, err, cmp.Diff(string(data), string(got)))
		}
	}
	files, err := filepath.Glob("dashboards/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !want[f] {
			t.Errorf("%s is no dashboard's file", f)
		}
	}
}

// read is a dashboard as Grafana reads it.
type read struct {
	UID           string `json:"uid"`
	Title         string `json:"title"`
	Description   string `json:"description"`
	SchemaVersion int    `json:"schemaVersion"`
	Editable      bool   `json:"editable"`
	Templating    struct {
		List []struct{ Name, Type string } `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type panel struct {
	ID          int        `json:"id"`
	Type        string     `json:"type"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	GridPos     box        `json:"gridPos"`
	Datasource  datasource `json:"datasource"`
	FieldConfig struct {
		Defaults struct {
			Unit       string `json:"unit"`
			Thresholds struct {
				Steps []struct {
					Value *float64 `json:"value"`
				} `json:"steps"`
			} `json:"thresholds"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	Links []struct {
		URL string `json:"url"`
	} `json:"links"`
	Targets []struct {
		RefID      string     `json:"refId"`
		Expr       string     `json:"expr"`
		Legend     string     `json:"legendFormat"`
		Datasource datasource `json:"datasource"`
	} `json:"targets"`
}

type box struct{ X, Y, W, H int }

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

func (b box) overlaps(o box) bool {
	return b.X < o.X+o.W && o.X < b.X+b.W && b.Y < o.Y+o.H && o.Y < b.Y+b.H
}

func dashboards(t *testing.T) (all []read) {
	t.Helper()
	for _, d := range grafana.All() {
		data, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var r read
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// TestDashboards holds the files against what Grafana's own linter asks for, and against our taste.
func TestDashboards(t *testing.T) {
	t.Parallel()
	uids := map[string]bool{}
	for _, d := range dashboards(t) {
		if d.UID == "" || uids[d.UID] || d.Title == "" || d.Description == "" || d.SchemaVersion != 42 || d.Editable {
			t.Errorf("dashboard %q: %q, version %d", d.UID, d.Title, d.SchemaVersion)
		}
		if len(d.Templating.List) == 0 || d.Templating.List[0].Name != "datasource" {
			t.Errorf("%s: no choice of the data source", d.UID)
		}
		uids[d.UID] = true
		ids, boxes := map[int]bool{}, []box{}
		for _, p := range d.Panels {
			if ids[p.ID] || p.Title == "" {
				t.Errorf("%s: panel %d %q", d.UID, p.ID, p.Title)
			}
			for _, b := range boxes {
				if p.GridPos.overlaps(b) {
					t.Errorf("%s: %q lies over another panel", d.UID, p.Title)
				}
			}
			if p.GridPos.W == 0 || p.GridPos.H == 0 || p.GridPos.X+p.GridPos.W > 24 {
				t.Errorf("%s: %q has the size %+v", d.UID, p.Title, p.GridPos)
			}
			ids[p.ID], boxes = true, append(boxes, p.GridPos)
			if p.Type != "row" {
				p.check(t, d.UID)
			}
		}
	}
}

func (p panel) check(t *testing.T, uid string) {
	t.Helper()
	prometheus := datasource{"prometheus", "${datasource}"}
	if len(p.Description) < 40 || !strings.HasSuffix(p.Description, ".") || p.FieldConfig.Defaults.Unit == "" || p.Datasource != prometheus {
		t.Errorf("%s: %q: description %q, unit %q, from %v", uid, p.Title, p.Description, p.FieldConfig.Defaults.Unit, p.Datasource)
	}
	for i, s := range p.FieldConfig.Defaults.Thresholds.Steps {
		if (i == 0) != (s.Value == nil) {
			t.Errorf("%s: %q: the first color, and only that, has no lower end", uid, p.Title)
		}
	}
	if len(p.Links) != 1 {
		t.Fatalf("%s: %q has %d links, want the one that says what to do", uid, p.Title, len(p.Links))
	}
	page, ours := strings.CutPrefix(p.Links[0].URL, grafana.Pages)
	if _, err := os.Stat(filepath.Join("..", "runbooks", page)); err != nil || !ours {
		t.Errorf("%s: %q links to %s: %v", uid, p.Title, p.Links[0].URL, err)
	}
	refs := map[string]bool{}
	for _, q := range p.Targets {
		if refs[q.RefID] || q.Expr == "" || q.Legend == "" || q.Datasource != prometheus {
			t.Errorf("%s: %q: query %s %q from %v", uid, p.Title, q.RefID, q.Legend, q.Datasource)
		}
		refs[q.RefID] = true
	}
	if len(refs) == 0 {
		t.Errorf("%s: %q asks nothing", uid, p.Title)
	}
}

// TestQueries says that what every panel asks for exists: metrics, labels, and values of labels that are closed sets. Counters
// are shown as rates over a window that fits the scrape interval.
func TestQueries(t *testing.T) {
	t.Parallel()
	known := opstest.NewKnown(app.Catalog(), opstest.Rules(t, "../prometheus/rules.yml"))
	var file strings.Builder
	file.WriteString("groups:\n- name: panels\n  rules:\n")
	for _, d := range grafana.All() {
		queries := []grafana.Query{{Expr: grafana.Releases, Legend: "releases"}}
		for _, p := range d.Panels() {
			queries = append(queries, p.Queries...)
		}
		for _, q := range queries {
			expr := d.Ready(q.Expr)
			for _, w := range known.Check(expr) {
				t.Errorf("%s: %s: %s", d.UID, q.Legend, w)
			}
			if strings.Contains(q.Expr, "rate(") && !strings.Contains(q.Expr, "$__rate_interval") {
				t.Errorf("%s: a rate over a window of its own: %s", d.UID, q.Expr)
			}
			line, err := json.Marshal(expr)
			if err != nil {
				t.Fatal(err)
			}
			file.WriteString("  - {record: a:b, expr: " + string(line) + "}\n")
		}
	}
	name := filepath.Join(t.TempDir(), "panels.yml")
	if err := os.WriteFile(name, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := opstest.Promtool(t, ".", "check", "rules", "--lint=none", name); err != nil {
		t.Errorf("Prometheus does not understand a panel: %v\n%s", err, out)
	}
}
