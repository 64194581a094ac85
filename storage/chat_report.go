package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/imagika/imagika/storage/keys"
)

// ReportStatus is where a report of a conversation stands:
//
//	open ──► dismissed | acted
type ReportStatus string

// The statuses.
const (
	ReportOpen      ReportStatus = "open"      // entered by the report; waits for an operator
	ReportDismissed ReportStatus = "dismissed" // nothing follows
	ReportActed     ReportStatus = "acted"     // the accused is kept out of conversations for a while
)

// ChatReport is what somebody reported of the one they talked with. It does not say who reported.
type ChatReport struct {
	ID           string
	Conversation string
	Accused      int64
	Reason       string // of a closed set
	Status       ReportStatus
	Evidence     []Evidence
	Created      time.Time
	Decided      time.Time
}

// Evidence is a message that the reporter chose to send.
type Evidence struct {
	Kind string `json:"kind"` // what kind of message
	Text string `json:"text,omitempty"`
	File string `json:"file,omitempty"` // Telegram's id of it
}

// MaxEvidence is how many messages a report can have.
const MaxEvidence = 20

// ReportChat writes a report down, and the settings of its reporter, whose next messages are its evidence. ErrKeyReuse says
// that there is a report of this person in this conversation, ErrNotFound that they are gone, or about to be.
func (s *Store) ReportChat(ctx context.Context, e Effect, r ChatReport, reporter int64, own Settings) (Outbox, error) {
	sealed, err := s.sealEvidence(ctx, r)
	if err != nil {
		return nil, err
	}
	keep, err := s.settingsKeeper(ctx, reporter, own)
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, e, func(t tx) error {
		err := t.change(ctx, ErrKeyReuse, `INSERT INTO chat_reports (id, conversation_id, accused, reason, evidence, status, created_at)
			SELECT $1, $2, id, $4, $5, 'open', $6 FROM users WHERE id = $3 AND erasing_at IS NULL ON CONFLICT (conversation_id, accused) DO NOTHING`,
			r.ID, r.Conversation, r.Accused, r.Reason, sealed, t.now)
		if errors.Is(err, ErrKeyReuse) {
			err = t.change(ctx, ErrNotFound, `UPDATE chat_reports SET status = status WHERE conversation_id = $1 AND accused = $2`, r.Conversation, r.Accused)
			if err == nil {
				err = ErrKeyReuse
			}
		}
		if err != nil {
			return err
		}
		return keep(t)
	})
}

// sealEvidence seals what there is of a report, or returns ErrNotFound where the accused is gone.
func (s *Store) sealEvidence(ctx context.Context, r ChatReport) ([]byte, error) {
	sealed, err := s.seal(ctx, r.Accused, "chat_reports|evidence", r.ID, r.Evidence)
	if errors.Is(err, keys.ErrDestroyed) {
		err = ErrNotFound
	}
	return sealed, err
}

