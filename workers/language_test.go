package workers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/moderation"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
	"github.com/imagika/imagika/workers/texts"
)

// chatBench is the way of an update through the handlers and the outbox, without a queue in between.
type chatBench struct {
	t      *testing.T
	w      *Workers
	tg     *telegramtest.Server
	offset int64

	mu   sync.Mutex
	owed []queue.Task // guarded by mu
}

func newChatBench(t *testing.T, s *storage.Store) *chatBench {
	t.Helper()
	b := &chatBench{t: t, tg: telegramtest.NewTest(t)}
	client, err := telegram.New(telegram.Config{URL: b.tg.URL(), Token: b.tg.Token()})
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := queue.NewKeys(bytes.Repeat([]byte{7}, queue.SecretSize))
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	catalog.OnError = func(k texts.Key, err error) { t.Errorf("%s: %v", k, err) }
	rules, err := moderation.Default()
	if err != nil {
		t.Fatal(err)
	}
	router, err := providers.NewRouter(providers.Config{Limits: providers.NewLocalLimits(), States: providers.NewLocalStates()})
	if err != nil {
		t.Fatal(err)
	}
	b.w = &Workers{
		Config: Config{
			Store: s, Queue: b, Router: router, Sealer: sealer, Telegram: client, Texts: catalog, Metrics: NewMetrics(nil), Rules: moderation.NewJudge(rules, nil),
			Log: slog.New(slog.DiscardHandler), Step: func(string) {}, Settings: Settings{}.withDefaults(),
		},
		signer: telegram.NewSigner(sealer.MAC), learned: learned{of: map[string]experience{}}, hookTurns: newHookTurns(),
	}
	if err := b.w.SetProfile(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// newAgreed is a bench with one provider, and somebody who has agreed.
func newAgreed(t *testing.T, s *storage.Store) (*chatBench, *telegramtest.Person) {
	t.Helper()
	b := newChatBench(t, s)
	b.useProviders("a")
	p := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "en"})
	b.agree(p)
	return b, p
}

// Enqueue implements Enqueuer. What is sent is of interest here, and not what is painted.
func (b *chatBench) Enqueue(_ context.Context, task queue.Task) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if task.Type == queue.TypeDeliverySend {
		b.owed = append(b.owed, task)
	}
	return nil
}

// next takes what is owed next.
func (b *chatBench) next() (task queue.Task, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.owed) == 0 {
		return task, false
	}
	task, b.owed = b.owed[0], b.owed[1:]
	return task, true
}

