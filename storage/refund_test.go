package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// bought books a payment of a Star per credit and returns its charge.
func (b *bench) bought(charge string, credits int64) string {
	b.Helper()
	p := storage.Payment{Charge: charge, User: b.person.ID, Stars: credits, Credits: credits, Paid: time.Now()}
	if _, err := b.s.Pay(b.Context(), storage.Effect{User: b.person.ID}, p); err != nil {
		b.Fatal(err)
	}
	return charge
}

// spend has images made for credits.
func (b *bench) spend(credits int64) {
	b.Helper()
	b.capture(b.reserve(credits))
}

// capture ends a generation with all of its images.
func (b *bench) capture(g storage.Generation) {
	b.Helper()
	g = b.claim(g.ID)
	a := b.attempt(g)
	if _, err := b.s.Complete(b.Context(), g, a, 3, b.images(g, a, 2), []storage.Send{{Key: "result:" + g.ID, User: g.User, Generation: g.ID, Kind: storage.SendResult}}); err != nil {
		b.Fatal(err)
	}
}

// release ends a generation without images.
func (b *bench) release(g storage.Generation) {
	b.Helper()
	if _, err := b.s.Finish(b.Context(), b.claim(g.ID), storage.StatusFailed, storage.ReasonTimeout, "", storage.End{}, nil); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) refund(charge string, why storage.RefundWhy) (storage.Refund, error) {
	r, ref, _, err := b.s.AskRefund(b.Context(), storage.Effect{}, nil, 0, charge, why)
	if err == nil {
		r, err = b.s.ClaimRefund(b.Context(), ref.ID)
	}
	return r, err
}

func quiet(storage.Reversal) ([]storage.Send, error) { return nil, nil }

// reverse is Telegram's word that a payment went back.
func (b *bench) reverse(charge string) storage.Reversal {
	b.Helper()
	r, _, err := b.s.Reverse(b.Context(), storage.Effect{}, storage.Payment{Charge: charge, User: b.person.ID, Stars: 1, Paid: time.Now()}, year, quiet)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// stands checks a payment's status, and the person's debt and tier.
func (b *bench) stands(charge string, status storage.PaymentStatus, debt int64, tier storage.Tier) {
	b.Helper()
	p, err := b.s.Payment(b.Context(), charge)
	if err != nil || p.Status != status {
		b.Errorf("payment is %s, %v, want %s", p.Status, err, status)
	}
	who, err := b.s.PersonByID(b.Context(), b.person.ID)
	if err != nil || who.Debt != debt || who.Tier != tier {
		b.Errorf("debt %d, tier %s, %v, want %d, %s", who.Debt, who.Tier, err, debt, tier)
	}
}

func TestRefundOfWhatIsUnspent(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 6)
		charge := b.bought("c1", 10)
		b.spend(4) // of the given ones, which go first
		r, err := b.refund(charge, storage.RefundByPerson)
		if err != nil || r.Credits != 10 || r.Stars != 10 || r.User != b.person.ID {
			t.Fatalf("%+v, %v", r, err)
		}
		b.account(2, 0)
		b.stands(charge, storage.PaymentRefunding, 0, storage.TierPaid)
		_, err = b.refund(charge, storage.RefundByOperator)
		want(t, err, storage.ErrConsumed)
		if _, err := s.FinishRefund(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
		_, err = s.FinishRefund(t.Context(), r, nil)
		want(t, err, storage.ErrFenced)
		_, err = s.RefuseRefund(t.Context(), r, "late", nil)
		want(t, err, storage.ErrFenced)
		if again := b.reverse(charge); !again.Again {
			t.Errorf("told of what is known: %+v", again)
		}
		b.stands(charge, storage.PaymentRefunded, 0, storage.TierFree)
		b.account(2, 0)
	})
}

// Telegram refuses: the credits are where they were, and it can be asked again.
func TestRefusedRefund(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		charge := b.bought("c1", 10)
		for try := range int64(3) {
			r, err := b.refund(charge, storage.RefundByPerson)
			if err != nil || r.Credits != 10 || r.Tries != try+1 {
				t.Fatalf("%+v, %v", r, err)
			}
			b.account(0, 0)
			if _, err := s.RefuseRefund(t.Context(), r, "BALANCE_TOO_LOW", nil); err != nil {
				t.Fatal(err)
			}
			b.account(10, 0)
			b.stands(charge, storage.PaymentPaid, 0, storage.TierPaid)
		}
		if _, status, reason, err := s.RefundOf(t.Context(), charge); err != nil || status != storage.RefundRefused || reason != "BALANCE_TOO_LOW" {
			t.Errorf("%s, %s, %v", status, reason, err)
		}
		if r := b.reverse(charge); r.Taken != 10 || r.Owed != 0 { // Telegram's own people do it after all
			t.Errorf("%+v", r)
		}
		b.account(0, 0)
	})
}

