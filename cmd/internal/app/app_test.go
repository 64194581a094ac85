package app_test

import (
	"bytes"
	"image"
	_ "image/png"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// The main job: a person sends a prompt and gets a picture, through every part that runs in production.
func TestPromptToPicture(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		side := 256
		if w.redis == nil { // as it comes
			delete(w.env, "IMAGIKA_CATALOGUE")
			side = 1024
		}
		w.start()
		w.agree(w.person)
		w.person.Text("a red fox under a full moon --seed 7")
		m := w.picture(w.person, "a red fox under a full moon")
		if !strings.Contains(m.Caption, "not an AI model") {
			t.Errorf("caption does not say who painted: %q", m.Caption)
		}
		_, content, ok := w.tg.File(m.FileIDs()[0])
		if !ok {
			t.Fatal("the picture's file is missing")
		}
		if cfg, _, err := image.DecodeConfig(bytes.NewReader(content)); err != nil || cfg.Width != side || cfg.Height != side {
			t.Errorf("picture: %+v, %v", cfg, err)
		}
		for _, label := range []string{"🔁 Again", "🎲 Vary", "🔎 Upscale", "✏️ Edit", "☆", "⋯ More"} {
			if _, ok := m.Button(label); !ok {
				t.Errorf("button %q is missing", label)
			}
		}
		s := w.store()
		all := w.settled(s, w.person, 10*time.Second)
		if len(all) != 1 || all[0].Status != storage.StatusDelivered {
			t.Errorf("generations: %s", describe(all))
		}
		if acc := w.books(s, w.person); acc != (storage.Account{Posted: 19}) {
			t.Errorf("account: %+v", acc)
		}
		if n := pictures(w.person); n != 1 {
			t.Errorf("%d pictures in the chat", n)
		}
	})
}

// Everything that stands under a result, in one conversation.
func TestButtonsOfAResult(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.start()
		w.agree(w.person)
		w.person.Text("three birds over a lake")
		first := w.picture(w.person, "three birds")
		press := func(m telegramtest.Message, label string) *telegramtest.Press {
			t.Helper()
			p, err := w.person.Press(m.MessageID, label)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		again := press(first, "🔁 Again")
		double := again.Again() // Telegram may bring a press twice, under another update id
		again.Must(t)
		if r := double.Must(t); r.Text == "" {
			t.Log("the second answer came to the same query")
		}
		w.waitFor(w.person, time.Minute, func(m telegramtest.Message) bool { return len(m.Photo) > 0 && m.MessageID != first.MessageID })
		press(first, "🎲 Vary").Must(t)
		w.more(w.person, first)
		press(first, "💾 Save original").Must(t)
		doc := w.waitFor(w.person, time.Minute, func(m telegramtest.Message) bool { return m.Document != nil })
		if doc.Document.FileSize < 1000 {
			t.Errorf("original is %d bytes", doc.Document.FileSize)
		}
		s := w.store()
		for range 200 {
			if len(w.settled(s, w.person, time.Minute)) == 3 {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		all := w.settled(s, w.person, time.Minute)
		if len(all) != 3 {
			t.Errorf("%d generations, want 3: one asked for, one again, one varied: %s", len(all), describe(all))
		}
		press(first, "🗑 Delete").Must(t)
		confirm := w.waitFor(w.person, time.Minute, func(m telegramtest.Message) bool { _, ok := m.Button("Yes, delete"); return ok })
		press(confirm, "Yes, delete").Must(t)
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if m, ok := w.person.Message(first.MessageID); !ok || m.Deleted {
				break
			}
			if time.Now().After(end) {
				t.Fatal("the deleted result is still in the chat")
			}
		}
		if acc := w.books(s, w.person); acc != (storage.Account{Posted: 17}) {
			t.Errorf("account: %+v", acc)
		}
	})
}

// What newcomers type, and what they get for it.
func TestConversation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.start()
		p := w.person
		p.Text("a cat")
		w.tg.WaitMessage(t, p, telegramtest.Has("in which month and year were you born?"))
		w.agree(p)
		for _, step := range []struct{ say, want string }{
			{"/help", "Fine-tune"},
			{"/balance", "20 credits"},
			{"/history", "Nothing here yet"},
			{"/cancel", "nothing to cancel"},
			{"/imagine", "What shall I paint?"},
			{"/IMAGINE@imagika_bot", "What shall I paint?"},
			{"/frobnicate", "I don’t know /frobnicate"},
			{"\u200b\u2063\u200b", "can’t be seen"},
			{strings.Repeat("x", 4096) + "and the end of it, which the app sends by itself", "too long"},
			{"a fox --n 9", "can’t be “9”"},
			{"a fox --ar", "needs a value"},
			{"a fox --colour red", "I don’t know --colour"},
			{"--n 2", "What shall I paint?"},
		} {
			last := p.Text(step.say).MessageID
			w.waitFor(p, 20*time.Second, func(m telegramtest.Message) bool {
				return m.MessageID > last && strings.Contains(m.Text, step.want)
			})
			if step.want == "too long" {
				w.tg.WaitMessage(t, p, telegramtest.Has("looks like the rest"))
			}
		}
		for _, send := range []struct {
			do   func()
			want string
		}{
			{func() { p.Sticker() }, "sticker"},
			{func() { p.Voice() }, "voice"},
			{func() { p.Location() }, "map"},
			{func() { p.Contact() }, "contact"},
			{func() { p.Document("notes.txt", []byte("hello"), "make it blue") }, "files that are pictures"},
			{func() { p.Photo(pngOf(t, 64, 64), "") }, "What should I change?"},
		} {
			send.do()
			w.tg.WaitMessage(t, p, telegramtest.Has(send.want))
		}
		p.Text("<b>5 & 6</b> שלום --seed 3")
		m := w.picture(p, "5 & 6")
		if !strings.Contains(m.Caption, "<b>5 & 6</b> שלום") {
			t.Errorf("caption %q", m.Caption)
		}
		w.settled(w.store(), p, 20*time.Second)
		p.Text("/history")
		h := w.tg.WaitMessage(t, p, telegramtest.Has("newest first"))
		if _, ok := h.Button("1"); !ok || !strings.Contains(h.Caption, "5 & 6") {
			t.Errorf("history: %q", h.Caption)
		}
		if acc := w.books(w.store(), p); acc != (storage.Account{Posted: 19}) {
			t.Errorf("account: %+v; nothing but the one picture was to be paid", acc)
		}
	})
}

func TestAlbumEditAndNoCredits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.env["IMAGIKA_PRICE"] = "4"
		w.start()
		w.agree(w.person)
		w.person.Text("a lighthouse --n 3 --ar 16:9")
		w.press(w.person, w.tg.WaitMessage(t, w.person, telegramtest.Has("The price holds")), "▶️ Start")
		w.tg.WaitMessage(t, w.person, telegramtest.Has("What next?"))
		w.withinChat(w.person, 30*time.Second, "an album of 3 is not all", func() bool { return pictures(w.person) == 3 })
		w.person.Photo(pngOf(t, 300, 200), "make it winter")
		w.picture(w.person, "make it winter")
		w.person.Text("two boats --n 2")
		w.tg.WaitMessage(t, w.person, telegramtest.Has("This takes 8 credits, and you have 4"))
		if acc := w.books(w.store(), w.person); acc != (storage.Account{Posted: 4}) {
			t.Errorf("account: %+v", acc)
		}
	})
}
