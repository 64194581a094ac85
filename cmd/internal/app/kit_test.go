package app_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue/queuetest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects/objectstest"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// world is everything outside the program: Telegram with its people, and the servers. It outlives the program, which
// can be killed and started again over it.
type world struct {
	t      testing.TB
	tg     *telegramtest.Server
	person *telegramtest.Person
	env    map[string]string
	redis  *queuetest.Server // nil when embedded
	again  func()            // of a story: stops the program and starts it with the environment there is now
}

const (
	onEmbedded = "embedded" // Redis in the process, SQLite
	onReal     = "real"     // redis-server, Postgres
)

// each runs a test on both sets of servers and says which ran.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for _, kind := range []string{onEmbedded, onReal} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, kind))
		})
	}
}

// newWorld makes one in which nothing has happened. The S3 is always the one the program embeds, in a process of its
// own, because a process can hold only one.
func newWorld(t testing.TB, kind string) *world {
	t.Helper()
	tg := telegramtest.NewTest(t, telegramtest.Options{Bot: telegramtest.User{SupportsInlineQueries: true}})
	s3 := objectstest.Config(t)
	models, err := filepath.Abs("testdata/models.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, tg: tg, person: tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "en"}), env: map[string]string{
		"IMAGIKA_DATA":             t.TempDir(),
		"IMAGIKA_TELEGRAM_TOKEN":   tg.Token(),
		"IMAGIKA_TELEGRAM_API_URL": tg.URL(),
		"IMAGIKA_S3_ENDPOINT":      s3.Endpoint,
		"IMAGIKA_S3_ACCESS_KEY":    s3.Key,
		"IMAGIKA_S3_SECRET_KEY":    s3.Secret,
		"IMAGIKA_S3_BUCKET":        s3.Bucket,
		"IMAGIKA_S3_TLS":           "false",
		"IMAGIKA_WEB_ADDR":         "127.0.0.1:0",
		"IMAGIKA_ADMIN_ADDR":       "127.0.0.1:0",
		"IMAGIKA_LOG_LEVEL":        "error",
		"IMAGIKA_CATALOGUE":        models,
	}}
	if kind == onReal {
		w.redis = queuetest.StartReal(t, "--appendonly", "yes", "--maxmemory-policy", "noeviction")
		u, err := url.Parse(w.redis.URL())
		if err != nil {
			t.Fatal(err)
		}
		password, _ := u.User.Password()
		u.User = nil
		w.env["IMAGIKA_REDIS_URL"], w.env["IMAGIKA_REDIS_PASSWORD"] = u.String(), password
		w.env["IMAGIKA_DATABASE_URL"], w.env["IMAGIKA_KEYS_DATABASE_URL"] = storagetest.Migrated(t, storagetest.OnPostgres), storagetest.PostgresURL(t)
		w.env["IMAGIKA_MASTER_KEY"] = keys.GenerateMaster()
		w.env["IMAGIKA_QUEUE_KEY"] = keys.GenerateMaster()
		t.Log("servers: redis-server and Postgres")
	} else {
		storagetest.CopySQLite(t, filepath.Join(w.env["IMAGIKA_DATA"], "imagika.db"))
		t.Log("servers: embedded Redis and SQLite")
	}
	return w
}

func (w *world) environ() []string {
	var list []string
	for k, v := range w.env {
		list = append(list, k+"="+v)
	}
	return list
}

// start runs the program in this process until the returned function is called.
func (w *world) start(change ...func(*app.Options)) (a *app.App, stop func()) {
	w.t.Helper()
	cfg, err := config.Load(config.RoleRun, w.environ())
	if err != nil {
		w.t.Fatal(err)
	}
	log := config.NewLogger(testWriter{w.t}, slog.LevelError, config.FormatText)
	started := make(chan *app.App, 1)
	o := app.Options{Config: cfg, Log: log, Started: func(a *app.App) { started <- a }}
	for _, f := range change {
		f(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, o) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-ended:
			if err != nil && !errors.Is(err, context.Canceled) {
				w.t.Errorf("run: %v", err)
			}
		case <-time.After(2 * time.Minute):
			w.t.Error("the program does not stop")
		}
	}
	w.t.Cleanup(stop)
	select {
	case a = <-started:
	case err := <-ended:
		stopped = true
		w.t.Fatalf("run: %v", err)
	}
	return a, stop
}

func withProvider(p providers.Provider) func(*app.Options) {
	return func(o *app.Options) {
		o.Providers = []providers.Provider{p}
		o.Config.Model = p.Models()[0].Name
	}
}

// testWriter logs lines to the test, as long as it runs.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

// born is when everybody was born who is of age.
const born = "5/1990"

// agree goes through /start, as everybody new does.
func (w *world) agree(p *telegramtest.Person) {
	w.t.Helper()
	p.Start("")
	w.tg.WaitMessage(w.t, p, telegramtest.Has("month and year"))
	p.Text(born)
	m := w.tg.WaitMessage(w.t, p, telegramtest.Has("Tap Agree"))
	press, err := p.Press(m.MessageID, "✅ Agree")
	if err != nil {
		w.t.Fatal(err)
	}
	press.Must(w.t)
	w.tg.WaitMessage(w.t, p, telegramtest.Has("20 credits"))
}

