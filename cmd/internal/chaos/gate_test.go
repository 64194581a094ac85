package chaos_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/a1111/a1111test"
	"github.com/imagika/imagika/providers/bfl/bfltest"
	"github.com/imagika/imagika/providers/comfyui/comfyuitest"
	"github.com/imagika/imagika/providers/openai/openaitest"
)

// mischief is what a gate does to one request.
type mischief string

const (
	behaves  mischief = "behaves"
	cutAfter mischief = "cut_after" // the provider did the work, nobody hears of it
	hangs    mischief = "hangs"     // the same, and the line stays open
	garbage  mischief = "garbage"   // the same, and a page is the answer
	limits   mischief = "limits"    // 429, come back in a second
	breaks   mischief = "breaks"    // a page with a 5xx, no work done
	dawdles  mischief = "dawdles"   // the answer takes its time
	cutFirst mischief = "cut_first" // before anything is read
	away     mischief = "away"      // like breaks, for everybody and a while
)

// draw returns a mischief; the odds are in percent, and what is left of them behaves.
func draw(r *rand.Rand, odds ...any) mischief {
	n := r.IntN(100)
	for i := 0; i < len(odds); i += 2 {
		if n -= odds[i+1].(int); n < 0 {
			return odds[i].(mischief)
		}
	}
	return behaves
}

// paidCall is a POST of a prompt that a gate read.
type paidCall struct {
	prompt   int    // its number
	id       string // our own id, where the protocol has a place for one
	accepted bool   // the provider did the work, or took it on
}

// gate is what lies between the program and a provider: it outlives the processes that are killed, lets through, breaks
// and counts.
type gate struct {
	name string
	paid bool // calls cost money
	srv  *httptest.Server
	seed uint64
	up   func(path string) string // scheme and host behind the gate
	own  []string                 // addresses to be replaced in answers

	mu    sync.Mutex
	wild  bool // nothing breaks before
	down  bool
	asked map[int]int // calls by prompt
	did   map[mischief]int
	dice  *rand.Rand // for what is not about a prompt
	calls []paidCall
}

// newGate opens a gate before the server at api. Results lie at cdn, if anywhere else.
func newGate(t testing.TB, name string, seed uint64, api, cdn string) *gate {
	t.Helper()
	g := &gate{name: name, seed: seed, asked: map[int]int{}, did: map[mischief]int{}, own: []string{api}, up: func(string) string { return api }}
	g.dice = dies(seed, name)
	if cdn != "" {
		g.own = append(g.own, cdn)
		g.up = func(path string) string {
			if strings.HasPrefix(path, "/results/") {
				return cdn
			}
			return api
		}
	}
	g.srv = httptest.NewServer(g)
	t.Cleanup(func() {
		g.srv.CloseClientConnections()
		g.srv.Close()
	})
	return g
}

func (g *gate) set(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
}

var (
	numberInPrompt = regexp.MustCompile(`number (\d+)`)
	idInCall       = regexp.MustCompile(`"(?:force_task_id|prompt_id)":\s*"([^"]+)"`)
)

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && g.first() == cutFirst {
		panic(http.ErrAbortHandler)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	number := numberInPrompt.FindSubmatch(body)
	if r.Method != http.MethodPost || number == nil || strings.HasSuffix(r.URL.Path, "/moderations") { // a judgment costs nothing
		g.pass(w, r, body, g.free(), func(bool) {})
		return
	}
	var call paidCall
	call.prompt, _ = strconv.Atoi(string(number[1]))
	if id := idInCall.FindSubmatch(body); id != nil {
		call.id = string(id[1])
	}
	g.pass(w, r, body, g.costly(call.prompt), func(accepted bool) {
		call.accepted = accepted
		g.set(func() { g.calls = append(g.calls, call) })
	})
}

// first decides whether a call is cut before it is read.
func (g *gate) first() mischief { return g.decide(g.dice, cutFirst, 3) }

// free decides about a question.
func (g *gate) free() mischief {
	return g.decide(g.dice, cutAfter, 4, garbage, 3, limits, 2, breaks, 4, dawdles, 8)
}

// costly decides about the next call of a prompt: the same for the same seed, whatever else is going on. A provider that
// is down takes no new work, and still answers questions about what it has taken.
func (g *gate) costly(prompt int) mischief {
	var k int
	var down bool
	g.set(func() {
		k, down = g.asked[prompt], g.down
		g.asked[prompt]++
	})
	if down {
		g.set(func() { g.did[away]++ })
		return breaks
	}
	dice := dies(g.seed, g.name, strconv.Itoa(prompt), strconv.Itoa(k))
	return g.decide(dice, cutAfter, 5, hangs, 2, garbage, 4, limits, 8, breaks, 14, dawdles, 30)
}

