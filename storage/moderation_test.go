package storage_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// refuse commits a refusal of a prompt, and with it a ban if there is an end to it.
func (b *bench) refuse(prompt string, absolute bool, until time.Time) (prompted, banned storage.Case) {
	b.Helper()
	prompted = b.newCase(storage.CasePrompt, "sexual", prompt)
	prompted.Absolute = absolute
	r := storage.Refusal{Case: prompted, Until: until, Strike: storage.Strike{
		Cause: storage.StrikeRule, Weight: 1, Expires: time.Now().Add(storage.StrikeDecay),
	}}
	if !until.IsZero() {
		banned = b.newCase(storage.CaseBan, storage.BanStrikes, "")
		r.Ban = &banned
	}
	if _, err := b.s.Refuse(b.Context(), storage.Effect{User: b.person.ID}, r); err != nil {
		b.Fatal(err)
	}
	return prompted, banned
}

func (b *bench) newCase(kind storage.CaseKind, cause, prompt string) storage.Case {
	b.Helper()
	id, err := b.s.NewID()
	if err != nil {
		b.Fatal(err)
	}
	return storage.Case{ID: id, User: b.person.ID, Kind: kind, Cause: cause, Category: "sexual", CaseBody: storage.CaseBody{Prompt: prompt, Chat: 4242}}
}

func (b *bench) strikes(want ...storage.StrikeCause) {
	b.Helper()
	all, err := b.s.Strikes(b.Context(), b.person.ID)
	if err != nil {
		b.Fatal(err)
	}
	var got []storage.StrikeCause
	for _, k := range all {
		got = append(got, k.Cause)
	}
	if d := cmp.Diff(want, got); d != "" {
		b.Errorf("strikes: %s", d)
	}
}

func (b *bench) banned(want bool) {
	b.Helper()
	p, err := b.s.PersonByID(b.Context(), b.person.ID)
	if err != nil || p.Ban.Active(time.Now()) != want {
		b.Errorf("banned: %+v, %v; want %v", p.Ban, err, want)
	}
}

func TestBanKeepsFromReserving(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		b.reserve(2)
		b.reserve(2)
		waits := b.reserve(2) // accepted before the ban
		prompted, banned := b.refuse("words", false, time.Now().Add(time.Hour))
		b.banned(true)
		b.strikes(storage.StrikeRule)
		_, _, _, err := s.Reserve(t.Context(), storage.Effect{}, b.request(2))
		want(t, err, storage.ErrBanned)
		b.account(10, 6)
		refs, _, err := s.Promote(t.Context(), b.person.ID, func(storage.Tier) int { return 3 })
		if err != nil || len(refs) != 1 || refs[0].ID != waits.ID {
			t.Errorf("what was accepted before takes its turn: %v, %v", refs, err)
		}

		_, err = s.Appeal(t.Context(), storage.Effect{}, b.person.ID+1, banned.ID)
		want(t, err, storage.ErrNotFound)
		_, err = s.Decide(t.Context(), storage.Effect{}, storage.Act{}, banned, true)
		want(t, err, storage.ErrNotFound) // nobody appealed
		for _, c := range []storage.Case{prompted, banned} {
			if _, err := s.Appeal(t.Context(), storage.Effect{}, b.person.ID, c.ID); err != nil {
				t.Fatal(err)
			}
			_, err = s.Appeal(t.Context(), storage.Effect{}, b.person.ID, c.ID)
			want(t, err, storage.ErrNotFound) // once
		}
		appeals, err := s.Appeals(t.Context(), 9)
		if err != nil || len(appeals) != 2 || appeals[0].Prompt != "words" || appeals[1].Kind != storage.CaseBan {
			t.Fatalf("%+v, %v", appeals, err)
		}
		if _, err := s.Decide(t.Context(), storage.Effect{}, storage.Act{By: storage.By{Who: "op"}, What: "accept", Object: banned.ID}, banned, true); err != nil {
			t.Fatal(err)
		}
		b.banned(false)
		b.strikes(storage.StrikeRule)
		if ok, err := s.Pardoned(t.Context(), b.person.ID, "words"); ok || err != nil {
			t.Errorf("pardoned before it was decided: %v", err)
		}
		if _, err := s.Decide(t.Context(), storage.Effect{}, storage.Act{By: storage.By{Who: "op"}, What: "accept", Object: prompted.ID}, prompted, true); err != nil {
			t.Fatal(err)
		}
		b.strikes()
		if ok, err := s.Pardoned(t.Context(), b.person.ID, "words"); !ok || err != nil {
			t.Errorf("not pardoned: %v", err)
		}
		acts, err := s.Acts(t.Context(), storage.ActFilter{})
		if err != nil || len(acts) != 2 || acts[0].Object != prompted.ID || acts[0].Who != "op" {
			t.Errorf("%+v, %v", acts, err)
		}
		_, _, _, err = s.Reserve(t.Context(), storage.Effect{}, b.request(2))
		want(t, err, nil)
	})
}

