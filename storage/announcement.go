package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Announcements are told to many people, slowly. Whom one is for is found out when it starts, as a row for each; who comes
// later is not told. One worker at a time goes through the rows. A row is in sending while its call is under way: one that is
// found there by the next worker may have arrived, so it is uncertain, counted, and never sent again.
//
//	draft ──► sending ──► done ──► deleting ──► deleted
//	  │        ▲   │       │(changed: sending again)
//	  │        └─paused────┘
//	  └──► canceled ◄── sending, paused

// AnnouncementStatus is where an announcement stands.
type AnnouncementStatus string

// The statuses.
const (
	AnnouncementDraft    AnnouncementStatus = "draft"    // entered by AddAnnouncement: nobody was told
	AnnouncementSending  AnnouncementStatus = "sending"  // entered from draft, paused, and done where its texts changed
	AnnouncementPaused   AnnouncementStatus = "paused"   // entered from sending, by operators or because Telegram refuses it
	AnnouncementDone     AnnouncementStatus = "done"     // entered from sending: everybody was told who could be
	AnnouncementCanceled AnnouncementStatus = "canceled" // entered before done: who was told keeps it
	AnnouncementDeleting AnnouncementStatus = "deleting" // entered once it was sent: it is taken out of chats
	AnnouncementDeleted  AnnouncementStatus = "deleted"  // entered from deleting
)

// RecipientStatus is what became of an announcement for one person. A closed set; it doubles as metric label.
type RecipientStatus string

// The statuses of people.
const (
	RecipientWaiting   RecipientStatus = "waiting"
	RecipientSending   RecipientStatus = "sending"
	RecipientSent      RecipientStatus = "sent"
	RecipientUncertain RecipientStatus = "uncertain" // it may have arrived, and is not sent again
	RecipientBlocked   RecipientStatus = "blocked"   // they cannot be written to
	RecipientFailed    RecipientStatus = "failed"    // Telegram does not take it
	RecipientSkipped   RecipientStatus = "skipped"   // they came to want none, or may not be written to
	RecipientDeleted   RecipientStatus = "deleted"
	RecipientKept      RecipientStatus = "kept" // it could not be taken out of the chat
)

// Audience says whom an announcement is for, of those who want news and can be written to. The zero value is everybody.
type Audience struct {
	// Active asked for a picture no longer ago than that; zero is everybody.
	Active time.Duration `json:"active_ns,omitempty"`
	// Bought is who paid for something that did not go back.
	Bought bool `json:"bought,omitempty"`
	// Duty is what has to be told: also to who wants no news, had us stop using what we know, or is banned.
	Duty bool `json:"duty,omitempty"`
	// Listed is for the people it was made with, and nobody else.
	Listed bool `json:"listed,omitempty"`
	// Languages that the bot speaks to them; none is any.
	Languages []string `json:"languages,omitempty"`
	// Tags are those of people who are spoken to in Languages, as they stand with people.
	Tags []string `json:"-"`
}

// Announcement is one.
type Announcement struct {
	ID       string
	Status   AnnouncementStatus
	Texts    map[string]string // Telegram's HTML, by language
	Audience Audience
	Loud     bool // with a sound
	// Policy is the version of the privacy policy it is about: everybody is told who can be. Empty for news.
	Policy   string
	Pace     int64
	Edition  int64
	Gathered bool // everybody it is for has a row
	Summary  map[RecipientStatus]int64
	Created  time.Time
	Started  time.Time
	Ended    time.Time
	Fence    int64
	looked   int64
}

// Must reports whether people have to be told, whatever they opted out of.
func (a Announcement) Must() bool { return a.Policy != "" || a.Audience.Duty }

// Recipient is somebody an announcement is for.
type Recipient struct {
	User    int64
	Status  RecipientStatus
	Edition int64 // that they see
	Message int64 // Telegram's id; zero where it is not known
	Tries   int64 // that failed
}

const announcementColumns = `id, status, texts, audience, loud, pace, edition, looked, gathered_at IS NOT NULL, summary, created_at, started_at, ended_at, fence, policy`

