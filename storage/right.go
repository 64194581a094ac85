package storage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// RightKind is what somebody asks about their data.
type RightKind string

// The kinds.
const (
	RightAccess   RightKind = "access"   // what is held about me
	RightRectify  RightKind = "rectify"  // correct it
	RightExport   RightKind = "export"   // give me a copy
	RightPort     RightKind = "port"     // send a copy to another address
	RightErase    RightKind = "erase"    // delete everything
	RightRestrict RightKind = "restrict" // keep it, do nothing with it; or again do
	RightObject   RightKind = "object"   // do not use it for this; or again do
	RightWithdraw RightKind = "withdraw" // take a consent back
)

// RightKinds lists them, what is asked most first.
func RightKinds() []RightKind {
	return []RightKind{RightAccess, RightExport, RightPort, RightErase, RightRectify, RightRestrict, RightObject, RightWithdraw}
}

// RightOrigin is where it was asked.
type RightOrigin string

// The origins.
const (
	RightChat     RightOrigin = "chat"
	RightWeb      RightOrigin = "web"
	RightMail     RightOrigin = "mail"     // recorded by an operator
	RightOperator RightOrigin = "operator" // an operator's own decision, such as the report of a child
)

// RightStatus is where a request is:
//
//	asked ──► running ──► done | refused
//	  └────────► canceled
//
// One that is answered at once is done from the first. Asked waits for the days of grace, or for an operator; it can be
// canceled. Running is being worked on, step by step, and can not.
type RightStatus string

// The statuses.
const (
	RightAsked    RightStatus = "asked"
	RightRunning  RightStatus = "running"
	RightDone     RightStatus = "done"
	RightRefused  RightStatus = "refused"
	RightCanceled RightStatus = "canceled"
)

// RightTime is by when a request is answered, whatever happens: no law that we know of gives less.
const RightTime = 28 * 24 * time.Hour

// Right is a request about somebody's data.
type Right struct {
	ID        string // empty in one that is asked for: it gets one
	User      int64  // zero: a letter of somebody who is not known yet
	Kind      RightKind
	Origin    RightOrigin
	Status    RightStatus
	Reason    string // of an end that is not done; closed set
	Step      string // the last one that is finished; empty for none
	Body      json.RawMessage
	NotBefore time.Time // it waits until then
	Due       time.Time
	Created   time.Time
	Ended     time.Time
	Fence     int64
}

const rightColumns = `id, COALESCE(user_id, 0), kind, origin, status, reason, step, body, not_before, due_at, created_at, ended_at, fence`

func (s *Store) scanRight(ctx context.Context, row scanner) (r Right, err error) {
	var body []byte
	var notBefore, due, created, ended sql.NullInt64
	if err := row.Scan(&r.ID, &r.User, &r.Kind, &r.Origin, &r.Status, &r.Reason, &r.Step, &body, &notBefore, &due, &created, &ended, &r.Fence); err != nil {
		return r, notFound(err)
	}
	r.NotBefore, r.Due, r.Created, r.Ended = fromMicros(notBefore), fromMicros(due), fromMicros(created), fromMicros(ended)
	r.Body, err = s.openBytes(ctx, r.User, "rights|body", r.ID, body)
	return r, err
}

// AskRight commits a request, or one that was answered at once, with the update that had it. The task of one that is asked may
// start when NotBefore is past. ErrRestricted says that the person is being erased, ErrConsumed that they have one that
// is not answered: of erasures and copies there is one at a time.
func (s *Store) AskRight(ctx context.Context, e Effect, r Right) (Ref, Outbox, error) {
	row, err := s.newRight(ctx, &r)
	if err != nil {
		return Ref{}, nil, err
	}
	out, err := s.effect(ctx, e, row)
	return Ref{ID: r.ID, Epoch: 1}, out, err
}

// AccessAgain is how long looking again at what is held is the same request, where it was asked.
const AccessAgain = 24 * time.Hour