// decide draws, while it is wild.
func (g *gate) decide(dice *rand.Rand, odds ...any) mischief {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.wild {
		return behaves
	}
	what := draw(dice, odds...)
	if what != behaves {
		g.did[what]++
	}
	return what
}

// pass does to a request what was decided. Note is told whether the provider took it, before whoever asks is.
func (g *gate) pass(w http.ResponseWriter, r *http.Request, body []byte, what mischief, note func(accepted bool)) {
	switch what {
	case limits:
		note(false)
		w.Header().Set("Retry-After", "1")
		http.Error(w, `{"detail":"slow down"}`, http.StatusTooManyRequests)
		return
	case breaks:
		note(false)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, page)
		return
	case dawdles:
		time.Sleep(700 * time.Millisecond)
	}
	res, text, err := g.forward(r, body)
	note(err == nil && res.StatusCode < http.StatusMultipleChoices)
	switch {
	case err != nil, what == cutAfter:
		panic(http.ErrAbortHandler)
	case what == hangs:
		<-r.Context().Done()
		return
	case what == garbage:
		_, _ = io.WriteString(w, page)
		return
	}
	maps.Copy(w.Header(), res.Header)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(text)
}

// page is what stands in the way when a provider is not there.
const page = "<!doctype html><title>nginx</title><h1>Please stand by</h1>"

// forward asks the fake, even if whoever asks is being killed: what has reached a provider is done.
func (g *gate) forward(r *http.Request, body []byte) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, g.up(r.URL.Path)+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header = r.Header.Clone()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if strings.Contains(res.Header.Get("Content-Type"), "json") {
		for _, own := range g.own {
			text = bytes.ReplaceAll(text, []byte(own), []byte(g.srv.URL))
		}
	}
	return res, text, err
}

// read are the calls so far.
func (g *gate) read() []paidCall {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}

// chaosCatalogue is one model over four providers. The second priority gets what all of the first cannot take.
const chaosCatalogue = `models:
  - name: chaos
    title: {en: Chaos}
    about: {en: Made by whoever can}
    operations: [generate]
    price: 1
    routes:
      - {provider: openai, model: gpt-image-1-mini, priority: 1, weight: 3, usd: 0.016}
      - {provider: bfl, model: flux-2-klein-9b, priority: 1, weight: 3, usd: 0.018}
      - {provider: comfyui, model: sdxl, priority: 1, weight: 2, usd: 0}
      - {provider: a1111, model: sdxl, priority: 2, usd: 0}
`

// providersBehindGates starts a fake of each provider of the catalogue, behind a gate, and makes the world use them.
func (w *world) providersBehindGates(seed uint64) []*gate {
	t := w.t
	t.Helper()
	oa, fl, cu, au := openaitest.New(t, openaitest.OpenAI), bfltest.New(t), comfyuitest.New(t), a1111test.New(t)
	gates := []*gate{
		newGate(t, "openai", seed, strings.TrimSuffix(oa.URL(), "/v1"), ""),
		newGate(t, "bfl", seed, strings.TrimSuffix(fl.URL(), "/v1"), "http://"+fl.CDN()),
		newGate(t, "comfyui", seed, cu.Root(), ""),
		newGate(t, "a1111", seed, au.Root(), ""),
	}
	gates[0].paid, gates[1].paid = true, true
	w.env["IMAGIKA_OPENAI_KEY"], w.env["IMAGIKA_OPENAI_URL"] = openaitest.Key, gates[0].srv.URL+"/v1"
	w.env["IMAGIKA_BFL_KEY"], w.env["IMAGIKA_BFL_URL"] = bfltest.Key, gates[1].srv.URL+"/v1"
	w.env["IMAGIKA_COMFYUI_URL"], w.env["IMAGIKA_A1111_URL"] = gates[2].srv.URL, gates[3].srv.URL
	w.env["IMAGIKA_CATALOGUE"], w.env["IMAGIKA_MODEL"] = filepath.Join(t.TempDir(), "catalogue.yaml"), "chaos"
	if err := os.WriteFile(w.env["IMAGIKA_CATALOGUE"], []byte(chaosCatalogue), 0o600); err != nil {
		t.Fatal(err)
	}
	return gates
}

// byPrompt counts the calls that a gate read, and those of them that the provider accepted. An id that came twice is
// wrong.
func (g *gate) byPrompt(v *verdict) (read, accepted map[int]int) {
	read, accepted = map[int]int{}, map[int]int{}
	ids := map[string]bool{}
	for _, c := range g.read() {
		if read[c.prompt]++; c.accepted {
			accepted[c.prompt]++
		}
		if c.id != "" && ids[c.id] {
			v.wrong("%s: call %s of prompt %d was made twice", g.name, c.id, c.prompt)
		}
		ids[c.id] = true
	}
	return read, accepted
}
