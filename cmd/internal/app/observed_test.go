package app_test

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/ops/grafana"
	"github.com/imagika/imagika/cmd/internal/ops/opstest"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// TestObserved runs the program under a real Prometheus and a real Alertmanager: every panel of every dashboard has something to
// show, and alerts reach the operators' chat and end there.
func TestObserved(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the whole program, Prometheus and Alertmanager")
	}
	w := newWorld(t, onReal)
	desk := w.tg.Group("Operators", w.person)
	good, broken := providertest.NewFake("fake"), providertest.NewFake("broken", providertest.FakeModel("broken"))
	broken.Script(everyCall(providertest.Step{Err: broke(providers.Transient, providers.BilledNo)}))
	broken.SetProbe(broke(providers.Transient, providers.BilledNo))
	a, stop := w.start(func(o *app.Options) {
		o.Providers, o.Config.Model = []providers.Provider{good, broken}, "fake"
	})
	prometheus := w.observe(a, desk)
	within(t, 30*time.Second, "Prometheus does not find the program", func() bool { return shows(t, prometheus, "up == 1") })
	ada := w.business()
	w.alerted(desk, "🔴", "Provider broken does not answer as it should")
	// What is counted for the first time has no rate yet; estimates are counted last.
	for i := 0; !shows(t, prometheus, "rate("+workers.MetricGenerationEstimateRatio+"_count[1m]) > 0"); i++ {
		ada.Text(fmt.Sprintf("an owl, number %d", i))
		w.picture(ada, fmt.Sprintf("an owl, number %d", i))
	}
	pause, resume := w.pauses(queue.QueueGenerate)
	pause()
	w.alerted(desk, "🟠", "Queue generate is still paused")
	w.panels(prometheus)
	resume()
	w.alerted(desk, "🟢", "Queue generate is still paused")
	stop()
	w.alerted(desk, "🔴", "A process does not answer")
}

// observe starts Prometheus and Alertmanager over the program, with the files they are given in a deployment: what finds and waits
// there is shortened.
func (w *world) observe(a *app.App, desk *telegramtest.Group) *opstest.Server {
	w.t.Helper()
	dir := w.t.TempDir()
	copied := func(name string, change ...string) string {
		data, err := os.ReadFile(filepath.Join("../ops/prometheus", name))
		if err != nil {
			w.t.Fatal(err)
		}
		return written(w.t, dir, name, strings.NewReplacer(change...).Replace(string(data)))
	}
	copied("telegram.tmpl")
	alerts := opstest.Alertmanager(w.t, copied("alertmanager.yml",
		"bot_token_file: /run/secrets/telegram_token", "bot_token: "+strconv.Quote(w.tg.Token()),
		"chat_id_file: /run/secrets/alert_chat", fmt.Sprintf("chat_id: %d\n        api_url: %s", desk.ID(), w.tg.URL()),
		"group_wait: 30s", "group_wait: 1s", "group_interval: 5m", "group_interval: 1s",
	))
	copied("rules.yml", "for: 30m\n        labels: {severity: ticket}\n        annotations:\n          summary: Queue", "for: 1s\n        labels: {severity: ticket}\n        annotations:\n          summary: Queue",
		"for: 3m", "for: 1s", "interval: 30s", "interval: 1s")
	return opstest.Prometheus(w.t, written(w.t, dir, "prometheus.yml", `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["`+alerts.Addr+`"]}]}]}
scrape_configs:
  - job_name: imagika
    static_configs: [{targets: ["`+a.AdminAddr+`"], labels: {service: run}}]
`))
}