// What is spent or held keeps a person from being refunded; an operator can, but not while a hold is open.
func TestRefundOfWhatIsSpentOrHeld(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		charge := b.bought("c1", 10)
		g := b.reserve(4)
		_, err := b.refund(charge, storage.RefundByPerson)
		want(t, err, storage.ErrPartlySpent)
		_, err = b.refund(charge, storage.RefundByOperator)
		want(t, err, storage.ErrHeld)
		b.account(10, 4)
		b.capture(g)
		_, err = b.refund(charge, storage.RefundByPerson)
		want(t, err, storage.ErrPartlySpent)
		r, err := b.refund(charge, storage.RefundByOperator)
		if err != nil || r.Credits != 6 {
			t.Fatalf("%+v, %v", r, err)
		}
		b.account(0, 0)
		if r := b.reverse(charge); !r.Asked || r.Taken != 6 { // the answer was lost, the news came
			t.Errorf("%+v", r)
		}
		_, err = s.FinishRefund(t.Context(), r, nil)
		want(t, err, storage.ErrFenced)
		b.stands(charge, storage.PaymentRefunded, 0, storage.TierFree)
		_, _, _, err = s.AskRefund(t.Context(), storage.Effect{}, nil, b.person.ID+1, charge, storage.RefundByPerson)
		want(t, err, storage.ErrNotFound)
	})
}

// A renewal is a payment of its own: it goes back alone, and its subscription does not renew.
func TestRefundOfARenewal(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		o := storage.Order{ID: "o1", User: b.person.ID, Pack: "monthly", Stars: 5, Credits: 10, Period: 30 * 24 * time.Hour}
		if _, err := s.OpenOrder(t.Context(), storage.Effect{}, o); err != nil {
			t.Fatal(err)
		}
		for i, charge := range []string{"c1", "c2"} {
			p := storage.Payment{
				Charge: charge, Order: o.ID, User: b.person.ID, Stars: 5, Credits: 10, Recurring: true, First: i == 0,
				Until: time.Now().Add(time.Duration(i+1) * o.Period), Paid: time.Now(),
			}
			if _, err := s.Pay(t.Context(), storage.Effect{}, p); err != nil {
				t.Fatal(err)
			}
		}
		b.spend(10)
		r, err := b.refund("c2", storage.RefundByPerson)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.FinishRefund(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
		b.stands("c2", storage.PaymentRefunded, 0, storage.TierPaid)
		b.stands("c1", storage.PaymentPaid, 0, storage.TierPaid)
		if got, err := s.Order(t.Context(), o.ID); err != nil || got.Canceled.IsZero() || got.Ended.IsZero() {
			t.Errorf("%+v, %v: it is to end", got, err)
		}
		_, _, err = s.Subscription(t.Context(), b.person.ID)
		want(t, err, storage.ErrNotFound)
		b.account(0, 0)
	})
}

// What was spent although Telegram took the payment back is a debt: nothing is painted until it is paid, by what comes next.
func TestDebt(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		charge := b.bought("c1", 10)
		b.spend(4)
		g := b.reserve(2)
		if r := b.reverse(charge); r.Taken != 4 || r.Covered != 0 || r.Owed != 6 {
			t.Fatalf("%+v", r)
		}
		b.account(2, 2)
		b.stands(charge, storage.PaymentClawedBack, 6, storage.TierFree)
		_, _, _, err := s.Reserve(t.Context(), storage.Effect{}, b.request(0))
		want(t, err, storage.ErrFrozen)
		if r := b.reverse(charge); !r.Again {
			t.Errorf("told twice: %+v", r)
		}
		b.release(g) // what it held is free, and pays
		freed := 0
		tell := func(user int64) ([]storage.Send, error) { freed++; return nil, nil }
		if n, _, err := s.CollectDebts(t.Context(), 10, tell); err != nil || n != 1 || freed != 0 {
			t.Fatalf("%d collected, %d freed, %v", n, freed, err)
		}
		b.account(0, 0)
		b.stands(charge, storage.PaymentClawedBack, 4, storage.TierFree)
		b.bought("c2", 3)
		b.account(0, 0)
		b.stands("c2", storage.PaymentPaid, 1, storage.TierPaid)
		b.bought("c3", 3)
		b.account(2, 0)
		b.stands("c3", storage.PaymentPaid, 0, storage.TierPaid)
		b.reserve(2)
		if n, _, err := s.CollectDebts(t.Context(), 10, tell); err != nil || n != 0 {
			t.Errorf("%d collected of nobody, %v", n, err)
		}
	})
}

