package comfyui

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/comfyui/comfyuitest"
	"github.com/imagika/imagika/providers/providertest"
)

// setup starts a server and a provider that speaks to it.
func setup(t *testing.T, change ...func(*Options)) (*Provider, *comfyuitest.Server) {
	t.Helper()
	s := comfyuitest.New(t)
	o := Options{URL: s.Root(), Dir: t.TempDir(), Upscaler: comfyuitest.Upscaler}
	for _, f := range change {
		f(&o)
	}
	return start(t, o), s
}

func start(t *testing.T, o Options) *Provider {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	p.pace = time.Millisecond
	return p
}

func workflows(all map[string]string) func(*Options) {
	return func(o *Options) { o.Workflows = all }
}

func TestSuite(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providers.Provider {
		t.Helper()
		p, _ := setup(t, workflows(map[string]string{"batch": batch, "two": two}))
		return p
	})
}

// ask is a request of a model.
func ask(t *testing.T, p *Provider, model string, op providers.Operation) providers.Request {
	t.Helper()
	m, ok := p.Describe(model)
	if !ok {
		t.Fatalf("%s is not there", model)
	}
	return providertest.Request(m, op)
}

// fails makes a request to its end and returns the error that has to come.
func fails(t *testing.T, p *Provider, r providers.Request) *providers.Error {
	t.Helper()
	sub, err := p.Submit(t.Context(), r)
	for deadline := time.Now().Add(20 * time.Second); err == nil; {
		var progress providers.Progress
		if progress, err = p.Poll(t.Context(), sub.Handle); err != nil || progress.Done {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the call was never done")
		}
	}
	if err == nil {
		var images providers.Images
		if images, err = p.Fetch(t.Context(), sub.Handle); err == nil {
			_, err = providertest.Collect(images)
		}
	}
	return fault(t, err)
}

func fault(t *testing.T, err error) *providers.Error {
	t.Helper()
	var e *providers.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no *providers.Error", err)
	}
	_ = providertest.CheckError(t, e)
	if strings.Contains(e.Error(), "fox") || strings.Contains(e.Error(), "secret") || strings.Contains(e.Error(), "://") {
		t.Errorf("error %q tells too much", e)
	}
	return e
}

func TestFailures(t *testing.T) {
	t.Parallel()
	const html = "<html>Bad gateway</html>"
	tests := []struct {
		desc   string
		path   string
		fault  comfyuitest.Fault
		end    comfyuitest.End
		class  providers.Class
		billed providers.Billed
		calls  int
	}{
		{"cut before it was acted upon", "/prompt", comfyuitest.Fault{Cut: true}, comfyuitest.End{}, providers.UnknownCall, providers.BilledMaybe, 0},
		{"cut after it was accepted", "/prompt", comfyuitest.Fault{Cut: true, After: true}, comfyuitest.End{}, providers.UnknownCall, providers.BilledMaybe, 1},
		{"garbage for an answer", "/prompt", comfyuitest.Fault{Answer: "]["}, comfyuitest.End{}, providers.UnknownCall, providers.BilledMaybe, 1},
		{"a page of a proxy", "/prompt", comfyuitest.Fault{Status: 502, Body: html}, comfyuitest.End{}, providers.UnknownCall, providers.BilledMaybe, 0},
		{"starting", "/prompt", comfyuitest.Fault{Status: 503, Body: html}, comfyuitest.End{}, providers.Transient, providers.BilledNo, 0},
		{"many", "/prompt", comfyuitest.Fault{Status: 429}, comfyuitest.End{}, providers.RateLimited, providers.BilledNo, 0},
		{"locked", "/prompt", comfyuitest.Fault{Status: 403, Body: html}, comfyuitest.End{}, providers.Auth, providers.BilledNo, 0},
		{"a queue that is away", "/queue", comfyuitest.Fault{Status: 502, Body: html}, comfyuitest.End{}, providers.Transient, providers.BilledNo, 1},
		{"a queue that is not there", "/queue", comfyuitest.Fault{Status: 404, Body: html}, comfyuitest.End{}, providers.Transient, providers.BilledNo, 1},
		{"a queue of garbage", "/queue", comfyuitest.Fault{Answer: `{"queue_running":7}`}, comfyuitest.End{}, providers.Transient, providers.BilledNo, 1},
		{"a huge answer", "/queue", comfyuitest.Fault{Answer: `{"queue_running":[` + strings.Repeat("[],", 2<<20) + `[]]}`}, comfyuitest.End{}, providers.Transient, providers.BilledNo, 1},
		{"out of memory", "", comfyuitest.Fault{}, comfyuitest.End{Exception: "torch.OutOfMemoryError"}, providers.NoOutput, providers.BilledNo, 1},
		{"a node that fails with words", "", comfyuitest.Fault{}, comfyuitest.End{Exception: "a red fox"}, providers.NoOutput, providers.BilledNo, 1},
		{"interrupted", "", comfyuitest.Fault{}, comfyuitest.End{Interrupted: true}, providers.Canceled, providers.BilledNo, 1},
		{"nothing", "", comfyuitest.Fault{}, comfyuitest.End{Nothing: true}, providers.NoOutput, providers.BilledNo, 1},
		{"a file that is gone", "/view", comfyuitest.Fault{Status: 404}, comfyuitest.End{}, providers.Lost, providers.BilledNo, 1},
		{"a file that is away", "/view", comfyuitest.Fault{Status: 500}, comfyuitest.End{}, providers.Transient, providers.BilledNo, 1},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t)
			if err := p.Probe(t.Context()); err != nil { // from now on a connection is there to be used again
				t.Fatal(err)
			}
			s.Fault(tt.path, tt.fault)
			s.End(tt.end)
			e := fails(t, p, ask(t, p, sdxl, providers.Generate))
			if e.Class != tt.class || e.Billed != tt.billed {
				t.Errorf("%v, billed %s; want %s, %s", e, e.Billed, tt.class, tt.billed)
			}
			if n := len(s.Calls()); n != tt.calls {
				t.Errorf("%d calls were accepted, want %d", n, tt.calls)
			}
			prompts := slices.DeleteFunc(s.Asked(), func(a string) bool { return a != "POST /prompt" })
			if len(prompts) != 1 {
				t.Errorf("%d calls were made, want 1", len(prompts))
			}
		})
	}
}

