package workers

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func TestAges(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		born, country, outcome string
		ask                    bool
	}{
		{"10/2008", "", storage.AgeAdult, false},
		{"11/2008", "", storage.AgeMinor, false}, // the birthday may still come
		{"10/2010", "", storage.AgeMinor, false},
		{"11/2010", "", "", true},
		{"11/2010", "DE", "", false},
		{"11/2010", "CZ", storage.AgeMinor, false},
		{"11/2010", "BR", "", false}, // not known
		{"10/2013", "US", storage.AgeMinor, false},
		{"11/2013", "US", "", false},
		{"1/2020", "", "", true}, // asked like everybody who is young
		{"1/2020", "GB", "", false},
	} {
		b, ok := parseBirth(tt.born)
		if got, ask := b.outcome(tt.country, now); !ok || !b.possible(now) || got != tt.outcome || ask != tt.ask {
			t.Errorf("%s in %q: %q, %v, %v; want %q, %v", tt.born, tt.country, got, ask, ok, tt.outcome, tt.ask)
		}
	}
	for said, want := range map[string]string{"05/1990": "1990-5", " 1990-05 ": "1990-5", "5.1990": "1990-5", "12 2001": "2001-12", "a fox": "", "5/90": "", "5/1990 fox": ""} {
		if b, ok := parseBirth(said); ok != (want != "") || ok && b.String() != want {
			t.Errorf("%q is %v, %v; want %q", said, b, ok, want)
		}
	}
	for _, said := range []string{"13/2001", "0/2001", "12/2026", "5/1890"} {
		if b, ok := parseBirth(said); !ok || b.possible(now) {
			t.Errorf("%q is possible", said)
		}
	}
	for _, d := range digitalAges() {
		checked, err := time.Parse(time.DateOnly, d.checked)
		if err != nil || checked.After(now) || d.source == "" || d.age < ageFloor || d.age > consentAgeUnknown {
			t.Errorf("the ages of %v: %+v, %v", d.countries, d, err)
		}
	}
}

// Who writes the month as a word is told how to write it, and who asks for a picture of a year is asked for their age.
func TestBirthMeant(t *testing.T) {
	t.Parallel()
	w := boardKit(t, nil)("", 0).w
	for said, want := range map[string]bool{
		"1990": true, "12.05.1990": true, "May 1990": true, "may, 1990": true, "mayo de 1990": true, "1990 Mai": true, "12 März 1990": true, "Dez. 1990": true,
		"май 1990": true, "мая 1990": true, "сентября 1990 г.": true, "12 мая 1990 года": true, "Ağustos 1990": true, "Sept 2001": true,
		"a fox": false, "May": false, "a fox in 1990": false, "cyberpunk 2077": false, "Paris 1920": false, "a market in May 1990": false, "may 19900": false, "": false,
	} {
		if got := w.birthMeant(said); got != want {
			t.Errorf("%q: %v", said, got)
		}
	}
}

func TestCountries(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "ru", "de", "tr", "es"} {
		names := countryNames(lang)
		if len(names) < 190 || len(names) > 260 || len(likelyCountries(lang)) == 0 {
			t.Errorf("%s: %d countries", lang, len(names))
		}
		for _, d := range digitalAges() {
			for _, code := range append(d.countries, likelyCountries(lang)...) {
				if names[code] == "" {
					t.Errorf("%s: %s has no name", lang, code)
				}
			}
		}
	}
}