// Whose debt cannot be collected keeps nobody else from paying theirs.
func TestDebtsOfOthers(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		var first int64
		for i := range 3 {
			p, err := s.PersonByTelegram(t.Context(), int64(i+1), "en")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Give(t.Context(), storage.Given{User: p.ID, Key: strconv.Itoa(i), Source: storage.SourcePromo, Credits: 5}); err != nil {
				t.Fatal(err)
			}
			if first == 0 || p.ID < first {
				first = p.ID
			}
		}
		if _, err := raw.Exec(`UPDATE users SET debt = 2`); err != nil {
			t.Fatal(err)
		}
		broken := errors.New("nothing can be told")
		n, _, err := s.CollectDebts(t.Context(), 10, func(user int64) ([]storage.Send, error) {
			if user == first {
				return nil, broken
			}
			return nil, nil
		})
		if n != 2 || !errors.Is(err, broken) {
			t.Errorf("%d collected, %v", n, err)
		}
	})
}

func TestDebtIsCoveredOrForgiven(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		b.bought("c1", 10)
		b.spend(8)
		b.bought("c2", 5)
		if r := b.reverse("c1"); r.Taken != 2 || r.Covered != 5 || r.Owed != 3 {
			t.Errorf("%+v", r)
		}
		b.account(0, 0)
		act := storage.Act{By: storage.By{Who: "ann"}, What: "forgive", Object: "x"}
		if people, credits, err := s.Debts(t.Context()); err != nil || people != 1 || credits != 3 {
			t.Errorf("%d owe %d, %v", people, credits, err)
		}
		if _, err := s.Forgive(t.Context(), storage.Effect{}, act, b.person.ID); err != nil {
			t.Fatal(err)
		}
		_, err := s.Forgive(t.Context(), storage.Effect{}, act, b.person.ID)
		want(t, err, storage.ErrNotFound)
		b.stands("c1", storage.PaymentClawedBack, 0, storage.TierPaid)
		if _, err := s.Give(t.Context(), storage.Given{User: b.person.ID, Key: "k", Source: storage.SourcePromo, Credits: 4}); err != nil {
			t.Fatal(err)
		}
		b.reserve(4)
	})
}

// A payment that paid a debt goes back as well: what it paid then is another movement than what pays for it now.
func TestDebtOfWhatPaidADebt(t *testing.T) {
	t.Parallel()
	for desc, spent := range map[string]int64{"as much as it paid": 0, "more than it paid": 4} {
		t.Run(desc, func(t *testing.T) {
			t.Parallel()
			storagetest.Each(t, func(t *testing.T, s *storage.Store) {
				b := setup(t, s, 0)
				b.bought("c1", 10)
				b.spend(6)
				b.reverse("c1")
				b.bought("c2", 20)
				b.account(14, 0)
				if spent > 0 {
					b.spend(spent)
				}
				b.bought("c3", 20)
				if r := b.reverse("c2"); r.Taken != 14-spent || r.Covered != 6+spent || r.Owed != 0 {
					t.Errorf("%+v", r)
				}
				b.account(14-spent, 0)
			})
		})
	}
}