// picture waits for a message that shows a picture with these words under it.
func (w *world) picture(p *telegramtest.Person, words string) telegramtest.Message {
	w.t.Helper()
	return w.waitFor(p, 60*time.Second, func(m telegramtest.Message) bool { return len(m.Photo) > 0 && strings.Contains(m.Caption, words) })
}

// patience is how many times longer a busy machine may take than the limits of the tests say, which are for an idle one.
const patience = 3

func (w *world) waitFor(p *telegramtest.Person, limit time.Duration, match func(telegramtest.Message) bool) telegramtest.Message {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience*limit)
	defer cancel()
	m, err := p.Wait(ctx, match)
	if err != nil {
		w.t.Fatalf("%v; the chat:\n%s", err, w.tg.Transcript(p))
	}
	return m
}

// pictures counts the messages that show a picture.
func pictures(p *telegramtest.Person) (n int) {
	for _, m := range p.Messages() {
		if m.FromBot() && !m.Deleted && (len(m.Photo) > 0 || m.Document != nil) {
			n++
		}
	}
	return n
}

// more shows the other page of buttons under a result.
func (w *world) more(p *telegramtest.Person, m telegramtest.Message) telegramtest.Message {
	w.t.Helper()
	q, err := p.Press(m.MessageID, "⋯ More")
	if err != nil {
		w.t.Fatal(err)
	}
	q.Must(w.t)
	return w.waitFor(p, time.Minute, func(now telegramtest.Message) bool {
		_, ok := now.Button("💾 Save original")
		return ok && now.MessageID == m.MessageID
	})
}

// store opens the world's database beside the program, or after it.
func (w *world) store() *storage.Store {
	w.t.Helper()
	return w.storeAt(w.env["IMAGIKA_DATABASE_URL"])
}

// storeAt opens a database with the world's key store as it is now.
func (w *world) storeAt(address string) *storage.Store {
	w.t.Helper()
	dir := w.env["IMAGIKA_DATA"]
	master := w.env["IMAGIKA_MASTER_KEY"]
	if master == "" {
		b, err := os.ReadFile(filepath.Join(dir, "master.key"))
		if err != nil {
			w.t.Fatal(err)
		}
		master = strings.TrimSpace(string(b))
	}
	parsed, err := keys.ParseMasterKeys(master)
	if err != nil {
		w.t.Fatal(err)
	}
	or := func(v, file string) string {
		if v != "" {
			return v
		}
		return "file:" + filepath.Join(dir, file)
	}
	k, err := keys.Open(w.t.Context(), keys.Config{URL: or(w.env["IMAGIKA_KEYS_DATABASE_URL"], "keys.db"), Master: parsed})
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := storage.Open(w.t.Context(), storage.Config{URL: or(address, "imagika.db"), Keys: k})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _, _ = s.Close(), k.Close() })
	return s
}

// books fails the test if an invariant is broken, and returns the person's balance.
func (w *world) books(s *storage.Store, p *telegramtest.Person) storage.Account {
	w.t.Helper()
	for _, scope := range []storage.Scope{storage.ScopeAll, storage.ScopeRecent} {
		v, err := s.Prove(w.t.Context(), scope)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, c := range v.Broken() {
			w.t.Errorf("invariant broken: %s: %v", c.Invariant, c.Rows)
		}
	}
	who, err := s.PersonByTelegram(w.t.Context(), p.ID(), "en")
	if err != nil {
		w.t.Fatal(err)
	}
	acc, err := s.Account(w.t.Context(), who.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return acc
}

// settled waits until nothing is open any more, and returns the person's generations.
func (w *world) settled(s *storage.Store, p *telegramtest.Person, limit time.Duration) []storage.Generation {
	w.t.Helper()
	who, err := s.PersonByTelegram(w.t.Context(), p.ID(), "en")
	if err != nil {
		w.t.Fatal(err)
	}
	for end := time.Now().Add(patience * limit); ; time.Sleep(50 * time.Millisecond) {
		all, err := s.History(w.t.Context(), who.ID, "", 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		open := 0
		for _, g := range all {
			if g.Status.Open() || g.Status == storage.StatusStored {
				open++
			}
		}
		if open == 0 && len(all) > 0 {
			return all
		}
		if time.Now().After(end) {
			w.t.Fatalf("%d of %d generations are still open; the chat:\n%s", open, len(all), w.tg.Transcript(p))
		}
	}
}

func describe(all []storage.Generation) string {
	var b strings.Builder
	for _, g := range all {
		fmt.Fprintf(&b, "%s %s/%s ", g.ID[20:], g.Status, g.Reason)
	}
	return b.String()
}

// shown waits until a person has n pictures.
func (w *world) shown(p *telegramtest.Person, n int, limit time.Duration) {
	w.t.Helper()
	for end := time.Now().Add(limit); pictures(p) < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%d pictures of %d; the chat:\n%s", pictures(p), n, w.tg.Transcript(p))
		}
	}
}
