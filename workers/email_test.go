package workers

import (
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/mail"
	"github.com/imagika/imagika/workers/mail/mailtest"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// post is a till with a server of mail.
type post struct {
	*till
	mails *mailtest.Server
}

func newPost(t *testing.T) *post {
	t.Helper()
	k := &post{newTill(t), mailtest.New(t)}
	client, err := mail.New(mail.Config{URL: k.mails.URL, From: "Imagika <bot@example.com>", Roots: k.mails.Roots})
	if err != nil {
		t.Fatal(err)
	}
	k.w.Mail, k.w.BotName = client, "imagika_bot"
	return k
}

// taps presses a button of the pages about data, under the last message.
func (k *post) taps(op telegram.Op, object string) {
	k.Helper()
	all := k.ada.Messages()
	if _, err := k.ada.PressData(all[len(all)-1].MessageID, k.w.signer.Data(op, object, k.ada.ID(), "")); err != nil {
		k.Fatal(err)
	}
	k.work()
}

// replies to the newest message with these words.
func (k *post) replies(to, words string) {
	k.Helper()
	k.send(k.ada, telegramtest.Outgoing{Text: words, ReplyTo: k.last(k.ada, to).MessageID})
	k.work()
}

// code is what the n-th mail says it is.
func (k *post) code(n int) string {
	k.Helper()
	return strings.Fields(k.mails.Await(n).Subject)[0]
}

// other is a code that it is not.
func other(code string) string {
	if code == "000000" {
		return "111111"
	}
	return "000000"
}

// An address is linked by the code that was sent to it, shown, changed and removed.
func TestLinkingAnAddress(t *testing.T) {
	t.Parallel()
	k := newPost(t)
	k.taps(telegram.OpMail, "")
	k.replies("Which e-mail address?", "ann at example")
	k.replies("doesn’t look like an e-mail address", "Ann@Example.org")
	first := k.mails.Await(1)
	if first.To != "Ann@Example.org" || !strings.Contains(first.Text, k.code(1)) || !strings.Contains(first.Text, "@imagika_bot") {
		t.Errorf("sent %+v", first)
	}
	k.replies("A code is on its way", other(k.code(1)))
	k.replies("That isn’t the code. You have 4 tries left", k.code(1)[:3]+" "+k.code(1)[3:])
	k.last(k.ada, "Ann@Example.org is linked")
	k.taps(telegram.OpMail, "")
	k.last(k.ada, "Your e-mail address is Ann@Example.org")

	k.press(k.ada, "Your e-mail address is", "Change")
	k.replies("Which e-mail address?", "new@example.org")
	k.send(k.ada, telegramtest.Outgoing{Text: k.code(2)}) // not as a reply
	k.work()
	k.last(k.ada, "new@example.org is linked")
	if e, err := k.w.Store.Email(t.Context(), k.user.ID); err != nil || e.Address != "new@example.org" {
		t.Errorf("%+v, %v", e, err)
	}
	k.taps(telegram.OpMail, "")
	k.press(k.ada, "Your e-mail address is new", "Remove")
	k.last(k.ada, "Your e-mail address is removed")
	if all, err := k.w.Store.Rights(t.Context(), k.user.ID, 9); err != nil || len(all) != 3 {
		t.Errorf("%d corrections were noted, %v, want 3", len(all), err)
	}
}

// A server that is busy gets the same mail again; of one that turns it away the person is told.
func TestMailsThatDoNotLeave(t *testing.T) {
	t.Parallel()
	k := newPost(t)
	k.mails.Fail(mailtest.Fault{Code: 450}, mailtest.Fault{Code: 550, Rcpt: true})
	k.taps(telegram.OpMail, "")
	k.replies("Which e-mail address?", "nobody@example.org")
	if refs, err := k.w.Store.SweepMails(t.Context(), 5, true); err != nil || len(refs) != 0 || len(k.mails.Mails()) != 0 {
		t.Errorf("tried again at once: %v, %v", refs, err)
	}
	k.taps(telegram.OpMail, "")
	k.replies("Which e-mail address?", "nobody@example.org")
	k.last(k.ada, "My e-mail to nobody@example.org could not be delivered")
	k.w.Mail = nil
	k.taps(telegram.OpMail, "")
	k.last(k.ada, "E-mail isn’t set up here")
}

// Where everything is to go is confirmed twice: by a button, and by the code that came there.
func TestPortabilityIsConfirmedTwice(t *testing.T) {
	t.Parallel()
	k := newPost(t)
	id, err := k.w.Store.NewID()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.w.Store.ProposeEmail(t.Context(), storage.Effect{}, storage.EmailCode{ID: id, User: k.user.ID, Purpose: storage.CodePort, Address: "new@example.org"}); err != nil {
		t.Fatal(err)
	}
	k.taps(telegram.OpMailPort, id)
	if m := k.mails.Await(1); m.To != "new@example.org" {
		t.Errorf("sent to %s", m.To)
	}
	k.taps(telegram.OpMailPort, id) // once
	if n := len(k.mails.Mails()); n != 1 {
		t.Errorf("%d codes", n)
	}
	k.tasks = nil
	k.send(k.ada, telegramtest.Outgoing{Text: k.code(1), ReplyTo: k.last(k.ada, "A code is on its way").MessageID})
	for _, u := range k.updates() {
		if _, err := k.w.update(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	all, err := k.w.Store.Rights(t.Context(), k.user.ID, 5)
	if err != nil || len(all) != 1 || all[0].Kind != storage.RightPort || all[0].Status != storage.RightAsked || !strings.Contains(string(all[0].Body), "new@example.org") {
		t.Errorf("%+v, %v", all, err)
	}
}

// A provider that can be asked deletes; one that fails is asked again, and one that cannot be asked is left alone.
func TestProvidersDelete(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	fake := providertest.NewFake("cloud")
	router, err := providers.NewRouter(providers.Config{Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: []providers.Provider{fake}})
	if err != nil {
		t.Fatal(err)
	}
	k.w.Router = router
	fails := true
	fake.Script(func(int, providers.Request) providertest.Step {
		return providertest.Step{DeleteErr: func(int) error {
			if fails {
				return &providers.Error{Provider: "cloud", Class: providers.Transient, Billed: providers.BilledNo}
			}
			return nil
		}}
	})
	sub, err := fake.Submit(t.Context(), providertest.Request(providertest.FakeAsyncModel("cloud-async"), providers.Generate))
	if err != nil {
		t.Fatal(err)
	}
	k.pays(50)
	called := func(provider, external string) string {
		t.Helper()
		id, err := k.w.Store.NewID()
		if err != nil {
			t.Fatal(err)
		}
		g, _, _, err := k.w.Store.Reserve(t.Context(), storage.Effect{}, storage.NewGeneration{
			ID: id, User: k.user.ID, Origin: storage.OriginChat, RequestKey: id, Form: storage.FormPull, ParentN: -1, Model: "cloud-async",
			Operation: "generate", Params: storage.Params{Count: 1}, Price: 1, Parallel: 4, Waiting: 4,
		})
		if err == nil {
			g, err = k.w.Store.Claim(t.Context(), g.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		a, err := k.w.Store.StartAttempt(t.Context(), g, storage.Attempt{Provider: provider, Model: "cloud-async", Deadline: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		a.ExternalID, a.Handle = external, []byte("h")
		if err := k.w.Store.Submitted(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		if _, err := k.w.Store.Finish(t.Context(), g, storage.StatusFailed, storage.ReasonProvider, a.ID, storage.End{State: storage.AttemptFailed, Billed: "no"}, nil); err != nil {
			t.Fatal(err)
		}
		return a.ID
	}
	there, elsewhere := called("cloud", sub.ExternalID), called("gone", "x-1")
	if n, err := k.w.Store.AskDeletions(t.Context(), k.user.ID); err != nil || n != 2 || !k.w.deletesAt("cloud") || k.w.deletesAt("gone") {
		t.Errorf("%d calls, %v", n, err)
	}
	if err := k.w.mend(t.Context(), k.w.elsewhereMends(t.Context(), false)); err != nil {
		t.Fatal(err)
	}
	again := k.tasks[:2:2]
	k.run()
	if _, err := k.w.Store.Deletion(t.Context(), there); err != nil {
		t.Errorf("what failed is not tried again: %v", err)
	}
	if _, err := k.w.Store.Deletion(t.Context(), elsewhere); err == nil {
		t.Error("who cannot be asked is asked again")
	}
	fails = false
	k.tasks = again
	k.run()
	if _, err := k.w.Store.Deletion(t.Context(), there); err == nil {
		t.Error("what is deleted is asked for again")
	}
	if calls := fake.Calls(); len(calls) != 1 || calls[0].Deleted != 2 {
		t.Errorf("asked %+v", calls)
	}
}