// The news of a refund can come before that of its payment, which gives nothing then.
func TestRefundedBeforePaid(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		if r := b.reverse("c1"); r.Known || r.Again {
			t.Errorf("%+v", r)
		}
		_, err := s.Pay(t.Context(), storage.Effect{}, storage.Payment{Charge: "c1", User: b.person.ID, Stars: 1, Credits: 10, Paid: time.Now()})
		want(t, err, storage.ErrPaid)
		b.account(0, 0)
		// somebody nobody knows: what they paid goes back by itself
		p := storage.Payment{Charge: "c2", Payer: 77, Stars: 1, Problem: storage.ProblemErased, Paid: time.Now()}
		if _, err := s.Pay(t.Context(), storage.Effect{}, p); err != nil {
			t.Fatal(err)
		}
		if all, err := s.Unwanted(t.Context(), 10); err != nil || !cmp.Equal(all, []string{"c2"}) {
			t.Errorf("%v, %v", all, err)
		}
		r, err := b.refund("c2", storage.RefundByReconcile)
		if err != nil || r.User != 0 || r.Credits != 0 {
			t.Fatalf("%+v, %v", r, err)
		}
		if _, err := s.RefuseRefund(t.Context(), r, "no", nil); err != nil {
			t.Fatal(err)
		}
		if all, err := s.Unwanted(t.Context(), 10); err != nil || len(all) != 0 {
			t.Errorf("asked for again and again: %v, %v", all, err)
		}
	})
}

// Whatever happens to a payment at once, it goes back once, the account never falls below zero, and the books agree.
func TestRefundRaces(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		for round := range 8 {
			charge := b.bought(fmt.Sprintf("c%d", round), 4)
			var wg sync.WaitGroup
			var mu sync.Mutex
			var asked, reversed int
			n := b.request(2)
			for i := range 4 {
				wg.Go(func() {
					_, _, _, err := s.AskRefund(context.Background(), storage.Effect{}, nil, 0, charge, storage.RefundByPerson)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						asked++
					case !errors.Is(err, storage.ErrConsumed) && !errors.Is(err, storage.ErrPartlySpent) && !storage.IsUnavailable(err):
						t.Errorf("ask: %v", err)
					}
				})
				if i == 1 {
					wg.Go(func() {
						_, _, _, err := s.Reserve(context.Background(), storage.Effect{}, n)
						if err != nil && !errors.Is(err, storage.ErrInsufficient) && !errors.Is(err, storage.ErrFrozen) && !errors.Is(err, storage.ErrTooMany) {
							t.Errorf("reserve: %v", err)
						}
					})
				}
				if i == 2 && round%2 == 0 {
					wg.Go(func() {
						r, _, err := s.Reverse(context.Background(), storage.Effect{}, storage.Payment{Charge: charge, User: b.person.ID, Stars: 4, Paid: time.Now()}, year, quiet)
						mu.Lock()
						defer mu.Unlock()
						switch {
						case err == nil && !r.Asked:
							reversed++
						case err != nil && !errors.Is(err, storage.ErrFenced) && !storage.IsUnavailable(err):
							t.Errorf("reverse: %v", err)
						}
					})
				}
			}
			wg.Wait()
			if asked+reversed > 1 {
				t.Errorf("round %d: asked for %d times, reversed %d times", round, asked, reversed)
			}
			b.verify()
			acc, err := s.Account(t.Context(), b.person.ID)
			if err != nil || acc.Available() < 0 {
				t.Fatalf("%+v, %v", acc, err)
			}
			if acc.Held > 0 {
				b.release(storage.Generation{ID: n.ID})
			}
			if _, _, err := s.CollectDebts(t.Context(), 10, func(int64) ([]storage.Send, error) { return nil, nil }); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRefundsAreSwept(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		_, ref, _, err := s.AskRefund(t.Context(), storage.Effect{}, nil, 0, b.bought("c1", 2), storage.RefundByPerson)
		if err != nil {
			t.Fatal(err)
		}
		if refs, err := s.SweepRefunds(t.Context(), 10, false); err != nil || len(refs) != 0 {
			t.Errorf("its task is still on its way: %v, %v", refs, err)
		}
		refs, err := s.SweepRefunds(t.Context(), 10, true)
		if diff := cmp.Diff([]storage.Ref{{ID: ref.ID, Epoch: 2}}, refs); err != nil || diff != "" {
			t.Error(diff, err)
		}
		if _, err := s.ClaimRefund(t.Context(), ref.ID); err != nil {
			t.Fatal(err)
		}
		_, err = s.ClaimRefund(t.Context(), ref.ID)
		want(t, err, storage.ErrFenced)
		if refs, err := s.SweepRefunds(t.Context(), 10, true); err != nil || len(refs) != 0 {
			t.Errorf("somebody works on it: %v, %v", refs, err)
		}
	})
}

