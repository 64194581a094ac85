package app_test

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver named pgx
	"github.com/redis/go-redis/v9"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// canaries are what tells of a person, wherever it stands: as it is, and as Postgres and JSON write bytes.
type canaries []string

// in names those that are somewhere.
func (c canaries) in(where string) (found []string) {
	for _, one := range c {
		for _, form := range []string{one, hex.EncodeToString([]byte(one))} {
			if strings.Contains(where, form) {
				found = append(found, form)
			}
		}
	}
	return found
}

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Somebody writes, sends a picture, has pictures made, pays, talks with somebody, and has everything erased while something is
// painted for them, an export is made and the conversation lives. After the receipt nothing that tells of them is in the database,
// the key store, the bucket, Redis, the log or the metrics, nor in a backup of the moment before, which is found to need the
// erasure again.
func TestErasedWithoutATrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onReal)
	w.person = w.tg.Person(telegramtest.PersonConfig{FirstName: "Zyxcanaryname", Username: "zyxcanaryuser", LanguageCode: "en"})
	var log lines
	a, _ := w.start(func(o *app.Options) {
		o.EraseSettle = 200 * time.Millisecond
		o.Log = config.NewLogger(&log, slog.LevelDebug, config.FormatJSON)
	})
	w.agree(w.person)
	s := w.store()
	who, err := s.PersonByTelegram(t.Context(), w.person.ID(), "en")
	if err != nil {
		t.Fatal(err)
	}
	w.visit(a, "zyxcanaryagent", "8.8.8.77")
	w.person.Text("a zyxcanaryprompt fox")
	w.picture(w.person, "")
	charge, err := w.person.Charge(50, "zyxcanaryorder")
	if err != nil {
		t.Fatal(err)
	}
	w.waitFor(w.person, 30*time.Second, telegramtest.Has("Thank you"))
	exif := pngOf(t, 64, 64)
	exif = append(exif, "zyxcanaryexif"...)
	if _, err := w.person.Send(telegramtest.Outgoing{Photos: [][]byte{exif}, Caption: "make it a zyxcanarycaption"}); err != nil {
		t.Fatal(err)
	}
	ben := w.someone("Ben")
	w.introduce([]*telegramtest.Person{w.person, ben})
	w.person.Text("a zyxcanarysecret for you")
	w.waitFor(ben, 30*time.Second, telegramtest.Has("zyxcanarysecret"))
	if _, _, err := s.AskRight(t.Context(), storage.Effect{}, storage.Right{User: who.ID, Kind: storage.RightExport, Origin: storage.RightChat, Status: storage.RightAsked}); err != nil {
		t.Fatal(err)
	}
	backup := storagetest.Backup(t, w.env["IMAGIKA_DATABASE_URL"])
	w.leave(t)
	w.waitFor(w.person, 90*time.Second, telegramtest.Has("Your receipt"))
	if who, err = s.PersonByID(t.Context(), who.ID); err != nil || who.TelegramID != 0 {
		t.Fatalf("%+v, %v", who, err)
	}

	c := canaries{"zyxcanary", "8.8.8.77", strconv.FormatInt(w.person.ID(), 10)}
	if found := c.in(log.String()); found != nil {
		t.Errorf("the log has %v", found)
	}
	counted := strings.Join(w.scrape(a), "\n")
	if found := c.in(counted); found != nil {
		t.Errorf("the metrics have %v", found)
	}
	if !strings.Contains(counted, `imagika_site_page_views_total{page="home"} 1`) {
		t.Error("the visit is not counted: the search proves nothing")
	}
	w.traceless(t, c, who.ID, charge)
	if acc := w.books(s, w.person); acc.Posted != 0 {
		t.Errorf("who comes back has %d credits", acc.Posted)
	}
	w.unreadable(t, c, backup, who.ID)
}

// traceless holds that nothing that tells of a person is left where data is kept, and that their payment is.
func (w *world) traceless(t *testing.T, c canaries, user int64, charge string) {
	t.Helper()
	for _, url := range []string{w.env["IMAGIKA_DATABASE_URL"], w.env["IMAGIKA_KEYS_DATABASE_URL"]} {
		dump := dumpPostgres(t, url)
		for line := range strings.Lines(dump) {
			if found := c.in(line); found != nil {
				t.Errorf("the database has %v: %.300s", found, line)
			}
		}
		if url == w.env["IMAGIKA_DATABASE_URL"] && !strings.Contains(dump, charge) {
			t.Error("the payment is not in the books: the search proves nothing")
		}
	}
	keys, held := w.dumpRedis(t)
	if found := c.in(held); found != nil || keys == 0 {
		t.Errorf("%d keys of Redis have %v", keys, found)
	}
	w.noObjects(t, objects.UserPrefix(user))
	w.noObjects(t, objects.ExportPrefix(user))
}