// A child is refused and erased; a new try a moment later is not asked again, and nothing is kept of it but a keyed hash.
func TestTooYoung(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := newChatBench(t, s)
		b.useProviders("a")
		b.w.Settings.Contact = "help@example.org"
		p := b.tg.Person(telegramtest.PersonConfig{FirstName: "Kid", LanguageCode: "en"})
		p.Start("")
		b.handle()
		m := b.say(p, "5/2015")
		b.has(m, "May 2015", "which country")
		_, m = b.press(p, m, "Other countries")
		if len(m.ReplyMarkup.InlineKeyboard) != countryPage/2+1 {
			t.Errorf("a page of countries has %d rows", len(m.ReplyMarkup.InlineKeyboard))
		}
		_, m = b.press(p, m, "▶️")
		_, m = b.press(p, m, "◀️")
		_, m = b.press(p, m, "◀️")
		_, m = b.press(p, m, "United States")
		b.has(m, "too young", "help@example.org")
		who, err := s.KnownPerson(t.Context(), p.ID())
		if err != nil {
			t.Fatal(err)
		}
		rights, err := s.Rights(t.Context(), who.ID, 10)
		if err != nil || len(rights) != 1 || rights[0].Kind != storage.RightErase || string(rights[0].Body) != `{"reason":"child"}` || rights[0].Origin != storage.RightOperator {
			t.Errorf("requests %+v, %v", rights, err)
		}
		if answers, err := s.Answers(t.Context(), who.ID); err != nil || len(answers) != 0 {
			t.Errorf("answers %+v, %v", answers, err)
		}
		b.has(b.say(p, "5/1990"), "too young") // while it is being erased
		if ok, err := s.AgeRefused(t.Context(), p.ID()); err != nil || !ok {
			t.Errorf("refused: %v, %v", ok, err)
		}

		other := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ben", LanguageCode: "en"})
		b.agree(other)
		who, err = s.KnownPerson(t.Context(), other.ID())
		if err != nil {
			t.Fatal(err)
		}
		stranger := b.tg.Person(telegramtest.PersonConfig{FirstName: "Sue", LanguageCode: "en"})
		_, _, err = s.RefuseAge(t.Context(), storage.Effect{}, storage.Person{ID: who.ID, TelegramID: stranger.ID()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.w.Desk().Child(t.Context(), storage.By{Who: "ann", Why: "told by a parent"}, b.w.personHash(who.ID))
		if err != nil {
			t.Errorf("somebody reported: %v", err)
		}
		if ok, err := s.AgeRefused(t.Context(), other.ID()); err != nil || !ok {
			t.Errorf("reported: %v, %v", ok, err)
		}
		stranger.Start("")
		b.handle()
		if _, err := s.KnownPerson(t.Context(), stranger.ID()); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("somebody who was refused has an account: %v", err)
		}
	})
}

// What is withdrawn ends what is under way, and nothing begins until it is agreed to again.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b, p := newAgreed(t, s)
		who, err := s.KnownPerson(t.Context(), p.ID())
		if err != nil {
			t.Fatal(err)
		}
		m := b.say(p, "/privacy")
		for _, label := range []string{"✅ Agreements", "↩️ Take it back", "Yes, take it back"} {
			_, m = b.press(p, m, label)
		}
		b.has(m, "is taken back")
		if _, _, err := s.Withdraw(t.Context(), storage.Effect{}, storage.Consent{User: who.ID}, nil, nil, nil); !errors.Is(err, storage.ErrConsumed) {
			t.Errorf("once more: %v", err)
		}
		rights, err := s.Rights(t.Context(), who.ID, 10)
		if err != nil || len(rights) != 1 || rights[0].Kind != storage.RightWithdraw || rights[0].Status != storage.RightDone {
			t.Errorf("requests %+v, %v", rights, err)
		}
		if !strings.Contains(b.say(p, "a fox").Text, "Tap Agree") {
			t.Error("it is not asked for again")
		}
		_, _, _, err = s.Reserve(t.Context(), storage.Effect{}, storage.NewGeneration{
			ID: "g1", User: who.ID, Origin: storage.OriginChat, RequestKey: "k", Form: storage.FormChat, Model: "a", Operation: "generate", ParentN: -1,
			Params: storage.Params{Count: 1}, Parallel: 1,
		})
		if !errors.Is(err, storage.ErrRestricted) {
			t.Errorf("something begins all the same: %v", err)
		}
	})
}

// A provider that was not named when somebody agreed gets nothing before they agreed to it too.
func TestNewProvider(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b, p := newAgreed(t, s)
		b.useProviders("a", "b")
		m := b.say(p, "/history")
		b.has(m, "New here: b")
		b.press(p, m, "✅ Agree")
		b.has(b.say(p, "/history"), "Nothing here yet")
		who, err := s.KnownPerson(t.Context(), p.ID())
		if err != nil {
			t.Fatal(err)
		}
		if answers, err := s.Answers(t.Context(), who.ID); err != nil || strings.Join(answers[storage.DocumentPolicy].Shown, " ") != "a b" {
			t.Errorf("answers %+v, %v", answers, err)
		}
	})
}

func TestTermsAt(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2027, 1, n, 0, 0, 0, 0, time.UTC) }
	all := []storage.Policy{
		{Version: "1", Effective: day(1)},
		{Version: "2", Effective: day(3), Material: true},
		{Version: "3", Effective: day(5)},
		{Version: "4", Effective: day(7), Material: true},
	}
	for _, tt := range []struct {
		now                     int
		version, accepted, next string
	}{
		{2, "1", "1 2 3 4", "2"},
		{3, "2", "2 3 4", "4"},
		{6, "3", "2 3 4", "4"},
		{7, "4", "4", ""},
		{30, "4", "4", ""},
	} {
		got := termsAt(all, day(tt.now))
		if got.version != tt.version || strings.Join(got.accepted, " ") != tt.accepted || got.next != tt.next {
			t.Errorf("day %d: %+v", tt.now, got)
		}
	}
}
