// Package opstest runs the programs that watch Imagika, as Debian has them: Prometheus, Alertmanager and their tools.
package opstest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// program finds a program, or says what to install. With -short a test that needs one is skipped.
func program(tb testing.TB, name, pkg string) string {
	tb.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if !testing.Short() {
		tb.Fatalf("opstest: no %s: install the Debian package %s, or run with -short", name, pkg)
	}
	tb.Skipf("opstest: no %s on this machine", name)
	return ""
}

// Promtool runs promtool in a folder. It returns what it said, and an error if it found something wrong.
func Promtool(tb testing.TB, dir string, args ...string) (string, error) {
	tb.Helper()
	return run(tb, dir, program(tb, "promtool", "prometheus"), args)
}

// Amtool runs amtool in a folder, likewise.
func Amtool(tb testing.TB, dir string, args ...string) (string, error) {
	tb.Helper()
	return run(tb, dir, program(tb, "amtool", "prometheus-alertmanager"), args)
}

func run(tb testing.TB, dir, path string, args []string) (string, error) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), path, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Server is a Prometheus or an Alertmanager of the test's own.
type Server struct {
	Addr string // host:port
	stop func()
}

// Prometheus starts one with a file of settings, and waits until it answers. It ends with the test.
func Prometheus(tb testing.TB, file string) *Server {
	tb.Helper()
	return start(tb, program(tb, "prometheus", "prometheus"),
		"--config.file="+file, "--storage.tsdb.path="+tb.TempDir(), "--web.listen-address=127.0.0.1:0")
}

// Alertmanager starts one, likewise.
func Alertmanager(tb testing.TB, file string) *Server {
	tb.Helper()
	return start(tb, program(tb, "prometheus-alertmanager", "prometheus-alertmanager"),
		"--config.file="+file, "--storage.path="+tb.TempDir(), "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=")
}

// listening is where a server says that it listens.
var listening = regexp.MustCompile(`msg="Listening on" address=(\S+)`)

func start(tb testing.TB, path string, args ...string) *Server {
	tb.Helper()
	cmd := exec.CommandContext(context.Background(), path, args...)
	out, err := cmd.StderrPipe()
	if err != nil {
		tb.Fatalf("opstest: %v", err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatalf("opstest: %v", err)
	}
	s := &Server{stop: func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}}
	tb.Cleanup(s.stop)
	lines := bufio.NewScanner(out)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if at := listening.FindStringSubmatch(lines.Text()); at != nil {
			s.Addr = strings.Trim(at[1], `"`)
			go func() { _, _ = io.Copy(io.Discard, out) }()
			s.ready(tb)
			return s
		}
	}
	tb.Fatalf("opstest: %s did not start:\n%s", path, strings.Join(said, "\n"))
	return nil
}

// ready waits until the server answers: it listens before it has read what it stored.
func (s *Server) ready(tb testing.TB) {
	tb.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, "http://"+s.Addr+"/-/ready", http.NoBody)
		if err != nil {
			tb.Fatalf("opstest: %v", err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			tb.Fatalf("opstest: %s is not ready", s.Addr)
		}
	}
}

// Get asks the API of Prometheus, or another address of the server, and decodes what it says. The error of a query that is
// wrong is in the answer.
func (s *Server) Get(ctx context.Context, path string, query url.Values, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(v)
}

// Line is a series of an answer.
type Line struct {
	Labels map[string]string
	Times  []time.Time
	Values []float64
}

// Range asks Prometheus for an expression over the last while.
func (s *Server) Range(ctx context.Context, expr string, back, step time.Duration) ([]Line, error) {
	now := time.Now()
	var answer struct {
		Status, Error string
		Data          struct {
			Result []struct {
				Metric map[string]string
				Values [][2]any
			}
		}
	}
	err := s.Get(ctx, "/api/v1/query_range", url.Values{
		"query": {expr}, "start": {now.Add(-back).Format(time.RFC3339Nano)}, "end": {now.Format(time.RFC3339Nano)}, "step": {step.String()},
	}, &answer)
	if err == nil && answer.Status != "success" {
		err = fmt.Errorf("%s: %s", expr, answer.Error)
	}
	lines := make([]Line, len(answer.Data.Result))
	for i, r := range answer.Data.Result {
		lines[i].Labels = r.Metric
		for _, v := range r.Values {
			at, _ := v[0].(float64)
			text, _ := v[1].(string)
			n, parseErr := strconv.ParseFloat(text, 64)
			err = errors.Join(err, parseErr)
			lines[i].Times, lines[i].Values = append(lines[i].Times, time.UnixMilli(int64(1000*at))), append(lines[i].Values, n)
		}
	}
	return lines, err
}
