package storage_test

import (
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
	user, n, err := s.TrySignIn(t.Context(), holder, digits)
	if err != nil || user != whose || n != left {
		t.Errorf("%s with %s: %d with %d tries left, %v; want %d with %d", holder, digits, user, n, err, whose, left)
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
		_, _, err = s.TrySignIn(t.Context(), "stranger", "11112222")
		want(t, err, storage.ErrExpired)
		_, _, err = s.TrySignIn(t.Context(), "another browser", "11112222")
		want(t, err, storage.ErrExpired)
		tried(t, s, "browser", "11112222", ann.p.ID, 0)
		_, _, err = s.TrySignIn(t.Context(), "browser", "11112222")
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
		_, _, err = s.TrySignIn(t.Context(), "browser", "55556666")
		want(t, err, storage.ErrExpired)
	})
}

// A code is worth nothing once the address is not the person's any more; a session by mail ends with it, and those by Telegram do not.
func TestSignInEndsWithItsAddress(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		ann := newMailer(t, s, 1)
		ann.links("ann@example.org")
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
			want(t, s.OpenWebSession(t.Context(), token, storage.WebSession{
				User: ann.p.ID, Origin: origin, Expires: time.Now().Add(time.Hour), Ends: time.Now().Add(2 * time.Hour),
			}, storage.Proof{}), nil)
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
