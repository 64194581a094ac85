package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
)

// signInCode is the code of somebody for a sign-in.
func signInCode(user int64, digits string) storage.SignInCode {
	return storage.SignInCode{User: user, Address: "ann@example.org", Digits: digits, Mail: storage.Mail{
		User: user, Kind: storage.MailCode, Body: storage.MailBody{To: "ann@example.org", Text: digits}, Expires: time.Now().Add(storage.CodeTime),
	}}
}

// links has a person link an address.
func (m mailer) links(address string) {
	m.Helper()
	id, err := m.send(storage.CodeLink, address)
	want(m.T, err, nil)
	if r, err := m.try(id, "123456"); err != nil || !r.Match {
		m.Fatalf("linked %+v, %v", r, err)
	}
}

// tried tries a code, which has to be somebody's, with so many tries left.
func tried(t *testing.T, s *storage.Store, holder, digits string, whose int64, left int) {
	t.Helper()
	in, err := s.TrySignIn(t.Context(), holder, digits)
	if err != nil || in.User != whose || in.Left != left {
		t.Errorf("%s with %s: %+v, %v; want %d with %d tries left", holder, digits, in, err, whose, left)
	}
}

// Who shows the code from the browser that asked for it is in: once, in time, in five tries. Somebody who named an address that is
// nobody's meets the same at every step.
func TestSignInByMail(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		ann, bob := newMailer(t, s, 1), newMailer(t, s, 2)
		ann.links("ann@example.org")
		pass(25 * time.Hour)
		ask := func(address, holder string) storage.Ref {
			t.Helper()
			ref, err := s.AskSignIn(t.Context(), address, holder)
			want(t, err, nil)
			return ref
		}
		first := ask("Ann@Example.org", "browser")
		if all, err := s.SignInPeople(t.Context(), first.ID); err != nil || len(all) != 1 || all[0] != ann.p.ID {
			t.Errorf("it is for %v, %v", all, err)
		}
		if refs, err := s.SendSignIn(t.Context(), first.ID, []storage.SignInCode{signInCode(ann.p.ID, "11112222")}); err != nil || len(refs) != 1 {
			t.Errorf("sent %v, %v", refs, err)
		}
		_, err := s.SendSignIn(t.Context(), first.ID, []storage.SignInCode{signInCode(ann.p.ID, "33334444")})
		want(t, err, storage.ErrFenced)

		nobody := ask("nobody@example.org", "stranger")
		if all, err := s.SignInPeople(t.Context(), nobody.ID); err != nil || len(all) != 0 {
			t.Errorf("nobody's address is that of %v, %v", all, err)
		}
		_, err = s.SendSignIn(t.Context(), nobody.ID, nil)
		want(t, err, nil)
		for left := 4; left >= 0; left-- {
			tried(t, s, "stranger", "11112222", 0, left)
			if left > 0 {
				tried(t, s, "browser", "00000000", 0, left)
			}
		}
		_, err = s.TrySignIn(t.Context(), "stranger", "11112222")
		want(t, err, storage.ErrExpired)
		_, err = s.TrySignIn(t.Context(), "another browser", "11112222")
		want(t, err, storage.ErrExpired)
		tried(t, s, "browser", "11112222", ann.p.ID, 0)
		_, err = s.TrySignIn(t.Context(), "browser", "11112222")
		want(t, err, storage.ErrExpired)

		ask("ann@example.org", "browser")
		ask("ann@example.org", "browser")
		_, err = s.AskSignIn(t.Context(), "ANN@example.org", "browser")
		want(t, err, storage.ErrTooMany)

		pass(2 * time.Hour)
		for range 3 {
			ask("nobody@example.org", "stranger")
		}
		_, err = s.AskSignIn(t.Context(), "nobody@example.org", "stranger")
		want(t, err, storage.ErrTooMany)

		bob.links("ann@example.org") // a mailbox can be shared: who has which code is in as themselves
		both := ask("ann@example.org", "browser")
		if all, err := s.SignInPeople(t.Context(), both.ID); err != nil || len(all) != 2 {
			t.Errorf("it is for %v, %v", all, err)
		}
		if refs, err := s.SendSignIn(t.Context(), both.ID, []storage.SignInCode{signInCode(ann.p.ID, "55556666"), signInCode(bob.p.ID, "77778888")}); err != nil || len(refs) != 2 {
			t.Errorf("sent %v, %v", refs, err)
		}
		tried(t, s, "browser", "77778888", bob.p.ID, 4)

		late := ask("ann@example.org", "browser")
		if _, err := s.SendSignIn(t.Context(), late.ID, []storage.SignInCode{signInCode(ann.p.ID, "55556666")}); err != nil {
			t.Error(err)
		}
		pass(storage.CodeTime + time.Second)
		_, err = s.TrySignIn(t.Context(), "browser", "55556666")
		want(t, err, storage.ErrExpired)
	})
}