func written(t testing.TB, dir, name, text string) string {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// business is what people do on a day: pictures, one that is refused, some a broken provider is asked for, a purchase that goes
// back.
func (w *world) business() *telegramtest.Person {
	w.t.Helper()
	ada, eve := w.someone("Ada"), w.someone("Eve")
	for i := range 3 {
		eve.Text(fmt.Sprintf("a wolf, number %d --model broken", i))
	}
	for i := range 5 { // so many tell how long the next one will take
		ada.Text(fmt.Sprintf("a fox, number %d", i))
	}
	w.picture(ada, "a fox, number 4")
	w.someone("Mallory").Text("a nude child")
	w.buy(ada, "buy_sketch")
	w.buy(ada, "buy_palette")
	ada.Text("/paysupport")
	list, label := w.has(ada, "Your payments"), "↩️ Refund 1 · 50\u00a0⭐"
	if _, first := list.Button(label); !first { // two of the same second come in any order
		label = "↩️ Refund 2 · 50\u00a0⭐"
	}
	w.press(ada, list, label)
	w.press(ada, w.has(ada, "Give back"), "Yes, give it back")
	w.has(ada, "are back with you")
	return ada
}

// buy pays for a pack.
func (w *world) buy(p *telegramtest.Person, pack string) {
	w.t.Helper()
	last := p.Start(pack).MessageID
	bill := w.waitFor(p, 30*time.Second, func(m telegramtest.Message) bool { return m.Invoice != nil && m.MessageID > last })
	if _, err := p.Pay(bill.MessageID); err != nil {
		w.t.Fatal(err)
	}
	w.after(p, bill.MessageID, "You now have")
}

// pauses are to pause a queue and to resume it.
func (w *world) pauses(name string) (pause, resume func()) {
	w.t.Helper()
	r, err := queue.Open(w.t.Context(), queue.RedisConfig{URL: w.redis.URL(), PoolSize: 2})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = r.Close() })
	in := queue.NewInspector(r)
	do := func(f func(string) error) func() {
		return func() {
			w.t.Helper()
			if err := f(name); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return do(in.Pause), do(in.Resume)
}

// alerted waits for an alert in the operators' chat.
func (w *world) alerted(desk *telegramtest.Group, sign, summary string) {
	w.t.Helper()
	said := func(m telegramtest.Message) bool {
		return strings.HasPrefix(m.Text, sign) && strings.Contains(m.Text, summary)
	}
	for end := time.Now().Add(patience * 30 * time.Second); !slices.ContainsFunc(desk.Messages(), said); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			for _, m := range desk.Messages() {
				w.t.Log(m.Text)
			}
			w.t.Fatalf("no alert %s %s", sign, summary)
		}
	}
}

// later are panels of what is only known once the books were proved and the promises held against what there is, a minute after
// the start; that of the places where one is broken stays empty where none is.
var later = []string{
	"Proved", "Credits people have", "The house's accounts", "Looked at", "Promises broken", "A look takes", "Work overdue", "Where",
}

// panels says that every query of every panel has an answer, and every rule works.
func (w *world) panels(prometheus *opstest.Server) {
	w.t.Helper()
	waiting := map[string]string{}
	for _, d := range grafana.All() {
		for _, p := range d.Panels() {
			for _, q := range p.Queries {
				if !slices.Contains(later, p.Title) {
					waiting[d.Ready(q.Expr)] = d.Title + ": " + p.Title
				}
			}
		}
	}
	for end := time.Now().Add(patience * 10 * time.Second); len(waiting) > 0 && time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		maps.DeleteFunc(waiting, func(expr, _ string) bool { return shows(w.t, prometheus, expr) })
	}
	for expr, panel := range waiting {
		w.t.Errorf("%s: nothing to show for %s", panel, expr)
	}
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string } `json:"rules"`
			} `json:"groups"`
		} `json:"data"`
	}
	if err := prometheus.Get(w.t.Context(), "/api/v1/rules", nil, &rules); err != nil {
		w.t.Fatal(err)
	}
	for _, g := range rules.Data.Groups {
		for _, r := range g.Rules {
			if r.Health != "ok" && r.Health != "unknown" { // not looked at yet
				w.t.Errorf("rule %s is %s: %s", r.Name, r.Health, r.LastError)
			}
		}
	}
}

// shows reports whether an expression has a number for some time of the last minute.
func shows(t testing.TB, prometheus *opstest.Server, expr string) bool {
	t.Helper()
	lines, err := prometheus.Range(t.Context(), expr, time.Minute, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if slices.ContainsFunc(l.Values, func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }) {
			return true
		}
	}
	return false
}
