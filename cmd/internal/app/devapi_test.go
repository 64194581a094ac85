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
	w.person.Text("/api my website")
	m := w.waitFor(w.person, 20*time.Second, telegramtest.Has("only this once"))
	token, _, _ := strings.Cut(m.Text[strings.Index(m.Text, "img_"):], "\n")

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
	w.drive(node, "done 13", "node", "drive.mjs", address+"/v1", token, address)
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