// TestGraphsOfOthers: what a server does not have is said by code, never in words.
func TestGraphsOfOthers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc    string
		model   string
		options Options
		extra   map[string]any
		says    string
	}{
		{desc: "a checkpoint", model: "missing.safetensors", says: "value_not_in_list"},
		{desc: "a checkpoint of the operator", model: sdxl, options: Options{Checkpoint: "secret.ckpt"}, says: "CheckpointLoaderSimple"},
		{desc: "a sampler of the route", model: sdxl, extra: map[string]any{"sampler": "secret"}, says: "KSampler"},
		{desc: "a node", model: "own", options: Options{Workflows: map[string]string{
			"own": `{"a": {"class_type": "Painter", "inputs": {"text": "{{prompt}}", "seed": "{{seed}}"}}}`,
		}}, says: "missing_node_type"},
		{desc: "a graph without an end", model: "own", options: Options{Workflows: map[string]string{
			"own": `{"a": {"class_type": "CLIPTextEncode", "inputs": {"text": "{{prompt}}"}}}`,
		}}, says: "prompt_no_outputs"},
		{desc: "an input that is not there", model: sdxl, extra: map[string]any{"5.tiling": true}, says: "input"},
		{desc: "a link", model: sdxl, extra: map[string]any{"5.model": "x"}, says: "input"},
		{desc: "the person's words", model: sdxl, extra: map[string]any{"2.text": "x"}, says: "input"},
		{desc: "what means nothing", model: sdxl, extra: map[string]any{"prompt": "x"}, says: "neither"},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t, func(o *Options) { o.Checkpoint, o.Workflows = tt.options.Checkpoint, tt.options.Workflows })
			r := ask(t, p, tt.model, providers.Generate)
			r.Extra = tt.extra
			e := fails(t, p, r)
			if e.Class != providers.BadRequest || e.Billed != providers.BilledNo || e.Scope != providers.ScopeModel || !strings.Contains(e.Error(), tt.says) {
				t.Errorf("%v, billed %s, scope %s; want a bad request that says %s", e, e.Billed, e.Scope, tt.says)
			}
			if len(s.Calls()) != 0 {
				t.Error("it was accepted")
			}
		})
	}
}

