package storage_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
)

func (b *bench) draft(a storage.Audience) storage.Announcement {
	b.Helper()
	n, err := b.s.AddAnnouncement(b.Context(), storage.Act{By: storage.By{Who: "ops"}, What: "announce create"}, storage.Announcement{
		Texts: map[string]string{"en": "Hi", "de": "Hallo"}, Audience: a, Pace: 60,
	})
	if err != nil || n.Status != storage.AnnouncementDraft || n.Texts["de"] != "Hallo" {
		b.Fatalf("draft: %+v, %v", n, err)
	}
	return n
}

func (b *bench) move(a storage.Announcement, to storage.AnnouncementStatus) error {
	return b.s.MoveAnnouncement(b.Context(), storage.Act{By: storage.By{Who: "ops"}, What: string(to), Object: a.ID}, a.ID, to)
}

// takes claims an announcement and finds whom it is for, a few at a time.
func (b *bench) takes(id string, tags ...string) storage.Announcement {
	b.Helper()
	a, err := b.s.ClaimAnnouncement(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	a.Audience.Tags = tags
	for all := a.Gathered; !all; {
		if all, err = b.s.Gather(b.Context(), &a, 2); err != nil {
			b.Fatal(err)
		}
	}
	return a
}

func (b *bench) yields(a storage.Announcement) {
	b.Helper()
	if _, err := b.s.YieldAnnouncement(b.Context(), a, 0); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) ends(a storage.Announcement, to storage.AnnouncementStatus) {
	b.Helper()
	if _, err := b.s.EndAnnouncement(b.Context(), a, to, nil); err != nil {
		b.Fatal(err)
	}
}

// recipients are those an announcement waits for.
func (b *bench) recipients(a storage.Announcement) (users []int64) {
	b.Helper()
	all, err := b.s.Recipients(b.Context(), a, 100)
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range all {
		users = append(users, r.User)
	}
	return users
}

func (b *bench) becomes(a storage.Announcement, user int64, to storage.RecipientStatus) error {
	if err := b.s.Announcing(b.Context(), a, user); err != nil {
		return err
	}
	return b.s.Announced(b.Context(), a, storage.Recipient{User: user, Status: to, Edition: a.Edition, Message: 7})
}

func (b *bench) counts(id string, want map[storage.RecipientStatus]int64, optedOut int64) {
	b.Helper()
	got, out, err := b.s.AnnouncementCounts(b.Context(), id)
	if err != nil || out != optedOut {
		b.Errorf("%d opted out, %v, want %d", out, err, optedOut)
	}
	if d := cmp.Diff(want, got); d != "" {
		b.Errorf("people (-want +got): %s", d)
	}
}

// Everybody who can be told gets a row when it starts, once; who cannot, or comes later, does not.
func TestAudience(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, _ *clock) {
		b := setup(t, s, 5)
		quiet, banned, away, rich := b.other(1), b.other(2), b.other(3), b.other(4)
		if _, err := s.SetNews(t.Context(), storage.Effect{}, quiet.person.ID, false, ""); err != nil {
			t.Fatal(err)
		}
		banned.ban()
		if _, err := s.Blocked(t.Context(), away.person.ID); err != nil {
			t.Fatal(err)
		}
		rich.bought("c1", 10)
		b.reserve(1)
		for i, row := range []struct {
			audience storage.Audience
			want     []int64
		}{
			{storage.Audience{}, []int64{b.person.ID, rich.person.ID}},
			{storage.Audience{Active: time.Hour}, []int64{b.person.ID}},
			{storage.Audience{Bought: true}, []int64{rich.person.ID}},
			{storage.Audience{Languages: []string{"de"}}, nil},
			{storage.Audience{Languages: []string{"en"}, Tags: []string{"en", "en-GB"}, Bought: true}, []int64{rich.person.ID}},
		} {
			r, err := s.Reach(t.Context(), row.audience)
			if err != nil || r.Tags["en"] != int64(len(row.want)) {
				t.Errorf("%d: reaches %+v, %v", i, r, err)
			}
			if i == 0 && (r.Blocked != 1 || r.OptedOut != 1 || r.Barred != 1) {
				t.Errorf("left out: %+v", r)
			}
			a := b.draft(row.audience)
			if err := b.move(a, storage.AnnouncementSending); err != nil {
				t.Fatal(err)
			}
			late := b.other(int64(1000 + i))
			got := b.recipients(b.takes(a.ID, row.audience.Tags...))
			slices.Sort(got)
			slices.Sort(row.want)
			if d := cmp.Diff(row.want, got); d != "" {
				t.Errorf("%d (-want +got): %s", i, d)
			}
			if _, err := s.Blocked(t.Context(), late.person.ID); err != nil { // out of the way of the next
				t.Fatal(err)
			}
		}
	})
}

