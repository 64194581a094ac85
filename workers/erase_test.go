package workers

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/objects/objectstest"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// leaving is a till whose person wants to be erased: they paid, gave a gift, and something is painted for them.
type leaving struct {
	*till
	ahead  atomic.Int64
	charge string
	stars  int64
	object string
	url    string // of the database
}

func newLeaving(t *testing.T) *leaving {
	t.Helper()
	l := &leaving{url: storagetest.Migrated(t, storagetest.OnSQLite)}
	k := storagetest.Keys(t)
	s, err := storage.Open(t.Context(), storage.Config{
		URL: l.url, Keys: k, Now: func() time.Time { return time.Now().Add(time.Duration(l.ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l.till = newTillOn(t, s)
	l.w.Keys, l.w.Objects = k, objectstest.New(t)
	l.w.Settings = l.w.Settings.withDefaults()
	l.stars = l.ada.Stars()
	l.charge = l.pays(50)
	if _, err := s.MakeGift(t.Context(), storage.Effect{}, storage.Gift{ID: s.NewGiftID(), User: l.user.ID, Credits: 20}, 5); err != nil {
		t.Fatal(err)
	}
	l.object = objects.ResultKey(l.user.ID, "g", "a", 0, "png")
	if err := l.w.Objects.Put(t.Context(), l.object, strings.NewReader("sealed"), 6, "application/octet-stream"); err != nil {
		t.Fatal(err)
	}
	l.paints()
	return l
}

// paints leaves a generation in the hands of a worker.
func (l *leaving) paints() {
	l.Helper()
	id, err := l.w.Store.NewID()
	if err == nil {
		_, _, _, err = l.w.Store.Reserve(l.Context(), storage.Effect{}, storage.NewGeneration{
			ID: id, User: l.user.ID, Origin: storage.OriginChat, RequestKey: id, Form: storage.FormPull, ParentN: -1, Model: "local",
			Operation: "generate", Request: storage.Request{Prompt: "a fox"}, Params: storage.Params{Count: 1}, Price: 4, Parallel: 9, Waiting: 9,
		})
	}
	var g storage.Generation
	if err == nil {
		g, err = l.w.Store.Claim(l.Context(), id)
	}
	if err == nil {
		_, err = l.w.Store.StartAttempt(l.Context(), g, storage.Attempt{Provider: "local", Model: "local"})
	}
	if err != nil {
		l.Fatal(err)
	}
}

// asks is the button of the hub.
func (l *leaving) asks() {
	l.Helper()
	p, err := l.w.Store.PersonByTelegram(l.Context(), l.ada.ID(), "en")
	if err != nil {
		l.Fatal(err)
	}
	in := &incoming{
		person: p, chat: telegram.Chat{ID: l.ada.ID(), Type: telegram.ChatPrivate}, texts: l.w.printer("en"), effect: storage.Effect{User: p.ID},
	}
	if err := l.w.askErase(l.Context(), in, press{query: &telegram.CallbackQuery{ID: "1"}}); err != nil {
		l.Fatal(err)
	}
	l.work()
}

// passes lets time pass, and everything happen that is due then.
func (l *leaving) passes(d time.Duration) {
	l.Helper()
	for range 8 {
		l.ahead.Add(int64(d / 8))
		refs, err := l.w.Store.SweepRights(l.Context(), 10, true)
		if err != nil {
			l.Fatal(err)
		}
		for _, r := range refs {
			l.w.enqueue(l.Context(), queue.NewRightServeTask(r.ID, r.Epoch))
		}
		l.sweep()
	}
}

// gone holds that nothing of the person is left, and their Stars are back.
func (l *leaving) gone(receipts int) {
	l.Helper()
	acc, err := l.w.Store.Account(l.Context(), l.user.ID)
	if err != nil || acc != (storage.Account{}) {
		l.Errorf("%+v, %v is left of their credits", acc, err)
	}
	if l.ada.Stars() != l.stars {
		l.Errorf("%d Stars, want %d", l.ada.Stars(), l.stars)
	}
	if p, err := l.w.Store.PersonByID(l.Context(), l.user.ID); err != nil || p.TelegramID != 0 {
		l.Errorf("they are %+v, %v", p, err)
	}
	if _, err := l.w.Keys.Person(l.Context(), l.user.ID); !errors.Is(err, keys.ErrDestroyed) {
		l.Errorf("their key: %v", err)
	}
	if _, err := l.w.Objects.Stat(l.Context(), l.object); !errors.Is(err, objects.ErrNotFound) {
		l.Errorf("their picture: %v", err)
	}
	all, err := l.w.Store.Rights(l.Context(), l.user.ID, 10)
	if err != nil || len(all) == 0 || all[0].Status != storage.RightDone {
		l.Errorf("the request: %+v, %v", all, err)
	}
	if n := told(l.ada, "Everything of yours is erased."); n != receipts {
		l.Errorf("%d receipts, want %d:\n%s", n, receipts, l.tg.Transcript(l.ada))
	}
}

func TestEraseFlow(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	l.agree(l.user.ID)
	l.asks()
	if m := l.last(l.ada, "Erase everything?"); !strings.Contains(m.Text, "You get 50 ⭐ back first") || strings.Contains(m.Text, "Credits you lose") {
		t.Errorf("the preview says %q", m.Text)
	}
	l.press(l.ada, "Erase everything?", "Not now")
	l.asks()
	l.press(l.ada, "Erase everything?", "🗑 Erase everything")
	l.press(l.ada, "Really everything?", "Yes, erase everything")
	waits := l.last(l.ada, "will be erased in 24")
	l.ada.Text("/start")
	l.work()
	if l.last(l.ada, "will be erased in").MessageID == waits.MessageID {
		t.Error("/start does not say that an erasure waits")
	}
	l.asks()
	l.press(l.ada, "will be erased in", "Keep my account")
	l.passes(48 * time.Hour)
	l.has(l.charge, 26, storage.PaymentPaid) // 50 less the gift and what is held
	l.asks()
	l.press(l.ada, "Erase everything?", "🗑 Erase everything")
	l.press(l.ada, "Really everything?", "Yes, erase everything")
	l.press(l.ada, "will be erased in", "Erase now")
	l.ada.Text("hello?")
	l.work()
	l.last(l.ada, "is being erased")
	l.passes(10 * time.Minute)
	l.gone(1)
	receipt := l.last(l.ada, "Your receipt")
	_, token, _ := strings.Cut(receipt.Text, "nothing about you:\n")
	token, _, _ = strings.Cut(token, "\n")
	p, err := l.w.Store.PersonByTelegram(t.Context(), l.ada.ID(), "en")
	if err != nil || p.ID == l.user.ID || p.Erasing {
		t.Errorf("who comes back is %+v, %v", p, err)
	}
	l.agree(p.ID)
	l.ada.Text("/check " + token)
	l.work()
	l.last(l.ada, "Genuine: everything of somebody was erased")
}

func TestErasureSurvivesAKill(t *testing.T) {
	t.Parallel()
	for _, step := range []string{
		"erase marked", "erased marked", "erased stopped", "erased refunded", "erased objects", "erased rows", "erased key", "erased swept", "erase telling", "erased told",
	} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			l := newLeaving(t)
			ref, err := l.w.Store.AskErasure(t.Context(), storage.Act{By: storage.By{Who: "ann", Why: "a child"}, What: "erase", Object: "x"}, l.user.ID, l.w.Store.Now())
			if err != nil {
				t.Fatal(err)
			}
			l.dies(ref, step)
			l.passes(10 * time.Minute)
			l.gone(map[bool]int{true: 0, false: 1}[step == "erase telling"])
		})
	}
}

// dies works on an erasure until its process dies at a step, and frees what it had claimed.
func (l *leaving) dies(ref storage.Ref, step string) {
	l.Helper()
	died := false
	l.w.Step = func(name string) {
		if name == step {
			died = true
			panic(killed{})
		}
	}
	for range 20 {
		func() {
			defer func() { _ = recover() }()
			_ = l.w.serveRight(l.Context(), queue.RightServe{ID: ref.ID, Epoch: ref.Epoch})
		}()
		if died {
			break
		}
		l.tasks = nil
		l.sweep() // refunds
		l.ahead.Add(int64(2 * time.Minute))
	}
	if !died {
		l.Fatalf("it never came to %q", step)
	}
	l.w.Step, l.tasks = func(string) {}, nil
	r, err := l.w.Store.Right(l.Context(), ref.ID)
	if err == nil {
		_, err = l.w.Store.PauseRight(l.Context(), r, r.Step, l.w.Store.Now()) // its lease runs out
	}
	if err != nil {
		l.Fatal(err)
	}
}

// What Telegram does not give back is told, and nothing else waits for it.
func TestErasureWithoutRefund(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	l.tg.Fault(telegramtest.Fault{Method: "refundStarPayment", Code: 400, Description: "Bad Request: BALANCE_TOO_LOW"})
	if _, err := l.w.Store.AskErasure(t.Context(), storage.Act{By: storage.By{Who: "ann", Why: "asked by letter"}, What: "erase", Object: "x"}, l.user.ID, l.w.Store.Now()); err != nil {
		t.Fatal(err)
	}
	l.stars = l.ada.Stars()
	l.passes(10 * time.Minute)
	l.gone(1)
	l.last(l.ada, "Telegram did not return 50")
	l.has(l.charge, 0, storage.PaymentPaid)
}

// Who blocked the bot is erased as well.
func TestErasureOfSomebodyAway(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	if _, err := l.w.Store.AskErasure(t.Context(), storage.Act{By: storage.By{Who: "ann", Why: "asked by letter"}, What: "erase", Object: "x"}, l.user.ID, l.w.Store.Now()); err != nil {
		t.Fatal(err)
	}
	l.ada.Block()
	l.passes(10 * time.Minute)
	l.gone(0)
}

// A backup of before an erasure is restored: who was erased is erased again, without having to ask.
func TestUndeadAreErasedAgain(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	if err := l.w.Keys.Destroy(t.Context(), l.user.ID); err != nil { // what a backup is like, beside the key store as it is now
		t.Fatal(err)
	}
	l.ada.Text("hello?") // is dropped: there is no key to keep it under
	l.work()
	for range 2 {
		if err := l.w.eraseUndead(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	l.stars = l.ada.Stars() // nobody knows any more whom to give them back; the comparison with Telegram's list tells
	l.passes(10 * time.Minute)
	l.gone(0)
	l.ada.Text("/start")
	l.work()
	if p, err := l.w.Store.KnownPerson(t.Context(), l.ada.ID()); err != nil || p.ID == l.user.ID || p.Erasing {
		t.Errorf("who comes back is %+v, %v", p, err)
	}
}

// A conversation ends, the partner is told, and nothing of what was said is left.
func TestErasureEndsAConversation(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.w.Objects = objectstest.New(t)
	m := k.send(k.ada, telegramtest.Outgoing{Text: "a secret canary"})[0]
	if _, err := k.ada.Edit(m.MessageID, "of ada@example.com"); err != nil { // which waits for a word
		t.Fatal(err)
	}
	k.pass()
	if len(k.bodies) == 0 {
		t.Fatal("nothing waits outside the database")
	}
	k.erase(k.ada)
	if n := told(k.ben, "has left"); n+told(k.ben, "ended") == 0 {
		t.Errorf("the partner was not told:\n%s", k.tg.Transcript(k.ben))
	}
	for _, table := range []string{"relays", "relay_map", "conversation_members", "lobby"} {
		var n int
		if err := k.raw.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows are left in %s, %v", n, table, err)
		}
	}
	if len(k.bodies) > 0 {
		t.Errorf("%d bodies wait to be passed on", len(k.bodies))
	}
}

// erase has somebody erased.
func (k *talk) erase(p *telegramtest.Person) {
	k.Helper()
	k.w.Settings.EraseSettle = time.Nanosecond
	act := storage.Act{By: storage.By{Who: "ann", Why: "a test"}, What: "erase", Object: "x"}
	ref, err := k.w.Store.AskErasure(k.Context(), act, k.who(p).ID, k.w.Store.Now())
	if err == nil {
		err = k.w.serveRight(k.Context(), queue.RightServe{ID: ref.ID, Epoch: ref.Epoch})
	}
	if err != nil {
		k.Fatal(err)
	}
	k.pass()
}

// Reporting a partner who is gone since, or about to be, is answered.
func TestReportOfSomebodyGone(t *testing.T) {
	t.Parallel()
	for _, begun := range []bool{false, true} {
		k := newChat(t)
		k.w.Objects = objectstest.New(t)
		if begun {
			k.elsewhere(k.ada, k.somebody("Carol", "en"))
			k.pass()
			k.do(`UPDATE users SET erasing_at = 1 WHERE id = ` + strconv.FormatInt(k.who(k.ada).ID, 10))
		} else {
			k.erase(k.ada)
		}
		k.tap(k.ben, "🚩 Report")
		k.tap(k.ben, "Threats or violence")
		if m := k.lastOf(k.ben); m.ReplyMarkup != nil && len(m.ReplyMarkup.InlineKeyboard) > 0 {
			t.Errorf("begun %v: the reasons still stand: %s", begun, k.tg.Transcript(k.ben))
		}
		if n := len(k.dump("chat_reports")); n != 0 {
			t.Errorf("begun %v: %d reports", begun, n)
		}
		k.do(`UPDATE users SET erasing_at = NULL WHERE erased_at IS NULL`)
	}
}

// Exports go with the pictures, and so does what somebody put down who had lost their claim by then.
func TestErasureTakesAllObjects(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	put := func(key string) {
		if err := l.w.Objects.Put(t.Context(), key, strings.NewReader("sealed"), 6, "application/octet-stream"); err != nil {
			t.Error(err)
		}
	}
	export, late := objects.ExportPrefix(l.user.ID)+"old.zip", objects.ResultKey(l.user.ID, "g", "late", 0, "png")
	put(export)
	l.w.Step = func(step string) {
		if step == "erased "+storage.EraseRows {
			put(late)
		}
	}
	if _, err := l.w.Store.AskErasure(t.Context(), storage.Act{By: storage.By{Who: "ann", Why: "a test"}, What: "erase", Object: "x"}, l.user.ID, l.w.Store.Now()); err != nil {
		t.Fatal(err)
	}
	l.passes(10 * time.Minute)
	for _, key := range []string{export, late} {
		if _, err := l.w.Objects.Stat(t.Context(), key); !errors.Is(err, objects.ErrNotFound) {
			t.Errorf("%s: %v", key, err)
		}
	}
}
