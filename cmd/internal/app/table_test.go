package app

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/playground"
	"github.com/imagika/imagika/cmd/internal/term"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func TestTable(t *testing.T) {
	t.Parallel()
	store := storagetest.New(t, storagetest.OnSQLite)
	alone := &App{
		options: Options{Config: config.Config{Role: config.RoleRun, Model: "local"}},
		servers: servers{
			dir: "/home/ada/imagika/data", fake: &telegramtest.Server{}, playground: &playground.Playground{},
			embedded: map[string]bool{"redis": true, "database": true, "keys": true, "s3": true, "telegram": true},
		},
		core: &core{store: store}, WebAddr: "127.0.0.1:8080", AdminAddr: "[::]:9090",
	}
	real := &App{
		options: Options{Config: config.Config{Role: config.RoleRun, Model: "flux-pro", TelegramMode: "poll"}},
		servers: servers{
			redis: "redis://redis:6379/0", database: "postgres://imagika:hunter2@db:5432/imagika?sslmode=require", keys: "postgres://imagika:hunter2@keys/keys",
			s3: s3{endpoint: "s3.example:443", bucket: "imagika", secret: "hunter2"}, telegram: "https://api.telegram.org", token: "7000000001:hunter2",
		},
		core: &core{store: store, workers: &workers.Workers{Config: workers.Config{BotName: "imagika_bot"}}}, AdminAddr: "127.0.0.1:9090",
	}
	front := &App{
		options: Options{Config: config.Config{Role: config.RoleBot, TelegramMode: "webhook"}},
		servers: servers{redis: "rediss://redis.example:6380", telegram: "https://api.telegram.org", token: "7000000001:hunter2"},
		core:    &core{}, WebAddr: "0.0.0.0:8080", AdminAddr: "127.0.0.1:9090",
	}
	for name, a := range map[string]*App{"alone": alone, "real": real, "front": front} {
		for _, width := range []int{40, 80, 120} {
			checkTable(t, fmt.Sprintf("table-%s-%d.txt", name, width), a, width)
		}
	}
	var b bytes.Buffer
	alone.table(&b)
	if strings.Contains(b.String(), "\x1b") || !strings.Contains(b.String(), "→ Open http://127.0.0.1:8080/play and say hello\n") {
		t.Errorf("a file gets %q", b.String())
	}
}

// That nothing leaves the machine is said where it is so: not with a service that gets prompts.
func TestTableNamesWhoGetsPrompts(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"": "nothing leaves this machine", "sk-x": "prompts may go to OpenAI"} {
		a := &App{options: Options{Config: config.Config{Role: config.RoleRun, Model: "local", OpenAIKey: config.NewSecret(key)}}, core: &core{}, WebAddr: "127.0.0.1:8080"}
		elsewhere, err := a.elsewhere()
		if err != nil {
			t.Fatal(err)
		}
		a.servers = servers{fake: &telegramtest.Server{}, playground: &playground.Playground{}, elsewhere: elsewhere, embedded: map[string]bool{}}
		var b bytes.Buffer
		a.table(&b)
		said := strings.Join(strings.Fields(b.String()), " ")
		if !strings.Contains(said, want) || strings.Contains(said, "nothing leaves") != (notice(elsewhere) == "") {
			t.Errorf("key %q: %s", key, said)
		}
	}
}

// checkTable holds a table without colors against its file, and with colors against the width.
func checkTable(t *testing.T, file string, a *App, width int) {
	t.Helper()
	var plain, colored bytes.Buffer
	a.table(term.New(&plain, term.Settings{Unicode: true, Width: width}))
	a.table(term.New(&colored, term.Settings{Live: true, Unicode: true, Width: width, Color: term.TrueColor, Links: true}))
	file = filepath.Join("testdata", file)
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" { // the flag of all golden files here
		if err := os.WriteFile(file, plain.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), plain.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
	shown := strings.Split(colored.String(), "\n")
	for i, line := range strings.Split(plain.String(), "\n") {
		if term.Width(shown[i]) != term.Width(line) {
			t.Errorf("%s: with colors %q is not as wide as %q", file, shown[i], line)
		}
	}
	if strings.Contains(colored.String(), "hunter2") {
		t.Errorf("%s: a secret shows", file)
	}
}
