package storage_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

func (b *bench) orderCredits(credits int64, wait bool) (storage.CreditOrder, error) {
	o, _, err := b.s.OrderCredits(b.Context(), storage.Effect{}, storage.Act{By: storage.By{Who: "ann"}, What: "credits"}, storage.CreditOrder{
		Who: "ann", User: b.person.ID, Credits: credits, Reason: "for the trouble",
	}, wait)
	return o, err
}

func (b *bench) decideCredits(o storage.CreditOrder, who string, agree bool) error {
	_, err := b.s.DecideCredits(b.Context(), storage.Effect{}, storage.Act{By: storage.By{Who: who}, What: "credits approve"}, o, agree)
	return err
}

func TestCreditOrders(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		if _, err := b.orderCredits(10, false); err != nil {
			t.Fatal(err)
		}
		b.account(10, 0)
		_, err := b.orderCredits(-11, false)
		want(t, err, storage.ErrInsufficient)
		b.reserve(4)
		_, err = b.orderCredits(-7, false)
		want(t, err, storage.ErrInsufficient)
		if _, err := b.orderCredits(-6, false); err != nil {
			t.Fatal(err)
		}
		b.account(4, 4)

		large, err := b.orderCredits(1000, true)
		if err != nil {
			t.Fatal(err)
		}
		b.account(4, 4)
		want(t, b.decideCredits(large, "ann", true), storage.ErrOneself)
		if n := b.atOnce(10, func(int) error { return b.decideCredits(large, "bob", true) }, storage.ErrNotFound); n != 1 {
			t.Errorf("agreed to %d times", n)
		}
		b.account(1004, 4)
		refused, err := b.orderCredits(1000, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.decideCredits(refused, "bob", false); err != nil {
			t.Error(err)
		}
		want(t, b.decideCredits(refused, "bob", true), storage.ErrNotFound)
		b.account(1004, 4)

		got, err := s.CreditOrder(t.Context(), large.ID)
		if err != nil || got.Second != "bob" || got.Status != storage.CreditDone || got.Reason != "for the trouble" {
			t.Errorf("%+v, %v", got, err)
		}
		all, err := s.CreditOrders(t.Context(), 10)
		if err != nil || len(all) != 4 || all[0].ID != refused.ID {
			t.Errorf("%+v, %v", all, err)
		}
		if acts, err := s.Acts(t.Context(), storage.ActFilter{}); err != nil || len(acts) != 6 {
			t.Errorf("%+v, %v", acts, err)
		}
	})
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		b.buy("c1", 10)
		b.reserve(4)
		ids := []string{"pay:c1"}
		page, _, err := s.Movements(t.Context(), b.person.ID, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, page[0].ID)
		for i, credits := range []int64{10, -4} {
			token, err := s.MakeReceipt(t.Context(), b.person.ID, ids[i])
			if err != nil {
				t.Fatal(err)
			}
			again, err := s.MakeReceipt(t.Context(), b.person.ID, ids[i])
			if err != nil || again != token {
				t.Errorf("again: %v", err)
			}
			if len(token) > 140 {
				t.Errorf("%d characters", len(token))
			}
			r, err := s.CheckReceipt(t.Context(), token)
			if err != nil || !r.Intact || r.User != b.person.ID || r.Movement.Credits != credits || r.Movement.ID != ids[i] {
				t.Errorf("%+v, %v", r, err)
			}
			for _, bad := range []string{"", "x", token[:len(token)-1], "B" + token[1:], token[:20] + "AA" + token[22:], token + token} {
				_, err := s.CheckReceipt(t.Context(), bad)
				want(t, err, storage.ErrForged)
			}
		}
		_, err = s.MakeReceipt(t.Context(), b.other(7).person.ID, "pay:c1")
		want(t, err, storage.ErrNotFound)
		m, err := s.Movement(t.Context(), b.person.ID, "pay:c1")
		if err != nil || m.Balance != 10 || m.Source != storage.SourcePurchase {
			t.Errorf("%+v, %v", m, err)
		}
		if diff := cmp.Diff(-4, int(page[0].Credits)); diff != "" {
			t.Error(diff)
		}
	})
}

// A row that was changed by hand shows in its receipt.
func TestAReceiptOfAChangedRow(t *testing.T) {
	t.Parallel()
	url := storagetest.URL(t, storagetest.OnSQLite)
	s, raw := storagetest.Open(t, url, nil), openRaw(t, storagetest.OnSQLite, url)
	p, err := s.PersonByTelegram(t.Context(), 1, "en")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Give(t.Context(), storage.Given{User: p.ID, Key: "x", Source: storage.SourcePromo, Credits: 9}); err != nil {
		t.Fatal(err)
	}
	token, err := s.MakeReceipt(t.Context(), p.ID, "grant:x")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{`DROP TRIGGER transfers_no_update`, `UPDATE transfers SET amount = 8, posted = 8 WHERE id = 'grant:x'`} {
		if _, err := raw.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.CheckReceipt(t.Context(), token)
	if err != nil || r.Intact || r.Movement.Credits != 9 {
		t.Errorf("%+v, %v", r, err)
	}
}
