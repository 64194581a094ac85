package storage_test

import (
	"bytes"
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// item is the n-th picture of the album "g".
func item(n int64, words string) storage.AlbumItem {
	return storage.AlbumItem{
		AlbumWords: storage.AlbumWords{Chat: 4242, Message: n, Words: words}, Group: "g", Picture: storage.Picture{ID: "secret file", Width: int(n)},
	}
}

func (b *bench) add(i storage.AlbumItem, closes time.Time) storage.Album {
	b.Helper()
	a, _, err := b.s.AddToAlbum(b.Context(), storage.Effect{User: b.person.ID}, i, closes)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func (b *bench) album(id string) storage.Album {
	b.Helper()
	a, err := b.s.Album(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func TestAlbumIsUsedOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		soon := time.Now().Add(time.Hour)
		first := b.add(item(8, "both"), soon)
		second := b.add(item(7, ""), soon)
		if second.ID != first.ID || second.Epoch == first.Epoch || second.Words != "both" || second.Status != storage.AlbumOpen {
			t.Errorf("%+v, then %+v", first, second)
		}
		a := b.album(first.ID)
		if diff := cmp.Diff([]int64{7, 8}, a.Messages); diff != "" || a.Pictures[0].Width != 7 {
			t.Errorf("%+v: %s", a, diff)
		}
		if _, err := s.AlbumOf(t.Context(), b.person.ID+1, 4242, "g"); err == nil {
			t.Error("another person's album was told")
		}
		_, err := s.Record(t.Context(), storage.Effect{Album: &storage.AlbumEnd{ID: a.ID, Epoch: first.Epoch}})
		want(t, err, storage.ErrMoved)
		if _, err := s.Record(t.Context(), storage.Effect{Album: &storage.AlbumEnd{ID: a.ID, Epoch: a.Epoch}}); err != nil {
			t.Fatal(err)
		}
		if asked := b.add(item(9, ""), soon); asked.Status != storage.AlbumAsked {
			t.Errorf("a picture without words made an album %s that was asked about", asked.Status)
		}
		again := b.add(item(10, "all of them"), soon)
		if again.Status != storage.AlbumOpen {
			t.Errorf("words made an album %s", again.Status)
		}
		end := storage.Effect{Album: &storage.AlbumEnd{ID: again.ID, Epoch: again.Epoch}}
		if _, _, _, err := s.Reserve(t.Context(), end, b.request(100)); err == nil || b.album(a.ID).Status != storage.AlbumOpen {
			t.Errorf("without credits: %v, %s", err, b.album(a.ID).Status)
		}
		if _, _, _, err := s.Reserve(t.Context(), end, b.request(4)); err != nil {
			t.Fatal(err)
		}
		_, _, _, err = s.Reserve(t.Context(), end, b.request(4))
		want(t, err, storage.ErrMoved)
		_, _, err = s.AddToAlbum(t.Context(), storage.Effect{User: b.person.ID}, item(11, ""), soon)
		want(t, err, storage.ErrMoved)
		if used := b.album(a.ID); used.Status != storage.AlbumUsed || len(used.Pictures) != 4 {
			t.Errorf("%+v", used)
		}
		b.account(10, 4)
	})
}

func TestSweepFindsAlbumsThatNobodyCloses(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		a := b.add(item(1, "x"), time.Now().Add(-time.Minute))
		refs, err := s.SweepAlbums(t.Context(), 10, false, time.Hour)
		if err != nil || len(refs) != 1 || refs[0].ID != a.ID || refs[0].Epoch != a.Epoch+1 {
			t.Fatalf("%+v, %v", refs, err)
		}
		if refs, err = s.SweepAlbums(t.Context(), 10, false, time.Hour); err != nil || len(refs) != 0 {
			t.Errorf("swept again at once: %+v, %v", refs, err)
		}
		if refs, err = s.SweepAlbums(t.Context(), 10, true, time.Hour); err != nil || len(refs) != 1 {
			t.Errorf("the queue lost everything: %+v, %v", refs, err)
		}
		if wait := time.Until(b.album(a.ID).Closes); wait < 50*time.Minute {
			t.Errorf("closes in %v", wait)
		}
	})
}

func TestNotesSayWhatMessagesAreAbout(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		b := setup(t, s, 10)
		g := b.claim(b.reserve(4).ID)
		a := b.attempt(g)
		out, err := s.Complete(t.Context(), g, a, 0, b.images(g, a, 2), []storage.Send{{Key: "r", User: g.User, Generation: g.ID, Kind: storage.SendResult}})
		if err != nil {
			t.Fatal(err)
		}
		d, err := s.ClaimDelivery(t.Context(), out[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		asked := storage.About{Pictures: []storage.Picture{{ID: "secret file"}}, Words: "secret words"}
		notes := []storage.Note{
			{Chat: 4242, Message: 11, About: storage.About{Generation: g.ID, N: 0}},
			{Chat: 4242, Message: 12, About: storage.About{Generation: g.ID, N: 1}},
			{Chat: 4242, Message: 13, About: asked},
			{Chat: 4242, Message: 13, About: asked},
		}
		if _, _, err := s.Sent(t.Context(), d, storage.Shown{Messages: []int64{11, 12}, Notes: notes}); err != nil {
			t.Fatal(err)
		}
		for _, n := range notes {
			got, err := s.NoteOn(t.Context(), g.User, n.Chat, n.Message)
			if diff := cmp.Diff(n.About, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
			_, err = s.NoteOn(t.Context(), g.User+1, n.Chat, n.Message)
			want(t, err, storage.ErrNotFound)
			_, err = s.NoteOn(t.Context(), g.User, n.Chat+1, n.Message)
			want(t, err, storage.ErrNotFound)
		}
		var body []byte
		if err := raw.QueryRowContext(t.Context(), `SELECT body FROM message_notes WHERE body IS NOT NULL`).Scan(&body); err != nil || bytes.Contains(body, []byte("secret")) {
			t.Errorf("not sealed: %q, %v", body, err)
		}
		if _, _, err := s.DeleteResults(t.Context(), storage.Effect{}, g.User, []string{g.ID}); err != nil {
			t.Fatal(err)
		}
		_, err = s.NoteOn(t.Context(), g.User, 4242, 11)
		want(t, err, storage.ErrNotFound)
	})
}
