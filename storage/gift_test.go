package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// wrap makes a gift of the bench's person.
func (b *bench) wrap(credits, daily int64) (string, error) {
	id := b.s.NewGiftID()
	_, err := b.s.MakeGift(b.Context(), storage.Effect{}, storage.Gift{ID: id, User: b.person.ID, Credits: credits}, daily)
	return id, err
}

func (b *bench) wrapped(credits int64) string {
	b.Helper()
	id, err := b.wrap(credits, 100)
	if err != nil {
		b.Fatal(err)
	}
	return id
}

func (b *bench) unwrap(id string) error {
	_, err := b.s.TakeGift(b.Context(), storage.Effect{}, id, b.person.ID)
	return err
}

func (b *bench) takeBack(id string) error {
	_, err := b.s.ReturnGift(b.Context(), storage.Effect{}, id, b.person.ID)
	return err
}

// Only what was bought is given; it is gone from the giver at once, and the taker cannot give it on.
func TestGift(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		ada := setup(t, s, 20)
		bo := ada.other(7)
		_, err := ada.wrap(1, 100)
		want(t, err, storage.ErrInsufficient)
		ada.buy("c1", 10)
		if n, err := s.Giftable(t.Context(), ada.person.ID); err != nil || n != 10 {
			t.Errorf("giftable: %d, %v", n, err)
		}
		_, err = ada.wrap(11, 100)
		want(t, err, storage.ErrInsufficient)
		ada.account(30, 0)
		id := ada.wrapped(4)
		ada.account(26, 0)
		if g, err := s.Gift(t.Context(), id); err != nil || g.Credits != 4 || g.Status != storage.GiftOpen {
			t.Errorf("%+v, %v", g, err)
		}
		want(t, ada.unwrap(id), storage.ErrConsumed)
		want(t, bo.takeBack(id), storage.ErrConsumed)
		if err := bo.unwrap(id); err != nil {
			t.Error(err)
		}
		want(t, ada.takeBack(id), storage.ErrConsumed)
		bo.account(4, 0)
		_, err = bo.wrap(1, 100)
		want(t, err, storage.ErrInsufficient)
		_, err = s.Gift(t.Context(), id[:len(id)-1]+"0")
		want(t, err, storage.ErrNotFound)

		late := ada.wrapped(3)
		c.skip(storage.GiftTime)
		want(t, bo.unwrap(late), storage.ErrConsumed)
		stale, err := s.StaleGifts(t.Context(), 10)
		if err != nil || len(stale) != 1 || stale[0].ID != late {
			t.Errorf("stale: %+v, %v", stale, err)
		}
		if err := ada.takeBack(late); err != nil {
			t.Error(err)
		}
		ada.account(26, 0)
		if n, err := s.Giftable(t.Context(), ada.person.ID); err != nil || n != 6 {
			t.Errorf("what came back can be given again: %d, %v", n, err)
		}
	})
}

// Whoever is first has it: of two who open it, of fifty, and of one who opens and one who takes back.
func TestAGiftIsTakenOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ada := setup(t, s, 0)
		ada.buy("c1", 100)
		people := make([]*bench, 50)
		for i := range people {
			people[i] = ada.other(int64(100 + i))
		}
		id := ada.wrapped(10)
		if n := ada.atOnce(50, func(i int) error { return people[i].unwrap(id) }, storage.ErrConsumed); n != 1 {
			t.Errorf("%d people have it", n)
		}
		for range 5 {
			id := ada.wrapped(10)
			if n := ada.atOnce(2, func(i int) error {
				if i == 0 {
					return ada.takeBack(id)
				}
				return people[0].unwrap(id)
			}, storage.ErrConsumed); n != 1 {
				t.Errorf("%d of two have it", n)
			}
		}
		var sum int64
		for _, b := range append(people, ada) {
			acc, err := s.Account(t.Context(), b.person.ID)
			if err != nil {
				t.Fatal(err)
			}
			sum += acc.Posted
		}
		if sum != 100 {
			t.Errorf("%d credits of 100", sum)
		}
	})
}

func TestGiftsInADay(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		ada := setup(t, s, 0)
		ada.buy("c1", 100)
		n := ada.atOnce(10, func(int) error {
			_, err := ada.wrap(1, 3)
			return err
		}, storage.ErrTooMany)
		if n != 3 {
			t.Errorf("%d gifts of 3", n)
		}
		ada.account(97, 0)
		c.skip(25 * time.Hour)
		if _, err := ada.wrap(1, 3); err != nil {
			t.Error(err)
		}
		ada.ban()
		if _, err := ada.wrap(1, 100); !errors.Is(err, storage.ErrBanned) {
			t.Error(err)
		}
	})
}