func TestAnnouncementOfOneClaim(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, _ *clock) {
		b := setup(t, s, 0)
		two, three := b.other(1), b.other(2)
		draft := b.draft(storage.Audience{})
		want(t, b.move(draft, storage.AnnouncementPaused), storage.ErrConsumed)
		want(t, b.move(draft, storage.AnnouncementDeleting), storage.ErrConsumed)
		if refs, err := s.SweepAnnouncements(t.Context(), 10, true); err != nil || len(refs) != 0 {
			t.Errorf("a draft is worked on: %v, %v", refs, err)
		}
		if err := b.move(draft, storage.AnnouncementSending); err != nil {
			t.Fatal(err)
		}
		if refs, err := s.SweepAnnouncements(t.Context(), 10, false); err != nil || len(refs) != 1 || refs[0].Epoch != 2 {
			t.Errorf("swept %v, %v", refs, err)
		}
		a := b.takes(draft.ID)
		if got := len(b.recipients(a)); got != 3 {
			t.Fatalf("%d people", got)
		}
		_, err := s.ClaimAnnouncement(t.Context(), a.ID)
		want(t, err, storage.ErrFenced)
		if err := b.becomes(a, b.person.ID, storage.RecipientSent); err != nil {
			t.Fatal(err)
		}
		want(t, b.becomes(a, b.person.ID, storage.RecipientSent), storage.ErrFenced) // never a second time

		// the process dies while somebody is being told
		if err := s.Announcing(t.Context(), a, two.person.ID); err != nil {
			t.Fatal(err)
		}
		b.yields(a)
		next := b.takes(draft.ID)
		want(t, s.Announced(t.Context(), a, storage.Recipient{User: two.person.ID, Status: storage.RecipientSent}), storage.ErrFenced)
		b.counts(a.ID, map[storage.RecipientStatus]int64{storage.RecipientSent: 1, storage.RecipientUncertain: 1, storage.RecipientWaiting: 1}, 0)

		if err := b.move(a, storage.AnnouncementPaused); err != nil {
			t.Fatal(err)
		}
		want(t, b.becomes(next, three.person.ID, storage.RecipientSent), storage.ErrFenced)
		b.yields(next)
		if err := b.move(a, storage.AnnouncementSending); err != nil {
			t.Fatal(err)
		}
		next = b.takes(draft.ID)
		if err := b.becomes(next, three.person.ID, storage.RecipientBlocked); err != nil {
			t.Fatal(err)
		}
		if left := b.recipients(next); len(left) != 0 {
			t.Errorf("left: %v", left)
		}
		b.ends(next, storage.AnnouncementDone)
		if _, err := s.SetNews(t.Context(), storage.Effect{}, b.person.ID, false, a.ID); err != nil {
			t.Fatal(err)
		}
		b.counts(a.ID, map[storage.RecipientStatus]int64{storage.RecipientSent: 1, storage.RecipientUncertain: 1, storage.RecipientBlocked: 1}, 1)
		if p, err := s.PersonByID(t.Context(), b.person.ID); err != nil || !p.NoNews {
			t.Errorf("wants news: %+v, %v", p, err)
		}
	})
}

func TestChangedAndTakenBack(t *testing.T) {
	t.Parallel()
	eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
		b := setup(t, s, 0)
		away := b.other(1)
		draft := b.draft(storage.Audience{})
		if err := b.move(draft, storage.AnnouncementSending); err != nil {
			t.Fatal(err)
		}
		a := b.takes(draft.ID)
		for user, status := range map[int64]storage.RecipientStatus{b.person.ID: storage.RecipientSent, away.person.ID: storage.RecipientBlocked} {
			if err := b.becomes(a, user, status); err != nil {
				t.Fatal(err)
			}
		}
		b.ends(a, storage.AnnouncementDone)

		// other words reach who has it, and nobody else
		if err := s.ChangeAnnouncement(t.Context(), storage.Act{By: storage.By{Who: "ops"}, What: "announce edit"}, a.ID, map[string]string{"en": "Hello"}); err != nil {
			t.Fatal(err)
		}
		next := b.takes(draft.ID)
		if got := b.recipients(next); len(got) != 1 || got[0] != b.person.ID || next.Texts["en"] != "Hello" {
			t.Errorf("%v read %v", got, next.Texts)
		}
		if n, err := s.AnnouncementLeft(t.Context(), next); err != nil || n != 1 {
			t.Errorf("left: %d, %v", n, err)
		}
		if err := s.Announced(t.Context(), next, storage.Recipient{User: b.person.ID, Status: storage.RecipientSent, Edition: next.Edition, Message: 7}); err != nil {
			t.Fatal(err)
		}
		b.ends(next, storage.AnnouncementDone)
		if err := b.move(a, storage.AnnouncementDeleting); err != nil {
			t.Fatal(err)
		}
		next = b.takes(draft.ID)
		if got := b.recipients(next); len(got) != 1 {
			t.Errorf("to be deleted: %v", got)
		}
		if err := s.Announced(t.Context(), next, storage.Recipient{User: b.person.ID, Status: storage.RecipientDeleted}); err != nil {
			t.Fatal(err)
		}
		b.ends(next, storage.AnnouncementDeleted)

		// after a while only numbers are known
		c.skip(31 * aDay)
		for range 2 {
			if _, err := s.Retain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Announcement(t.Context(), a.ID)
		if err != nil || got.Summary[storage.RecipientDeleted] != 1 || got.Summary[storage.RecipientBlocked] != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		b.counts(a.ID, map[storage.RecipientStatus]int64{}, 0)
		want(t, s.ChangeAnnouncement(t.Context(), storage.Act{}, a.ID, nil), storage.ErrConsumed)
	})
}
