package app_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/ops/grafana"
	"github.com/imagika/imagika/cmd/internal/ops/opstest"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

var previews = flag.Bool("previews", false, "draw the dashboards after some minutes of business, with -artifacts all of them")

// documented are the dashboards whose picture is kept; those of the others are artifacts.
var documented = []string{"imagika-overview", "imagika-providers"}

// TestPreviews draws the dashboards as they look while a dozen people have pictures made and a provider is down for a while.
func TestPreviews(t *testing.T) {
	if !*previews {
		t.Skip("draws pictures for the documentation, with -previews")
	}
	w := newWorld(t, onReal)
	w.env["IMAGIKA_WELCOME_CREDITS"] = "200"
	desk := w.tg.Group("Operators", w.person)
	fast, slow, broken := providertest.NewFake("swift"), providertest.NewFake("careful"), providertest.NewFake("shaky", providertest.FakeModel("shaky"))
	for fake, wait := range map[*providertest.Fake]float64{fast: .4, slow: 2.5, broken: .8} {
		fake.Script(func(n int, _ providers.Request) providertest.Step {
			step := providertest.Step{Latency: time.Duration(wait * (.6 + rand.ExpFloat64()) * float64(time.Second))}
			if n%23 == 5 {
				step.Err = broke(providers.Rejected, providers.BilledNo)
			}
			return step
		})
	}
	a, _ := w.start(func(o *app.Options) {
		o.Providers, o.Config.Model = []providers.Provider{fast, slow, broken}, "swift"
	})
	prometheus := w.observe(a, desk)
	var people sync.WaitGroup
	begin, crowd := time.Now().Add(5*time.Second), w.crowd(12)
	w.agreeAll(crowd)
	for i, p := range crowd {
		model := []string{"swift", "swift", "careful", "shaky"}[i%4]
		people.Go(func() { customer(t, p, model, begin.Add(3*time.Minute)) })
	}
	time.AfterFunc(70*time.Second, func() {
		broken.SetProbe(broke(providers.Transient, providers.BilledNo))
		broken.Script(everyCall(providertest.Step{Err: broke(providers.Transient, providers.BilledNo)}))
	})
	time.AfterFunc(130*time.Second, func() { broken.SetProbe(nil); broken.Script(everyCall(providertest.Step{})) })
	for _, pack := range []string{"buy_sketch", "buy_palette", "buy_easel"} {
		w.buy(crowd[0], pack)
		time.Sleep(30 * time.Second)
	}
	people.Wait()
	w.draw(prometheus, begin)
}

// customer asks for a picture every few seconds.
func customer(t *testing.T, p *telegramtest.Person, model string, until time.Time) {
	for n := 0; time.Now().Before(until); n++ {
		p.Text(fmt.Sprintf("a lighthouse, number %d --model %s", n, model))
		select {
		case <-time.After(time.Duration((1 + 5*rand.Float64()) * float64(time.Second))):
		case <-t.Context().Done():
			return
		}
	}
}

// draw writes every dashboard as a page, and takes its picture.
func (w *world) draw(prometheus *opstest.Server, begin time.Time) {
	w.t.Helper()
	const step = 2 * time.Second
	end := time.Now()
	answer := func(expr string) []grafana.Line {
		lines, err := prometheus.Range(w.t.Context(), strings.ReplaceAll(expr, "[5m]", "[30s]"), time.Since(begin), step)
		if err != nil {
			w.t.Error(err)
		}
		drawn := make([]grafana.Line, len(lines))
		for i, l := range lines {
			values := make([]float64, int(end.Sub(begin)/step)+1)
			for k := range values {
				values[k] = math.NaN()
			}
			for k, at := range l.Times {
				if slot := int(math.Round(float64(at.Sub(begin)) / float64(step))); slot >= 0 && slot < len(values) {
					values[slot] = l.Values[k]
				}
			}
			drawn[i] = grafana.Line{Labels: l.Labels, Values: values}
		}
		return drawn
	}
	for _, d := range grafana.All() {
		page := written(w.t, w.t.TempDir(), d.UID+".html", d.Preview(begin, end, answer))
		height := 0
		for _, r := range d.Rows {
			x, high := 0, 0
			for _, p := range r.Panels {
				if x+p.Width > 24 {
					x, height, high = 0, height+high, 0
				}
				x, high = x+p.Width, max(high, 36*p.Height+8)
			}
			height += high + 32
		}
		dir := w.t.(*testing.T).ArtifactDir()
		if slices.Contains(documented, d.UID) {
			dir = "../ops/grafana/previews"
		}
		picture, err := filepath.Abs(filepath.Join(dir, d.UID+".png"))
		if err != nil {
			w.t.Fatal(err)
		}
		out, err := exec.CommandContext(w.t.Context(), "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
			"--user-data-dir="+w.t.TempDir(), fmt.Sprintf("--window-size=1600,%d", height+70), "--screenshot="+picture, "file://"+page).CombinedOutput()
		if err != nil {
			w.t.Fatalf("%v\n%s", err, out)
		}
		if _, err := os.Stat(picture); err != nil {
			w.t.Error(err)
		}
	}
}
