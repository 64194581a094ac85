package app_test

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/queue/queuetest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// After a conversation nothing of what a person wrote, sent or is called is found in any file the program leaves: the
// database, the key store, the objects, everything Redis was ever told, the traces, and the log at its most talkative.
func TestNothingPersonalIsLeft(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes")
	}
	w := newWorld(t, onEmbedded)
	aof := t.TempDir()
	redis := queuetest.StartReal(t, "--appendonly", "yes", "--auto-aof-rewrite-percentage", "0", "--dir", aof, "--maxmemory-policy", "noeviction")
	password, addr, _ := strings.Cut(strings.TrimPrefix(redis.URL(), "redis://:"), "@")
	w.env["IMAGIKA_REDIS_URL"], w.env["IMAGIKA_REDIS_PASSWORD"] = "redis://"+addr, password
	w.env["IMAGIKA_LOG_LEVEL"], w.env["IMAGIKA_LOG_FORMAT"] = "debug", "json"
	traces := t.TempDir()
	w.env["IMAGIKA_OTLP_ENDPOINT"], w.env["IMAGIKA_OTLP_HEADERS"] = receiver(t, traces), "authorization=Basic let-me-in"
	for name := range w.env { // the objects are to be files here: the process brings its own S3
		if strings.HasPrefix(name, "IMAGIKA_S3_") {
			delete(w.env, name)
		}
	}
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	program := w.spawn("", log)
	p := w.tg.Person(telegramtest.PersonConfig{FirstName: "Quillfeather", LastName: "Zanzibarov", Username: "marmalade_fox", LanguageCode: "en"})
	p.Text("a wallaby before consent")
	w.agree(p)
	p.Text("a wallaby on a velocipede")
	m := w.picture(p, "wallaby")
	w.press(p, m, "🔁 Again")
	w.press(p, w.more(p, m), "💾 Save original")
	w.withinChat(p, time.Minute, "not all pictures are there", func() bool { return pictures(p) == 3 })
	sent := pngOf(t, 300, 200)
	p.Document("wallaby.png", sent, "a wallaby in winter")
	w.picture(p, "in winter")
	for _, say := range []string{"/history", "/balance", "/imagine a wallaby --n 99", "/wallaby"} {
		p.Text(say)
	}
	w.tg.Fault(telegramtest.Fault{Kind: telegramtest.DropAfterEffect, Method: "sendPhoto", ChatID: p.ID(), Times: 1})
	p.Text("/history")
	w.tg.WaitMessage(t, p, telegramtest.Has(uncertain))
	w.quiet()
	s := w.store()
	for _, g := range w.settled(s, p, time.Minute) {
		if g.Status != storage.StatusDelivered {
			t.Errorf("generation ended as %s/%s", g.Status, g.Reason)
		}
	}
	w.balance(s, p, 17)
	within(t, 20*time.Second, "spans of the last message do not come", func() bool {
		found := false
		search(t, traces, func(_ string, b []byte) { found = found || bytes.Contains(b, []byte("telegram sendPhoto")) })
		return found
	})
	program.Kill()
	redis.Kill()

	canaries := map[string][]byte{
		"prompt": []byte("wallaby"), "first name": []byte("Quillfeather"), "last name": []byte("Zanzibarov"), "user name": []byte("marmalade_fox"),
		"Telegram id": []byte(strconv.FormatInt(p.ID(), 10)), "picture": []byte("IDAT"), "token": []byte(w.tg.Token()),
	}
	read, objects := map[string]int{}, 0
	for place, dir := range map[string]string{"data": w.env["IMAGIKA_DATA"], "redis": aof, "traces": traces, "log": filepath.Dir(log.Name())} {
		search(t, dir, func(path string, b []byte) {
			read[place] += len(b)
			if place == "data" && strings.Contains(path, "/u/") {
				objects++
			}
			for what, canary := range canaries {
				if bytes.Contains(b, canary) || strings.Contains(path, string(canary)) {
					t.Errorf("%s: %s holds the %s", place, filepath.Base(path), what)
				}
			}
		})
	}
	// Each place was really written to and read.
	for place, least := range map[string]int{"data": 100_000, "redis": 10_000, "traces": 5_000, "log": 300} {
		if read[place] < least {
			t.Errorf("%s: only %d bytes were searched", place, read[place])
		}
	}
	if objects != 4 {
		t.Errorf("%d objects were searched, want three pictures and a reference", objects)
	}
}

// receiver takes spans over OTLP and writes what comes to files in a folder. It returns its address.
func receiver(t *testing.T, dir string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Basic let-me-in" || r.URL.Path != "/v1/traces" {
			t.Errorf("spans come to %s as %q", r.URL.Path, got)
		}
		f, err := os.CreateTemp(dir, "spans")
		if err == nil {
			_, err = io.Copy(f, r.Body)
			_ = f.Close()
		}
		if err != nil {
			t.Error(err)
		}
		rw.WriteHeader(http.StatusOK)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// search shows every file under a folder to look.
func search(t *testing.T, dir string, look func(path string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil {
			look(path, b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
