package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Mails are the outbox of e-mail: a row in the transaction of its cause, sealed until it is out, empty from then on.
//
//	pending ──► sent | failed
//
// As with Telegram, an answer can be lost after a mail was taken. Other than there it is sent again then: it carries the same
// Message-ID, by which mail programs know it as the same, and a code or a link that nobody gets helps nobody.

// MailKind is what a mail is for.
type MailKind string

// The kinds.
const (
	MailCode   MailKind = "code"   // a code that proves an address
	MailLetter MailKind = "letter" // about a request that came by mail or post
	MailExport MailKind = "export" // what is held about somebody
)

// MailReason is why a mail did not leave. It doubles as a metric label.
type MailReason string

// The reasons.
const (
	MailRefused MailReason = "refused" // the server does not take it: mostly an address that there is not
	MailLate    MailReason = "late"    // it would have been of no use any more
	MailOff     MailReason = "off"     // there is no server any more
)

// Mail is one of them.
type Mail struct {
	ID      string
	User    int64
	Kind    MailKind
	Body    MailBody
	Tries   int64
	Fence   int64
	Expires time.Time
	Created time.Time
}

// MailBody is what is in it.
type MailBody struct {
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	// Object is a file that goes along, in the object store, sealed under the person's key; empty for none.
	Object string `json:"object,omitempty"`
	Name   string `json:"name,omitempty"`
}

const mailColumns = `id, user_id, kind, body, tries, fence, expires_at, created_at`

func (s *Store) scanMail(ctx context.Context, row scanner) (m Mail, err error) {
	var body []byte
	var expires, created int64
	if err := row.Scan(&m.ID, &m.User, &m.Kind, &body, &m.Tries, &m.Fence, &expires, &created); err != nil {
		return m, notFound(err)
	}
	m.Expires, m.Created = time.UnixMicro(expires), time.UnixMicro(created)
	return m, s.unseal(ctx, m.User, "mails|body", m.ID, body, &m.Body)
}

// newMail gives a mail its id and returns what writes its row. Nothing is written to somebody who is being erased.
func (s *Store) newMail(ctx context.Context, m *Mail) (func(tx) error, error) {
	var err error
	if m.ID, err = s.NewID(); err != nil {
		return nil, err
	}
	body, err := s.seal(ctx, m.User, "mails|body", m.ID, m.Body)
	if err != nil {
		return nil, fmt.Errorf("seal a mail: %w", err)
	}
	return func(t tx) error {
		return t.change(ctx, ErrRestricted, `INSERT INTO mails (id, user_id, kind, status, body, expires_at, created_at, updated_at)
			SELECT $1, id, $3, 'pending', $4, $5, $6, $6 FROM users WHERE id = $2 AND erasing_at IS NULL`,
			m.ID, m.User, string(m.Kind), body, m.Expires.UnixMicro(), t.now)
	}, nil
}

// newMails is newMail for each of them. The sweeper finds them.
func (s *Store) newMails(ctx context.Context, mails []Mail) (rows []func(tx) error, err error) {
	for _, m := range mails {
		row, err := s.newMail(ctx, &m)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// ClaimMail makes the caller the only sender of a mail for the length of Lease, or returns ErrFenced.
func (s *Store) ClaimMail(ctx context.Context, id string) (m Mail, err error) {
	err = s.write(ctx, func(t tx) error {
		m, err = s.scanMail(ctx, t.QueryRowContext(ctx, `UPDATE mails SET fence = fence + 1, tries = tries + 1, lease_until = now_us() + $2, sweeps = 0, updated_at = $3
			WHERE id = $1 AND status = 'pending' AND not_before <= $3 AND lease_until < now_us() RETURNING `+mailColumns, id, Lease.Microseconds(), t.now))
		return err
	})
	if errors.Is(err, ErrNotFound) {
		err = ErrFenced
	}
	return m, err
}

// RenewMail extends the claim. ErrFenced says that it is lost.
func (s *Store) RenewMail(ctx context.Context, m Mail) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE mails SET lease_until = now_us() + $3 WHERE id = $1 AND fence = $2 AND status = 'pending'`,
			m.ID, m.Fence, Lease.Microseconds())
	})
}

// DelayMail lets go of a mail for another try later, which the sweeper finds.
func (s *Store) DelayMail(ctx context.Context, m Mail, until time.Time) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE mails SET lease_until = 0, not_before = $3, updated_at = $4 WHERE id = $1 AND fence = $2 AND status = 'pending'`,
			m.ID, m.Fence, until.UnixMicro(), t.now)
	})
}

// EndMail notes that a mail is out or, with a reason, that it will not be, and what the person is told of that.
func (s *Store) EndMail(ctx context.Context, m Mail, reason MailReason, sends []Send) (Outbox, error) {
	return s.effect(ctx, Effect{User: m.User, Sends: sends}, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE mails SET status = CASE WHEN $3 = '' THEN 'sent' ELSE 'failed' END, reason = $3, body = NULL,
			lease_until = 0, ended_at = $4, updated_at = $4 WHERE id = $1 AND fence = $2 AND status = 'pending'`, m.ID, m.Fence, string(reason), t.now)
	})
}

// SweepMails finds mails whose time has come and that nobody sends, and raises their epoch. Now asks for those too that a
// task may still be on its way to.
func (s *Store) SweepMails(ctx context.Context, limit int, now bool) (refs []Ref, err error) {
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `UPDATE mails SET epoch = epoch + 1, sweeps = sweeps + 1, swept_at = $1 WHERE id IN (
				SELECT id FROM mails WHERE status = 'pending' AND not_before <= $1 AND lease_until < now_us() - $2
				AND ($3 OR (updated_at < $4 AND swept_at + `+backoff+` < $1)) ORDER BY updated_at LIMIT $5)
			AND status = 'pending' RETURNING id, epoch`,
			t.now, LeaseGrace.Microseconds(), now, t.now-SweepAfter.Microseconds(), limit)
		return err
	})
	return refs, err
}

// portBody is what is kept of a request for an export to another address.
func portBody(address string) json.RawMessage {
	b, _ := json.Marshal(map[string]string{"address": address}) // a string always marshals
	return b
}
