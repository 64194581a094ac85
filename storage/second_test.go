package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
)

// What takes two operators is done by the second of two different ones who want the same, within two days.
func TestSeconds(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		say := func(who, what string) (bool, error) {
			return s.Second(t.Context(), storage.Act{By: storage.By{Who: who}, What: "wipe first", Object: "everybody"}, storage.Intent{Name: "wipe", Digest: []byte(what)})
		}
		for i, word := range []struct {
			who, what string
			after     time.Duration
			second    bool
			err       error
		}{
			{who: "ann", what: "a"},
			{who: "ann", what: "a"},
			{who: "bob", what: "b", err: storage.ErrOtherwise},
			{who: "ann", what: "b"},
			{who: "bob", what: "b", second: true},
			{who: "bob", what: "b"},
			{who: "ann", what: "b", after: storage.SecondTime + time.Minute},
			{who: "bob", what: "b", after: storage.SecondTime - time.Minute, second: true},
		} {
			pass(word.after)
			if second, err := say(word.who, word.what); second != word.second || !errors.Is(err, word.err) {
				t.Errorf("word %d: %v, %v", i+1, second, err)
			}
		}
		if all, err := s.Wanted(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%+v, %v", all, err)
		}
		acts, err := s.Acts(t.Context(), storage.ActFilter{Object: "everybody"})
		if err != nil || len(acts) != 5 {
			t.Errorf("%d lines of five first words, %v", len(acts), err)
		}
	})
}

// Two exports that are asked for at the same instant are one, and a letter is another.
func TestOneCopyAtATime(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, _ func(time.Duration)) {
		p, err := s.PersonByTelegram(t.Context(), 1, "en")
		if err != nil {
			t.Fatal(err)
		}
		const many = 8
		errs := make(chan error, many)
		for range many {
			go func() {
				_, _, err := s.AskRight(t.Context(), storage.Effect{}, storage.Right{User: p.ID, Kind: storage.RightExport, Origin: storage.RightChat, Status: storage.RightAsked})
				errs <- err
			}()
		}
		asked := 0
		for range many {
			if err := <-errs; err == nil {
				asked++
			} else if !errors.Is(err, storage.ErrConsumed) {
				t.Error(err)
			}
		}
		if asked != 1 {
			t.Errorf("%d exports of one person at a time", asked)
		}
		act := storage.Act{By: storage.By{Who: "ann"}, What: "right record"}
		if _, err := s.RecordLetter(t.Context(), storage.Effect{}, act, storage.Letter{User: p.ID, Kind: storage.RightExport, Received: time.Now()}); err != nil {
			t.Errorf("a letter: %v", err)
		}
		all, err := s.Rights(t.Context(), p.ID, 10)
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v, %v", all, err)
		}
		for _, r := range all {
			if r.Origin != storage.RightChat {
				continue
			}
			if r, err = s.ClaimRight(t.Context(), r.ID); err == nil {
				_, err = s.EndRight(t.Context(), r, storage.RightDone, "", nil)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := s.AskRight(t.Context(), storage.Effect{}, storage.Right{User: p.ID, Kind: storage.RightExport, Origin: storage.RightChat, Status: storage.RightAsked}); err != nil {
			t.Errorf("another one after it: %v", err)
		}
	})
}