// TestStateless: another process, which knows nothing but the handle, goes on.
func TestStateless(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	r := ask(t, p, sdxl, providers.Generate)
	r.Count = 3
	sub, err := p.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	other := start(t, Options{URL: s.Root(), Dir: t.TempDir()})
	providertest.Await(t, other, sub)
	images, err := other.Fetch(t.Context(), sub.Handle)
	if err != nil {
		t.Fatal(err)
	}
	made, err := providertest.Collect(images)
	if err != nil || len(made) != 3 || made[2].Seed != r.Seed+2 {
		t.Errorf("%d images, %v", len(made), err)
	}
	for _, a := range s.Asked() {
		if strings.HasPrefix(a, "GET /view") && !strings.Contains(a, "channel=rgb") {
			t.Errorf("%s asks for a file with the prompt in it", a)
		}
	}
}

// TestReconcile finds a call whose answer was lost, and only that.
func TestReconcile(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	r := ask(t, p, sdxl, providers.Generate)
	if outcome, _, err := p.Reconcile(t.Context(), r); err != nil || outcome != providers.NotAccepted {
		t.Errorf("before: %v, %v", outcome, err)
	}
	s.Fault("/prompt", comfyuitest.Fault{Cut: true, After: true})
	if _, err := p.Submit(t.Context(), r); fault(t, err).Class != providers.UnknownCall {
		t.Error(err)
	}
	for _, where := range []string{"in the queue", "painting", "in the history"} {
		s.Hold(where == "in the queue")
		outcome, sub, err := p.Reconcile(t.Context(), r)
		if err != nil || outcome != providers.Found {
			t.Fatalf("%s: %v, %v", where, outcome, err)
		}
		if where == "in the history" {
			providertest.Await(t, p, sub)
		}
	}
	s.Fault("/queue", comfyuitest.Fault{Status: 500})
	if outcome, _, err := p.Reconcile(t.Context(), r); err == nil || outcome != providers.Unknown {
		t.Errorf("a server that does not answer: %v, %v", outcome, err)
	}
	if len(s.Calls()) != 1 {
		t.Errorf("%d calls", len(s.Calls()))
	}
}

// TestRestart: the server forgets calls, and removes files of those it remembers.
func TestRestart(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	sub, err := p.Submit(t.Context(), ask(t, p, sdxl, providers.Edit))
	if err != nil {
		t.Fatal(err)
	}
	providertest.Await(t, p, sub)
	if len(s.Files()) != 2 || slices.ContainsFunc(s.Files(), func(f string) bool { return !strings.HasPrefix(f, "temp/") }) {
		t.Errorf("files %v, want temporary ones", s.Files())
	}
	s.Clean()
	images, err := p.Fetch(t.Context(), sub.Handle)
	if err != nil {
		t.Fatal(err)
	}
	_, err = providertest.Collect(images)
	if e := fault(t, err); e.Class != providers.Lost || e.Billed != providers.BilledNo {
		t.Errorf("without its files: %v, billed %s", e, e.Billed)
	}
	s.Restart()
	_, err = p.Fetch(t.Context(), sub.Handle)
	if e := fault(t, err); e.Class != providers.Lost || e.Billed != providers.BilledNo {
		t.Errorf("%v, billed %s", e, e.Billed)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc  string
		polls int
		want  bool
		then  providers.Class // "" is done
	}{
		{"waiting", 0, true, providers.Lost},
		{"painting", 1, true, providers.Canceled},
		{"done", 2, false, ""},
	}
	for _, old := range []bool{false, true} {
		for _, tt := range tests {
			p, s := setup(t)
			if old {
				s.Old()
			}
			sub, err := p.Submit(t.Context(), ask(t, p, sdxl, providers.Generate))
			if err != nil {
				t.Fatal(err)
			}
			for range tt.polls {
				if _, err := p.Poll(t.Context(), sub.Handle); err != nil {
					t.Fatal(err)
				}
			}
			s.Hold(true)
			if got, err := p.Cancel(t.Context(), sub.Handle); err != nil || got != tt.want {
				t.Errorf("%s, old %v: %v, %v; want %v", tt.desc, old, got, err, tt.want)
			}
			progress, err := p.Poll(t.Context(), sub.Handle)
			if tt.then == "" && (err != nil || !progress.Done) {
				t.Errorf("%s, old %v: then %v, %v", tt.desc, old, progress, err)
			} else if tt.then != "" && fault(t, err).Class != tt.then {
				t.Errorf("%s, old %v: then %v, want %s", tt.desc, old, err, tt.then)
			}
			if again, err := p.Cancel(t.Context(), sub.Handle); err != nil || again != tt.want {
				t.Errorf("%s, old %v: again %v, %v", tt.desc, old, again, err)
			}
		}
	}
}