// NoteAccess commits that somebody was shown what is held about them, with the update that had it. ErrRestricted says that the person
// is being erased.
func (s *Store) NoteAccess(ctx context.Context, e Effect, user int64, origin RightOrigin) (Outbox, error) {
	id, err := s.NewID()
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, e, func(t tx) error {
		if err := t.stays(ctx, user); err != nil { // which waits for whoever notes it at once
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO rights (id, user_id, kind, origin, status, due_at, created_at, updated_at, ended_at)
			SELECT $1, $2, 'access', $3, 'done', $4, $5, $5, $5
			WHERE NOT EXISTS (SELECT 1 FROM rights WHERE user_id = $2 AND kind = 'access' AND origin = $3 AND created_at > $6)`,
			id, user, string(origin), t.now+RightTime.Microseconds(), t.now, t.now-AccessAgain.Microseconds())
		return err
	})
}

// newRight gives a request its id and returns what writes its row, for methods that change something with it.
func (s *Store) newRight(ctx context.Context, r *Right) (func(tx) error, error) {
	var err error
	if r.ID == "" {
		r.ID, err = s.NewID()
	}
	if err != nil {
		return nil, err
	}
	body, err := s.sealRight(ctx, *r)
	if err != nil {
		return nil, err
	}
	return func(t tx) error {
		var ended any
		if r.Status != RightAsked && r.Status != RightRunning {
			ended = t.now
		}
		err := t.change(ctx, ErrConsumed, `INSERT INTO rights (id, user_id, kind, origin, status, body, not_before, due_at, created_at, updated_at, ended_at)
			SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $9, $10 FROM users WHERE id = $2 AND erasing_at IS NULL ON CONFLICT DO NOTHING`,
			r.ID, r.User, string(r.Kind), string(r.Origin), string(r.Status), body, max(0, r.NotBefore.UnixMicro()), t.now+RightTime.Microseconds(), t.now, ended)
		if errors.Is(err, ErrConsumed) {
			return cmp.Or(t.stays(ctx, r.User), err)
		}
		return err
	}, nil
}

// sealRight seals the body of a request; nil for none.
func (s *Store) sealRight(ctx context.Context, r Right) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	sealed, err := s.sealBytes(ctx, r.User, "rights|body", r.ID, r.Body)
	if err != nil {
		return nil, fmt.Errorf("seal a request: %w", err)
	}
	return sealed, nil
}

// Rights returns what a person asked about their data, newest first.
func (s *Store) Rights(ctx context.Context, user int64, limit int) ([]Right, error) {
	return collect(ctx, s.r, func(row scanner) (Right, error) { return s.scanRight(ctx, row) },
		`SELECT `+rightColumns+` FROM rights WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2`, user, limit)
}

// Exports returns the copies that a person asked for themselves, newest first: what is not answered yet, and what came since a moment.
// One that an address in the chat was proved for is not among them: each takes a code.
func (s *Store) Exports(ctx context.Context, user int64, since time.Time) ([]Right, error) {
	return collect(ctx, s.r, func(row scanner) (Right, error) { return s.scanRight(ctx, row) },
		`SELECT `+rightColumns+` FROM rights WHERE user_id = $1 AND (kind = 'export' AND origin IN ('chat','web') OR kind = 'port' AND origin = 'web')
			AND (status IN ('asked','running') OR created_at > $2) ORDER BY created_at DESC, id DESC`, user, since.UnixMicro())
}

// Right returns a request, or ErrNotFound.
func (s *Store) Right(ctx context.Context, id string) (Right, error) {
	return s.scanRight(ctx, s.r.QueryRowContext(ctx, `SELECT `+rightColumns+` FROM rights WHERE id = $1`, id))
}

// ClaimRight makes the caller the only one who works on a request for the length of Lease, or returns ErrFenced: it is over, it
// waits, or somebody else has it. From here on it is running.
func (s *Store) ClaimRight(ctx context.Context, id string) (r Right, err error) {
	err = s.write(ctx, func(t tx) error {
		r, err = s.scanRight(ctx, t.QueryRowContext(ctx, `UPDATE rights SET status = 'running', fence = fence + 1, lease_until = now_us() + $2, sweeps = 0, updated_at = $3
			WHERE id = $1 AND status IN ('asked','running') AND not_before <= $3 AND lease_until < now_us() RETURNING `+rightColumns, id, Lease.Microseconds(), t.now))
		return err
	})
	if errors.Is(err, ErrNotFound) {
		err = ErrFenced
	}
	return r, err
}

// RenewRight extends the claim. ErrFenced says that it is lost.
func (s *Store) RenewRight(ctx context.Context, r Right) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE rights SET lease_until = now_us() + $3 WHERE id = $1 AND fence = $2 AND status = 'running'`,
			r.ID, r.Fence, Lease.Microseconds())
	})
}

