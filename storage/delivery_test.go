package storage_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// addressed is a body for a chat.
type addressed struct {
	Chat int64
	Text string
}

func (a addressed) Address() int64 { return a.Chat }

// owe writes sends to the outbox.
func (b *bench) owe(sends ...storage.Send) storage.Outbox {
	b.Helper()
	out, err := b.s.Record(b.Context(), storage.Effect{Sends: sends})
	if err != nil || len(out) != len(sends) {
		b.Fatal(out, err)
	}
	return out
}

func (b *bench) claimDelivery(id string) storage.Delivery {
	b.Helper()
	d, err := b.s.ClaimDelivery(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// stored is a generation whose images are stored, and its delivery.
func (b *bench) stored(chat int64) (storage.Generation, string) {
	b.Helper()
	g := b.claim(b.reserve(2).ID)
	a := b.attempt(g)
	out, err := b.s.Complete(b.Context(), g, a, 0, b.images(g, a, 2), []storage.Send{
		{Key: "result:" + g.ID, User: g.User, Chat: chat, Generation: g.ID, Kind: storage.SendResult},
	})
	if err != nil {
		b.Fatal(err)
	}
	return g, out[0].ID
}

// What cannot be opened just now was not out: the next one who claims it must not take it for cut off.
func TestClaimOfWhatCannotBeOpened(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		b := setup(t, s, 10)
		id := b.owe(storage.Send{User: b.person.ID, Kind: storage.SendMessage, Body: addressed{1, "hello"}})[0].ID
		var body []byte
		if err := raw.QueryRowContext(t.Context(), `SELECT body FROM deliveries WHERE id = $1`, id).Scan(&body); err != nil {
			t.Fatal(err)
		}
		set := func(to []byte) {
			if _, err := raw.ExecContext(t.Context(), `UPDATE deliveries SET body = $2 WHERE id = $1`, id, to); err != nil {
				t.Fatal(err)
			}
		}
		set([]byte("garbage"))
		if _, err := s.ClaimDelivery(t.Context(), id); err == nil {
			t.Error("garbage was opened")
		}
		set(body)
		if d := b.claimDelivery(id); d.Interrupted {
			t.Error("it may have been out, says the claim")
		}
	})
}

func TestOneAfterAnotherInAChat(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		say := func(chat int64) storage.Send {
			return storage.Send{User: b.person.ID, Kind: storage.SendMessage, Body: addressed{chat, "hello"}}
		}
		first := b.owe(say(4242))[0].ID
		_, result := b.stored(4242)
		out := b.owe(say(4242), say(-77), storage.Send{User: b.person.ID, Kind: storage.SendEdit, Body: addressed{4242, "x"}})
		last, group, edit := out[0].ID, out[1].ID, out[2].ID

		for _, waits := range []string{result, last} {
			_, err := s.ClaimDelivery(t.Context(), waits)
			want(t, err, storage.ErrFenced)
		}
		if d := b.claimDelivery(group); d.Private {
			t.Error("a group is private")
		}
		b.claimDelivery(edit) // changes nothing about the order
		d := b.claimDelivery(first)
		if !d.Private || d.Unreachable {
			t.Errorf("claimed %+v", d)
		}
		if _, err := s.Postpone(t.Context(), d, -time.Second); err != nil { // Telegram says to wait: everybody does
			t.Fatal(err)
		}
		_, err := s.ClaimDelivery(t.Context(), result)
		want(t, err, storage.ErrFenced)
		next, _, err := s.Sent(t.Context(), b.claimDelivery(first), storage.Shown{Messages: []int64{1}})
		if err != nil || next == nil || next.ID != result {
			t.Fatalf("next is %v, %v; want %s", next, err, result)
		}
		d = b.claimDelivery(result)
		_, next, err = s.StepAside(t.Context(), d, -time.Second) // a fault of ours keeps nobody
		if err != nil || next == nil || next.ID != last {
			t.Fatalf("next is %v, %v; want %s", next, err, last)
		}
		next, _, err = s.Sent(t.Context(), b.claimDelivery(last), storage.Shown{Messages: []int64{2}})
		if err != nil || next != nil {
			t.Errorf("next is %v, %v; want none", next, err)
		}
		b.claimDelivery(result)
	})
}

