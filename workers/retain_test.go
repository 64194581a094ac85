package workers

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// turns lets the sweeper of what is kept have a turn, and everything happen that follows from it.
func (l *leaving) turns() {
	l.Helper()
	var retained time.Time
	if err := l.w.retain(l.Context(), &retained); err != nil {
		l.Fatal(err)
	}
	l.work()
}

// Whoever does not come any more is told, and erased a month later; who comes back in between stays.
func TestUnusedAccounts(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	bob := l.somebody("Bob", "de")
	l.w.Settings.Inactive = 90 * 24 * time.Hour
	l.passes(91 * 24 * time.Hour)
	l.paid() // a generation that runs keeps an account; Ada's has ended
	l.turns()
	l.turns()
	if n := told(l.ada, "We haven’t seen each other"); n != 1 {
		t.Errorf("Ada is told %d times", n)
	}
	if n := told(bob, "Wir haben uns lange nicht gesehen"); n != 1 {
		t.Errorf("Bob is told %d times", n)
	}
	back, err := l.w.Store.PersonByTelegram(t.Context(), bob.ID(), "de") // he writes
	if err != nil {
		t.Fatal(err)
	}
	l.passes(UnusedNotice + time.Hour)
	l.turns()
	l.passes(10 * time.Minute)
	l.gone(1)
	if p, err := l.w.Store.PersonByID(t.Context(), back.ID); err != nil || p.Erasing {
		t.Errorf("Bob came back: %+v, %v", p, err)
	}
}

// paid ends what is painted for Ada.
func (l *leaving) paid() {
	l.Helper()
	all, err := l.w.Store.History(l.Context(), l.user.ID, "", 10)
	if err != nil {
		l.Fatal(err)
	}
	for _, g := range all {
		if g.Status != storage.StatusGenerating {
			continue
		}
		if _, err := l.w.Store.Finish(l.Context(), g, storage.StatusFailed, storage.ReasonProvider, "", storage.End{}, nil); err != nil {
			l.Fatal(err)
		}
	}
}

// Objects without a row go, unless they are so new that their row may still come.
func TestOrphans(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	l.turns()
	if _, err := l.w.Objects.Stat(t.Context(), l.object); err != nil {
		t.Errorf("one of a moment ago: %v", err)
	}
	l.ahead.Add(int64(orphansEvery + orphanAge))
	l.turns()
	if _, err := l.w.Objects.Stat(t.Context(), l.object); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("one of long ago: %v", err)
	}
	if c, err := l.w.Store.Chore(t.Context(), orphans); err != nil || c.Done.IsZero() || c.Place != "" {
		t.Errorf("%+v, %v", c, err)
	}
}

