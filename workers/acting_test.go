package workers

import (
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// A chat is told what is being done in it at most once in five seconds, whoever does it, and nothing waits for that call.
func TestActing(t *testing.T) {
	t.Parallel()
	b := newChatBench(t, storagetest.New(t, storagetest.OnSQLite))
	b.w.Limits = providers.NewLocalLimits()
	ada := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada"})
	ben := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ben"})
	ada.Text("hi")
	ben.Text("hi")
	events := b.tg.Subscribe(t.Context(), b.tg.Seq())
	shows := func(p *telegramtest.Person, action string) {
		t.Helper()
		for e := range events {
			if e.Kind != telegramtest.EventAction {
				continue
			}
			if e.ChatID != p.ID() || e.Action != action {
				t.Errorf("%d is shown %q", e.ChatID, e.Action)
			}
			return
		}
		t.Error("nothing is shown")
	}
	stop := b.w.acting(t.Context(), ada.ID(), telegram.ActionTyping, 0)
	shows(ada, "typing")
	stop()
	for range 3 { // of the parts of one result, say
		again := b.w.acting(t.Context(), ada.ID(), telegram.ActionUploadPhoto, 0)
		defer again()
	}
	quick := b.w.acting(t.Context(), ben.ID(), telegram.ActionUploadPhoto, time.Hour) // there before anybody wonders
	quick()
	b.tg.Fault(telegramtest.Fault{Kind: telegramtest.Hang, Method: "sendChatAction", AfterEffect: true})
	stop = b.w.acting(t.Context(), ben.ID(), telegram.ActionUploadPhoto, 0)
	shows(ben, "upload_photo")
	began := time.Now()
	stop()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("a call that hangs held things up for %v", took)
	}
	if n := len(b.tg.CallsTo("sendChatAction")); n > 2 {
		t.Errorf("told %d times", n)
	}
}
