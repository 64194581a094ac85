package storage_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/storagetest"
)

func TestChatReports(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		c := crowd{t, s}
		const id = "r1"
		own := storage.Settings{Chat: storage.ChatSettings{Lang: "de", Report: id}}
		_, err := s.ReportChat(t.Context(), storage.Effect{}, storage.ChatReport{ID: id, Conversation: "c1", Accused: b.person.ID, Reason: "spam"}, b.person.ID, own)
		c.must(err)
		if p, err := s.PersonByID(t.Context(), b.person.ID); err != nil || p.Settings.Chat.Report != id {
			t.Errorf("%+v, %v", p, err)
		}
		_, err = s.ReportChat(t.Context(), storage.Effect{}, storage.ChatReport{ID: "r2", Conversation: "c1", Accused: b.person.ID, Reason: "other"}, b.person.ID, own)
		want(t, err, storage.ErrKeyReuse)
		_, err = s.ReportChat(t.Context(), storage.Effect{}, storage.ChatReport{ID: "r3", Conversation: "c2", Accused: 1 << 40, Reason: "other"}, b.person.ID, own)
		want(t, err, storage.ErrNotFound)
		for i := range storage.MaxEvidence {
			n, _, err := s.AddEvidence(t.Context(), storage.Effect{}, id, storage.Evidence{Kind: "text", Text: "buy this"})
			if n != i+1 || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
		}
		_, _, err = s.AddEvidence(t.Context(), storage.Effect{}, id, storage.Evidence{Kind: "text", Text: "and this"})
		want(t, err, storage.ErrTooMany)
		open, err := s.ChatReports(t.Context(), false, 10)
		if err != nil || len(open) != 1 || len(open[0].Evidence) != storage.MaxEvidence || open[0].Evidence[3].Text != "buy this" {
			t.Fatalf("%+v, %v", open, err)
		}
		pause := storage.Case{ID: "p1", User: b.person.ID, Kind: storage.CaseBan, Cause: storage.BanConversation}
		act := storage.Act{By: storage.By{Who: "ann"}, What: "pause", Object: id}
		_, err = s.PauseReported(t.Context(), storage.Effect{}, act, open[0], pause, time.Now().Add(time.Hour))
		c.must(err)
		_, err = s.PauseReported(t.Context(), storage.Effect{}, act, open[0], pause, time.Now().Add(time.Hour))
		want(t, err, storage.ErrNotFound)
		_, err = s.DismissReport(t.Context(), storage.Effect{}, act, id)
		want(t, err, storage.ErrNotFound)
		_, _, err = s.AddEvidence(t.Context(), storage.Effect{}, id, storage.Evidence{Kind: "text"})
		if err == nil {
			t.Error("evidence was added to what is decided")
		}
		want(t, c.enter(storage.Search{User: b.person.ID}), storage.ErrPaused)
		if v, err := s.ChatStanding(t.Context(), b.person.ID); err != nil || v.Pauses != 1 || v.Case != "p1" {
			t.Errorf("%+v, %v", v, err)
		}
		_, err = s.Appeal(t.Context(), storage.Effect{}, b.person.ID, "p1")
		c.must(err)
		_, err = s.Decide(t.Context(), storage.Effect{}, act, pause, true)
		c.must(err)
		if v, err := s.ChatStanding(t.Context(), b.person.ID); err != nil || v != (storage.ChatStanding{}) {
			t.Errorf("%+v, %v: it was a mistake", v, err)
		}
		c.must(c.enter(storage.Search{User: b.person.ID}))
	})
}

func TestReminders(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		c := gather(t, s, raw, 3)
		due := func() int {
			all, err := s.DueReminders(t.Context(), 0, 10)
			c.must(err)
			return len(all)
		}
		_, err := s.Remind(t.Context(), storage.Effect{}, 1, "de", time.Now())
		c.must(err)
		c.must(c.enter(storage.Search{User: 2, Lang: "en"}))
		if due() != 0 {
			t.Error("reminded of another language")
		}
		c.must(c.enter(storage.Search{User: 3, Lang: "de"}))
		if due() != 1 {
			t.Error("not reminded")
		}
		r := storage.Reminder{User: 1, Lang: "de"}
		_, err = s.Reminded(t.Context(), r, time.Now().Add(time.Hour), nil)
		c.must(err)
		_, err = s.Reminded(t.Context(), r, time.Now().Add(time.Hour), nil)
		want(t, err, storage.ErrNotFound)
		if due() != 0 {
			t.Error("reminded twice")
		}
		_, err = s.Remind(t.Context(), storage.Effect{}, 1, "de", time.Now())
		c.must(err)
		_, err = raw.ExecContext(t.Context(), `UPDATE users SET no_reminders_at = 1 WHERE id = 1`)
		c.must(err)
		if due() != 0 {
			t.Error("reminded although they object")
		}
		_, err = s.Remind(t.Context(), storage.Effect{}, 1, "", time.Time{})
		c.must(err)
	})
}

// Who talked with whom is readable by two operators for a while, and by nobody else.
func TestPairIsSealed(t *testing.T) {
	t.Parallel()
	var public [2]string
	var private [2]keys.OperatorKey
	for i := range private {
		pub, priv, err := keys.GenerateOperator()
		if err != nil {
			t.Fatal(err)
		}
		public[i] = pub
		if private[i], err = keys.ParseOperatorKey(priv); err != nil {
			t.Fatal(err)
		}
	}
	operators, err := keys.ParseOperators(strings.Join(public[:], ","))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	url := storagetest.Migrated(t, storagetest.OnSQLite)
	s, err := storage.Open(t.Context(), storage.Config{URL: url, Keys: storagetest.Keys(t), Operators: operators, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c := gather(t, s, openRaw(t, storagetest.OnSQLite, url), 2)
	c.must(c.enter(storage.Search{User: 1}))
	c.must(c.enter(storage.Search{User: 2}))
	v, err := c.match(1)
	c.must(err)
	_, err = s.SealedPair(t.Context(), v.ID)
	want(t, err, storage.ErrNotFound)
	_, err = c.end(1)
	c.must(err)
	p, err := s.SealedPair(t.Context(), v.ID)
	c.must(err)
	half, err := private[1].First(p.Place, p.Sealed)
	c.must(err)
	c.must(s.OpenHalf(t.Context(), storage.Act{By: storage.By{Who: "ann"}, What: "unseal", Object: v.ID}, v.ID, half))
	p, err = s.SealedPair(t.Context(), v.ID)
	c.must(err)
	if plain, err := private[0].Second(p.Place, p.Half); string(plain) != "[1,2]" || err != nil || p.Who != "ann" {
		t.Errorf("%q, %v, %+v", plain, err, p)
	}
	c.must(s.OpenedPair(t.Context(), storage.Act{By: storage.By{Who: "bob"}, What: "unseal", Object: v.ID}, v.ID))
	now = now.Add(73 * time.Hour)
	_, err = s.SealedPair(t.Context(), v.ID)
	want(t, err, storage.ErrNotFound)
	_, err = s.Retain(t.Context())
	c.must(err)
}
