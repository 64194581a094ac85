package site

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/cmd/internal/site/visits"
)

// slow serves a site that has little patience, and dials it.
func slow(t *testing.T, o Options) net.Conn {
	t.Helper()
	s := newSite(t, o).(*site)
	s.patience, s.drain = time.Second, 100*time.Millisecond
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // instead of hanging
	return conn
}

// Whoever announces a body that never comes does not keep a connection, whatever is there.
func TestSlowSenders(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/nothing", "/f/x", "/healthz", "/telegram"} {
		conn := slow(t, Options{
			File: func(context.Context, string) (File, error) { return File{}, ErrNoFile },
			Webhook: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, "unauthorized", http.StatusUnauthorized)
			}),
		})
		_, _ = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
		said, err := io.ReadAll(conn)
		if err != nil || !bytes.HasPrefix(said, []byte("HTTP/1.1 4")) {
			t.Errorf("%s: %.60q, %v", path, said, err)
		}
	}
}

// closing tells when it is closed.
type closing struct {
	io.Reader
	closed chan struct{}
}

func (c closing) Close() error { close(c.closed); return nil }

// Whoever asks for a file and takes none of it does not keep it open.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	const size = 64 << 20 // more than any buffer on the way
	file := closing{io.LimitReader(endless{}, size), make(chan struct{})}
	conn := slow(t, Options{File: func(context.Context, string) (File, error) {
		return File{Body: file, Name: "x.png", MediaType: "image/png", Bytes: size}, nil
	}})
	_, _ = io.WriteString(conn, "GET /f/x HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case <-file.closed:
	case <-time.After(time.Minute):
		t.Fatal("a file is held open for somebody who does not read it")
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// timed is a connection that notes what is asked of it.
type timed struct {
	*httptest.ResponseRecorder
	did []string
}

func (c *timed) Write(p []byte) (int, error) {
	c.did = append(c.did, "write "+strconv.Itoa(len(p)))
	return c.ResponseRecorder.Write(p)
}

func (c *timed) SetWriteDeadline(time.Time) error { c.did = append(c.did, "until"); return nil }
func (c *timed) SetReadDeadline(time.Time) error  { c.did = append(c.did, "drain"); return nil }

// Whoever is slow, but takes a piece in time, gets all of it: the time is for a piece, and begins when the piece is there. What is left
// of a body has its time before the first of them; what was read to its end has none, because the server listens behind it.
func TestPatience(t *testing.T) {
	t.Parallel()
	h := newSite(t, Options{API: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/read" {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		if r.URL.Path != "/v1/nothing" {
			_, _ = w.Write(make([]byte, 2*writePiece+1))
			_, _ = w.Write(nil)
			_, _ = io.WriteString(w, "the end")
		}
	})})
	pieces := []string{"until", "write 65536", "until", "write 65536", "until", "write 1", "until", "write 0", "until", "write 7", "until"}
	for _, tt := range []struct {
		path, body string
		want       []string
	}{
		{"/v1/x", "", pieces},
		{"/v1/read", "words", pieces},
		{"/v1/left", "words", append(append([]string{"drain"}, pieces...), "drain")},
		{"/v1/nothing", "words", []string{"until", "drain"}},
		{"/v1/nothing", "", []string{"until"}},
	} {
		var body io.Reader
		if tt.body != "" {
			body = strings.NewReader(tt.body)
		}
		c := &timed{ResponseRecorder: httptest.NewRecorder()}
		h.ServeHTTP(c, httptest.NewRequestWithContext(t.Context(), http.MethodPost, tt.path, body))
		if diff := cmp.Diff(tt.want, c.did); diff != "" {
			t.Errorf("%s with %q (-want +got):\n%s", tt.path, tt.body, diff)
		}
	}
}

// A forged Host changes nothing: no page, link or redirect is made of it.
func TestForgedHost(t *testing.T) {
	t.Parallel()
	h := newSite(t, Options{PublicURL: "https://imagika.example", Security: "mail@imagika.example", Stats: func(context.Context) (visits.Report, error) { return visits.Report{}, nil }})
	for _, path := range []string{"/", "/prices", "/de", "/de/", "/help", "/privacy", "/terms", "/stats", "/robots.txt", "/sitemap.xml", "/favicon.ico", "/.well-known/security.txt", "//evil.example", "/nothing"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Host = "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("X-Original-URL", "/evil.example")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if to := w.Header().Get("Location"); strings.Contains(w.Body.String(), "evil.example") && path != "//evil.example" || strings.HasPrefix(to, "//") || strings.Contains(to, "://") {
			t.Errorf("%s: leads to %q, says %.200q", path, to, w.Body)
		}
	}
}
