package storage_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
)

// mailer is a person who links addresses.
type mailer struct {
	*testing.T
	s *storage.Store
	p storage.Person
}

func newMailer(t *testing.T, s *storage.Store, telegramID int64) mailer {
	t.Helper()
	p, err := s.PersonByTelegram(t.Context(), telegramID, "en")
	want(t, err, nil)
	return mailer{t, s, p}
}

// send puts the code 123456 on its way.
func (m mailer) send(purpose storage.CodePurpose, address string) (id string, err error) {
	m.Helper()
	id, err = m.s.NewID()
	want(m.T, err, nil)
	c := storage.EmailCode{ID: id, User: m.p.ID, Purpose: purpose, Address: address}
	_, _, err = m.s.SendCode(m.Context(), storage.Effect{}, c, false, "123456", storage.Mail{
		User: m.p.ID, Kind: storage.MailCode, Body: storage.MailBody{To: address, Text: "123456"}, Expires: time.Now().Add(storage.CodeTime),
	})
	return id, err
}

func (m mailer) try(id, digits string) (storage.CodeResult, error) {
	m.Helper()
	r, _, err := m.s.TryCode(m.Context(), storage.Effect{}, m.p.ID, id, digits, func(storage.CodeResult) []storage.Send { return nil })
	return r, err
}

// An address is a person's once they have typed the code that was sent to it: in time, in five tries, once.
func TestEmailIsProved(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		ann, bob := newMailer(t, s, 1), newMailer(t, s, 2)
		id, err := ann.send(storage.CodeLink, "Ann@Example.org")
		want(t, err, nil)
		if _, err := bob.try(id, "123456"); err == nil {
			t.Error("another person used the code")
		}
		for left := 4; left > 0; left-- {
			if r, err := ann.try(id, "000000"); err != nil || r.Match || r.Left != left {
				t.Errorf("a wrong code: %+v, %v, want %d tries left", r, err, left)
			}
		}
		if c, err := s.OpenCode(t.Context(), ann.p.ID); err != nil || c.ID != id {
			t.Errorf("the open code is %+v, %v", c, err)
		}
		if r, err := ann.try(id, "123456"); err != nil || !r.Match {
			t.Errorf("the fifth try: %+v, %v", r, err)
		}
		if _, err := ann.try(id, "123456"); err != nil {
			want(t, err, storage.ErrExpired)
		} else {
			t.Error("a code works twice")
		}
		if e, err := s.Email(t.Context(), ann.p.ID); err != nil || e.Address != "Ann@Example.org" {
			t.Errorf("linked %+v, %v", e, err)
		}
		if all, err := s.Rights(t.Context(), ann.p.ID, 5); err != nil || len(all) != 1 || all[0].Kind != storage.RightRectify || all[0].Status != storage.RightDone {
			t.Errorf("it was not noted as corrected: %+v, %v", all, err)
		}
		pass(2 * time.Hour)

		id, err = bob.send(storage.CodeLink, "ann@example.org") // a mailbox can be shared
		want(t, err, nil)
		pass(storage.CodeTime + time.Second)
		_, err = bob.try(id, "123456")
		want(t, err, storage.ErrExpired)
		if id, err = bob.send(storage.CodeLink, "ann@example.org"); err != nil {
			t.Fatal(err)
		}
		if r, err := bob.try(id, "123456"); err != nil || !r.Match {
			t.Errorf("%+v, %v", r, err)
		}
		if all, err := s.PeopleByEmail(t.Context(), "ANN@example.org"); err != nil || len(all) != 2 {
			t.Errorf("it is linked by %v, %v", all, err)
		}
		_, err = s.DropEmail(t.Context(), storage.Effect{}, ann.p.ID)
		want(t, err, nil)
		_, err = s.Email(t.Context(), ann.p.ID)
		want(t, err, storage.ErrNotFound)
	})
}

// A mailbox gets few codes, whoever asks, and a person gets few, whatever they type.
func TestCodesAreLimited(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		ann, bob := newMailer(t, s, 1), newMailer(t, s, 2)
		for _, m := range []mailer{ann, bob, ann} {
			_, err := m.send(storage.CodeLink, "x@example.org")
			want(t, err, nil)
		}
		_, err := bob.send(storage.CodeLink, "X@example.org")
		want(t, err, storage.ErrTooMany)
		for _, a := range []string{"a@example.org", "b@example.org", "c@example.org"} {
			_, err := ann.send(storage.CodeLink, a)
			want(t, err, nil)
		}
		_, err = ann.send(storage.CodeLink, "d@example.org")
		want(t, err, storage.ErrTooMany)
		pass(time.Hour + time.Second)
		_, err = ann.send(storage.CodeLink, "d@example.org")
		want(t, err, nil)
	})
}

