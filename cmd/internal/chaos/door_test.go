package chaos_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// door is what stands before the bucket: it lets through, or has no room for anything more.
type door struct {
	srv     *httptest.Server
	full    atomic.Bool
	refused atomic.Int64
}

const noRoom = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>InsufficientStorage</Code><Message>No room.</Message></Error>`

// newDoor opens a door before the bucket's server.
func newDoor(t *testing.T, endpoint string) *door {
	t.Helper()
	d := &door{}
	behind := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: endpoint})
		r.Out.Host = r.In.Host // it is signed
	}}
	d.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.full.Load() && (r.Method == http.MethodPut || r.Method == http.MethodPost) {
			d.refused.Add(1)
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusInsufficientStorage)
			_, _ = w.Write([]byte(noRoom))
			return
		}
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		d.srv.CloseClientConnections()
		d.srv.Close()
	})
	return d
}

// addr is the door's host and port.
func (d *door) addr() string { return strings.TrimPrefix(d.srv.URL, "http://") }
