package wire

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// largeReply streams eight megabytes of base64 without holding them.
func largeReply(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, `{"data":[{"b64_json":"`)
	chunk := bytes.Repeat([]byte("QUFB"), 2<<10)
	for range (8 << 20) / len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, `"}]}`)
}

type largeAnswer struct {
	Data []struct {
		B64 string `json:"b64_json"`
	}
}

// BenchmarkReplies is the memory that a hundred answers of eight megabytes take at once, by what the kernel counts: read
// as an adapter does, and read the usual way.
func BenchmarkReplies(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(largeReply))
	defer srv.Close()
	c, err := New(Options{Provider: "bench", Base: srv.URL, Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	read := map[string]func() error{
		"wire": func() error {
			reply, err := c.Post(b.Context(), "/", nil)
			if err != nil {
				return err
			}
			defer reply.Close()
			var v largeAnswer
			if err := reply.JSON(&v); err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, reply.Image(v.Data[0].B64))
			return err
		},
		"unmarshal": func() error {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL, http.NoBody)
			if err != nil {
				return err
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			var v largeAnswer
			if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
				return err
			}
			_, err = base64.StdEncoding.DecodeString(v.Data[0].B64)
			return err
		},
	}
	for _, how := range []string{"wire", "unmarshal"} {
		b.Run(how, func(b *testing.B) {
			debug.FreeOSMemory()
			before := peak(b)
			for b.Loop() {
				var group sync.WaitGroup
				for range 100 {
					group.Go(func() {
						if err := read[how](); err != nil {
							b.Error(err)
						}
					})
				}
				group.Wait()
			}
			b.ReportMetric(float64(peak(b)-before)/100/1024, "MB-RSS/reply")
		})
	}
}

// peak is the most memory the process had since the last call, in KiB; the kernel is told to count anew.
func peak(b *testing.B) int {
	b.Helper()
	status, err := os.Open("/proc/self/status")
	if err != nil {
		b.Skip("only Linux counts this")
	}
	defer status.Close()
	lines := bufio.NewScanner(status)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(value, " kB")))
			if err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
				b.Skip("the kernel does not count anew: ", err)
			}
			return n
		}
	}
	b.Skip("the kernel does not count this")
	return 0
}

// BenchmarkPost is what a call costs beside the plainest one there is.
func BenchmarkPost(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"data":[{"b64_json":"QUFB"}]}`)
	}))
	defer srv.Close()
	c, err := New(Options{Provider: "bench", Base: srv.URL, Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	request := map[string]any{"prompt": strings.Repeat("a red fox ", 20), "n": 1}
	b.Run("wire", func(b *testing.B) {
		for b.Loop() {
			body, err := c.JSON(b.Context(), request)
			if err != nil {
				b.Fatal(err)
			}
			reply, err := c.Post(b.Context(), "/", body)
			if err != nil {
				b.Fatal(err)
			}
			var v largeAnswer
			if err := reply.JSON(&v); err != nil {
				b.Fatal(err)
			}
			reply.Close()
		}
	})
	b.Run("http", func(b *testing.B) {
		for b.Loop() {
			text, err := json.Marshal(request)
			if err != nil {
				b.Fatal(err)
			}
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL, bytes.NewReader(text))
			if err != nil {
				b.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			var v largeAnswer
			if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	})
}
