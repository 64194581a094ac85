package storage_test

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// What is recorded of restricting and objecting, and that asking twice is asking once.
func TestSwitches(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		p, err := s.PersonByTelegram(t.Context(), 1, "en")
		if err != nil {
			t.Fatal(err)
		}
		restrict := func(on bool) error {
			if !on {
				_, err := s.Unrestrict(t.Context(), storage.Effect{}, p.ID)
				return err
			}
			_, _, err := s.Restrict(t.Context(), storage.Effect{}, p.ID, nil, nil, nil)
			return err
		}
		object := func(purpose storage.Purpose, on bool) error {
			_, err := s.Object(t.Context(), storage.Effect{}, p.ID, purpose, on)
			return err
		}
		for i, err := range []error{restrict(true), restrict(false), object(storage.PurposeNews, false), object(storage.PurposeNews, false), object(storage.PurposeNews, true)} {
			if err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
		}
		if err := restrict(false); !errors.Is(err, storage.ErrConsumed) {
			t.Errorf("ended twice: %v", err)
		}
		if err := errors.Join(object(storage.PurposeReminders, false), object(storage.PurposeStatistics, false), restrict(true)); err != nil {
			t.Fatal(err)
		}
		if err := restrict(true); !errors.Is(err, storage.ErrConsumed) {
			t.Errorf("restricted twice: %v", err)
		}
		p, err = s.PersonByID(t.Context(), p.ID)
		if err != nil || !p.Restricted || p.NoNews || !p.NoReminders || !p.NoCount {
			t.Errorf("%+v, %v", p, err)
		}
		rights, err := s.Rights(t.Context(), p.ID, 20)
		if err != nil {
			t.Fatal(err)
		}
		var got []storage.Switch
		for _, r := range slices.Backward(rights) {
			if r.Status != storage.RightDone || r.Ended.IsZero() {
				t.Errorf("not answered at once: %+v", r)
			}
			got = append(got, r.Switch())
		}
		want := []storage.Switch{
			{On: true},
			{},
			{Purpose: storage.PurposeNews},
			{Purpose: storage.PurposeNews, On: true},
			{Purpose: storage.PurposeReminders},
			{Purpose: storage.PurposeStatistics},
			{On: true},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	})
}

// Playing with switches leaves a record of what counts at last, and few of what came before; the next day adds to it.
func TestSwitchesAreRecordedSoOften(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		p := visitor(t, s, 1)
		provider := func(allowed bool) error {
			p, err := s.PersonByID(t.Context(), p.ID)
			if err != nil {
				return err
			}
			p.Settings.Without = []string{"openai"}
			if allowed {
				p.Settings.Without = nil
			}
			_, err = s.ObjectProvider(t.Context(), storage.Effect{}, p.ID, p.Settings, "openai", allowed)
			return err
		}
		object := func(purpose storage.Purpose, allowed bool) error {
			_, err := s.Object(t.Context(), storage.Effect{}, p.ID, purpose, allowed)
			return err
		}
		recorded := func(switches int) []storage.Switch {
			t.Helper()
			all, err := s.Rights(t.Context(), p.ID, 1000)
			if err != nil || len(all) != switches {
				t.Fatalf("%d are recorded, %v; want %d", len(all), err, switches)
			}
			var some []storage.Switch
			for _, r := range all {
				some = append(some, r.Switch())
			}
			return some
		}
		if err := errors.Join(provider(true), provider(false), provider(false)); err != nil {
			t.Fatal(err)
		}
		recorded(1)
		for i := range 100 {
			if err := errors.Join(object(storage.PurposeNews, i%2 == 1), provider(i%2 == 0)); err != nil {
				t.Fatal(err)
			}
		}
		if err := object(storage.PurposeReminders, false); err != nil {
			t.Fatal(err)
		}
		want := []storage.Switch{{Purpose: storage.PurposeReminders}, {Provider: "openai"}, {Purpose: storage.PurposeNews, On: true}}
		if diff := cmp.Diff(want, recorded(31)[:3]); diff != "" {
			t.Errorf("recorded last (-want +got):\n%s", diff)
		}
		pass(25 * time.Hour)
		if err := object(storage.PurposeNews, false); err != nil {
			t.Fatal(err)
		}
		recorded(32)
	})
}

// flags are what may stand with a person, and what must not be done then.
var flags = map[string][]string{
	"": nil,
	"restricted_at": {
		"reserve", "quote", "call", "take a turn", "ask for words", "have words written", "look for a partner", "remind", "take the day's credits", "redeem a code",
		"give credits away", "take a gift", "order", "gather for news", "tell news", "count", "count as active", "measure",
	},
	"no_news_at":      {"gather for news", "tell news"},
	"no_reminders_at": {"remind"},
	"objected_at":     {"count", "count as active", "measure"},
}

