package storage_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

const aDay = 24 * time.Hour

var dailyTerms = storage.DailyTerms{Credits: 2, Bonus: 1, Most: 4, Keep: 7 * aDay}

// other is another person, whose work the bench's methods do too.
func (b *bench) other(telegramID int64) *bench {
	b.Helper()
	p, err := b.s.PersonByTelegram(b.Context(), telegramID, "en")
	if err != nil {
		b.Fatal(err)
	}
	o := &bench{T: b.T, s: b.s, person: p}
	o.n.Store(telegramID * 1000)
	return o
}

func (b *bench) ban() {
	b.Helper()
	id, err := b.s.NewID()
	if err != nil {
		b.Fatal(err)
	}
	c := storage.Case{ID: id, User: b.person.ID, Kind: storage.CaseBan, Cause: storage.BanOperator}
	if _, err := b.s.Ban(b.Context(), storage.Effect{}, storage.Act{By: storage.By{Who: "ops"}, What: "ban"}, c, storage.Forever); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) daily() storage.Daily {
	b.Helper()
	d, err := b.s.Daily(b.Context(), b.person.ID, dailyTerms)
	if err != nil {
		b.Fatal(err)
	}
	return d
}

func (b *bench) takeDaily(d storage.Daily) error {
	_, err := b.s.TakeDaily(b.Context(), storage.Effect{}, d)
	return err
}

// atOnce runs f n times at once and counts what came of it; every failure has to be one of allowed.
func (b *bench) atOnce(n int, f func(i int) error, allowed ...error) (ok int64) {
	b.Helper()
	var done atomic.Int64
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			err := f(i)
			for _, a := range allowed {
				if errors.Is(err, a) {
					return
				}
			}
			if err != nil {
				b.Error(err)
				return
			}
			done.Add(1)
		})
	}
	wg.Wait()
	return done.Load()
}

// The day is the program's: each brings credits once, more of them day by day, and a day left out starts over.
func TestDaily(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		b := setup(t, s, 20)
		if d := b.daily(); d.State != storage.DailyNew {
			t.Errorf("on the first day: %+v", d)
		}
		want(t, b.takeDaily(b.daily()), storage.ErrConsumed)
		c.skip(aDay)
		if d := b.daily(); d.State != storage.DailyUnspent {
			t.Errorf("with all of the welcome: %+v", d)
		}
		b.paint(4, 2)
		for i, credits := range []int64{2, 3, 4, 4} {
			d := b.daily()
			if d.State != storage.DailyReady || d.Streak != int64(i)+1 || d.Credits != credits {
				t.Fatalf("day %d: %+v", i+1, d)
			}
			if err := b.takeDaily(d); err != nil {
				t.Fatal(err)
			}
			want(t, b.takeDaily(d), storage.ErrConsumed)
			if d := b.daily(); d.State != storage.DailyTaken || d.Streak != int64(i)+1 {
				t.Errorf("again on day %d: %+v", i+1, d)
			}
			c.skip(aDay)
		}
		c.skip(aDay)
		if d := b.daily(); d.Streak != 1 || d.Credits != 2 {
			t.Errorf("after a day left out: %+v", d)
		}
		b.account(16+13, 0)
		all, err := s.Lots(t.Context(), b.person.ID)
		if err != nil || all[0].Source != storage.SourceDaily || all[0].Expires.IsZero() {
			t.Errorf("lots: %+v, %v", all, err)
		}
	})
}

// However the clock goes back and whoever asks at once, a day is taken once.
func TestDailyIsNotFarmed(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		b := setup(t, s, 2)
		b.paint(2, 2)
		c.skip(2 * aDay)
		ready := b.daily()
		if n := b.atOnce(20, func(int) error { return b.takeDaily(ready) }, storage.ErrConsumed); n != 1 {
			t.Errorf("taken %d times", n)
		}
		b.account(2, 0)
		c.skip(-aDay)
		if d := b.daily(); d.State != storage.DailyTaken {
			t.Errorf("the day before, again: %+v", d)
		}
		want(t, b.takeDaily(ready), storage.ErrConsumed)
		c.skip(2 * aDay)
		next := b.daily()
		b.ban()
		want(t, b.takeDaily(next), storage.ErrBanned)
		b.account(2, 0)
	})
}

// Who has nothing left and never had anything painted still gets something: else they could not begin.
func TestDailyForThoseWithNothing(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		b := setup(t, s, 0)
		c.skip(aDay)
		if err := b.takeDaily(b.daily()); err != nil {
			t.Error(err)
		}
		b.account(2, 0)
	})
}

var referralTerms = storage.ReferralTerms{Credits: 5, Month: 2, Most: 3}

// invite makes a link of the bench's person.
func (b *bench) invite() string {
	b.Helper()
	i, err := b.s.Invites(b.Context(), b.person.ID)
	if err != nil {
		b.Fatal(err)
	}
	return i.Code
}

func (b *bench) follow(code string) error {
	_, err := b.s.Refer(b.Context(), storage.Effect{}, b.person.ID, code)
	return err
}

func (b *bench) payReferral() error {
	r, err := b.s.DueReferral(b.Context(), b.person.ID)
	if err != nil {
		return err
	}
	_, err = b.s.PayReferral(b.Context(), r, referralTerms, nil, nil)
	return err
}