// updates fetches what people did.
func (b *chatBench) updates() []json.RawMessage {
	b.t.Helper()
	url := fmt.Sprintf("%s/bot%s/getUpdates?offset=%d", b.tg.URL(), b.tg.Token(), b.offset)
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Result []json.RawMessage `json:"result"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		b.t.Fatal(err)
	}
	return answer.Result
}

// hear handles what people did, each update twice.
func (b *chatBench) hear() {
	b.t.Helper()
	for _, raw := range b.updates() {
		var head struct {
			ID int64 `json:"update_id"`
		}
		if err := json.Unmarshal(raw, &head); err != nil {
			b.t.Fatal(err)
		}
		b.offset = head.ID + 1
		for range 2 {
			u := queue.Update{Bot: 1, Hash: b.w.Sealer.UpdateHash(1, head.ID), Raw: raw, Received: time.Now()}
			if err := (laneHandler{b.w}).Handle(b.t.Context(), u); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// handle handles what people did, and then sends what is owed.
func (b *chatBench) handle() {
	b.t.Helper()
	b.hear()
	for task, ok := b.next(); ok; task, ok = b.next() {
		if err := b.send(task); err != nil {
			b.t.Fatal(err)
		}
	}
}

// send sends one of what is owed.
func (b *chatBench) send(task queue.Task) error {
	p, err := queue.DecodeDeliverySend(task.Payload)
	if err != nil {
		return err
	}
	return fate(b.w.deliver(b.t.Context(), p))
}

// say lets a person write something, and returns the one message they get for it.
func (b *chatBench) say(p *telegramtest.Person, words string) telegramtest.Message {
	b.t.Helper()
	before := len(p.Messages()) + 1
	p.Text(words)
	b.handle()
	all := p.Messages()
	if len(all) != before+1 {
		b.t.Fatalf("%d answers to %q", len(all)-before, words)
	}
	return all[before]
}

// press lets a person press a button, and returns the answer and the message as it is then.
func (b *chatBench) press(p *telegramtest.Person, m telegramtest.Message, label string) (string, telegramtest.Message) {
	b.t.Helper()
	press, err := p.Press(m.MessageID, label)
	if err != nil {
		b.t.Fatal(err)
	}
	b.handle()
	after, _ := p.Message(m.MessageID)
	return press.Must(b.t).Text, after
}

func (b *chatBench) has(m telegramtest.Message, parts ...string) {
	b.t.Helper()
	for _, part := range parts {
		if !strings.Contains(spaced(m.Text), spaced(part)) {
			b.t.Errorf("%q is missing in %q", part, m.Text)
		}
	}
}

// spaced is a text with spaces at which lines may end.
func spaced(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

// menuLine is what a person's app says about a command.
func menuLine(p *telegramtest.Person, command string) string {
	for _, c := range p.Commands() {
		if c.Command == command {
			return c.Description
		}
	}
	return ""
}

func TestChoosingALanguage(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := newChatBench(t, s)
		p := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "de-AT"})
		p.Start("")
		b.handle()
		m := b.say(p, "/language")
		b.has(m, "Wir sprechen Deutsch")
		for _, label := range []string{"English", "Русский", "✓ Deutsch", "Türkçe", "Español"} {
			if _, ok := m.Button(label); !ok {
				t.Errorf("button %q is missing", label)
			}
		}
		if got := menuLine(p, "language"); got != "Sprache wählen" {
			t.Errorf("menu of the app's language: %q", got)
		}
		toast, m := b.press(p, m, "Türkçe")
		if toast != "Artık Türkçe!" {
			t.Errorf("answered %q", toast)
		}
		b.has(m, "Türkçe konuşuyoruz")
		if _, ok := m.Button("✓ Türkçe"); !ok {
			t.Error("the chosen language has no tick")
		}
		if got := menuLine(p, "language"); got != "Dilini seç" {
			t.Errorf("menu of the chosen language: %q", got)
		}
		b.has(b.say(p, "/help"), "Komutlar", "/language – Dilini seç")
		who, err := s.PersonByTelegram(t.Context(), p.ID(), "es")
		if err != nil || who.Lang != "tr" {
			t.Errorf("kept %q, %v", who.Lang, err)
		}
		if toast, _ = b.press(p, m, "✓ Türkçe"); toast != "Artık Türkçe!" { // changes nothing, and is no trouble
			t.Errorf("answered %q", toast)
		}
	})
}

// Groups offer what is answered there, and not what leads to the private chat.
func TestMenuOfGroups(t *testing.T) {
	t.Parallel()
	b := newChatBench(t, storagetest.New(t, storagetest.OnSQLite))
	p := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "de"})
	p.Start("")
	want := []telegramtest.BotCommand{{Command: "imagine", Description: "Malen, was du beschreibst"}, {Command: "cancel", Description: "Abbrechen, was noch wartet"}}
	if diff := cmp.Diff(want, p.In(b.tg.Group("Foxes", p)).Commands()); diff != "" {
		t.Error(diff)
	}
	if menuLine(p, "balance") == "" {
		t.Error("a private chat offers too little")
	}
}

func TestLanguageAfterTheCommand(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := newChatBench(t, s)
		p := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "en"})
		p.Start("")
		b.handle()
		m := b.say(p, "/language klingon")
		b.has(m, "“klingon”", "English, Deutsch, Español, Русский, Türkçe")
		if _, ok := m.Button("✓ English"); !ok {
			t.Error("nonsense is not answered with buttons")
		}
		b.has(b.say(p, "/language "+strings.Repeat("nonsense ", 60)), "…”")
		for _, step := range []struct{ typed, want, menu string }{
			{"de", "Ab jetzt spreche ich Deutsch", "Sprache wählen"},
			{"Русский", "Теперь мы говорим по-русски", "Выбрать язык"},
			{"spanish", "te hablo en español", "Elegir tu idioma"},
			{"EN-gb", "From now on I speak English", "Choose your language"},
		} {
			b.has(b.say(p, "/language "+step.typed), step.want)
			if got := menuLine(p, "language"); got != step.menu {
				t.Errorf("%s: menu says %q, want %q", step.typed, got, step.menu)
			}
		}
	})
}

// A release may add commands. A chat with a menu of its own learns of them when the person asks.
func TestHelpRenewsTheMenu(t *testing.T) {
	t.Parallel()
	b := newChatBench(t, storagetest.New(t, storagetest.OnSQLite))
	p := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "pt-br"})
	p.Start("")
	b.handle()
	b.say(p, "/language es")
	old := []telegram.BotCommand{{Name: "imagine", Description: "Pintar"}}
	for _, words := range []string{"/help", "/start"} {
		if err := b.w.Telegram.SetChatCommands(t.Context(), p.ID(), old); err != nil {
			t.Fatal(err)
		}
		b.say(p, words)
		if got := menuLine(p, "language"); got != "Elegir tu idioma" {
			t.Errorf("after %s the menu says %q", words, got)
		}
	}
}

// The menu is a call like any other of the outbox: it waits while Telegram does, and is not lost.
func TestMenuIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := newChatBench(t, storagetest.New(t, storagetest.OnSQLite))
	p := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "en"})
	p.Start("")
	b.handle()
	w := b.w
	person, err := w.Store.PersonByTelegram(t.Context(), p.ID(), "en")
	if err != nil {
		t.Fatal(err)
	}
	in := &incoming{person: person, chat: telegram.Chat{ID: p.ID(), Type: telegram.ChatPrivate}, texts: w.printer("tr")}
	if err := w.setLanguage(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if len(b.owed) != 1 {
		t.Fatalf("%d deliveries are owed, want the menu", len(b.owed))
	}
	menu, err := queue.DecodeDeliverySend(b.owed[0].Payload)
	if err != nil {
		t.Fatal(err)
	}
	b.owed = nil
	b.tg.Close() // Telegram is away
	if err := w.deliver(t.Context(), menu); err != nil {
		t.Fatal(err)
	}
	var again []string
	for _, task := range b.owed {
		again = append(again, task.Type)
	}
	if diff := cmp.Diff([]string{queue.TypeDeliverySend}, again); diff != "" {
		t.Errorf("after a failure: %s", diff)
	}
}
