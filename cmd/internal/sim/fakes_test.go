package sim_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// line is the network between the processes and a server. Requests and answers can be lost on it.
type line struct {
	w      *world
	name   string
	server http.Handler
}

// RoundTrip implements http.RoundTripper.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	what := l.name + " " + r.Method
	if l.name == "telegram" {
		what = l.name + " " + path.Base(r.URL.Path)
	}
	l.w.at(r.Context(), what)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	ours := alive(r.Context()) && r.Context().Value(nodeKey{}) != nil
	switch {
	case ours && l.w.chance("no way "+what, 0.01):
		l.w.struck(l.name + " away")
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	case ours && l.w.chance("busy "+what, 0.01):
		l.w.struck(l.name + " busy")
		return l.busy(r), nil
	}
	if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.WroteRequest != nil {
		t.WroteRequest(httptrace.WroteRequestInfo{})
	}
	if what == "telegram refundStarPayment" {
		l.w.mayRefund(r)
	}
	if r.Body != nil { // one that breaks off is never answered
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	rec := httptest.NewRecorder()
	l.server.ServeHTTP(rec, r)
	l.w.stir() // some calls make updates
	l.w.at(r.Context(), what+" done")
	if ours && l.w.chance("unheard "+what, 0.01) {
		l.w.struck(l.name + " unheard")
		return nil, io.ErrUnexpectedEOF
	}
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

// busy is what an overloaded server says.
func (l *line) busy(r *http.Request) *http.Response {
	rec := httptest.NewRecorder()
	if l.name == "telegram" {
		rec.Header().Set("Content-Type", "application/json")
		rec.WriteHeader(http.StatusTooManyRequests)
		_, _ = rec.WriteString(`{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 2","parameters":{"retry_after":2}}`)
	} else {
		rec.WriteHeader(http.StatusServiceUnavailable)
	}
	resp := rec.Result()
	resp.Request = r
	return resp
}

// bucket is as much of S3 as the object store speaks.
type bucket struct {
	mu     sync.Mutex
	things map[string][]byte
}

// ServeHTTP implements http.Handler.
func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/bucket"), "/")
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case key == "":
		w.Header().Set("Content-Type", "application/xml")
		must(io.WriteString(w, b.whole(r)))
	case r.Method == http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		b.things[key] = body
		w.Header().Set("ETag", `"`+strconv.Itoa(len(body))+`"`)
	case r.Method == http.MethodDelete:
		delete(b.things, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		body, ok := b.things[key]
		if !ok {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>`))
			return
		}
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		w.Header().Set("ETag", `"`+strconv.Itoa(len(body))+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
}

// whole answers what is asked of the bucket and not of one thing.
func (b *bucket) whole(r *http.Request) string {
	switch q := r.URL.Query(); {
	case q.Has("delete"):
		var list struct{ Object []struct{ Key string } }
		if err := xml.NewDecoder(r.Body).Decode(&list); err != nil {
			panic(err)
		}
		var text strings.Builder
		for _, o := range list.Object {
			delete(b.things, o.Key)
			text.WriteString("<Deleted><Key>" + o.Key + "</Key></Deleted>")
		}
		return "<DeleteResult>" + text.String() + "</DeleteResult>"
	case q.Has("list-type"):
		var text strings.Builder
		for _, key := range slices.Sorted(maps.Keys(b.things)) {
			if strings.HasPrefix(key, q.Get("prefix")) {
				text.WriteString("<Contents><Key>" + key + "</Key></Contents>")
			}
		}
		return "<ListBucketResult>" + text.String() + "<IsTruncated>false</IsTruncated></ListBucketResult>"
	case q.Has("uploads"):
		return "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
	case q.Has("versioning"):
		return "<VersioningConfiguration></VersioningConfiguration>"
	}
	return "" // it is there
}

// keys lists what there is.
func (b *bucket) keys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.things))
}

func (b *bucket) has(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.things[key]
	return ok
}

// painter is a provider whose calls cross the network.
type painter struct {
	*providertest.Fake
	w *world
}

// Submit implements providers.Provider.
func (p *painter) Submit(ctx context.Context, r providers.Request) (providers.Submission, error) {
	p.w.at(ctx, "submit")
	if err := ctx.Err(); err != nil {
		return providers.Submission{}, err
	}
	p.w.calls(r.AttemptID)
	p.w.mayCall(r.AttemptID)
	s, err := p.Fake.Submit(ctx, r)
	p.w.at(ctx, "submit done")
	return s, err
}

// Poll implements providers.Poller.
func (p *painter) Poll(ctx context.Context, handle []byte) (providers.Progress, error) {
	p.w.at(ctx, "poll")
	if p.w.chance("poll unheard", 0.05) {
		p.w.struck("poll unheard")
		return providers.Progress{}, &providers.Error{Class: providers.Transient, Provider: p.Name(), Err: io.ErrUnexpectedEOF}
	}
	return p.Fake.Poll(ctx, handle)
}

// Fetch implements providers.Fetcher.
func (p *painter) Fetch(ctx context.Context, handle []byte) (providers.Images, error) {
	p.w.at(ctx, "fetch")
	return p.Fake.Fetch(ctx, handle)
}

// script draws how a call of the provider goes.
func (w *world) script(int, providers.Request) providertest.Step {
	s := providertest.Step{Latency: 100*time.Millisecond + time.Duration(w.draw("latency")*4000)*time.Millisecond, Polls: 2, NextPoll: 2 * time.Second}
	s.Reconcile = []providers.Outcome{providers.Unknown, providers.NotAccepted, providers.Found}[int(w.draw("reconcile")*2.99)]
	fail := func(kind string, c providers.Class, b providers.Billed) {
		w.struck("provider " + kind)
		s.Err = &providers.Error{Class: c, Billed: b, Err: errors.New(kind)}
		if c == providers.Rejected {
			s.Err.Stage = "input"
		}
	}
	switch d := w.draw("call"); {
	case d < 0.05:
		fail("transient", providers.Transient, providers.BilledNo)
	case d < 0.08:
		fail("refuses", providers.Rejected, providers.BilledNo)
	case d < 0.11:
		fail("limited", providers.RateLimited, providers.BilledNo)
	case d < 0.14:
		fail("no output", providers.NoOutput, providers.BilledYes)
	case d < 0.20:
		w.struck("provider unheard")
		s.LoseAnswer = true
	case d < 0.22:
		w.struck("provider hangs")
		s.Hang = true
	}
	return s
}

// limits are shared by all processes; what is dead releases nothing.
type limits struct {
	w *world
	*providers.LocalLimits
}

// Release implements providers.Limits.
func (l *limits) Release(ctx context.Context, key, member string) error {
	l.w.at(ctx, "release slot")
	return l.LocalLimits.Release(ctx, key, member)
}