// unreadable holds that a backup of before tells nothing of somebody who was erased since, and that they are found in it.
func (w *world) unreadable(t *testing.T, c canaries, backup string, user int64) {
	t.Helper()
	content, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	if found := c.in(string(content)); found != nil {
		t.Errorf("the backup has %v", found)
	}
	s := w.storeAt(storagetest.Restore(t, backup))
	if p, err := s.PersonByID(t.Context(), user); err != nil || !p.Erasing || p.TelegramID != 0 {
		t.Errorf("in the backup they are %+v, %v", p, err)
	}
	if all, err := s.Undead(t.Context(), 10); err != nil || !slices.Contains(all, user) {
		t.Errorf("who is to be erased again: %v, %v", all, err)
	}
	closed := make(map[string]int)
	for _, category := range storage.Categories() {
		for _, table := range storage.ShownTables(category) {
			for row, err := range s.Dossier(t.Context(), user, table) {
				if err != nil {
					t.Errorf("%s: %v", table.Name, err)
				}
				closed[table.Name] += len(row.Unreadable)
			}
		}
	}
	for _, name := range []string{"users", "generations"} {
		if closed[name] == 0 {
			t.Errorf("nothing of %s in the backup is sealed for good: %v", name, closed)
		}
	}
}

// visit looks at the website, behind a proxy that is not believed.
func (w *world) visit(a *app.App, agent, address string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+a.WebAddr+"/", http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) "+agent)
	r.Header.Set("X-Forwarded-For", address)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = res.Body.Close()
}

// leave goes through the buttons.
func (w *world) leave(t *testing.T) {
	t.Helper()
	w.person.Text("/privacy")
	for _, step := range [][2]string{
		{"Your data, your rights", "🗑 Erase everything"},
		{"Erase everything?", "🗑 Erase everything"},
		{"Really everything?", "Yes, erase everything"},
		{"will be erased in", "Erase now"},
	} {
		m := w.waitFor(w.person, 30*time.Second, func(m telegramtest.Message) bool {
			_, ok := m.Button(step[1])
			return m.FromBot() && ok && strings.Contains(m.Text, step[0])
		})
		if _, err := w.person.Press(m.MessageID, step[1]); err != nil {
			t.Fatalf("%v; the chat:\n%s", err, w.tg.Transcript(w.person))
		}
	}
}

// dumpPostgres is every row of every table, a line each.
func dumpPostgres(t *testing.T, url string) string {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var b strings.Builder
	for _, table := range storagetest.Column(t, db, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`) {
		for _, v := range storagetest.Column(t, db, `SELECT CAST(t AS TEXT) FROM `+table+` t`) {
			fmt.Fprintf(&b, "%s %s\n", table, strings.ReplaceAll(v, "\n", " "))
		}
	}
	return b.String()
}

// dumpRedis is every key with its value, as it lies there.
func (w *world) dumpRedis(t *testing.T) (keys int, held string) {
	t.Helper()
	opts, err := redis.ParseURL(w.redis.URL())
	if err != nil {
		t.Fatal(err)
	}
	conn := redis.NewClient(opts)
	defer conn.Close()
	var b strings.Builder
	for all := conn.Scan(t.Context(), 0, "*", 1000).Iterator(); all.Next(t.Context()); keys++ {
		b.WriteString(all.Val() + " " + conn.Dump(t.Context(), all.Val()).Val() + "\n")
	}
	return keys, b.String()
}

// noObjects holds that nothing lies under a prefix.
func (w *world) noObjects(t *testing.T, prefix string) {
	t.Helper()
	bucket, err := objects.Open(t.Context(), objects.Config{
		Endpoint: w.env["IMAGIKA_S3_ENDPOINT"], Key: w.env["IMAGIKA_S3_ACCESS_KEY"], Secret: w.env["IMAGIKA_S3_SECRET_KEY"], Bucket: w.env["IMAGIKA_S3_BUCKET"],
	})
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	for o, err := range bucket.List(t.Context(), prefix) {
		t.Errorf("%s is left in the bucket, %v", o.Key, err)
	}
}
