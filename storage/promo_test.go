package storage_test

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

func (b *bench) promo(code string, p storage.Promo) storage.Promo {
	b.Helper()
	p, err := b.s.AddPromo(b.Context(), storage.Act{By: storage.By{Who: "ops"}, What: "promo create"}, code, p)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// redeem looks a code up and uses it, as the bot does.
func (b *bench) redeem(code string) error {
	p, err := b.s.Promo(b.Context(), b.person.ID, code)
	if err != nil {
		return err
	}
	_, err = b.s.RedeemPromo(b.Context(), storage.Effect{}, b.person.ID, p)
	return err
}

func TestPromo(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		b := setup(t, s, 0)
		b.promo("Summer", storage.Promo{Label: "s", Credits: 5, PerPerson: 2, Keep: aDay, Expires: c.tick().Add(2 * aDay)})
		_, err := s.AddPromo(t.Context(), storage.Act{}, "SUMMER", storage.Promo{Label: "s", Credits: 1, PerPerson: 1})
		want(t, err, storage.ErrKeyReuse)
		for range 2 {
			if err := b.redeem(" sUMMER "); err != nil {
				t.Error(err)
			}
		}
		want(t, b.redeem("summer"), storage.ErrConsumed)
		want(t, b.redeem("winter"), storage.ErrNotFound)
		b.account(10, 0)
		c.skip(2 * aDay)
		want(t, b.other(7).redeem("summer"), storage.ErrExpired)

		b.promo("one", storage.Promo{Label: "1", Credits: 3, Uses: 1, PerPerson: 1})
		if err := b.other(7).redeem("one"); err != nil {
			t.Error(err)
		}
		want(t, b.redeem("one"), storage.ErrUsedUp)
		if p, err := s.DisablePromo(t.Context(), storage.Act{By: storage.By{Who: "ops"}, What: "promo disable"}, "ONE"); err != nil || p.Used != 1 || p.Disabled.IsZero() {
			t.Errorf("disabled: %+v, %v", p, err)
		}
		_, err = s.DisablePromo(t.Context(), storage.Act{}, "one")
		want(t, err, storage.ErrNotFound)
		want(t, b.redeem("one"), storage.ErrNotFound)
		if all, err := s.Promos(t.Context(), 10); err != nil || len(all) != 2 || all[0].Label != "1" || all[1].Keep != aDay || all[1].Used != 2 {
			t.Errorf("codes: %+v, %v", all, err)
		}
		if acts, err := s.Acts(t.Context(), storage.ActFilter{}); err != nil || len(acts) != 3 {
			t.Errorf("acts: %+v, %v", acts, err)
		}
	})
}

// Fifty people at once get what there is and no more; and so does one of them, fifty times at once.
func TestPromoLimitsAreExact(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		code := b.promo("rush", storage.Promo{Label: "rush", Credits: 5, Uses: 7, PerPerson: 2})
		people := make([]*bench, 50)
		for i := range people {
			people[i] = b.other(int64(100 + i))
		}
		use := func(who *bench) error {
			_, err := s.RedeemPromo(t.Context(), storage.Effect{}, who.person.ID, code)
			return err
		}
		if n := b.atOnce(50, func(int) error { return use(b) }, storage.ErrConsumed); n != 2 {
			t.Errorf("one person used it %d times", n)
		}
		if n := b.atOnce(50, func(i int) error { return use(people[i]) }, storage.ErrUsedUp); n != 5 {
			t.Errorf("used %d times more, of 5", n)
		}
		b.account(10, 0)
		var given int64
		for _, p := range people {
			acc, err := s.Account(t.Context(), p.person.ID)
			if err != nil {
				t.Fatal(err)
			}
			given += acc.Posted
		}
		if given != 25 {
			t.Errorf("%d credits for 5 uses", given)
		}
	})
}

func TestPromoForTheBannedAndTheLate(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		b := setup(t, s, 0)
		p := b.promo("x", storage.Promo{Label: "x", Credits: 5, PerPerson: 1, Expires: c.tick().Add(time.Hour)})
		b.ban()
		want(t, b.redeem("x"), storage.ErrBanned)
		c.skip(time.Hour) // looked up in time, used too late
		_, err := s.RedeemPromo(t.Context(), storage.Effect{}, b.other(7).person.ID, p)
		want(t, err, storage.ErrUsedUp)
	})
}

// Who was erased and came back may have used what is older than that, and nothing is kept by which it could be told.
func TestPromoIsNotHadAgainByErasure(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		b := setup(t, s, 0)
		old := b.promo("old", storage.Promo{Label: "x", Credits: 5, PerPerson: 1})
		young := b.promo("young", storage.Promo{Label: "y", Credits: 5, PerPerson: 1})
		mustExec(t, raw, `UPDATE promos SET created_at = 1 WHERE id = '`+old.ID+`'`)
		mustExec(t, raw, `UPDATE promos SET created_at = 3 WHERE id = '`+young.ID+`'`)
		mustExec(t, raw, `UPDATE users SET welcomed_at = 2`)
		want(t, b.redeem("old"), storage.ErrConsumed)
		b.account(0, 0)
		want(t, b.redeem("young"), nil)
		b.account(5, 0)
	})
}

// Nothing more is noted of whoever is being erased.
func TestNoMissesOfSomebodyBeingErased(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		b := setup(t, s, 0)
		mustExec(t, raw, `UPDATE users SET erasing_at = 1`)
		if _, err := s.MissPromo(t.Context(), storage.Effect{}, b.person.ID); err != nil && !errors.Is(err, storage.ErrRestricted) {
			t.Fatal(err)
		}
		var n int
		if err := raw.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM promo_misses`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows, %v", n, err)
		}
		mustExec(t, raw, `UPDATE users SET erasing_at = NULL`) // the books are looked at in the end
	})
}

// Whoever guesses waits, longer each time; a code that is right makes it good.
func TestGuessingCodes(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		b := setup(t, s, 0)
		pause := func() time.Duration {
			d, err := s.PromoPause(t.Context(), b.person.ID)
			if err != nil {
				t.Fatal(err)
			}
			return d.Round(time.Minute)
		}
		miss := func() {
			if _, err := s.MissPromo(t.Context(), storage.Effect{}, b.person.ID); err != nil {
				t.Fatal(err)
			}
		}
		for i, wait := range []time.Duration{0, 0, 0, 0, time.Minute, 2 * time.Minute, 4 * time.Minute} {
			miss()
			if got := pause(); got != wait {
				t.Errorf("after %d: %v, want %v", i+1, got, wait)
			}
		}
		c.skip(5 * time.Minute)
		if got := pause(); got != 0 {
			t.Errorf("after the wait: %v", got)
		}
		b.promo("x", storage.Promo{Label: "x", Credits: 5, PerPerson: 1})
		if err := b.redeem("x"); err != nil {
			t.Fatal(err)
		}
		miss()
		if got := pause(); got != 0 {
			t.Errorf("after a code that was right: %v", got)
		}
	})
}
