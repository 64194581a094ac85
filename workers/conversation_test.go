package workers

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// newChat is a talk where conversations are switched on, and the two have agreed to everything.
func newChat(t *testing.T) *talk {
	t.Helper()
	k := newTalk(t)
	k.w.Settings.Conversations = true
	for _, p := range []*telegramtest.Person{k.ada, k.ben} {
		who := k.who(p)
		who.Settings.Chat = storage.ChatSettings{Lang: "en", Rules: chatRules, Again: true}
		k.agree(who.ID)
		if _, err := k.w.Store.SetSettings(t.Context(), storage.Effect{}, who.ID, who.Settings); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// agree is somebody's consent to what is in force, and that they are of age.
func (k *till) agree(user int64) {
	k.Helper()
	for _, c := range []storage.Consent{
		{User: user, Version: AgeRule, Outcome: storage.AgeAdult, Document: []string{storage.DocumentAge}},
		{User: user, Version: policy.Version, Document: []string{storage.DocumentPolicy}},
	} {
		if _, _, err := k.w.Store.Agree(k.Context(), storage.Effect{}, c); err != nil {
			k.Fatal(err)
		}
	}
}

func (k *talk) who(p *telegramtest.Person) storage.Person {
	k.Helper()
	who, err := k.w.Store.KnownPerson(k.Context(), p.ID())
	if err != nil {
		k.Fatal(err)
	}
	return who
}

func (k *talk) do(query string, args ...any) {
	k.Helper()
	if _, err := k.raw.ExecContext(k.Context(), query, args...); err != nil {
		k.Fatal(err)
	}
}

func (k *talk) sweepChats() {
	k.Helper()
	k.do(`UPDATE lobby SET tried_at = 0`)
	if err := k.w.sweepConversations(k.Context()); err != nil {
		k.Fatal(err)
	}
	k.pass()
}

// tap presses the newest button of a label.
func (k *talk) tap(p *telegramtest.Person, label string) {
	k.Helper()
	for _, m := range slices.Backward(live(p)) {
		if _, ok := m.Button(label); ok {
			if _, err := p.Press(m.MessageID, label); err != nil {
				k.Fatal(err)
			}
			k.pass()
			return
		}
	}
	k.Fatalf("%s has no button %q", p.User().FirstName, label)
}

// heard is how many messages of somebody begin with words.
func heard(p *telegramtest.Person, words string) (n int) {
	for _, m := range live(p) {
		if strings.HasPrefix(m.Text, words) {
			n++
		}
	}
	return n
}

func (k *talk) want(p *telegramtest.Person, words string, times int) {
	k.Helper()
	if n := heard(p, words); n != times {
		k.Errorf("%s hears %q %d times, want %d; last is %q", p.User().FirstName, words, n, times, k.lastOf(p).Text)
	}
}

// over is how both stand after the end, whatever it was.
func (k *talk) over() {
	k.Helper()
	for _, p := range []*telegramtest.Person{k.ada, k.ben} {
		if s := k.who(p).Chat(); s != storage.ChatIdle {
			k.Errorf("%s is in state %s", p.User().FirstName, s)
		}
	}
}

const (
	youLeft, theyLeft = "👋 You’ve left", "👋 Your partner has left"
)

func TestPartnerBlocksTheBot(t *testing.T) {
	t.Parallel()
	k := newChat(t)
	k.ada.Block()
	k.pass()
	k.sweepChats()
	k.over()
	k.want(k.ben, theyLeft, 1)
}

func TestPartnerIsBanned(t *testing.T) {
	t.Parallel()
	k := newChat(t)
	k.do(`UPDATE users SET ban_until = 9000000000000000 WHERE id = $1`, k.who(k.ada).ID)
	k.sweepChats()
	k.sweepChats()
	k.over()
	k.want(k.ben, theyLeft, 1)
	k.want(k.ada, youLeft, 1)
}

func TestNobodyWritesForDays(t *testing.T) {
	t.Parallel()
	k := newChat(t)
	k.do(`UPDATE conversations SET active_at = 1`)
	k.sweepChats()
	k.sweepChats()
	k.over()
	for _, p := range []*telegramtest.Person{k.ada, k.ben} {
		k.want(p, "👋 Nobody has written", 1)
	}
}

// Both want to end it, one button is pressed twice, and what was on its way is told.
func TestBothEndIt(t *testing.T) {
	t.Parallel()
	k := newChat(t)
	for _, p := range []*telegramtest.Person{k.ada, k.ben} {
		p.Text("/stop")
		k.pass()
	}
	c, err := k.w.Store.Conversation(t.Context(), k.who(k.ada).ID)
	if err != nil {
		t.Fatal(err)
	}
	k.do(`INSERT INTO relays (conversation_id, side, seq, update_key, kind, status, created_at, updated_at)
		SELECT id, $2, 900, 'x', 'copy', 'pending', opened_at, opened_at FROM conversations WHERE id = $1`, c.ID, c.Side)
	k.tap(k.ada, "🚪 Yes, end it")
	k.tap(k.ben, "🚪 Yes, end it")
	k.over()
	k.want(k.ada, youLeft, 1)
	k.want(k.ada, "1 message of yours", 1)
	k.want(k.ben, theyLeft, 1)
	k.want(k.ben, youLeft, 0)
	k.want(k.ben, "1 message of yours", 0)
	k.ben.Text("/exit_chat")
	k.pass()
	k.want(k.ben, "You’re not in a conversation", 1)
}

// A wait is asked about, widened, given up, and ends in a reminder once somebody comes.
func TestLongWait(t *testing.T) {
	t.Parallel()
	k := newChat(t)
	k.ben.Text("/next")
	k.pass()
	k.want(k.ben, "🔎 Looking for somebody who speaks English…", 1)
	waited := func(d time.Duration) {
		k.do(`UPDATE lobby SET since = $1`, time.Now().Add(-d).UnixMicro())
		k.sweepChats()
	}
	waited(2 * widenAfter)
	waited(2 * widenAfter)
	k.want(k.ben, "Nobody who speaks English is free", 1)
	k.tap(k.ben, "🌍 Yes, any language")
	if q, err := k.w.Store.Searching(t.Context(), k.who(k.ben).ID); err != nil || !q.Wide {
		t.Errorf("%+v, %v", q, err)
	}
	k.want(k.ben, "🔎 Looking for somebody who speaks English or another", 1)
	waited(2 * waitMost)
	k.want(k.ben, "Nobody has come", 1)
	k.over()
	k.tap(k.ben, "🔔 Tell me")
	k.do(`DELETE FROM pair_bars`)
	k.do(`DELETE FROM leases`)
	k.ada.Text("/chat")
	k.pass()
	waited(2 * remindAfter)
	k.want(k.ben, "💬 Somebody is looking for a conversation in English", 1)
	k.tap(k.ben, "🔎 Find somebody")
	k.want(k.ben, "🎉 Found somebody!", 1)
	k.want(k.ada, "🎉 Found somebody!", 1)
}

func TestConversationsAreSwitchedOff(t *testing.T) {
	t.Parallel()
	k := newChat(t)
	k.ben.Text("/exit_chat")
	k.pass()
	k.tap(k.ben, "🚪 Yes, end it")
	k.w.Settings.Conversations = false
	k.ben.Text("/chat")
	k.pass()
	k.tap(k.ada, "🔎 Find somebody")
	for _, p := range []*telegramtest.Person{k.ada, k.ben} {
		k.want(p, "Conversations are switched off", 1)
	}
}

// Who talks or looks for somebody when conversations are switched off is told so, once, and can still report the partner.
func TestSwitchedOffWhilePeopleTalk(t *testing.T) {
	t.Parallel()
	k := newChat(t)
	const ended, off = "👋 Conversations have been switched off", "Conversations are switched off here"
	switchOff := func() {
		k.w.Settings.Conversations = false
		k.sweepChats()
		k.sweepChats()
		k.over()
	}
	switchOff()
	for _, p := range []*telegramtest.Person{k.ada, k.ben} {
		k.want(p, ended, 1)
		if _, finds := k.lastOf(p).Button("🔎 Find somebody"); finds {
			t.Errorf("%s can look for somebody", p.User().FirstName)
		}
	}
	k.tap(k.ben, "🚩 Report")
	k.tap(k.ben, "Insults")
	k.tap(k.ben, "✅ That’s all")
	k.want(k.ben, "Thank you, the report is complete", 1)
	k.want(k.ben, off, 0)
	k.w.Settings.Conversations = true
	k.ada.Text("/chat")
	k.pass()
	switchOff()
	k.want(k.ada, off, 1)
	k.want(k.ada, ended, 1)
	if k.who(k.ada).Chat() != storage.ChatIdle {
		t.Error("Ada still waits")
	}
}

// Two operators open who talked with whom, one alone does not, and the audit log has both.
func TestUnseal(t *testing.T) {
	t.Parallel()
	var public [2]string
	var private [3]keys.OperatorKey
	for i := range private {
		pub, priv, err := keys.GenerateOperator()
		if err != nil {
			t.Fatal(err)
		}
		if private[i], err = keys.ParseOperatorKey(priv); err != nil {
			t.Fatal(err)
		}
		if i < len(public) {
			public[i] = pub
		}
	}
	operators, err := keys.ParseOperators(strings.Join(public[:], " "))
	if err != nil {
		t.Fatal(err)
	}
	s, err := storage.Open(t.Context(), storage.Config{URL: storagetest.Migrated(t, storagetest.OnSQLite), Keys: storagetest.Keys(t), Operators: operators})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	k := &talk{till: newTillOn(t, s), bodies: bodies{}, crash: -1}
	k.ben = k.boss
	k.meet()
	c, err := s.Conversation(t.Context(), k.user.ID)
	if err != nil {
		t.Fatal(err)
	}
	d, ann, bob := k.w.Desk(), storage.By{Who: "ann", Why: "asked by the police"}, storage.By{Who: "bob", Why: "asked by the police"}
	refused := func(by storage.By, key keys.OperatorKey) {
		t.Helper()
		if v, err := d.Unseal(t.Context(), by, c.ID, key); err == nil || v.People != nil {
			t.Errorf("%+v, %v", v, err)
		}
	}
	refused(ann, private[0]) // it lives
	if err := k.w.part(t.Context(), storage.Effect{}, c, storage.EndLeft); err != nil {
		t.Fatal(err)
	}
	refused(ann, private[2]) // a stranger
	if v, err := d.Unseal(t.Context(), ann, c.ID, private[0]); err != nil || v.People != nil {
		t.Errorf("%+v, %v", v, err)
	}
	refused(ann, private[0]) // once more
	v, err := d.Unseal(t.Context(), bob, c.ID, private[1])
	if err != nil || len(v.People) != 2 || v.People[0].TelegramID+v.People[1].TelegramID != k.ada.ID()+k.boss.ID() {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := d.Unseal(t.Context(), bob, c.ID, private[1]); err != nil || v.People != nil { // it takes two again
		t.Errorf("%+v, %v", v, err)
	}
}