// PauseRight lets go of a request until a time, with the step it has come to. Its task is the caller's to enqueue.
func (s *Store) PauseRight(ctx context.Context, r Right, step string, until time.Time) (epoch int64, err error) {
	err = s.write(ctx, func(t tx) error {
		err := t.QueryRowContext(ctx, `UPDATE rights SET step = $3, not_before = $4, lease_until = 0, epoch = epoch + 1, updated_at = $5
			WHERE id = $1 AND fence = $2 AND status = 'running' RETURNING epoch`, r.ID, r.Fence, step, until.UnixMicro(), t.now).Scan(&epoch)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrFenced
		}
		return err
	})
	return epoch, err
}

// step notes the last step that is finished, in the transaction of that step.
func (t tx) step(ctx context.Context, r Right, step string) error {
	return t.change(ctx, ErrFenced, `UPDATE rights SET step = $3, updated_at = $4 WHERE id = $1 AND fence = $2 AND status = 'running'`, r.ID, r.Fence, step, t.now)
}

// StepRight notes the last step that is finished, where its effect is outside the database.
func (s *Store) StepRight(ctx context.Context, r Right, step string) error {
	return s.write(ctx, func(t tx) error { return t.step(ctx, r, step) })
}

// EndRight ends a request, with what the person is told. The reason is empty where it is done.
func (s *Store) EndRight(ctx context.Context, r Right, status RightStatus, reason string, sends []Send) (Outbox, error) {
	return s.effect(ctx, Effect{User: r.User, Sends: sends}, func(t tx) error { return t.endRight(ctx, r, status, reason) })
}

func (t tx) endRight(ctx context.Context, r Right, status RightStatus, reason string) error {
	return t.change(ctx, ErrFenced, `UPDATE rights SET status = $3, reason = $4, lease_until = 0, ended_at = $5, updated_at = $5
		WHERE id = $1 AND fence = $2 AND status = 'running'`, r.ID, r.Fence, string(status), reason, t.now)
}

// CancelRight takes back a request of the person's own that nobody has begun with. ErrNotFound says that it is too late.
func (s *Store) CancelRight(ctx context.Context, e Effect, user int64, id string) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE rights SET status = 'canceled', ended_at = $3, updated_at = $3 WHERE id = $1 AND user_id = $2 AND status = 'asked'`,
			id, user, t.now)
	})
}

// SweepRights finds requests whose time has come and that nobody works on, and raises their epoch. Now asks for those too that a
// task may still be on its way to.
func (s *Store) SweepRights(ctx context.Context, limit int, now bool) (refs []Ref, err error) {
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `UPDATE rights SET epoch = epoch + 1, sweeps = sweeps + 1, swept_at = $1 WHERE id IN (
				SELECT id FROM rights WHERE status IN ('asked','running') AND user_id IS NOT NULL AND not_before <= $1 AND lease_until < now_us() - $2
				AND ($3 OR (updated_at < $4 AND swept_at + `+backoff+` < $1)) ORDER BY due_at LIMIT $5)
			AND status IN ('asked','running') RETURNING id, epoch`,
			t.now, LeaseGrace.Microseconds(), now, t.now-SweepAfter.Microseconds(), limit)
		return err
	})
	return refs, err
}