func TestReferralPaysOnceThereIsAPicture(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, _ *clock) {
		ada := setup(t, s, 0)
		code := ada.invite()
		if strings.Contains(code, "4242") || len(code) < 10 {
			t.Errorf("code %q", code)
		}
		bo := ada.other(7)
		if err := bo.follow(code); err != nil {
			t.Fatal(err)
		}
		want(t, bo.follow(code), storage.ErrNotFound)
		bo.give("welcome", storage.SourceWelcome, 4, time.Time{})
		want(t, bo.payReferral(), storage.ErrNotFound)
		bo.paint(2, 2)
		all, err := s.DueReferrals(t.Context(), 10)
		if err != nil || len(all) != 1 {
			t.Fatalf("due: %+v, %v", all, err)
		}
		pay := func(int) error {
			_, err := s.PayReferral(t.Context(), all[0], referralTerms, []storage.Send{notice(bo)}, []storage.Send{notice(ada)})
			return err
		}
		if n := ada.atOnce(10, pay, storage.ErrConsumed); n != 1 {
			t.Errorf("paid %d times", n)
		}
		ada.account(5, 0)
		bo.account(2+5, 0)
		want(t, bo.payReferral(), storage.ErrNotFound)
		got, err := s.Invites(t.Context(), ada.person.ID)
		if diff := cmp.Diff(storage.Invites{Code: code, Joined: 1, Paid: 1, Month: 1, Credits: 5}, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

func notice(b *bench) storage.Send {
	return storage.Send{User: b.person.ID, Chat: 1, Kind: storage.SendMessage, Body: map[string]string{}}
}

// Nobody brings themselves, nobody who was here before is brought, so there are no rings, and a stranger's code is nothing.
func TestReferralsThatDoNotCount(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		ada := setup(t, s, 0)
		bo := ada.other(7)
		want(t, ada.follow(ada.invite()), storage.ErrNotFound)
		want(t, ada.follow(bo.invite()), storage.ErrNotFound)
		want(t, bo.follow("nobody"), storage.ErrNotFound)
		if err := bo.follow(ada.invite()); err != nil {
			t.Error(err)
		}
		agreed := ada.other(8)
		if _, _, err := s.Agree(t.Context(), storage.Effect{}, storage.Consent{User: agreed.person.ID, Version: "1", Document: []string{"policy"}}); err != nil {
			t.Fatal(err)
		}
		want(t, agreed.follow(ada.invite()), storage.ErrNotFound)
		late := ada.other(9)
		c.skip(2 * time.Hour)
		want(t, late.follow(ada.invite()), storage.ErrNotFound)
		ada.ban()
		want(t, ada.other(10).follow(ada.invite()), storage.ErrNotFound)
	})
}

// A friend who restricts what is done with their data for a while costs nobody what is due.
func TestReferralOfTheRestricted(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ada := setup(t, s, 0)
		bo := ada.other(7)
		if err := bo.follow(ada.invite()); err != nil {
			t.Fatal(err)
		}
		bo.give("welcome", storage.SourceWelcome, 2, time.Time{})
		bo.paint(2, 2)
		due, err := s.DueReferral(t.Context(), bo.person.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Restrict(t.Context(), storage.Effect{}, bo.person.ID, nil, nil, nil); err != nil {
			t.Fatal(err)
		}
		want(t, bo.payReferral(), storage.ErrNotFound)
		_, err = s.PayReferral(t.Context(), due, referralTerms, nil, nil)
		want(t, err, storage.ErrRestricted)
		if _, err := s.Unrestrict(t.Context(), storage.Effect{}, bo.person.ID); err != nil {
			t.Fatal(err)
		}
		if err := bo.payReferral(); err != nil {
			t.Error(err)
		}
		bo.account(5, 0)
	})
}

// An inviter gets credits for so many friends in a month and in all, however many arrive at once; the friends get theirs.
func TestReferralLimits(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		ada := setup(t, s, 0)
		arrive := func(from int64) {
			var friends []*bench
			for i := range int64(4) {
				bo := ada.other(from + i)
				if err := bo.follow(ada.invite()); err != nil {
					t.Fatal(err)
				}
				bo.give("welcome:"+strings.Repeat("i", int(from+i)), storage.SourceWelcome, 2, time.Time{})
				bo.paint(2, 2)
				friends = append(friends, bo)
			}
			if n := ada.atOnce(len(friends), func(i int) error { return friends[i].payReferral() }); n != 4 {
				t.Errorf("%d of 4 were paid", n)
			}
			for _, bo := range friends {
				bo.account(5, 0)
			}
		}
		arrive(10)
		ada.account(2*5, 0)
		c.skip(31 * aDay)
		arrive(20)
		ada.account(3*5, 0)
	})
}

// A friend who is banned brings nothing, and an inviter who is gets nothing.
func TestReferralsOfTheBanned(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ada := setup(t, s, 0)
		bo, cy := ada.other(7), ada.other(8)
		for i, friend := range []*bench{bo, cy} {
			if err := friend.follow(ada.invite()); err != nil {
				t.Fatal(err)
			}
			friend.give("welcome:"+strings.Repeat("i", i), storage.SourceWelcome, 2, time.Time{})
			friend.paint(2, 2)
		}
		bo.ban()
		if err := bo.payReferral(); err != nil {
			t.Error(err)
		}
		bo.account(0, 0)
		ada.account(0, 0)
		ada.ban()
		if err := cy.payReferral(); err != nil {
			t.Error(err)
		}
		cy.account(5, 0)
		ada.account(0, 0)
	})
}
