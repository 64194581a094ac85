package storage_test

import (
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

func TestChosenLanguageStays(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		effect := storage.Effect{Update: "u1", Body: "b1", User: b.person.ID, Sends: []storage.Send{{
			User: b.person.ID, Kind: storage.SendMessage, Body: map[string]string{"text": "Tamam!"},
		}}}
		out, err := s.SetLang(t.Context(), effect, b.person.ID, "tr")
		if err != nil || len(out) != 1 {
			t.Fatalf("choose: %v, %v", out, err)
		}
		_, err = s.SetLang(t.Context(), effect, b.person.ID, "de")
		want(t, err, storage.ErrSeen)
		other, err := s.PersonByTelegram(t.Context(), 4343, "ru")
		if err != nil || other.Lang != "ru" {
			t.Errorf("somebody else speaks %q, %v", other.Lang, err)
		}
		got, err := s.PersonByTelegram(t.Context(), 4242, "es") // the app changed its language
		if err != nil || got.Lang != "tr" {
			t.Errorf("speaks %q, %v; want what was chosen", got.Lang, err)
		}
	})
}
