package miniapp

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
	"github.com/imagika/imagika/workers/texts"
)

// door is the Mini App over SQLite and a Redis in this process, with Telegram beside it.
type door struct {
	*testing.T
	tg    *telegramtest.Server
	store *storage.Store
	codes *queue.Keys
	app   *app
	clock *clock
	logs  *lockedBuffer
	// What the workers need: who has the people's keys, what is to be done, and who paints.
	people *keys.Store
	todo   chan queue.Task
	fake   *providertest.Fake
}

// clock is time that a test moves on.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// advance moves time on, here and at Telegram.
func (d *door) advance(by time.Duration) {
	d.clock.ahead.Add(int64(by))
	d.tg.Advance(by)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newDoor opens one; change may change its options.
func newDoor(t *testing.T, change ...func(*Options)) *door {
	t.Helper()
	catalog, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	codes, err := queue.NewKeys(bytes.Repeat([]byte{7}, queue.SecretSize))
	if err != nil {
		t.Fatal(err)
	}
	d := &door{T: t, tg: telegramtest.NewTest(t), codes: codes, clock: &clock{}, logs: &lockedBuffer{}, people: storagetest.Keys(t), todo: make(chan queue.Task, 1000)}
	if d.store, err = storage.Open(t.Context(), storage.Config{URL: storagetest.Migrated(t, storagetest.OnSQLite), Keys: d.people, Now: d.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.store.Close() })
	check := telegram.NewLaunches(d.tg.Token(), time.Hour)
	o := Options{
		Store: d.store, Workers: d.workers(catalog, new(objects.Store)), Texts: catalog, Keys: codes, Limits: queue.NewLimits(queuetest.Redis(t), nil), BotUsername: "imagika_bot", Now: d.clock.Now,
		Log: slog.New(slog.NewTextHandler(d.logs, nil)), Secure: true,
		Launch: func(initData string) (Launch, error) {
			l, err := check.Check(initData, d.clock.Now())
			if errors.Is(err, telegram.ErrLaunchOld) {
				return Launch{}, ErrLaunchOld
			}
			if err != nil {
				return Launch{}, ErrLaunchForged
			}
			return Launch{Telegram: l.User.ID, Lang: l.User.LanguageCode, Sum: l.Sum[:]}, nil
		},
	}
	for _, f := range change {
		f(&o)
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	d.app = h.(*app)
	return d
}

// visitor is somebody who started the bot.
type visitor struct {
	tg *telegramtest.Person
	storage.Person
}

func (d *door) visitor(name, lang string) visitor {
	d.Helper()
	v := visitor{tg: d.tg.Person(telegramtest.PersonConfig{FirstName: name, LanguageCode: lang})}
	v.tg.Start("")
	p, err := d.store.PersonByTelegram(d.Context(), v.tg.ID(), lang)
	if err != nil {
		d.Fatal(err)
	}
	v.Person = p
	return v
}

// request is one to make; what is empty is left out.
type request struct {
	method, path, body, token, kind, from string
	header                                map[string]string
}

// answer is what came back.
type answer struct {
	*http.Response
	text string
	json map[string]any
}

// code is that of a refusal.
func (a answer) code() string {
	e, _ := a.json["error"].(map[string]any)
	code, _ := e["code"].(string)
	return code
}

func (d *door) do(q request) answer {
	d.Helper()
	r := httptest.NewRequestWithContext(d.Context(), q.method, q.path, strings.NewReader(q.body))
	r.RemoteAddr = cmp.Or(q.from, "203.0.113.7:4000")
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if q.kind != "" {
		r.Header.Set("Content-Type", q.kind)
	}
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	d.app.ServeHTTP(w, r)
	a := answer{Response: w.Result()}
	body, err := io.ReadAll(a.Body)
	if err != nil {
		d.Fatal(err)
	}
	a.text = string(body)
	d.documented(q, a)
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(body, &a.json); err != nil {
			d.Fatalf("%s: %v", body, err)
		}
	}
	return a
}

// enter exchanges a launch.
func (d *door) enter(initData, key string) answer {
	d.Helper()
	body, err := json.Marshal(signInBody{initData, key})
	if err != nil {
		d.Fatal(err)
	}
	return d.do(request{method: "POST", path: "/app/api/session", body: string(body)})
}

// session opens one for a person.
func (d *door) session(v visitor) string {
	d.Helper()
	a := d.enter(v.tg.WebAppInitData(""), "")
	token, _ := a.json["token"].(string)
	if token == "" {
		d.Fatalf("no session: %s", a.text)
	}
	return token
}

// want fails unless an answer has that status and code.
func (d *door) want(a answer, status int, code string) {
	d.Helper()
	if a.StatusCode != status || a.code() != code {
		d.Errorf("%d %s, want %d %s: %s", a.StatusCode, a.code(), status, code, a.text)
	}
}

// pageKey is one as the page makes it.
func pageKey(b byte) string { return base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }
