package workers

import (
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/moderation"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// A ban that is over is over, and so is the time that strikes cost; rules that changed count for old prompts too.
func TestStandingEnds(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := newChatBench(t, s)
		b.useProviders("a")
		b.w.Settings.Welcome = 5
		p := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "en"})
		b.agree(p)
		who, err := s.PersonByTelegram(t.Context(), p.ID(), "en")
		if err != nil {
			t.Fatal(err)
		}
		ban := func(until time.Time) {
			t.Helper()
			c, err := b.w.newCase(storage.CaseBan, who.ID, storage.BanStrikes)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Ban(t.Context(), storage.Effect{}, storage.Act{What: "ban"}, c, until); err != nil {
				t.Fatal(err)
			}
		}
		ban(storage.Forever)
		b.has(b.say(p, "a red fox"), "too many of your requests", "ends when somebody has looked at your case")
		b.has(b.say(p, "/balance"), "5 credits")
		ban(time.Now().Add(-time.Second))
		permitted := func() bool {
			t.Helper()
			who, err := s.PersonByID(t.Context(), who.ID)
			if err != nil {
				t.Fatal(err)
			}
			in := &incoming{person: who, chat: telegram.Chat{ID: p.ID(), Type: telegram.ChatPrivate}, texts: b.w.printer("en")}
			in.effect.User = who.ID
			ok, err := b.w.permitted(t.Context(), in, ask{request: storage.Request{Prompt: "a red fox"}})
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !permitted() {
			t.Error("refused after the ban")
		}
		rules, err := moderation.Parse([]byte("lists: {a: {en: [fox]}}\nrules: [{name: foxes, category: hate, action: refuse, any: [a]}]"))
		b.w.Rules.Use(rules, err)
		if permitted() {
			t.Error("an old prompt passes although the rules are new")
		}
		if strikes, err := s.Strikes(t.Context(), who.ID); err != nil || len(strikes) != 1 || strikes[0].Cause != storage.StrikeRule {
			t.Errorf("%+v, %v", strikes, err)
		}
	})
}
