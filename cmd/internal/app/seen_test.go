package app_test

import (
	"bufio"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// What operators see of a busy hour: one trace from each update to its delivery, metrics of few series in which nobody
// can be recognized, and examples that lead from the ones to the others.
func TestWhatIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	spans := tracetest.NewInMemoryExporter()
	traces := queue.NewTraces(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans), sdktrace.WithIDGenerator(queue.TraceIDs{})))
	f := providertest.NewFake("fake")
	plan{
		"a stubborn walrus": first(1, providertest.Step{Err: broke(providers.Transient, providers.BilledNo)}),
		"a broken walrus":   always(providertest.Step{Err: broke(providers.NoOutput, providers.BilledYes)}),
	}.follow(f)
	a, _ := w.start(withProvider(f), func(o *app.Options) { o.Traces = traces })
	people := []*telegramtest.Person{w.someone("Quillfeather"), w.someone("Marmalade"), w.someone("Zanzibar")}
	for i, say := range []string{"a stubborn walrus", "a broken walrus", "/imagine a walrus --n 99"} {
		people[i].Text(say)
	}
	w.picture(people[0], "stubborn")
	s := w.store()
	all := w.settled(s, people[0], time.Minute)
	if failed := w.settled(s, people[1], time.Minute); failed[0].Status != storage.StatusFailed {
		t.Errorf("the broken one ended as %s", describe(failed))
	}
	w.traced(spans, all[0].RequestKey)
	w.recognizable(a)
}

// traced holds the trace of a generation against what happened to it.
func (w *world) traced(spans *tracetest.InMemoryExporter, key string) {
	w.t.Helper()
	want := []string{
		"push update", "handle update", "reserve", "process generation:generate", "generate", "store", "process delivery:send", "deliver", "telegram sendMessage",
	}
	var got tracetest.SpanStubs
	within(w.t, time.Minute, "the trace is not complete, or something in it hangs in the air", func() bool {
		got = nil
		ids := map[string]bool{}
		for _, s := range spans.GetSpans() {
			if s.SpanContext.TraceID().String() == key {
				got = append(got, s)
				ids[s.SpanContext.SpanID().String()] = true
			}
		}
		return !slices.ContainsFunc(want, func(name string) bool { return count(got, name) == 0 }) &&
			!slices.ContainsFunc(got, func(s tracetest.SpanStub) bool { return s.Name != "push update" && !ids[s.Parent.SpanID().String()] })
	})
	if n := count(got, "generate"); n != 2 {
		w.t.Errorf("%d calls are in the trace, want the one that failed and the one after it", n)
	}
	for _, s := range got {
		for _, a := range s.Attributes {
			if idLike.MatchString(a.Value.String()) || strings.Contains(a.Value.String(), "walrus") {
				w.t.Errorf("%s: %s = %q", s.Name, a.Key, a.Value.String())
			}
		}
	}
}

func count(spans tracetest.SpanStubs, name string) (n int) {
	for _, s := range spans {
		if s.Name == name {
			n++
		}
	}
	return n
}

// most is how many values a label may have in a metric, where it is not the default.
var most = map[string]int{"method": 40, "code": 24, "outcome": 24, "reason": 24, "op": 16, "provider": 16, "type": 24, "kind": 48, "route": 24, "rule": 60, "what": 24, "pack": 24}

const (
	mostValues = 12   // of other labels
	mostSeries = 2500 // of a process
)

var (
	seriesForm = regexp.MustCompile(`^([a-z_:]+)(?:\{(.*?)\})? `)
	labelForm  = regexp.MustCompile(`([a-z_]+)="((?:[^"\\]|\\.)*)"`)
	// idLike is a number, a hash or an id of ours; whatever it is of, there are as many series as there are of those.
	idLike = regexp.MustCompile(`\d{5,}|[0-9a-f]{16,}|[0-9A-HJKMNP-TV-Z]{26}`)
	// valueForm is what constants of ours look like, and routes and bounds.
	valueForm = regexp.MustCompile(`^[A-Za-z0-9_:.+-]{0,40}$`)
)

// recognizable fails the test for labels with too many values, or with values that are no names of ours.
func (w *world) recognizable(a *app.App) {
	w.t.Helper()
	lines := w.counted(a)
	values, series := map[string]map[string]bool{}, 0
	for _, line := range lines {
		part := seriesForm.FindStringSubmatch(line)
		if part == nil || strings.HasPrefix(line, "imagika_build_info") {
			continue
		}
		series++
		for _, l := range labelForm.FindAllStringSubmatch(part[2], -1) {
			if l[1] == "le" {
				continue
			}
			label := part[1] + " " + l[1]
			if values[label] == nil {
				values[label] = map[string]bool{}
			}
			values[label][l[2]] = true
			if strings.HasPrefix(part[1], "imagika_") && (idLike.MatchString(l[2]) || !valueForm.MatchString(l[2])) {
				w.t.Errorf("%s: the value %q is no name of ours", label, l[2])
			}
		}
	}
	for label, all := range values {
		_, name, _ := strings.Cut(label, " ")
		limit, ok := most[name]
		if !ok {
			limit = mostValues
		}
		if len(all) > limit {
			w.t.Errorf("%s has %d values, at most %d are declared", label, len(all), limit)
		}
	}
	if series > mostSeries || series < 500 {
		w.t.Errorf("%d series, want 500 to %d", series, mostSeries)
	}
	w.t.Logf("%d series", series)
	text := strings.Join(lines, "\n")
	for _, name := range []string{
		"imagika_generation_duration_seconds_bucket", "imagika_queue_pickup_seconds_bucket", "imagika_provider_request_duration_seconds_bucket",
		"imagika_delivery_duration_seconds_bucket",
	} {
		if !regexp.MustCompile(name + `\{.*\} .* # \{trace_id="[0-9a-f]{32}"\}`).MatchString(text) {
			w.t.Errorf("%s has no example", name)
		}
	}
}

// counted reads the metrics once they tell of all that happened: the one that sweeps counts every few seconds.
func (w *world) counted(a *app.App) (lines []string) {
	w.t.Helper()
	for _, line := range []string{
		`imagika_queue_paused{queue="generate"} 0.0`, `imagika_ledger_open_holds 0.0`, `imagika_people_active{window="1d"} 2.0`,
		`imagika_generation_retries_total{reason="transient"} 1.0`, `imagika_delivery_pending{kind="result"} 0.0`,
	} {
		within(w.t, time.Minute, "there is no line "+line, func() bool {
			lines = w.scrape(a)
			return slices.Contains(lines, line)
		})
	}
	return lines
}

// scrape reads the metrics as Prometheus does.
func (w *world) scrape(a *app.App) (lines []string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+a.AdminAddr+"/metrics", http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines
}
