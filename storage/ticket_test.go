package storage_test

import (
	"strings"
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

func TestTickets(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		fresh := map[string]bool{}
		ask := func(charge, words string) storage.Ticket {
			t.Helper()
			k, out, err := s.Ask(t.Context(), storage.Effect{User: b.person.ID}, b.person.ID, charge, words, func(k storage.Ticket, first bool) ([]storage.Send, error) {
				if first {
					fresh[k.ID] = true
				}
				return []storage.Send{{User: k.User, Kind: storage.SendMessage, Body: "told"}}, nil
			})
			if err != nil || len(out) != 1 {
				t.Fatalf("%v, %v", out, err)
			}
			return k
		}
		first := ask("c1", "where are my Stars?")
		if again := ask("", "hello?"); again.ID != first.ID || again.Charge != "c1" || len(fresh) != 1 {
			t.Errorf("%+v, new ones are %v: a person has one at a time", again, fresh)
		}
		if again := ask("c2", "and this one"); again.ID != first.ID || again.Charge != "c2" || len(fresh) != 1 {
			t.Errorf("%+v, new ones are %v: a person has one at a time", again, fresh)
		}
		act := storage.Act{By: storage.By{Who: "ann"}, What: "reply", Object: first.ID}
		if _, err := s.Answer(t.Context(), storage.Effect{}, act, first, "on their way"); err != nil {
			t.Fatal(err)
		}
		k, err := s.Ticket(t.Context(), first.ID)
		if err != nil || len(k.Words) != 4 || k.Words[1].Text != "hello?" || !k.Words[3].Operator || !k.Waiting.IsZero() {
			t.Errorf("%+v, %v", k, err)
		}
		for range storage.MaxTicketWords {
			ask("", "and now?")
		}
		_, _, err = s.Ask(t.Context(), storage.Effect{}, b.person.ID, "", strings.Repeat("x", 4000), nil)
		want(t, err, storage.ErrTooMany)
		if all, err := s.Tickets(t.Context(), false, 10); err != nil || len(all) != 1 || all[0].Waiting.IsZero() {
			t.Errorf("%+v, %v", all, err)
		}
		if _, err := s.CloseTicket(t.Context(), storage.Effect{}, act, first); err != nil {
			t.Fatal(err)
		}
		_, err = s.CloseTicket(t.Context(), storage.Effect{}, act, first)
		want(t, err, storage.ErrNotFound)
		_, err = s.Answer(t.Context(), storage.Effect{}, act, first, "late")
		want(t, err, storage.ErrNotFound)
		_, err = s.OpenTicket(t.Context(), b.person.ID)
		want(t, err, storage.ErrNotFound)
		if second := ask("", "once more"); second.ID == first.ID || !fresh[second.ID] {
			t.Errorf("%+v: what is closed stays closed", second)
		}
		if all, err := s.Tickets(t.Context(), true, 10); err != nil || len(all) != 2 {
			t.Errorf("%+v, %v", all, err)
		}
		if acts, err := s.Acts(t.Context(), storage.ActFilter{}); err != nil || len(acts) != 2 {
			t.Errorf("%+v, %v", acts, err)
		}
	})
}