func TestRejectedAppealChangesNothing(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		absolute, _ := b.refuse("worse words", true, time.Time{})
		_, err := s.Appeal(t.Context(), storage.Effect{}, b.person.ID, absolute.ID)
		want(t, err, storage.ErrNotFound)
		c, _ := b.refuse("words", false, storage.Forever)
		if _, err := s.Appeal(t.Context(), storage.Effect{}, b.person.ID, c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Decide(t.Context(), storage.Effect{}, storage.Act{}, c, false); err != nil {
			t.Fatal(err)
		}
		_, err = s.Decide(t.Context(), storage.Effect{}, storage.Act{}, c, true)
		want(t, err, storage.ErrNotFound) // decided
		b.strikes(storage.StrikeRule, storage.StrikeRule)
		b.banned(true)
		if ok, _ := s.Pardoned(t.Context(), b.person.ID, "words"); ok {
			t.Error("pardoned")
		}
	})
}

func TestOperatorBansAndLifts(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		b.refuse("words", false, storage.Forever)
		c := b.newCase(storage.CaseBan, storage.BanOperator, "")
		c.Note = "please stop"
		if _, err := s.Ban(t.Context(), storage.Effect{}, storage.Act{By: storage.By{Who: "op"}, What: "ban"}, c, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		p, err := s.PersonByID(t.Context(), b.person.ID)
		if err != nil || p.Ban.Case != c.ID || !p.Ban.Until.Before(storage.Forever) {
			t.Errorf("%+v, %v; want the operator's", p.Ban, err)
		}
		if got, err := s.Case(t.Context(), c.ID); err != nil || got.Note != c.Note || got.Status != storage.CaseOpen {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := s.Unban(t.Context(), storage.Effect{}, storage.Act{By: storage.By{Who: "op"}, What: "unban"}, b.person.ID); err != nil {
			t.Fatal(err)
		}
		b.banned(false)
		b.strikes()
		_, err = s.Unban(t.Context(), storage.Effect{}, storage.Act{}, b.person.ID)
		want(t, err, storage.ErrNotFound)
	})
}

func TestProvidersRefusalIsAStrike(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		g := b.claim(b.reserve(2).ID)
		if _, err := s.Finish(t.Context(), g, storage.StatusRefused, storage.ReasonInput, "", storage.End{}, nil); err != nil {
			t.Fatal(err)
		}
		b.strikes(storage.StrikeProvider)
		b.account(10, 0)

		op, err := s.Operator(t.Context(), "bench")
		if err != nil {
			t.Fatal(err)
		}
		r := b.request(0)
		r.User = op.ID
		if g, _, _, err = s.Reserve(t.Context(), storage.Effect{}, r); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Finish(t.Context(), b.claim(g.ID), storage.StatusRefused, storage.ReasonInput, "", storage.End{}, nil); err != nil {
			t.Fatal(err)
		}
		if all, err := s.Strikes(t.Context(), op.ID); err != nil || len(all) != 0 {
			t.Errorf("an operator's strikes: %v, %v", all, err)
		}
	})
}

func TestStrikesDecay(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			s := storagetest.Open(t, storagetest.Migrated(t, engine), func() time.Time { return now })
			b := setup(t, s, 0)
			c, banned := b.refuse("words", false, now.Add(time.Hour))
			now = now.Add(storage.StrikeDecay - time.Minute)
			b.strikes(storage.StrikeRule)
			now = now.Add(2 * time.Minute)
			b.strikes()
			now = now.Add(31 * 24 * time.Hour)
			if _, err := s.Retain(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, err := s.Case(t.Context(), c.ID)
			want(t, err, storage.ErrNotFound)
			_, err = s.Case(t.Context(), banned.ID)
			want(t, err, nil) // the person's row names it still
		})
	}
}

func TestReportOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		g := b.claim(b.reserve(2).ID)
		a := b.attempt(g)
		if _, err := s.Complete(t.Context(), g, a, 5, b.images(g, a, 1), []storage.Send{{User: g.User, Generation: g.ID, Kind: storage.SendResult}}); err != nil {
			t.Fatal(err)
		}
		r := storage.Report{Generation: g.ID, User: b.person.ID, Reason: "sexual"}
		for _, wanted := range []error{nil, storage.ErrConsumed} {
			_, err := s.Report(t.Context(), storage.Effect{}, r)
			want(t, err, wanted)
		}
		all, err := s.Reports(t.Context(), 9)
		if err != nil || len(all) != 1 || all[0].Reason != "sexual" || all[0].Model != "local" || len(all[0].Providers) != 1 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestFindingPeople(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		if id, err := s.FindPerson(t.Context(), 4242); err != nil || id != b.person.ID {
			t.Errorf("%d, %v", id, err)
		}
		_, err := s.FindPerson(t.Context(), 4343)
		want(t, err, storage.ErrNotFound)
		_, err = s.Operator(t.Context(), "op")
		want(t, err, nil)
		var all []int64
		if err := s.People(t.Context(), func(id int64) bool { all = append(all, id); return true }); err != nil || len(all) != 1 || all[0] != b.person.ID {
			t.Errorf("%v, %v", all, err)
		}
	})
}
