package workers

import (
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func TestReconcile(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	fine := k.pays(50)
	back := k.pays(40)
	bank := k.pays(30)
	if err := k.tg.Refund(back); err != nil {
		t.Fatal(err)
	}
	if err := k.tg.Chargeback(bank); err != nil {
		t.Fatal(err)
	}
	lost, err := k.ada.Charge(20, "x")
	if err != nil {
		t.Fatal(err)
	}
	eve := k.tg.Person(telegramtest.PersonConfig{FirstName: "Eve"})
	eve.Start("")
	stars := eve.Stars()
	stranger, err := eve.Charge(10, "x")
	if err != nil {
		t.Fatal(err)
	}
	invented := storage.Payment{Charge: "invented", User: k.user.ID, Stars: 5, Credits: 5, Paid: time.Now()}
	if _, err := k.w.Store.Pay(t.Context(), storage.Effect{}, invented); err != nil {
		t.Fatal(err)
	}
	other, err := k.ada.Charge(60, "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.w.Store.Pay(t.Context(), storage.Effect{}, storage.Payment{Charge: other, User: k.user.ID, Stars: 6, Credits: 6, Paid: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for range telegram.MaxStarPage { // more than a page
		charge, err := k.ada.Charge(1, "x")
		if err == nil {
			_, err = k.w.Store.Pay(t.Context(), storage.Effect{}, storage.Payment{Charge: charge, User: k.user.ID, Stars: 1, Credits: 1, Paid: time.Now()})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	k.updates() // all of them are lost

	r := k.compare(time.Now()) // too young to judge
	if len(r.Findings) != 0 || r.Transactions != 0 {
		t.Errorf("too early: %+v", r)
	}
	proved, err := ProveStars(t.Context(), k.w.Store, k.w.Telegram, time.Now().Add(time.Hour)) // which leaves all of it to the comparison
	if err != nil {
		t.Fatal(err)
	}
	broken := map[string][]string{}
	for _, c := range proved {
		if slices.Sort(c.Rows); len(c.Rows) > 0 {
			broken[c.Invariant] = c.Rows
		}
		if c.Examined != 108 || c.Group != storage.GroupTelegram {
			t.Errorf("%+v", c)
		}
	}
	unknown := []string{lost, stranger}
	slices.Sort(unknown)
	if len(broken["no Stars were taken but for a payment that went back"]) == 1 {
		delete(broken, "no Stars were taken but for a payment that went back") // its id is Telegram's own
	}
	if diff := cmp.Diff(map[string][]string{
		"what Telegram says was paid is a payment here": unknown, "a payment is of the amount and the person that Telegram says": {other},
		"a payment is in Telegram's list": {"invented"}, "what went back there went back here": {back},
	}, broken); diff != "" {
		t.Errorf("proof of Stars (-want +got):\n%s", diff)
	}

	r = k.compare(time.Now().Add(time.Hour))
	got := map[FindingKind]string{}
	for _, f := range r.Findings {
		got[f.Kind] += f.Charge
	}
	delete(got, FoundTaken) // its id is Telegram's own
	want := map[FindingKind]string{
		FoundMissingHere: lost, FoundNobody: stranger, FoundMissingThere: "invented", FoundStars: other, FoundRefundHere: back,
	}
	if diff := cmp.Diff(want, got); diff != "" || len(r.Findings) != 6 {
		t.Errorf("%d findings: %s", len(r.Findings), diff)
	}
	if r.Paid != 50+40+30+20+10+60+100 || r.Refunded != 40 || r.Other != -30 || r.Balance != r.Paid-r.Refunded+r.Other || r.Transactions != 108 {
		t.Errorf("%+v", r)
	}
	k.run()
	k.sweep()
	k.has(fine, 50+30+20+5+6+100, storage.PaymentPaid)
	k.has(back, 50+30+20+5+6+100, storage.PaymentClawedBack)
	k.has(stranger, 50+30+20+5+6+100, storage.PaymentRefunded)
	if eve.Stars() != stars {
		t.Errorf("Eve, whom nobody knows, has %d Stars, want %d", eve.Stars(), stars)
	}
	k.last(k.boss, "6\u00a0differences")
	if r := k.compare(time.Now().Add(time.Hour)); len(r.Findings) != 3 { // those that nobody can set right
		t.Errorf("the second time: %+v", r.Findings)
	}
	// it goes on where the list is old enough, and what is behind that is not judged
	if r := k.compare(time.Now().Add(100 * time.Hour)); len(r.Findings) != 3 {
		t.Errorf("days later: %+v", r.Findings)
	}
	if r := k.compare(time.Now().Add(100 * time.Hour)); len(r.Findings) != 0 || r.Transactions != 0 {
		t.Errorf("nothing new: %+v", r)
	}
}

// dueRun claims the comparison that is due.
func (k *till) dueRun() storage.Reconciliation {
	k.Helper()
	refs, err := k.w.Store.DueReconcile(k.Context(), 0)
	if err != nil || len(refs) != 1 {
		k.Fatalf("%v, %v", refs, err)
	}
	run, err := k.w.Store.ClaimReconcile(k.Context(), refs[0].ID)
	if err != nil {
		k.Fatal(err)
	}
	return run
}

func (k *till) compare(now time.Time) (r Reconciled) {
	k.Helper()
	run := k.dueRun()
	if err := k.w.comparePayments(k.Context(), run, now); err != nil {
		k.Fatal(err)
	}
	v, err := k.w.Desk().Reconciliation(k.Context(), run.ID)
	if err != nil || !v.Done {
		k.Fatalf("%+v, %v", v, err)
	}
	if err := json.Unmarshal(v.Report, &r); err != nil {
		k.Fatal(err)
	}
	return r
}

// What a bot was paid before its database knew anybody was sold by another program: nobody gets anything for it, or back.
func TestReconcileLeavesThePastAlone(t *testing.T) {
	t.Parallel()
	k := newTillAt(t, func() time.Time { return time.Now().Add(time.Hour) })
	stars := k.ada.Stars()
	if _, err := k.ada.Charge(50, "x"); err != nil {
		t.Fatal(err)
	}
	k.updates() // lost
	if r := k.compare(time.Now().Add(3 * time.Hour)); len(r.Findings) != 0 || r.Transactions != 0 || r.Balance != 50 {
		t.Errorf("%+v", r)
	}
	k.sweep()
	if acc, err := k.w.Store.Account(t.Context(), k.user.ID); err != nil || acc.Posted != 0 || k.ada.Stars() != stars-50 {
		t.Errorf("%+v, %v, %d Stars", acc, err, k.ada.Stars())
	}
}

// One transaction that cannot be compared is tried again; meanwhile it keeps nobody else's from being booked.
func TestReconcileGoesOn(t *testing.T) {
	t.Parallel()
	url := storagetest.Migrated(t, storagetest.OnSQLite)
	k := newTillOn(t, storagetest.Open(t, url, nil))
	var lost []string
	for range 3 {
		charge, err := k.ada.Charge(20, "x")
		if err != nil {
			t.Fatal(err)
		}
		lost = append(lost, charge)
	}
	k.updates() // all of them are lost
	raw, err := sql.Open("sqlite", url)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.ExecContext(t.Context(), `CREATE TRIGGER stuck BEFORE INSERT ON payments WHEN NEW.charge_id = '`+lost[0]+`' BEGIN SELECT RAISE(ABORT, 'injected'); END`); err != nil {
		t.Fatal(err)
	}
	k.sweep()
	run := k.dueRun()
	if err := k.w.comparePayments(t.Context(), run, time.Now().Add(time.Hour)); err == nil || !strings.Contains(err.Error(), lost[0]) {
		t.Errorf("got %v, want the transaction that failed", err)
	}
	k.has(lost[1], 40, storage.PaymentPaid)
	k.has(lost[2], 40, storage.PaymentPaid)
	if _, err := raw.ExecContext(t.Context(), `DROP TRIGGER stuck`); err != nil {
		t.Fatal(err)
	}
	if err := k.w.comparePayments(t.Context(), run, time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	k.has(lost[0], 60, storage.PaymentPaid)
}
