package openai

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/openai/openaitest"
	"github.com/imagika/imagika/providers/providertest"
)

// setup starts a server of the dialect and a provider that speaks to it.
func setup(t *testing.T, d Dialect, change ...func(*Options)) (*Provider, *openaitest.Server) {
	t.Helper()
	s := openaitest.New(t, string(d))
	o := Options{Dialect: d, Key: openaitest.Key, URL: s.URL(), Dir: t.TempDir(), Trusted: []string{s.CDN()}}
	if d == SDCpp {
		o.Key = ""
	}
	for _, f := range change {
		f(&o)
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

func listed(name string, ops ...providers.Operation) func(*Options) {
	return func(o *Options) {
		o.Models = append(o.Models, providers.Model{Name: name, Operations: ops, MaxRefs: len(ops)})
	}
}

func TestSuite(t *testing.T) {
	t.Parallel()
	for d := range dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, func(t *testing.T) providers.Provider {
				t.Helper()
				p, _ := setup(t, d, func(o *Options) {
					if d == Gateway {
						listed("flux-schnell")(o)
						listed("azure/gpt-image-2", providers.Generate, providers.Edit)(o)
					}
				})
				return p
			})
		})
	}
}

// ask is a request for one image of the first model.
func ask(p *Provider, op providers.Operation) providers.Request {
	return providertest.Request(p.Models()[0], op)
}

// fails submits and reads to the end, and returns the error that has to come.
func fails(t *testing.T, p *Provider, r providers.Request) *providers.Error {
	t.Helper()
	sub, err := p.Submit(t.Context(), r)
	if err == nil {
		_, err = providertest.Collect(sub.Images)
	}
	var e *providers.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no *providers.Error", err)
	}
	_ = providertest.CheckError(t, e)
	if strings.Contains(e.Error(), "fox") || strings.Contains(e.Error(), openaitest.Key) || strings.Contains(e.Error(), "://") {
		t.Errorf("error %q tells too much", e)
	}
	return e
}

// TestNotSent: nobody is there, so nothing can have been billed.
func TestNotSent(t *testing.T) {
	t.Parallel()
	p, s := setup(t, OpenAI)
	s.Close()
	if e := fails(t, p, ask(p, providers.Generate)); e.Class != providers.Transient || e.Billed != providers.BilledNo {
		t.Errorf("%v, billed %s; want transient, no", e, e.Billed)
	}
}

// TestHang: who gives up on a call that was read does not know what became of it.
func TestHang(t *testing.T) {
	t.Parallel()
	p, s := setup(t, OpenAI)
	s.Fault(openaitest.Fault{Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := p.Submit(ctx, ask(p, providers.Generate))
		done <- err
	}()
	for deadline := time.Now().Add(10 * time.Second); len(s.Calls()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the call did not arrive")
		}
	}
	cancel()
	var e *providers.Error
	if err := <-done; !errors.As(err, &e) || e.Class != providers.UnknownCall || e.Billed != providers.BilledMaybe || s.Billed() != 1 {
		t.Errorf("%v after %d billed calls, want an unknown outcome after one", err, s.Billed())
	}
}

// TestWrongKey: the server itself refuses, to a call and to a probe.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	for _, d := range []Dialect{OpenAI, XAI, Together} {
		p, s := setup(t, d, func(o *Options) { o.Key = "sk-wrong" })
		if e := fails(t, p, ask(p, providers.Generate)); e.Class != providers.Auth {
			t.Errorf("%s: %v, want auth", d, e)
		}
		if e := providertest.CheckError(t, p.Probe(t.Context())); e == nil || e.Class != providers.Auth {
			t.Errorf("%s: probe %v, want auth", d, e)
		}
		if s.Billed() != 0 {
			t.Errorf("%s: %d calls were billed", d, s.Billed())
		}
	}
}

// TestResults: some of several, addresses instead of base64, and pictures that are not what is said of them.
func TestResults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc    string
		dialect Dialect
		fault   openaitest.Fault
		images  int
	}{
		{"one was withheld", XAI, openaitest.Fault{Withheld: 1}, 2},
		{"addresses", XAI, openaitest.Fault{Addresses: true}, 3},
		{"addresses of a gateway", Gateway, openaitest.Fault{Addresses: true, Type: "application/octet-stream"}, 3},
		{"much besides", OpenAI, openaitest.Fault{Padding: 300_000}, 3},
		{"a strange number beside it", SDCpp, openaitest.Fault{Answer: `{"created":"now","usage":[],"output_format":7,"data":[{"b64_json":"` + dot(t) + `"}]}`}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			p, s := setup(t, tt.dialect, func(o *Options) {
				if tt.dialect == Gateway {
					o.Models = []providers.Model{{Name: "flux", MaxCount: 4}}
				}
			})
			s.Fault(tt.fault)
			r := ask(p, providers.Generate)
			r.Count = 3
			_, images := providertest.Make(t, p, r)
			if len(images) != tt.images || len(s.Calls()) != 1 {
				t.Errorf("%d images of %d calls, want %d of 1", len(images), len(s.Calls()), tt.images)
			}
		})
	}
}

// dot is a PNG of one pixel in base64.
func dot(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return base64Of(b.Bytes())
}

// TestOversized: an answer beyond what is allowed was paid for, and is not readable.
func TestOversized(t *testing.T) {
	t.Parallel()
	p, s := setup(t, OpenAI)
	s.Fault(openaitest.Fault{Answer: `{"data":[` + strings.Repeat(`{"b64_json":"AA=="},`, 300_000) + `{}]}`})
	if e := fails(t, p, ask(p, providers.Generate)); e.Class != providers.UnknownCall || e.Billed != providers.BilledMaybe {
		t.Errorf("%v, billed %s; want unknown, maybe", e, e.Billed)
	}
}

// TestResultAway: nobody comes back for the result of a call that is over, so it is no rate limit and not to be had later.
func TestResultAway(t *testing.T) {
	t.Parallel()
	for desc, answer := range map[string]http.HandlerFunc{
		"rate": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"away":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"cut":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"cut off": func(w http.ResponseWriter, _ *http.Request) { providertest.Half(w, make([]byte, 1000)) },
	} {
		host := httptest.NewServer(answer)
		t.Cleanup(host.Close)
		p, s := setup(t, XAI, func(o *Options) { o.Trusted = []string{host.Listener.Addr().String()} })
		s.Fault(openaitest.Fault{Answer: `{"data":[{"url":"` + host.URL + `/fox.png"}]}`})
		e := fails(t, p, ask(p, providers.Generate))
		if e.Class != providers.NoOutput || e.Billed == providers.BilledNo || e.Wait != 0 || e.Scope != "" {
			t.Errorf("%s: %v, %+v; want no output that may have been billed", desc, e, e)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for desc, o := range map[string]Options{
		"no key":       {},
		"no address":   {Dialect: SDCpp},
		"no dialect":   {Dialect: "klingon", Key: "k"},
		"no http":      {Key: "k", URL: "ftp://example.com"},
		"key in a URL": {Key: "k", URL: "https://me:secret@example.com"},
	} {
		_, err := New(o)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", desc, err)
		}
	}
}

func readAll(t *testing.T, ref providers.Reference) []byte {
	t.Helper()
	r, err := ref.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
