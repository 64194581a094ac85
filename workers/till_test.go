package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
	"github.com/imagika/imagika/workers/texts"
)

type till struct {
	*testing.T
	w     *Workers
	tg    *telegramtest.Server
	ada   *telegramtest.Person
	boss  *telegramtest.Person // the chat of the operators
	user  storage.Person       // Ada's account
	tasks []queue.Task
	next  int64 // update
}

func (k *till) Enqueue(_ context.Context, t queue.Task) error {
	k.tasks = append(k.tasks, t)
	return nil
}

func newTill(t *testing.T) *till {
	t.Helper()
	return newTillAt(t, nil)
}

// newTillAt is newTill with a clock of the database; nil is the real one.
func newTillAt(t *testing.T, now func() time.Time) *till {
	t.Helper()
	return newTillOn(t, storagetest.Open(t, storagetest.Migrated(t, storagetest.OnSQLite), now))
}

// newTillOn is newTill over a database.
func newTillOn(t *testing.T, s *storage.Store) *till {
	t.Helper()
	k := &till{T: t, tg: telegramtest.NewTest(t, telegramtest.Options{})}
	k.ada = k.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "en"})
	k.boss = k.tg.Person(telegramtest.PersonConfig{FirstName: "Boss", LanguageCode: "en"})
	k.ada.Start("")
	k.boss.Start("")
	sealer, err := queue.NewKeys([]byte(strings.Repeat("k", queue.SecretSize)))
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	client, err := telegram.New(telegram.Config{URL: k.tg.URL(), Token: k.tg.Token()})
	if err != nil {
		t.Fatal(err)
	}
	k.w = &Workers{Config: Config{
		Settings: Settings{Operators: k.boss.ID(), RefundWindow: 14 * 24 * time.Hour}, Store: s,
		Queue: k, Lanes: k, Sealer: sealer, Telegram: client, Texts: catalog, Metrics: NewMetrics(nil), Log: slog.New(slog.DiscardHandler), Step: func(string) {},
	}, signer: telegram.NewSigner(sealer.MAC)}
	if k.user, err = k.w.Store.PersonByTelegram(t.Context(), k.ada.ID(), "en"); err != nil {
		t.Fatal(err)
	}
	k.agree(k.user.ID)
	k.updates() // the starts
	t.Cleanup(func() {
		bad, err := k.w.Store.Verify(context.Background())
		if err != nil || len(bad) > 0 {
			t.Errorf("the books: %+v, %v", bad, err)
		}
	})
	return k
}

func (k *till) updates() (all []queue.Update) {
	k.Helper()
	res, err := http.Get(fmt.Sprintf("%s/bot%s/getUpdates?offset=%d&allowed_updates=%s", k.tg.URL(), k.tg.Token(), k.next,
		url.QueryEscape(`["message","edited_message","callback_query","my_chat_member","message_reaction","pre_checkout_query"]`)))
	if err != nil {
		k.Fatal(err)
	}
	defer res.Body.Close()
	var body struct {
		Result []json.RawMessage `json:"result"`
	}
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		k.Fatal(err)
	}
	for _, raw := range body.Result {
		u, err := telegram.ParseUpdate(raw)
		if err != nil {
			k.Fatal(err)
		}
		k.next = u.ID + 1
		all = append(all, queue.Update{Hash: fmt.Sprint("u", u.ID), Raw: raw, Received: time.Now()})
	}
	return all
}

func (k *till) work() {
	k.Helper()
	for {
		all := k.updates()
		for _, u := range all {
			parsed, err := telegram.ParseUpdate(u.Raw)
			if err == nil && paying(parsed) {
				err = k.w.money(k.Context(), u, parsed)
			} else if err == nil {
				_, err = k.w.update(k.Context(), u)
			}
			if err != nil {
				k.Fatalf("%s: %v", u.Raw, err)
			}
		}
		if n := k.run(); n == 0 && len(all) == 0 {
			return
		}
	}
}