// TestTurns: who waits longer is asked for less often.
func TestTurns(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Hold(true)
	for i := range 3 {
		r := ask(t, p, sdxl, providers.Generate)
		r.AttemptID += string(rune('A' + i))
		sub, err := p.Submit(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		progress, err := p.Poll(t.Context(), sub.Handle)
		if err != nil || progress.Started || progress.Fraction >= 0 || progress.NextPoll != p.pace*time.Duration(i+1) || progress.Ahead != i {
			t.Errorf("call %d: %+v, %v", i, progress, err)
		}
	}
}

// TestProxy: a password goes with every request, files included.
func TestProxy(t *testing.T) {
	t.Parallel()
	p, s := setup(t, func(o *Options) { o.Auth = "me:secret" })
	s.Lock("me:secret")
	_, made := providertest.Make(t, p, ask(t, p, sdxl, providers.Edit))
	if len(made) != 1 {
		t.Errorf("%d images", len(made))
	}
	s.Lock("me:other")
	if e := fails(t, p, ask(t, p, sdxl, providers.Generate)); e.Class != providers.Auth {
		t.Errorf("%v, want auth", e)
	}
	if e := fault(t, p.Probe(t.Context())); e.Class != providers.Auth {
		t.Errorf("probe: %v, want auth", e)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	for _, f := range []comfyuitest.Fault{{Answer: "{}"}, {Answer: "<html>"}, {Status: 404}} {
		s.Fault("/system_stats", f)
		if e := fault(t, p.Probe(t.Context())); e.Class != providers.Transient {
			t.Errorf("%+v: %v, want transient", f, e)
		}
	}
	s.Close()
	p = start(t, Options{URL: s.Root()}) // without a connection that only seems to be there
	if e := fails(t, p, ask(t, p, sdxl, providers.Generate)); e.Class != providers.Transient || e.Billed != providers.BilledNo {
		t.Errorf("nobody there: %v, billed %s", e, e.Billed)
	}
}

// TestHang: who gives up on a call that was read does not know what became of it, and can find out.
func TestHang(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Fault("/prompt", comfyuitest.Fault{Hang: true})
	r := ask(t, p, sdxl, providers.Generate)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := p.Submit(ctx, r)
		done <- err
	}()
	for deadline := time.Now().Add(10 * time.Second); len(s.Calls()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the call did not arrive")
		}
	}
	cancel()
	if e := fault(t, <-done); e.Class != providers.UnknownCall || e.Billed != providers.BilledMaybe {
		t.Errorf("%v, billed %s", e, e.Billed)
	}
	if outcome, _, err := p.Reconcile(t.Context(), r); err != nil || outcome != providers.Found {
		t.Errorf("%v, %v", outcome, err)
	}
}

func TestOldServersNameCalls(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Fault("/prompt", comfyuitest.Fault{Answer: `{"prompt_id":"theirs","number":1,"node_errors":{}}`})
	sub, err := p.Submit(t.Context(), ask(t, p, sdxl, providers.Generate))
	if err != nil || sub.ExternalID != "theirs" {
		t.Errorf("%s, %v", sub.ExternalID, err)
	}
}

// TestPlainFile: what a proxy says of a file's type is looked at twice.
func TestPlainFile(t *testing.T) {
	t.Parallel()
	p, s := setup(t)
	s.Fault("/view", comfyuitest.Fault{Type: "application/octet-stream"})
	if _, made := providertest.Make(t, p, ask(t, p, sdxl, providers.Generate)); len(made) != 1 {
		t.Errorf("%d images", len(made))
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(`{"outputs":{"7":{"images":[{"filename":"a.png","subfolder":"","type":"temp"}]}},"status":{"status_str":"success","messages":[["execution_start",{}]]}}`)
	f.Add(`{"outputs":{"7-1":{"images":7},"-":{}},"status":{"messages":[[],["execution_error",[]],["execution_error",{"exception_type":7}]]}}`)
	p, err := New(Options{URL: "http://127.0.0.1:1"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r record
		if json.Unmarshal([]byte(text), &r) != nil {
			return
		}
		for _, f := range r.files() {
			if req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.view(f), nil); err != nil || req.URL.Host != "127.0.0.1:1" {
				t.Errorf("%+v leads to %v", f, err)
			}
		}
		if fault(t, p.failure(r.Status.Messages)).Billed != providers.BilledNo {
			t.Error("a failure was billed")
		}
	})
}
