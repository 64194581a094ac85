package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// TestPrograms paints from outside with what programs use: OpenAI's own SDK for JavaScript and one for Go, with nothing changed but address and token. A program
// whose line breaks because the process goes away asks again with its key, and pays once.
func TestPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("needs nodejs and npm, and builds another module")
	}
	t.Parallel()
	drivers := filepath.Join("..", "site", "devapi", "testdata")
	node := t.TempDir()
	if err := os.CopyFS(node, os.DirFS(filepath.Join(drivers, "node"))); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, onEmbedded)
	w.env["IMAGIKA_PUBLIC_URL"], w.env["IMAGIKA_LOCAL_DELAY"] = "https://imagika.example", "3s"
	a, stop := w.start()
	w.agree(w.person)
	token := w.token()

	began, cut := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(cut)
		_, _ = paintKeyed(t, a.WebAddr, token, func() { close(began) }) // its line may break
	}()
	<-began
	stop()
	<-cut
	delete(w.env, "IMAGIKA_LOCAL_DELAY")
	a, _ = w.start()
	first, err := paintKeyed(t, a.WebAddr, token, func() {})
	if err != nil {
		t.Fatal(err)
	}
	if second, err := paintKeyed(t, a.WebAddr, token, func() {}); err != nil || second != first || first == "" {
		t.Errorf("%s, then %s, %v", first, second, err)
	}
	w.person.Text("/balance")
	w.waitFor(w.person, 20*time.Second, telegramtest.Has("19 credits"))

	address := "http://" + a.WebAddr
	w.drive(filepath.Join(drivers, "go"), "done 4", "go", "run", ".", address+"/v1", token)
	w.drive(node, "", "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	w.drive(node, "done 16", "node", "drive.mjs", address+"/v1", token, address)
}

// paintKeyed asks for a picture, always with the same key, and returns the id of what was painted.
func paintKeyed(t *testing.T, web, token string, sent func()) (id string, err error) {
	ctx, cancel := context.WithTimeout(t.Context(), patience*60*time.Second)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent() }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+web+"/v1/images/generations", strings.NewReader(`{"prompt":"an otter","response_format":"url"}`))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", "otter")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var answer struct {
		ID string `json:"id"`
	}
	err = json.NewDecoder(res.Body).Decode(&answer)
	return answer.ID, err
}

// A program that waits when the process stops is told where its picture will be, and not to ask again: a line that breaks is repeated by
// SDKs, and what has no key is painted twice then.
func TestStopAnswersProgramsThatWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	w.env["IMAGIKA_PUBLIC_URL"] = "https://imagika.example"
	slow, paint := held("fake")
	defer paint()
	a, stop := w.start(withProvider(slow))
	w.agree(w.person)
	token := w.token()
	type result struct {
		res *http.Response
		err error
	}
	answered := make(chan result, 1)
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+a.WebAddr+"/v1/images/generations", strings.NewReader(`{"prompt":"a slow river"}`))
		if err != nil {
			answered <- result{nil, err}
			return
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		answered <- result{res, err}
	}()
	attempt(t, slow, "a slow river", 1)
	done := w.stopped(a, stop)
	got := <-answered
	if got.err != nil {
		t.Fatal(got.err)
	}
	defer got.res.Body.Close()
	if h := got.res.Header; got.res.StatusCode != http.StatusGatewayTimeout || h.Get("X-Should-Retry") != "false" || h.Get("X-Generation-Id") == "" {
		t.Errorf("%d %v", got.res.StatusCode, h)
	}
	paint()
	<-done
}

// token asks for one in the chat, as people do.
func (w *world) token() string {
	w.t.Helper()
	w.person.Text("/api my website")
	m := w.waitFor(w.person, 20*time.Second, telegramtest.Has("only this once"))
	token, _, _ := strings.Cut(m.Text[strings.Index(m.Text, "img_"):], "\n")
	return token
}

// drive runs a program that has to end by saying something.
func (w *world) drive(dir, says, name string, args ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience*2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), says) {
		w.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