// Every flag against every action, each tried in its own transaction as if the door had been passed just before.
func TestFlagsAndActions(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		b := setup(t, s, 0)
		b.buy("bought", 50)
		for i, flag := range slices.Sorted(maps.Keys(flags)) {
			me := newSubject(b, raw, int64(100+i))
			if flag != "" {
				mustExec(t, raw, fmt.Sprintf(`UPDATE users SET %s = 1 WHERE id = %d`, flag, me.person.ID))
			}
			var refused []string
			actions := me.actions()
			for _, name := range slices.Sorted(maps.Keys(actions)) {
				if !actions[name]() {
					refused = append(refused, name)
				}
			}
			want := slices.Sorted(slices.Values(flags[flag]))
			if diff := cmp.Diff(want, refused, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: not done (-want +got):\n%s", flag, diff)
			}
		}
	})
}

// subject is somebody about whom there is something to do for every action.
type subject struct {
	*bench
	before  counts             // without them
	calling storage.Generation // claimed, and no call made
	writing storage.Writing    // the same
	bill    storage.Order
	gift    string
	code    string
	news    storage.Announcement // waits for them
}

// counts are statistics in which somebody may be.
type counts struct{ people, active, measured int64 }

func (b *bench) statistics() (n counts) {
	b.Helper()
	all, err := b.s.ChatCounts(b.Context())
	stats, err2 := b.s.Stats(b.Context(), time.Now().Add(-time.Hour))
	active, err3 := b.s.Active(b.Context(), time.Now().Add(-time.Hour))
	samples, err4 := b.s.Samples(b.Context(), "local", 1000)
	if err := errors.Join(err, err2, err3, err4); err != nil {
		b.Fatal(err)
	}
	if stats.People != all.People || stats.Active != int64(active) {
		b.Errorf("two counts: %+v, %+v, %d", all, stats, active)
	}
	return counts{all.People, stats.Active, int64(len(samples))}
}

func newSubject(b *bench, raw *sql.DB, telegramID int64) *subject {
	b.Helper()
	before := b.statistics()
	me := &subject{bench: b.other(telegramID), before: before, gift: b.wrapped(1), code: fmt.Sprintf("CODE%d", telegramID)}
	mustExec(b.T, raw, fmt.Sprintf(`UPDATE users SET created_at = 1 WHERE id = %d`, me.person.ID))
	me.buy("bought"+me.code, 20)
	me.paint(2, 2)
	me.calling = me.claim(me.reserve(1).ID)
	me.reserve(1)
	me.reserve(1) // has to wait
	me.bill = me.order(0)
	me.promo(me.code, storage.Promo{Label: "x", Credits: 1, PerPerson: 1})
	if _, err := me.s.Remind(me.Context(), storage.Effect{}, me.person.ID, "de", time.Now().Add(-time.Hour)); err != nil {
		me.Fatal(err)
	}
	id, err := me.words()
	if err == nil {
		me.writing, err = me.s.ClaimWriting(me.Context(), id)
	}
	if err != nil {
		me.Fatal(err)
	}
	me.news = me.announced()
	return me
}

// words asks for some.
func (b *bench) words() (id string, err error) {
	id, err = b.s.NewID()
	if err == nil {
		_, _, err = b.s.AskWords(b.Context(), storage.Effect{}, storage.Writing{ID: id, User: b.person.ID, Kind: "improve"})
	}
	return id, err
}

// announced finds everybody for news.
func (b *bench) announced() storage.Announcement {
	b.Helper()
	a := b.draft(storage.Audience{})
	if err := b.move(a, storage.AnnouncementSending); err != nil {
		b.Fatal(err)
	}
	return b.takes(a.ID)
}