func scanAnnouncement(row scanner) (a Announcement, err error) {
	var words, audience, summary string
	var created, started, ended sql.NullInt64
	if err = row.Scan(&a.ID, &a.Status, &words, &audience, &a.Loud, &a.Pace, &a.Edition, &a.looked, &a.Gathered, &summary,
		&created, &started, &ended, &a.Fence, &a.Policy); err != nil {
		return a, notFound(err)
	}
	a.Created, a.Started, a.Ended = fromMicros(created), fromMicros(started), fromMicros(ended)
	err = errors.Join(json.Unmarshal([]byte(words), &a.Texts), json.Unmarshal([]byte(audience), &a.Audience))
	if summary != "" {
		err = errors.Join(err, json.Unmarshal([]byte(summary), &a.Summary))
	}
	return a, err
}

// AddAnnouncement keeps a draft. People are who it is for where its audience is listed; nobody is told twice.
func (s *Store) AddAnnouncement(ctx context.Context, act Act, a Announcement, people ...int64) (Announcement, error) {
	id, err := s.NewID()
	if err != nil {
		return a, err
	}
	a.ID, act.Object = id, id
	words, err := json.Marshal(a.Texts)
	if err != nil {
		return a, fmt.Errorf("encode announcement: %w", err)
	}
	audience, err := json.Marshal(a.Audience)
	if err != nil {
		return a, fmt.Errorf("encode announcement: %w", err)
	}
	_, err = s.acted(ctx, Effect{}, act, func(t tx) error {
		a, err = scanAnnouncement(t.QueryRowContext(ctx, `INSERT INTO announcements (id, status, texts, audience, loud, pace, gathered_at, created_at, updated_at)
			VALUES ($1,'draft',$2,$3,$4,$5,CASE WHEN $7 THEN CAST($6 AS BIGINT) END,$6,$6) RETURNING `+announcementColumns,
			id, string(words), string(audience), a.Loud, a.Pace, t.now, a.Audience.Listed))
		for _, user := range people {
			if err == nil {
				_, err = t.exec(ctx, `INSERT INTO announcement_people (announcement_id, user_id, status, updated_at) VALUES ($1,$2,'waiting',$3)
					ON CONFLICT DO NOTHING`, id, user, t.now)
			}
		}
		return err
	})
	return a, err
}

// Announcement returns one, or ErrNotFound.
func (s *Store) Announcement(ctx context.Context, id string) (Announcement, error) {
	return scanAnnouncement(s.r.QueryRowContext(ctx, `SELECT `+announcementColumns+` FROM announcements WHERE id = $1`, id))
}

// Announcements lists them, newest first.
func (s *Store) Announcements(ctx context.Context, limit int) ([]Announcement, error) {
	return collect(ctx, s.r, scanAnnouncement, `SELECT `+announcementColumns+` FROM announcements ORDER BY id DESC LIMIT $1`, limit)
}

// MoveAnnouncement is an operator's word. ErrConsumed says that it does not stand where it could be moved from.
func (s *Store) MoveAnnouncement(ctx context.Context, act Act, id string, to AnnouncementStatus) error {
	from := map[AnnouncementStatus]string{
		AnnouncementSending: `('draft','paused')`, AnnouncementPaused: `('sending')`, AnnouncementCanceled: `('draft','sending','paused')`,
		AnnouncementDeleting: `('sending','paused','done','canceled')`,
	}[to]
	_, err := s.acted(ctx, Effect{}, act, func(t tx) error {
		return t.change(ctx, ErrConsumed, `UPDATE announcements SET status = $2, swept_at = 0, sweeps = 0, not_before = 0, updated_at = $3,
			started_at = CASE WHEN $2 = 'sending' THEN COALESCE(started_at, $3) ELSE started_at END,
			ended_at = CASE WHEN $2 = 'canceled' THEN CAST($3 AS BIGINT) ELSE NULL END
			WHERE id = $1 AND status IN `+from+` AND NOT ($2 = 'deleting' AND started_at IS NULL)`, id, string(to), t.now)
	})
	return err
}