// A picture whose object is gone is counted, once a week.
func TestMissingPictures(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	registry := prometheus.NewRegistry()
	l.w.Metrics = NewMetrics(registry)
	raw, err := sql.Open("sqlite", l.url+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.ExecContext(t.Context(), `INSERT INTO images (generation_id, role, n, user_id, object_key, sha256, bytes, width, height, media_type, created_at)
		SELECT id, 'reference', 0, user_id, 'u/' || CAST(user_id AS TEXT) || '/' || id || '/ref-0.png', '', 1, 1, 1, 'image/png', 1 FROM generations WHERE user_id = $1`, l.user.ID); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := l.w.countMissing(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := gathered(t, registry)[MetricPicturesMissing]; n != 1 {
		t.Errorf("%v pictures are counted as missing", n)
	}
}

// A breach is told to whom it concerns, whatever they opted out of, and to nobody else.
func TestBreachNotice(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	bob, carl := k.somebody("Bob", "de"), k.somebody("Carl", "en")
	first := k.announces(news, storage.Audience{})
	k.spread()
	k.press(bob, "Neu: FLUX.2", "🔕 Keine Neuigkeiten mehr")
	d, by := k.w.Desk(), storage.By{Who: "ann"}
	b, err := d.RecordBreach(t.Context(), by, storage.Breach{BreachBody: storage.BreachBody{Facts: "a disk was lost"}, Discovered: time.Now().Add(-time.Hour)})
	if err != nil || b.Left > 71*time.Hour || b.Left < 70*time.Hour {
		t.Fatalf("%+v, %v", b, err)
	}
	if _, err := d.RecordBreach(t.Context(), by, storage.Breach{Discovered: time.Now()}); err == nil {
		t.Error("recorded without facts")
	}
	const words = "[en]\nA disk was lost.\n[de]\nEine Platte ging verloren.\n"
	one, err := k.w.Store.KnownPerson(t.Context(), bob.ID())
	if err != nil {
		t.Fatal(err)
	}
	names := []string{k.w.personHash(one.ID)}
	reach, err := d.ReachBreach(t.Context(), b.ID, words, names)
	if err != nil || reach.People != 1 || reach.By["de"] != 1 || !strings.HasPrefix(reach.Shown["de"], "⚠️") {
		t.Errorf("%+v, %v", reach, err)
	}
	if _, err := d.ReachBreach(t.Context(), b.ID, words, []string{"0123456789abcdef"}); err == nil {
		t.Error("somebody unknown is not named")
	}
	for range 2 { // one operator twice is one
		if v, err := d.NotifyBreach(t.Context(), by, b.ID, words, names); err != nil || v.ID != "" {
			t.Fatalf("told by one operator alone: %+v, %v", v, err)
		}
	}
	bea := storage.By{Who: "bea"}
	for _, other := range []struct {
		words string
		names []string
	}{{words + "Sorry.", names}, {words, nil}} {
		if _, err := d.NotifyBreach(t.Context(), bea, b.ID, other.words, other.names); err == nil || !strings.Contains(err.Error(), "ann wants this with other words") {
			t.Errorf("agreed to something else: %v", err)
		}
	}
	v, err := d.NotifyBreach(t.Context(), bea, b.ID, words, names)
	if err != nil || v.ID == "" {
		t.Fatalf("%+v, %v", v, err)
	}
	k.spread()
	m := k.last(bob, "Eine Platte")
	if _, optOut := m.Button("🔕 Keine Neuigkeiten mehr"); optOut {
		t.Errorf("one can opt out of it: %+v", m)
	}
	if told(carl, "disk was lost") != 0 {
		t.Error("Carl is told what does not concern him")
	}
	k.became(v.ID, storage.AnnouncementDone, map[storage.RecipientStatus]int64{storage.RecipientSent: 1})
	if _, err := d.NotifyBreach(t.Context(), by, b.ID, words, nil); err == nil {
		t.Error("told twice")
	}
	all, err := d.Breaches(t.Context())
	if err != nil || len(all) != 1 || all[0].Announcement != v.ID || all[0].Told.IsZero() || v.ID == first {
		t.Errorf("%+v, %v", all, err)
	}
}

// starts has two operators end the service.
func (l *leaving) starts(d *Desk, operators ...storage.By) {
	l.Helper()
	for _, by := range operators {
		if _, err := d.StartWipe(l.Context(), by); err != nil {
			l.Fatal(err)
		}
	}
}

// The end of the service: ten people are erased, their Stars are back, and nothing is left in the bucket.
func TestWipe(t *testing.T) {
	t.Parallel()
	l := newLeaving(t)
	var people []*telegramtest.Person
	for i := range 9 {
		people = append(people, l.somebody("P"+string(rune('a'+i)), "en"))
	}
	d, by := l.w.Desk(), storage.By{Who: "ann", Why: "the end"}
	if v, err := d.Wiped(t.Context()); err != nil || v.State != WipeNone || v.People != 10 || v.Erasing != 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	l.turns()
	if v, err := d.Wiped(t.Context()); err != nil || v.People != 10 || v.Erasing != 0 {
		t.Errorf("it begins by itself: %+v, %v", v, err)
	}
	if _, err := d.StopWipe(t.Context(), by); err == nil {
		t.Error("stopped what had not begun")
	}
	bea := storage.By{Who: "bea", Why: "the end"}
	for range 2 {
		if v, err := d.StartWipe(t.Context(), by); err != nil || v.State != WipeNone || v.Wanted == nil || v.Wanted.Who != "ann" {
			t.Fatalf("begun by one operator alone: %+v, %v", v, err)
		}
	}
	l.turns()
	if v, err := d.StartWipe(t.Context(), bea); err != nil || v.State != WipeRunning || v.Wanted != nil || v.Erasing != 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	if v, err := d.StopWipe(t.Context(), by); err != nil || v.State != WipeStopped {
		t.Errorf("%+v, %v", v, err)
	}
	l.turns()
	if v, err := d.Wiped(t.Context()); err != nil || v.Erasing != 0 {
		t.Errorf("it goes on although it is stopped: %+v, %v", v, err)
	}
	l.starts(d, by, bea)
	for range 4 {
		l.turns()
		l.passes(10 * time.Minute)
	}
	l.gone(1)
	for _, p := range people {
		if _, err := l.w.Store.KnownPerson(t.Context(), p.ID()); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("somebody is left: %v", err)
		}
	}
	if v, err := d.Wiped(t.Context()); err != nil || v.State != WipeDone || v.People != 0 || v.Unspent != 0 {
		t.Errorf("%+v, %v", v, err)
	}
	for o, err := range l.w.Objects.List(t.Context(), "u/") {
		t.Errorf("%s is left in the bucket, %v", o.Key, err)
	}
	acts, err := l.w.Store.Acts(t.Context(), storage.ActFilter{Object: "everybody"})
	if err != nil || !slices.ContainsFunc(acts, func(a storage.Act) bool { return a.What == "wipe" && a.Why == "the end" }) {
		t.Errorf("%+v, %v", acts, err)
	}
	if _, err := l.w.Keys.Person(t.Context(), l.user.ID); !errors.Is(err, keys.ErrDestroyed) {
		t.Errorf("a key is left: %v", err)
	}
}