// actions are what may be done with a person's data. Each reports whether it was.
func (me *subject) actions() map[string]func() bool {
	user, e := me.person.ID, storage.Effect{}
	did := func(err error) bool { return err == nil }
	return map[string]func() bool{
		"reserve": func() bool {
			_, _, _, err := me.s.Reserve(me.Context(), e, me.request(1))
			return did(err)
		},
		"quote": func() bool {
			_, err := me.s.AddQuote(me.Context(), e, storage.Quote{ID: me.request(1).ID, User: user})
			return did(err)
		},
		"call": func() bool {
			_, err := me.s.StartAttempt(me.Context(), me.calling, storage.Attempt{Provider: "local", Model: "local"})
			return did(err)
		},
		"take a turn": func() bool { // to be canceled is none
			refs, _, err := me.s.Promote(me.Context(), user, func(storage.Tier) int { return 9 })
			return did(err) && len(refs) > 0 && !me.claim(refs[0].ID).CancelAsked
		},
		"ask for words": func() bool {
			_, err := me.words()
			return did(err)
		},
		"have words written": func() bool { return did(me.s.CallWriting(me.Context(), me.writing, "fake")) },
		"look for a partner": func() bool {
			_, err := me.s.Enter(me.Context(), e, storage.Search{ID: me.request(1).ID, User: user, Lang: "en"}, 0, nil)
			_, left := me.s.Leave(me.Context(), e, user)
			return did(errors.Join(err, left))
		},
		"remind": func() bool {
			_, err := me.s.Reminded(me.Context(), storage.Reminder{User: user, Lang: "de"}, time.Now().Add(time.Hour), nil)
			return did(err)
		},
		"take the day's credits": func() bool { return did(me.takeDaily(me.daily())) },
		"redeem a code":          func() bool { return did(me.redeem(me.code)) },
		"take a gift":            func() bool { return did(me.unwrap(me.gift)) },
		"give credits away": func() bool {
			_, err := me.wrap(1, 100)
			return did(err)
		},
		"order": func() bool {
			_, err := me.s.OpenOrder(me.Context(), e, storage.Order{ID: me.request(1).ID, User: user, Pack: "x", Stars: 5, Credits: 10})
			return did(err)
		},
		"gather for news": func() bool { return slices.Contains(me.recipients(me.announced()), user) },
		"tell news":       func() bool { return did(me.s.Announcing(me.Context(), me.news, user)) },
		"count":           func() bool { return me.statistics().people > me.before.people },
		"count as active": func() bool { return me.statistics().active > me.before.active },
		"measure":         func() bool { return me.statistics().measured > me.before.measured },
		"book a payment": func() bool { // money that comes all the same is theirs
			_, err := me.s.Pay(me.Context(), e, me.payment(me.bill, "charge"+me.code))
			return did(err)
		},
	}
}

// What waits when somebody restricts what is done is canceled and paid back; what slipped in just then is canceled by whoever
// claims it; after that everything is as it was.
func TestRestrict(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		b := setup(t, s, 10)
		free, busy := b.reserve(3), b.claim(b.reserve(2).ID)
		id, err := b.words()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enter(t.Context(), storage.Effect{}, storage.Search{ID: "s", User: b.person.ID, Lang: "en"}, 0, nil); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Restrict(t.Context(), storage.Effect{}, b.person.ID, []string{free.ID}, []string{busy.ID}, nil); err != nil {
			t.Fatal(err)
		}
		b.account(10, 2)
		if asked, err := s.Renew(t.Context(), busy.ID, busy.Fence); err != nil || !asked {
			t.Errorf("whoever works on it is not asked to stop: %v", err)
		}
		_, err = s.ClaimWriting(t.Context(), id)
		want(t, err, storage.ErrFenced)
		_, err = s.Searching(t.Context(), b.person.ID)
		want(t, err, storage.ErrNotFound)

		if _, err := s.Unrestrict(t.Context(), storage.Effect{}, b.person.ID); err != nil {
			t.Fatal(err)
		}
		late := b.reserve(1)
		mustExec(t, raw, `UPDATE users SET restricted_at = 1`)
		if g := b.claim(late.ID); !g.CancelAsked {
			t.Error("what slipped in is painted")
		}
	})
}

// What slipped in beside a withdrawal or a restriction is neither painted, nor held for ever in line.
func TestNothingIsMadeOfWhatSlippedIn(t *testing.T) {
	t.Parallel()
	for desc, slip := range map[string]func(b *bench, raw *sql.DB){
		"restricted": func(b *bench, raw *sql.DB) { mustExec(b.T, raw, `UPDATE users SET restricted_at = 1`) },
		"withdrawn": func(b *bench, _ *sql.DB) {
			c := storage.Consent{User: b.person.ID, Version: "1", Locale: "en", Document: []string{storage.DocumentPolicy}}
			if _, _, err := b.s.Agree(b.Context(), storage.Effect{Update: "yes"}, c); err != nil {
				b.Fatal(err)
			}
			if _, _, err := b.s.Withdraw(b.Context(), storage.Effect{Update: "no"}, c, nil, nil, nil); err != nil {
				b.Fatal(err)
			}
		},
	} {
		t.Run(desc, func(t *testing.T) {
			t.Parallel()
			eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
				b := setup(t, s, 10)
				begun := b.claim(b.reserve(3).ID)
				n := b.request(2)
				n.Parallel, n.Waiting = 1, 9
				waits, ref, _, err := s.Reserve(t.Context(), storage.Effect{}, n)
				if err != nil || ref != nil {
					t.Fatal(ref, err)
				}
				slip(b, raw)
				_, err = s.StartAttempt(t.Context(), begun, storage.Attempt{Provider: "local", Model: "local"})
				want(t, err, storage.ErrFenced)
				refs, _, err := s.Promote(t.Context(), b.person.ID, func(storage.Tier) int { return 9 })
				if err != nil || len(refs) != 1 || refs[0].ID != waits.ID {
					t.Fatalf("%v, %v", refs, err)
				}
				if g := b.claim(waits.ID); !g.CancelAsked {
					t.Error("what waited in line is painted")
				}
			})
		})
	}
}