// A code is worth nothing once the address is not the person's any more; a session by mail ends with it, and those by Telegram do not.
func TestSignInEndsWithItsAddress(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		ann := newMailer(t, s, 1)
		ann.links("ann@example.org")
		shown := ann.showsCode("here")
		ref, err := s.AskSignIn(t.Context(), "ann@example.org", "browser")
		want(t, err, nil)
		if all, err := s.SweepSignIns(t.Context(), 10, true); err != nil || len(all) != 1 || all[0].ID != ref.ID || all[0].Epoch != 2 {
			t.Errorf("swept %v, %v", all, err)
		}
		_, err = s.SendSignIn(t.Context(), ref.ID, []storage.SignInCode{signInCode(ann.p.ID, "11112222")})
		want(t, err, nil)
		if all, err := s.SweepSignIns(t.Context(), 10, true); err != nil || len(all) != 0 {
			t.Errorf("swept what is done: %v, %v", all, err)
		}
		for token, origin := range map[string]storage.SessionOrigin{"m": storage.SessionMail, "t": storage.SessionTelegram} {
			want(t, ann.opens(token, origin, shown), nil)
		}
		_, err = s.DropEmail(t.Context(), storage.Effect{}, ann.p.ID)
		want(t, err, nil)
		tried(t, s, "browser", "11112222", 0, 4)
		_, _, err = s.WebSession(t.Context(), "m")
		want(t, err, storage.ErrNotFound)
		_, _, err = s.WebSession(t.Context(), "t")
		want(t, err, nil)
		pass(time.Hour)
	})
}

// showsCode has a person sign in by mail in a browser, but for the session.
func (m mailer) showsCode(holder string) (shown storage.Proof) {
	m.Helper()
	ref, err := m.s.AskSignIn(m.Context(), "ann@example.org", holder)
	want(m.T, err, nil)
	_, err = m.s.SendSignIn(m.Context(), ref.ID, []storage.SignInCode{signInCode(m.p.ID, "11112222")})
	want(m.T, err, nil)
	in, err := m.s.TrySignIn(m.Context(), holder, "11112222")
	want(m.T, err, nil)
	return storage.Proof{SignIn: in.ID}
}

func (m mailer) opens(token string, origin storage.SessionOrigin, shown storage.Proof) error {
	return m.s.OpenWebSession(m.Context(), token, storage.WebSession{
		User: m.p.ID, Origin: origin, Expires: m.s.Now().Add(time.Hour), Ends: m.s.Now().Add(2 * time.Hour),
	}, shown)
}

// Between a code and its session the address may go, or all sessions may be ended: the session is not opened any more then, or is ended
// with the others.
func TestSessionByMailIsNotLate(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		ann := newMailer(t, s, 1)
		drop := func() error { _, err := s.DropEmail(t.Context(), storage.Effect{}, ann.p.ID); return err }
		everywhere := func() error { return s.EndWebSessions(t.Context(), ann.p.ID) }
		change := func() error {
			id, err := ann.send(storage.CodeLink, "ben@example.org")
			if err == nil {
				_, err = ann.try(id, "123456")
			}
			return err
		}
		for name, ends := range map[string]func() error{"removed": drop, "changed": change, "signed out": everywhere} {
			ann.links("ann@example.org")
			pass(25 * time.Hour)
			shown := ann.showsCode("browser")
			want(t, ends(), nil)
			if err := ann.opens(name, storage.SessionMail, shown); !errors.Is(err, storage.ErrExpired) {
				t.Errorf("%s: %v", name, err)
			}
			ann.links("ann@example.org")
			pass(25 * time.Hour)
			shown = ann.showsCode("browser")
			ended := make(chan error)
			go func() { ended <- ends() }()
			if err := ann.opens(name, storage.SessionMail, shown); err != nil && !errors.Is(err, storage.ErrExpired) {
				t.Errorf("%s at once: %v", name, err)
			}
			want(t, <-ended, nil)
			if _, _, err := s.WebSession(t.Context(), name); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s at once: there is a session: %v", name, err)
			}
		}
		ann.links("ann@example.org")
		pass(25 * time.Hour)
		want(t, ann.opens("no code", storage.SessionMail, storage.Proof{}), storage.ErrExpired)
		bob := newMailer(t, s, 2)
		bob.links("ann@example.org")
		pass(25 * time.Hour)
		want(t, bob.opens("another's", storage.SessionMail, ann.showsCode("browser")), storage.ErrExpired)
		want(t, ann.opens("own", storage.SessionMail, ann.showsCode("browser")), nil)
	})
}

// What Telegram prepared is taken once, by whom it is for.
func TestPreparedMessages(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, _ func(time.Duration)) {
		ann, bob := visitor(t, s, 1), visitor(t, s, 2)
		want(t, s.NotePrepared(t.Context(), ann.ID, "key", "message"), nil)
		_, err := s.TakePrepared(t.Context(), bob.ID, "key")
		want(t, err, storage.ErrNotFound)
		if got, err := s.TakePrepared(t.Context(), ann.ID, "key"); err != nil || got != "message" {
			t.Errorf("took %q, %v", got, err)
		}
		_, err = s.TakePrepared(t.Context(), ann.ID, "key")
		want(t, err, storage.ErrNotFound)
	})
}
