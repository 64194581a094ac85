package storage

import (
	"context"
	"errors"
	"time"
)

// WritingState is where a wish for words is:
//
//	waiting ──► calling ──► ready | refused | failed | unknown
//
// A row is calling before a call leaves. One that is found there by another claim was cut off: the call is not made again.
type WritingState string

// The states.
const (
	WritingWaiting WritingState = "waiting" // nobody was asked yet
	WritingCalling WritingState = "calling" // a call may have left
	WritingReady   WritingState = "ready"   // the answer is stored, and owed to the person
	WritingRefused WritingState = "refused" // by a provider's rules
	WritingFailed  WritingState = "failed"  // nobody could do it
	WritingUnknown WritingState = "unknown" // the answer was lost
)

// WritingTTL is how long what was asked and answered is kept and can be used.
const WritingTTL = time.Hour

// Writing is a wish for words and what became of it.
type Writing struct {
	ID       string
	User     int64
	Kind     string // providers.Writing
	State    WritingState
	Provider string
	Request  WritingRequest
	Answer   string
	Fence    int64
}

// WritingRequest is the sealed part: what the person said, and where.
type WritingRequest struct {
	Chat       int64    `json:"chat"`
	Thread     int64    `json:"thread,omitempty"`
	Message    int64    `json:"message,omitempty"`
	Text       string   `json:"text,omitempty"`
	Flags      string   `json:"flags,omitempty"`      // typed behind the text, for when it is painted
	Picture    string   `json:"picture,omitempty"`    // file id
	Generation string   `json:"generation,omitempty"` // a result that is described, and its image
	N          int      `json:"n,omitempty"`
	Language   string   `json:"language,omitempty"` // of the answer
	Seed       int64    `json:"seed,omitempty"`
	Without    []string `json:"without,omitempty"` // providers the person does not want
}

// AskWords commits a wish for words with the update that had it. ErrRestricted says that nothing of the person is processed.
func (s *Store) AskWords(ctx context.Context, e Effect, w Writing) (Ref, Outbox, error) {
	sealed, err := s.seal(ctx, w.User, "writings|request", w.ID, w.Request)
	if err != nil {
		return Ref{}, nil, err
	}
	out, err := s.effect(ctx, e, func(t tx) error {
		return t.change(ctx, ErrRestricted, `INSERT INTO writings (id, user_id, kind, state, request, created_at, updated_at)
			SELECT $1, id, $3, 'waiting', $4, $5, $5 FROM users WHERE id = $2 AND erasing_at IS NULL AND restricted_at IS NULL`,
			w.ID, w.User, w.Kind, sealed, t.now)
	})
	return Ref{ID: w.ID, Epoch: 1}, out, err
}

const writingColumns = `id, user_id, kind, state, provider, request, answer, fence`

func (s *Store) readWriting(ctx context.Context, row scanner) (w Writing, err error) {
	var request, answer []byte
	if err := row.Scan(&w.ID, &w.User, &w.Kind, &w.State, &w.Provider, &request, &answer, &w.Fence); err != nil {
		return w, notFound(err)
	}
	if err := s.unseal(ctx, w.User, "writings|request", w.ID, request, &w.Request); err != nil {
		return w, err
	}
	return w, s.unseal(ctx, w.User, "writings|answer", w.ID, answer, &w.Answer)
}

// OwnWriting returns one of the person's own that was answered less than WritingTTL ago, or ErrNotFound.
func (s *Store) OwnWriting(ctx context.Context, user int64, id string) (Writing, error) {
	return s.readWriting(ctx, s.r.QueryRowContext(ctx, `SELECT `+writingColumns+` FROM writings WHERE id = $1 AND user_id = $2
		AND state NOT IN ('waiting','calling') AND request IS NOT NULL AND created_at > $3`, id, user, s.now().Add(-WritingTTL).UnixMicro()))
}

// ClaimWriting makes the caller the only one who works on it for the length of Lease, or returns ErrFenced.
func (s *Store) ClaimWriting(ctx context.Context, id string) (w Writing, err error) {
	err = s.write(ctx, func(t tx) error {
		w, err = s.readWriting(ctx, t.QueryRowContext(ctx, `UPDATE writings SET fence = fence + 1, lease_until = now_us() + $2, sweeps = 0, updated_at = $3
			WHERE id = $1 AND state IN ('waiting','calling') AND lease_until < now_us() RETURNING `+writingColumns, id, Lease.Microseconds(), t.now))
		return err
	})
	if errors.Is(err, ErrNotFound) {
		err = ErrFenced
	}
	return w, err
}

// RenewWriting extends the claim. ErrFenced says that it is lost.
func (s *Store) RenewWriting(ctx context.Context, w Writing) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE writings SET lease_until = now_us() + $3 WHERE id = $1 AND fence = $2
			AND state IN ('waiting','calling')`, w.ID, w.Fence, Lease.Microseconds())
	})
}

// CallWriting is called right before a call leaves for a provider. ErrFenced says that it must not, also because nothing of the
// person is processed any more.
func (s *Store) CallWriting(ctx context.Context, w Writing, provider string) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE writings SET state = 'calling', provider = $3, updated_at = $4
			WHERE id = $1 AND fence = $2 AND state IN ('waiting','calling') AND `+active("writings.user_id"), w.ID, w.Fence, provider, t.now)
	})
}

// WritingEnd is how a wish for words ended.
type WritingEnd struct {
	State  WritingState
	Answer string // where it is ready
	Class  string // providers.Class, of a failure
	Cost   int64  // micro-dollars
}

// EndWriting stores what came of it, with what the person is told.
func (s *Store) EndWriting(ctx context.Context, w Writing, end WritingEnd, sends []Send) (Outbox, error) {
	var sealed []byte
	if end.Answer != "" {
		var err error
		if sealed, err = s.seal(ctx, w.User, "writings|answer", w.ID, end.Answer); err != nil {
			return nil, err
		}
	}
	return s.effect(ctx, Effect{User: w.User, Sends: sends}, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE writings SET state = $3, answer = $4, err_class = $5, cost = $6, lease_until = 0, ended_at = $7, updated_at = $7
			WHERE id = $1 AND fence = $2 AND state IN ('waiting','calling')`, w.ID, w.Fence, string(end.State), sealed, end.Class, end.Cost, t.now)
	})
}

// SweepWritings finds wishes that nobody works on and raises their epoch. Now asks for those too that a task may still be on
// its way to.
func (s *Store) SweepWritings(ctx context.Context, limit int, now bool) (refs []Ref, err error) {
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `UPDATE writings SET epoch = epoch + 1, sweeps = sweeps + 1, swept_at = $1 WHERE id IN (
				SELECT id FROM writings WHERE state IN ('waiting','calling') AND lease_until < now_us() - $2
				AND ($3 OR (updated_at < $4 AND swept_at + `+backoff+` < $1)) ORDER BY updated_at LIMIT $5)
			AND state IN ('waiting','calling') RETURNING id, epoch`,
			t.now, LeaseGrace.Microseconds(), now, t.now-SweepAfter.Microseconds(), limit)
		return err
	})
	return refs, err
}