func TestReconciliationsAreRows(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		refs, err := s.DueReconcile(t.Context(), time.Hour)
		if err != nil || len(refs) != 1 {
			t.Fatalf("%v, %v", refs, err)
		}
		if more, err := s.DueReconcile(t.Context(), time.Hour); err != nil || len(more) != 0 {
			t.Errorf("one is under way: %v, %v", more, err)
		}
		c, err := s.ClaimReconcile(t.Context(), refs[0].ID)
		if err != nil || c.Offset != 0 || !c.Since.IsZero() {
			t.Fatalf("%+v, %v", c, err)
		}
		_, err = s.ClaimReconcile(t.Context(), c.ID)
		want(t, err, storage.ErrFenced)
		if err := s.RenewReconcile(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if _, err := s.EndReconcile(t.Context(), c, map[string]int{"seen": 3}, 1, 7, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Reconciliation(t.Context(), c.ID); err != nil || !got.Done || got.Findings != 1 || string(got.Report) != `{"seen":3}` {
			t.Errorf("%+v, %v", got, err)
		}
		if more, err := s.DueReconcile(t.Context(), time.Hour); err != nil || len(more) != 0 {
			t.Errorf("too soon: %v, %v", more, err)
		}
		next, err := s.DueReconcile(t.Context(), 0)
		if err != nil || len(next) != 1 {
			t.Fatalf("%v, %v", next, err)
		}
		if got, err := s.Reconciliation(t.Context(), next[0].ID); err != nil || got.Offset != 7 {
			t.Errorf("%+v, %v: it goes on where the last one ended", got, err)
		}
		asked, err := s.AskReconcile(t.Context(), time.Unix(1000, 0))
		if err != nil {
			t.Fatal(err)
		}
		if refs, err := s.SweepReconciles(t.Context(), 10, false); err != nil || len(refs) != 2 {
			t.Errorf("%v, %v: what nobody enqueued is", refs, err)
		}
		if got, err := s.ClaimReconcile(t.Context(), asked.ID); err != nil || !got.Since.Equal(time.Unix(1000, 0)) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestMoney(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 2)
		p := storage.Payment{Charge: "c1", User: b.person.ID, Stars: 50, Credits: 100, Paid: time.Now()}
		if _, err := s.Pay(t.Context(), storage.Effect{}, p); err != nil {
			t.Fatal(err)
		}
		b.bought("c2", 10)
		b.spend(2) // given
		b.spend(6) // bought, at half a Star each
		b.reverse("c2")
		since := time.Now().Add(-time.Hour)
		day := time.Now().UTC().Truncate(24 * time.Hour)
		days, err := s.MoneyByDay(t.Context(), since)
		if diff := cmp.Diff([]storage.Money{{Day: day, Payments: 2, Stars: 60, Refunded: 10, Earned: 3, Spent: 8, Cost: 6, Calls: 2}}, days); err != nil || diff != "" {
			t.Error(diff, err)
		}
		models, err := s.MoneyByModel(t.Context(), since)
		if diff := cmp.Diff([]storage.Money{{Model: "local", Earned: 3, Spent: 8, Cost: 6, Calls: 2}}, models); err != nil || diff != "" {
			t.Error(diff, err)
		}
		if none, err := s.MoneyByDay(t.Context(), time.Now().Add(time.Hour)); err != nil || len(none) != 0 {
			t.Errorf("%+v, %v", none, err)
		}
		all, err := s.AllPayments(t.Context(), storage.PaymentFilter{Status: storage.PaymentPaid, Limit: 5})
		if err != nil || len(all) != 1 || all[0].Charge != "c1" {
			t.Fatalf("%+v, %v", all, err)
		}
		g := b.reserve(4)
		bought, err := s.Unspent(t.Context(), b.person.ID, all)
		if diff := cmp.Diff([]storage.Bought{{Left: 94, Free: 90}}, bought, cmpopts.IgnoreFields(storage.Bought{}, "Payment")); err != nil || diff != "" {
			t.Error(diff, err)
		}
		b.release(g)
		var charges []string
		err = s.PaymentsBetween(t.Context(), since, time.Now().Add(time.Minute), func(p storage.Payment) error {
			charges = append(charges, p.Charge)
			return nil
		})
		if diff := cmp.Diff([]string{"c1", "c2"}, charges); err != nil || diff != "" {
			t.Error(diff, err)
		}
	})
}
