package app_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// Inline mode finds the person's own results and nobody else's, page by page, sends them again from Telegram's memory, and
// costs nothing.
func TestInlineModeOverOnesOwnResults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	w.env["IMAGIKA_WELCOME_CREDITS"] = "40"
	w.start(withProvider(providertest.NewFake("fake")))
	ben := w.tg.Person(telegramtest.PersonConfig{FirstName: "Ben", LanguageCode: "de"})
	friends := w.tg.Group("Friends", w.person, ben)
	asks := func(p *telegramtest.Person, query, offset string) telegramtest.InlineAnswer {
		t.Helper()
		a, err := p.In(friends).Inline(t.Context(), query, offset)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := asks(ben, "fox", ""); len(a.Results) != 0 || a.Button == nil || a.Button.Text != "Mit Imagika loslegen" || a.Button.StartParameter != "inline" {
		t.Errorf("a stranger: %+v", a)
	}
	s := w.store()
	if _, err := s.KnownPerson(t.Context(), ben.ID()); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a query made somebody known: %v", err)
	}
	w.welcome(w.person, "40 credits")
	w.welcome(ben, "40")
	for i := range 6 {
		w.person.Text(fmt.Sprintf("a red fox, number %d --n 4", i))
		w.picture(w.person, fmt.Sprintf("number %d", i))
	}
	w.settled(s, w.person, time.Minute)
	before := w.books(s, w.person)
	first := asks(w.person, "FOX red", "")
	second := asks(w.person, "FOX red", first.NextOffset)
	if len(first.Results) != 20 || len(second.Results) != 4 || second.NextOffset != "" {
		t.Errorf("pages of %d and %d, then %q", len(first.Results), len(second.Results), second.NextOffset)
	}
	if a := asks(w.person, "fox whale", ""); len(a.Results) != 0 || a.Button == nil {
		t.Errorf("nothing to find: %+v", a)
	}
	if a := asks(ben, "fox", ""); len(a.Results) != 0 {
		t.Errorf("another person's pictures: %+v", a)
	}
	m, err := w.person.In(friends).Choose(first.QueryID, first.Results[0].ID)
	if err != nil || len(m.Photo) == 0 || m.ViaBot == nil || m.Caption != "" {
		t.Errorf("chosen: %+v, %v", m, err)
	}
	if after := w.books(s, w.person); after != before {
		t.Errorf("account %+v, then %+v", before, after)
	}
}

// welcome is agree in any language.
func (w *world) welcome(p *telegramtest.Person, credits string) {
	w.t.Helper()
	p.Start("")
	p.Text(born)
	agree := func(m telegramtest.Message) string {
		if !m.FromBot() || m.ReplyMarkup == nil {
			return ""
		}
		return m.ReplyMarkup.InlineKeyboard[0][0].Text
	}
	m := w.tg.WaitMessage(w.t, p, func(m telegramtest.Message) bool { return strings.HasPrefix(agree(m), "✅") })
	p.Press(m.MessageID, agree(m))
	w.tg.WaitMessage(w.t, p, func(m telegramtest.Message) bool { return m.FromBot() && strings.Contains(m.Text, credits) })
}
