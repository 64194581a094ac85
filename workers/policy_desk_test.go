package workers

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func TestWhatPoliciesAreRefused(t *testing.T) {
	t.Parallel()
	b := newChatBench(t, storagetest.Open(t, storagetest.Migrated(t, storagetest.OnSQLite), nil))
	if err := b.w.PublishFirst(t.Context()); err != nil {
		t.Fatal(err)
	}
	summary := func() map[string]string {
		return map[string]string{"en": "a", "ru": "б", "de": "c", "tr": "d", "es": "e"}
	}
	soon, late := time.Now().Add(time.Hour), time.Now().Add(30*24*time.Hour)
	english := policy.Builtin()
	english["de"] = ""
	broken := policy.Builtin()
	broken["de"] = "# Titel\n{{.Nichts}}"
	for want, draft := range map[string]DraftPolicy{
		"is no version":             {Version: "a b", Effective: late},
		"is published already":      {Version: policy.Version, Effective: late},
		"no text in de":             {Version: "2", Effective: late, Texts: english},
		"the text in de":            {Version: "2", Effective: late, Texts: broken},
		"summary in en has 0":       {Version: "2", Effective: late, Material: true},
		"people are told":           {Version: "2", Effective: soon, Material: true, Summary: summary()},
		"cannot take effect before": {Version: "2", Effective: time.Now().Add(-time.Hour)},
	} {
		if _, err := b.w.Desk().CheckPolicy(t.Context(), draft); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", draft.Version, err, want)
		}
	}
	if v, err := b.w.Desk().CheckPolicy(t.Context(), DraftPolicy{Version: "2", Effective: late}); err != nil || v.Summary["en"] != "" {
		t.Errorf("another version brings the words of ours: %+v, %v", v.Summary, err)
	}
	if v, err := b.w.Desk().PublishPolicy(t.Context(), storage.By{Who: "ann"}, DraftPolicy{Version: "small"}); err != nil || v.Announcement != "" || !v.InForce {
		t.Errorf("a small change: %+v, %v", v, err)
	}
}

// Where an older version is in force, the one of this release is published with what it changes.
func TestPolicyOfARelease(t *testing.T) {
	t.Parallel()
	b := newChatBench(t, storagetest.Open(t, storagetest.Migrated(t, storagetest.OnSQLite), nil))
	old := builtinPolicy()
	old.Version = "2026-12"
	if first, err := b.w.Store.FirstPolicy(t.Context(), old); err != nil || !first {
		t.Fatal(first, err)
	}
	if err := b.w.PublishFirst(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := b.w.Desk().PublishPolicy(t.Context(), storage.By{Who: "ann"}, DraftPolicy{Version: policy.Version})
	if err != nil || !v.InForce || v.Material {
		t.Fatalf("%+v, %v", v, err)
	}
	for _, lang := range b.w.Texts.Languages() {
		if n := len([]rune(v.Summary[lang])); n < 80 || n > summaryLimit {
			t.Errorf("what changed is said in %s in %d characters", lang, n)
		}
	}
}

// A material change is told before, to those too who want no news; who agrees ahead goes on, and nobody else does from its day on.
func TestMaterialChange(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	s := storagetest.Open(t, storagetest.Migrated(t, storagetest.OnSQLite), func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	b := newChatBench(t, s)
	b.useProviders("a")
	if err := b.w.PublishFirst(t.Context()); err != nil {
		t.Fatal(err)
	}
	ada := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "de"})
	ben := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ben", LanguageCode: "en"})
	b.agree(ada)
	b.agree(ben)
	who, err := s.KnownPerson(t.Context(), ada.ID())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetNews(t.Context(), storage.Effect{}, who.ID, false, ""); err != nil {
		t.Fatal(err)
	}
	v, err := b.w.Desk().PublishPolicy(t.Context(), storage.By{Who: "ann", Why: "a new service"}, DraftPolicy{
		Version: "2027", Effective: s.Now().Add(10 * 24 * time.Hour), Material: true,
		Summary: map[string]string{"en": "A <new> service.", "ru": "б", "de": "Ein neuer Dienst.", "tr": "d", "es": "e"},
	})
	if err != nil || v.InForce || v.Announcement == "" {
		t.Fatalf("published: %+v, %v", v, err)
	}
	if err := b.w.announce(t.Context(), queue.AnnouncementSend{ID: v.Announcement}); err != nil {
		t.Fatal(err)
	}
	by, _, err := s.AnnouncementCounts(t.Context(), v.Announcement)
	if err != nil || by[storage.RecipientSent] != 2 {
		t.Errorf("told: %v, %v", by, err)
	}
	last := func(p *telegramtest.Person) telegramtest.Message { all := p.Messages(); return all[len(all)-1] }
	b.has(last(ada), "Datenschutzerklärung ändert sich", "Ein neuer Dienst.")
	b.has(last(ben), "A <new> service.")
	if toast, _ := b.press(ada, last(ada), "✅ Einverstanden"); toast != "Danke! Das gilt auch für die neue Fassung." {
		t.Errorf("answered %q", toast)
	}
	b.has(b.say(ben, "/history"), "Nothing here yet")
	ahead.Store(int64(11 * 24 * time.Hour))
	b.has(b.say(ada, "/history"), "Hier ist noch nichts")
	m := b.say(ben, "/history")
	b.has(m, "My privacy policy has changed", "A <new> service.")
	b.press(ben, m, "✅ Agree")
	b.has(b.say(ben, "/history"), "Nothing here yet")
	if answers, err := s.Answers(t.Context(), who.ID); err != nil || answers[storage.DocumentPolicy].Version != "2027" {
		t.Errorf("answers %+v, %v", answers, err)
	}
}