func TestBlockedStopsEverythingInPrivate(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 20)
		_, shown := b.stored(4242)
		running := b.claim(b.reserve(2).ID)
		waiting := b.reserve(2)
		inGroup := b.reserve(2)
		out := b.owe(
			storage.Send{User: b.person.ID, Chat: -77, Generation: inGroup.ID, Kind: storage.SendStatus},
			storage.Send{User: b.person.ID, Kind: storage.SendMessage, Body: addressed{-77, "to the group"}},
			storage.Send{User: b.person.ID, Kind: storage.SendEdit, Body: addressed{4242, "to the person"}},
		)
		b.account(18, 6)
		for range 2 { // once is enough, and twice changes nothing
			if _, err := s.Blocked(t.Context(), b.person.ID); err != nil {
				t.Fatal(err)
			}
		}
		b.account(18, 4)
		got := map[string]storage.Status{}
		all, err := s.History(t.Context(), b.person.ID, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range all {
			got[g.ID] = g.Status
		}
		wantStatus := map[string]storage.Status{
			running.ID: storage.StatusGenerating, waiting.ID: storage.StatusCanceled, inGroup.ID: storage.StatusHeld,
			all[3].ID: storage.StatusUndeliverable,
		}
		if diff := cmp.Diff(wantStatus, got); diff != "" {
			t.Error(diff)
		}
		for _, ended := range []string{shown, out[2].ID} {
			_, err := s.ClaimDelivery(t.Context(), ended)
			want(t, err, storage.ErrFenced)
		}
		if d := b.claimDelivery(out[0].ID); d.Private || !d.Unreachable {
			t.Errorf("claimed %+v", d)
		}
		ids, more, err := s.Missed(t.Context(), b.person.ID, 1)
		if err != nil || len(ids) != 1 || more != 0 || ids[0] != all[3].ID {
			t.Fatalf("missed %v and %d more, %v", ids, more, err)
		}

		word := []storage.Send{{User: b.person.ID, Kind: storage.SendMessage, Body: addressed{4242, "you missed one"}}}
		if back, err := s.Back(t.Context(), b.person.ID, word); err != nil || len(back) != 1 {
			t.Errorf("back: %v, %v", back, err)
		}
		_, err = s.Back(t.Context(), b.person.ID, word)
		want(t, err, storage.ErrSeen)
		again := b.owe(storage.Send{User: b.person.ID, Generation: ids[0], Kind: storage.SendResult, Body: addressed{4242, ""}})
		if ids, _, err := s.Missed(t.Context(), b.person.ID, 1); err != nil || len(ids) != 0 {
			t.Errorf("what is on its way is still missed: %v, %v", ids, err)
		}
		for range 2 { // the word first, then the result
			next, err := s.SweepDeliveries(t.Context(), 10, true)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range next {
				if d, err := s.ClaimDelivery(t.Context(), r.ID); err == nil {
					if _, _, err := s.Sent(t.Context(), d, storage.Shown{Messages: []int64{9}}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if g, err := s.Generation(t.Context(), all[3].ID); err != nil || g.Status != storage.StatusDelivered {
			t.Errorf("%s of %v is %s, %v", again[0].ID, all[3].ID, g.Status, err)
		}
	})
}

func TestFilesBelongToWhoStillHasTheImage(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		first, delivery := b.stored(4242)
		files := []storage.File{{SHA256: "00", Form: storage.FilePhoto, ID: "AgAC"}, {SHA256: "ff", Form: storage.FilePhoto, ID: "of nobody's image"}}
		d := b.claimDelivery(delivery)
		if _, _, err := s.Sent(t.Context(), d, storage.Shown{Messages: []int64{1, 2}, Files: files}); err != nil {
			t.Fatal(err)
		}
		has := func(sha string, form storage.FileForm, want string) {
			t.Helper()
			if got, err := s.FileID(t.Context(), b.person.ID, sha, form); err != nil || got != want {
				t.Errorf("%s of %s is %q, %v; want %q", form, sha, got, err, want)
			}
		}
		has("00", storage.FilePhoto, "AgAC")
		has("00", storage.FileDocument, "")
		has("ff", storage.FilePhoto, "")
		if got, err := s.FileID(t.Context(), b.person.ID+1, "00", storage.FilePhoto); err != nil || got != "" {
			t.Errorf("another person has %q, %v", got, err)
		}

		second, delivery := b.stored(4242) // with the same bytes
		d = b.claimDelivery(delivery)
		newer := storage.File{SHA256: "00", Form: storage.FilePhoto, ID: "newer"}
		if _, _, err := s.Sent(t.Context(), d, storage.Shown{Messages: []int64{3, 4}, Files: []storage.File{newer}}); err != nil {
			t.Fatal(err)
		}
		has("00", storage.FilePhoto, "newer")
		for _, c := range []struct {
			id   string
			left string
		}{{first.ID, "newer"}, {second.ID, ""}} {
			if _, _, err := s.DeleteResults(t.Context(), storage.Effect{}, b.person.ID, []string{c.id}); err != nil {
				t.Fatal(err)
			}
			has("00", storage.FilePhoto, c.left)
		}
	})
}

func TestForgottenFile(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		_, delivery := b.stored(4242)
		file := storage.File{SHA256: "00", Form: storage.FileDocument, ID: "BQAC"}
		if _, _, err := s.Sent(t.Context(), b.claimDelivery(delivery), storage.Shown{Messages: []int64{1}, Files: []storage.File{file}}); err != nil {
			t.Fatal(err)
		}
		if err := s.ForgetFile(t.Context(), b.person.ID, "00", storage.FileDocument); err != nil {
			t.Fatal(err)
		}
		if got, err := s.FileID(t.Context(), b.person.ID, "00", storage.FileDocument); err != nil || got != "" {
			t.Errorf("still %q, %v", got, err)
		}
	})
}

func TestMovedChats(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		for _, to := range []int64{-1001234, -1009999} { // told twice, the first counts
			if err := s.MoveChat(t.Context(), -77, to); err != nil {
				t.Fatal(err)
			}
		}
		for chat, want := range map[int64]int64{-77: -1001234, -78: -78, 77: 77, -1001234567890: -1001234567890} {
			if got, err := s.MovedChat(t.Context(), chat); err != nil || got != want {
				t.Errorf("%d is %d now, %v; want %d", chat, got, err, want)
			}
		}
	})
}