// AddEvidence adds a message to an open report and says how many it has then. ErrNotFound says that it is decided or gone with the
// accused, ErrTooMany that it has enough. Its reporter sends one after the other.
func (s *Store) AddEvidence(ctx context.Context, e Effect, id string, one Evidence) (n int, out Outbox, err error) {
	r, err := s.ChatReport(ctx, id)
	if err != nil {
		return 0, nil, err
	}
	if len(r.Evidence) >= MaxEvidence {
		return len(r.Evidence), nil, ErrTooMany
	}
	r.Evidence = append(r.Evidence, one)
	sealed, err := s.sealEvidence(ctx, r)
	if err != nil {
		return 0, nil, err
	}
	out, err = s.effect(ctx, e, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE chat_reports SET evidence = $2 WHERE id = $1 AND status = 'open'`, id, sealed)
	})
	return len(r.Evidence), out, err
}

const reportColumns = `id, conversation_id, accused, reason, status, evidence, created_at, decided_at`

// ChatReport returns a report, or ErrNotFound.
func (s *Store) ChatReport(ctx context.Context, id string) (ChatReport, error) {
	all, err := s.chatReports(ctx, `SELECT `+reportColumns+` FROM chat_reports WHERE id = $1`, id)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return ChatReport{}, err
	}
	return all[0], nil
}

// ChatReports lists open reports, the longest waiting first; or all, the newest first.
func (s *Store) ChatReports(ctx context.Context, all bool, limit int) ([]ChatReport, error) {
	query := ` FROM chat_reports WHERE status = 'open' ORDER BY created_at, id LIMIT $1`
	if all {
		query = ` FROM chat_reports ORDER BY id DESC LIMIT $1`
	}
	return s.chatReports(ctx, `SELECT `+reportColumns+query, limit)
}

func (s *Store) chatReports(ctx context.Context, query string, args ...any) ([]ChatReport, error) {
	type row struct {
		ChatReport
		sealed []byte
	}
	rows, err := collect(ctx, s.r, func(sc scanner) (r row, err error) {
		var created, decided sql.NullInt64
		err = sc.Scan(&r.ID, &r.Conversation, &r.Accused, &r.Reason, &r.Status, &r.sealed, &created, &decided)
		r.Created, r.Decided = fromMicros(created), fromMicros(decided)
		return r, err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	all := make([]ChatReport, 0, len(rows))
	for _, r := range rows { // unsealed after the rows are closed: it may need a connection of the key store
		if err := s.unseal(ctx, r.Accused, "chat_reports|evidence", r.ID, r.sealed, &r.Evidence); err != nil {
			return nil, err
		}
		all = append(all, r.ChatReport)
	}
	return all, nil
}

// DismissReport decides that nothing follows from a report. ErrNotFound says that it is decided.
func (s *Store) DismissReport(ctx context.Context, e Effect, a Act, id string) (Outbox, error) {
	return s.acted(ctx, e, a, func(t tx) error { return t.decideReport(ctx, id, ReportDismissed) })
}

func (t tx) decideReport(ctx context.Context, id string, status ReportStatus) error {
	return t.change(ctx, ErrNotFound, `UPDATE chat_reports SET status = $2, decided_at = $3 WHERE id = $1 AND status = 'open'`, id, string(status), t.now)
}

// PauseReported decides that the accused of a report is kept out of conversations until a time, by a case that they can
// appeal. A pause that holds longer stays. Whatever conversation they are in is ended by the sweeper.
func (s *Store) PauseReported(ctx context.Context, e Effect, a Act, r ChatReport, c Case, until time.Time) (Outbox, error) {
	insert, err := s.caseInserter(ctx, c)
	if err != nil {
		return nil, err
	}
	return s.acted(ctx, e, a, func(t tx) error {
		if err := t.decideReport(ctx, r.ID, ReportActed); err != nil {
			return err
		}
		if err := insert(t); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM lobby WHERE user_id = $1`, r.Accused); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO chat_people (user_id, paused_until, pause_case, pauses) VALUES ($1,$2,$3,1)
			ON CONFLICT (user_id) DO UPDATE SET pauses = chat_people.pauses + 1, pause_case = excluded.pause_case,
				paused_until = CASE WHEN COALESCE(chat_people.paused_until, 0) > excluded.paused_until THEN chat_people.paused_until ELSE excluded.paused_until END`,
			r.Accused, until.UnixMicro(), c.ID)
		return err
	})
}

// liftPause ends the pause that a case began, as if it had never been.
func (t tx) liftPause(ctx context.Context, c Case) error {
	_, err := t.exec(ctx, `UPDATE chat_people SET paused_until = NULL, pause_case = NULL, pauses = CASE WHEN pauses > 0 THEN pauses - 1 ELSE 0 END
		WHERE user_id = $1 AND pause_case = $2`, c.User, c.ID)
	return err
}

// SealedPair is who talked with whom, as far as it is open.
type SealedPair struct {
	Place  string // what the seals are bound to
	Sealed []byte // to every two operators; nil once it is dropped
	Half   []byte // what one of them has opened, sealed to each of the others; nil for not yet
	Who    string // account of that one
}

// SealedPair returns who talked with whom in a conversation that is over, or ErrNotFound: it lives, its time is over, or there
// was nobody to seal it to.
func (s *Store) SealedPair(ctx context.Context, conversation string) (p SealedPair, err error) {
	p.Place = pairPlace(conversation)
	err = s.r.QueryRowContext(ctx, `SELECT c.pair, u.opened, COALESCE(u.who, '') FROM conversations c LEFT JOIN chat_unseals u ON u.conversation_id = c.id
		WHERE c.id = $1 AND c.pair_until > $2`, conversation, s.now().UnixMicro()).Scan(&p.Sealed, &p.Half, &p.Who)
	return p, notFound(err)
}

// OpenHalf keeps what one operator has opened, for another one.
func (s *Store) OpenHalf(ctx context.Context, a Act, conversation string, half []byte) error {
	_, err := s.acted(ctx, Effect{}, a, func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO chat_unseals (conversation_id, who, opened, created_at) VALUES ($1,$2,$3,$4)
			ON CONFLICT (conversation_id) DO UPDATE SET who = excluded.who, opened = excluded.opened, created_at = excluded.created_at`,
			conversation, a.Who, half, t.now)
		return err
	})
	return err
}

// OpenedPair notes that two operators have opened who talked with whom, before it is shown, and takes the half away.
func (s *Store) OpenedPair(ctx context.Context, a Act, conversation string) error {
	_, err := s.acted(ctx, Effect{}, a, func(t tx) error {
		return t.change(ctx, ErrNotFound, `DELETE FROM chat_unseals WHERE conversation_id = $1`, conversation)
	})
	return err
}
