package workers

import (
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
)

// A letter is acknowledged where it came from, proved by a code that went there, and has the clock of everything else.
func TestLetters(t *testing.T) {
	t.Parallel()
	k := newPost(t)
	k.taps(telegram.OpMail, "")
	k.replies("Which e-mail address?", "ann@example.org")
	k.replies("A code is on its way", k.code(1))
	desk, by := k.w.Desk(), storage.By{Who: "ann", Why: "a letter"}
	came := time.Now().Add(-10 * 24 * time.Hour).Truncate(time.Second)

	erase, err := desk.RecordRight(t.Context(), by, "ANN@example.org", storage.RightErase, came)
	if err != nil || !erase.Mailed || !erase.Waits || erase.Overdue || !erase.Due.Equal(came.Add(storage.RightTime)) {
		t.Fatalf("%+v, %v", erase, err)
	}
	if _, err := desk.RecordRight(t.Context(), by, "ann@example.org", storage.RightErase, came); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("twice: %v", err)
	}
	if refs, err := k.w.Store.SweepRights(t.Context(), 5, true); err != nil || len(refs) != 0 {
		t.Errorf("it begins without a proof: %v, %v", refs, err)
	}
	k.mailed()
	m := k.mails.Await(2)
	digits := ""
	for line := range strings.FieldsSeq(m.Text) {
		if _, ok := typedDigits(line); ok {
			digits = line
		}
	}
	if m.To != "ann@example.org" || digits == "" {
		t.Fatalf("sent %+v", m)
	}
	if _, err := desk.VerifyRight(t.Context(), by, erase.ID, other(digits)); err == nil || !strings.Contains(err.Error(), "tries left: 4") {
		t.Errorf("another code: %v", err)
	}
	if v, err := desk.VerifyRight(t.Context(), by, erase.ID, digits); err != nil || v.Waits {
		t.Errorf("%+v, %v", v, err)
	}
	if refs, err := k.w.Store.SweepRights(t.Context(), 5, true); err != nil || len(refs) != 1 || refs[0].ID != erase.ID {
		t.Errorf("it does not begin: %v, %v", refs, err)
	}
	if _, err := desk.VerifyRight(t.Context(), by, erase.ID, digits); err == nil {
		t.Error("a code is taken twice")
	}

	late := time.Now().Add(-storage.RightTime - time.Hour)
	unknown, err := desk.RecordRight(t.Context(), by, "", storage.RightAccess, late)
	if err != nil || unknown.Person != "" || !unknown.Overdue {
		t.Errorf("%+v, %v", unknown, err)
	}
	object, err := desk.RecordRight(t.Context(), by, "ann@example.org", storage.RightObject, came)
	if err != nil || object.Mailed {
		t.Errorf("%+v, %v", object, err)
	}
	if all, err := desk.Rights(t.Context(), false); err != nil || len(all) != 3 || all[0].ID != unknown.ID {
		t.Errorf("what is due first is not at the top: %+v, %v", all, err)
	}
	if _, err := desk.EndRight(t.Context(), by, unknown.ID, "identity"); err != nil {
		t.Error(err)
	}
	if v, err := desk.EndRight(t.Context(), by, object.ID, ""); err != nil || v.Status != storage.RightDone {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := desk.EndRight(t.Context(), by, object.ID, ""); err == nil {
		t.Error("ended twice")
	}
	k.mailed()
	if m := k.mails.Await(4); !strings.Contains(m.Text, "is answered") {
		t.Errorf("sent %+v", m)
	}
	acts, err := k.w.Store.Acts(t.Context(), storage.ActFilter{})
	if err != nil || len(acts) != 8 {
		t.Errorf("%d lines of the audit log, %v: %+v", len(acts), err, acts)
	}
	for _, name := range []string{"bob@example.org", "4040"} {
		if _, err := desk.RecordRight(t.Context(), by, name, storage.RightErase, came); err == nil {
			t.Errorf("%s is found", name)
		}
	}
}

// mailed sends what operators owe by mail.
func (k *post) mailed() {
	k.Helper()
	if err := k.w.mend(k.Context(), k.w.elsewhereMends(k.Context(), true)); err != nil {
		k.Fatal(err)
	}
	k.run()
}