// The limits hold for those who ask at once, too.
func TestCodesAskedForAtOnce(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, _ func(time.Duration)) {
		const many = 12
		var people []mailer
		for i := range many {
			people = append(people, newMailer(t, s, int64(i+1)))
		}
		one := newMailer(t, s, 100)
		for _, limited := range []struct {
			what string
			most int64
			ask  func(i int) error
		}{
			{"sign-ins of a mailbox", 3, func(i int) error { _, err := s.AskSignIn(t.Context(), "a@example.org", strconv.Itoa(i)); return err }},
			{"codes of a mailbox", 3, func(i int) error { _, err := people[i].send(storage.CodeLink, "b@example.org"); return err }},
			{"codes of a person", 5, func(i int) error { _, err := one.send(storage.CodeLink, fmt.Sprintf("c%d@example.org", i)); return err }},
		} {
			var got atomic.Int64
			var all sync.WaitGroup
			for i := range many {
				all.Go(func() {
					err := limited.ask(i)
					if err == nil {
						got.Add(1)
					} else if !errors.Is(err, storage.ErrTooMany) {
						t.Errorf("%s: %v", limited.what, err)
					}
				})
			}
			if all.Wait(); got.Load() != limited.most {
				t.Errorf("%s: %d, want %d", limited.what, got.Load(), limited.most)
			}
		}
	})
}

// What is to go to another address is asked twice, and becomes a request that a task works on.
func TestPortIsConfirmedTwice(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		ann := newMailer(t, s, 1)
		id, err := s.NewID()
		want(t, err, nil)
		c := storage.EmailCode{ID: id, User: ann.p.ID, Purpose: storage.CodePort, Address: "other@example.org"}
		_, err = s.ProposeEmail(t.Context(), storage.Effect{}, c)
		want(t, err, nil)
		if _, err := ann.try(id, "123456"); err == nil {
			t.Error("there is no code yet")
		}
		got, err := s.ProposedEmail(t.Context(), ann.p.ID, id)
		if err != nil || got != c {
			t.Errorf("proposed %+v, %v", got, err)
		}
		letter := storage.Mail{User: ann.p.ID, Kind: storage.MailCode, Body: storage.MailBody{To: c.Address}, Expires: time.Now().Add(time.Hour)}
		_, _, err = s.SendCode(t.Context(), storage.Effect{}, c, true, "654321", letter)
		want(t, err, nil)
		_, _, err = s.SendCode(t.Context(), storage.Effect{}, c, true, "111111", letter)
		want(t, err, storage.ErrNotFound)
		r, err := ann.try(id, "654321")
		if err != nil || !r.Match || r.Ref.ID == "" {
			t.Fatalf("%+v, %v", r, err)
		}
		asked, err := s.ClaimRight(t.Context(), r.Ref.ID)
		if err != nil || asked.Kind != storage.RightPort || string(asked.Body) != `{"address":"other@example.org"}` {
			t.Errorf("%+v, %v", asked, err)
		}
	})
}

// A mail is sent by one claim at a time, is tried again when its time has come, and is empty once it is out.
func TestMails(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		ann := newMailer(t, s, 1)
		_, err := ann.send(storage.CodeLink, "ann@example.org")
		want(t, err, nil)
		pass(time.Minute)
		refs, err := s.SweepMails(t.Context(), 10, false)
		if err != nil || len(refs) != 1 || refs[0].Epoch != 2 {
			t.Fatalf("swept %v, %v", refs, err)
		}
		m, err := s.ClaimMail(t.Context(), refs[0].ID)
		if err != nil || m.Body.To != "ann@example.org" || m.Tries != 1 {
			t.Fatalf("%+v, %v", m, err)
		}
		_, err = s.ClaimMail(t.Context(), m.ID)
		want(t, err, storage.ErrFenced)
		want(t, s.RenewMail(t.Context(), m), nil)
		want(t, s.DelayMail(t.Context(), m, time.Now().Add(5*time.Minute)), nil)
		if refs, err := s.SweepMails(t.Context(), 10, true); err != nil || len(refs) != 0 {
			t.Errorf("swept before its time: %v, %v", refs, err)
		}
		pass(5 * time.Minute)
		again, err := s.ClaimMail(t.Context(), m.ID)
		if err != nil || again.Tries != 2 {
			t.Fatalf("%+v, %v", again, err)
		}
		_, err = s.EndMail(t.Context(), m, "", nil)
		want(t, err, storage.ErrFenced)
		_, err = s.EndMail(t.Context(), again, "", nil)
		want(t, err, nil)
		_, err = s.ClaimMail(t.Context(), m.ID)
		want(t, err, storage.ErrFenced)
		pass(storage.Retention + time.Hour)
		if n, err := s.Retain(t.Context()); err != nil || n.Rows["mails"]+n.Rows["mail_codes"] != 2 {
			t.Errorf("forgotten %v, %v; want the mail and its code", n, err)
		}
	})
}