// ChangeAnnouncement gives it other texts, also where they were read already. ErrConsumed says that it is over.
func (s *Store) ChangeAnnouncement(ctx context.Context, act Act, id string, words map[string]string) error {
	text, err := json.Marshal(words)
	if err != nil {
		return fmt.Errorf("encode announcement: %w", err)
	}
	_, err = s.acted(ctx, Effect{}, act, func(t tx) error {
		return t.change(ctx, ErrConsumed, `UPDATE announcements SET texts = $2, edition = edition + 1, swept_at = 0, sweeps = 0, updated_at = $3,
			ended_at = CASE WHEN status = 'done' THEN NULL ELSE ended_at END, status = CASE WHEN status = 'done' THEN 'sending' ELSE status END
			WHERE id = $1 AND status IN ('draft','sending','paused','done') AND summary = ''`, id, string(text), t.now)
	})
	return err
}

// ClaimAnnouncement makes the caller the only one who works on it for the length of Lease, or returns ErrFenced. Whoever was
// being told when the last claim ended may have been.
func (s *Store) ClaimAnnouncement(ctx context.Context, id string) (a Announcement, err error) {
	err = s.write(ctx, func(t tx) error {
		a, err = scanAnnouncement(t.QueryRowContext(ctx, `UPDATE announcements SET fence = fence + 1, lease_until = now_us() + $2, sweeps = 0, updated_at = $3
			WHERE id = $1 AND status IN ('sending','deleting') AND lease_until < now_us() AND not_before <= $3 RETURNING `+announcementColumns,
			id, Lease.Microseconds(), t.now))
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE announcement_people SET status = 'uncertain', updated_at = $2 WHERE announcement_id = $1 AND status = 'sending'`, id, t.now)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		err = ErrFenced
	}
	return a, err
}

// RenewAnnouncement extends the claim. ErrFenced says that it is lost.
func (s *Store) RenewAnnouncement(ctx context.Context, a Announcement) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE announcements SET lease_until = now_us() + $3 WHERE id = $1 AND fence = $2`,
			a.ID, a.Fence, Lease.Microseconds())
	})
}

// YieldAnnouncement gives the claim back, for the task of the returned epoch to go on no sooner than after wait.
func (s *Store) YieldAnnouncement(ctx context.Context, a Announcement, wait time.Duration) (epoch int64, err error) {
	err = s.alone(ctx, func(t tx) error {
		return t.QueryRowContext(ctx, `UPDATE announcements SET lease_until = 0, epoch = epoch + 1, not_before = $3, updated_at = $4
			WHERE id = $1 AND fence = $2 RETURNING epoch`, a.ID, a.Fence, t.now+wait.Microseconds(), t.now).Scan(&epoch)
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrFenced
	}
	return epoch, err
}

// EndAnnouncement ends a claim for good: nobody is left, or it cannot go on. To is done, deleted or paused.
func (s *Store) EndAnnouncement(ctx context.Context, a Announcement, to AnnouncementStatus, sends []Send) (Outbox, error) {
	return s.effect(ctx, Effect{Sends: sends}, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE announcements SET status = $3, lease_until = 0, updated_at = $4,
			ended_at = CASE WHEN $3 = 'paused' THEN NULL ELSE CAST($4 AS BIGINT) END WHERE id = $1 AND fence = $2 AND status = $5 AND edition = $6`,
			a.ID, a.Fence, string(to), t.now, string(a.Status), a.Edition)
	})
}

// SweepAnnouncements finds those that nobody works on and raises their epoch. Now as in SweepGenerations.
func (s *Store) SweepAnnouncements(ctx context.Context, limit int, now bool) (refs []Ref, err error) {
	var open bool // mostly not
	if err := s.r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM announcements WHERE status IN ('sending','deleting'))`).Scan(&open); err != nil || !open {
		return nil, err
	}
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `UPDATE announcements SET epoch = epoch + 1, sweeps = sweeps + 1, swept_at = $1 WHERE id IN (
				SELECT id FROM announcements WHERE status IN ('sending','deleting') AND lease_until < now_us() - $2 AND not_before <= $1
				AND ($3 OR swept_at = 0 OR (updated_at < $4 AND swept_at + `+backoff+` < $1)) ORDER BY updated_at LIMIT $5)
			AND status IN ('sending','deleting') RETURNING id, epoch`,
			t.now, LeaseGrace.Microseconds(), now, t.now-SweepAfter.Microseconds(), limit)
		return err
	})
	return refs, err
}