func (k *till) run() (n int) {
	k.Helper()
	for ; len(k.tasks) > 0; n++ {
		task := k.tasks[0]
		k.tasks = k.tasks[1:]
		if err := k.w.Handlers()[task.Type](k.Context(), task.Payload); err != nil {
			k.Logf("%s: %v", task.Type, err)
		}
	}
	return n
}

func (k *till) sweep() {
	k.Helper()
	if err := k.w.sweep(k.Context(), true); err != nil {
		k.Fatal(err)
	}
	k.work()
}

// Drain implements Lanes, of which there are none.
func (k *till) Drain(context.Context, string, int64, queue.Handler) error { return nil }

// Sweep implements Lanes.
func (k *till) Sweep(context.Context, int) (int, error) { return 0, nil }

func (k *till) pays(stars int) (charge string) {
	k.Helper()
	charge, err := k.ada.Charge(stars, "an order that is none")
	if err != nil {
		k.Fatal(err)
	}
	k.work()
	return charge
}

func (k *till) spends(credits int64) {
	k.Helper()
	id, err := k.w.Store.NewID()
	if err != nil {
		k.Fatal(err)
	}
	g, _, _, err := k.w.Store.Reserve(k.Context(), storage.Effect{}, storage.NewGeneration{
		ID: id, User: k.user.ID, Origin: storage.OriginChat, RequestKey: id, Form: storage.FormPull, ParentN: -1, Model: "local",
		Operation: "generate", Request: storage.Request{Prompt: "a fox"}, Params: storage.Params{Count: 1}, Price: credits, Parallel: 9, Waiting: 9,
	})
	if err == nil {
		g, err = k.w.Store.Claim(k.Context(), g.ID)
	}
	if err != nil {
		k.Fatal(err)
	}
	a, err := k.w.Store.StartAttempt(k.Context(), g, storage.Attempt{Provider: "local", Model: "local"})
	if err != nil {
		k.Fatal(err)
	}
	if _, err = k.w.Store.Complete(k.Context(), g, a, 0, []storage.Image{{
		Generation: g.ID, Attempt: a.ID, User: g.User, Key: objects.ResultKey(g.User, g.ID, a.ID, 0, "png"), SHA256: "00", Bytes: 1, Width: 1, Height: 1, MediaType: "image/png",
	}}, nil); err != nil {
		k.Fatal(err)
	}
}

func (k *till) has(charge string, credits int64, status storage.PaymentStatus) {
	k.Helper()
	acc, err := k.w.Store.Account(k.Context(), k.user.ID)
	if err != nil || acc.Available() != credits {
		k.Errorf("%d credits, %v, want %d", acc.Available(), err, credits)
	}
	p, err := k.w.Store.Payment(k.Context(), charge)
	if err != nil || p.Status != status {
		k.Errorf("the payment is %s, %v, want %s", p.Status, err, status)
	}
}

func (k *till) send(p *telegramtest.Person, o telegramtest.Outgoing) {
	k.Helper()
	if _, err := p.Send(o); err != nil {
		k.Fatal(err)
	}
}

func told(p *telegramtest.Person, words string) (n int) {
	for _, m := range p.Messages() {
		if m.FromBot() && strings.Contains(m.Text, words) {
			n++
		}
	}
	return n
}

func (k *till) last(p *telegramtest.Person, words string) telegramtest.Message {
	k.Helper()
	for _, m := range slices.Backward(p.Messages()) {
		if m.FromBot() && strings.Contains(m.Text, words) {
			return m
		}
	}
	k.Fatalf("nobody said %q:\n%s", words, k.tg.Transcript(p))
	return telegramtest.Message{}
}

func (k *till) press(p *telegramtest.Person, words, button string) {
	k.Helper()
	if _, err := p.Press(k.last(p, words).MessageID, button); err != nil {
		k.Fatalf("%v:\n%s", err, k.tg.Transcript(p))
	}
	k.work()
}
