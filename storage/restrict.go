package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Who restricts what is done with their data is only stored from then on: nothing is painted, written, matched, counted or
// announced for them, nothing is sold to them, and nothing is deleted. What no provider has is canceled, and its credits are
// released; what one has is asked to stop, and where that cannot be, it ends, is stored and is shown at once, because it is
// paid for. Money that comes all the same, by a subscription, is booked.

// active is what holds where something may be done with the data of the person that a column names, as SQL.
func active(column string) string {
	return `EXISTS (SELECT 1 FROM users u WHERE u.id = ` + column + ` AND u.restricted_at IS NULL AND u.erasing_at IS NULL AND NOT ` + withdrawn("u.id") + `)`
}

// allowed refuses with ErrRestricted where nothing is done with a person's data any more, or where a condition over the users u
// does not hold.
func (t tx) allowed(ctx context.Context, user int64, condition string) error {
	var ok bool
	if err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND u.restricted_at IS NULL AND u.erasing_at IS NULL
		AND `+condition+`)`, user).Scan(&ok); err != nil {
		return err
	}
	if !ok {
		return ErrRestricted
	}
	return nil
}

// counted is what holds where the person that a column names may be counted in statistics, as SQL.
func counted(column string) string {
	return `EXISTS (SELECT 1 FROM users u WHERE u.id = ` + column + ` AND u.restricted_at IS NULL AND u.objected_at IS NULL)`
}

// Switch is the body of a request that turns something on or off.
type Switch struct {
	Purpose  Purpose `json:"purpose,omitempty"`
	Provider string  `json:"provider,omitempty"`
	On       bool    `json:"on"`
}

// switchesDay is how often a day somebody turns things on and off before that is recorded of each thing once.
const switchesDay = 30

// newSwitch is newRight for a request that is answered at once. Of many in a day each takes the place of the one before about the
// same thing: how it stands is on record all the same, and playing with a switch fills no table.
func (s *Store) newSwitch(ctx context.Context, user int64, kind RightKind, to Switch) (func(tx) error, error) {
	body, err := json.Marshal(to)
	if err != nil {
		return nil, fmt.Errorf("encode a request: %w", err)
	}
	before, err := s.switchBefore(ctx, user, kind, to)
	if err != nil {
		return nil, err
	}
	record, err := s.newRight(ctx, &Right{User: user, Kind: kind, Origin: RightChat, Status: RightDone, Body: body})
	if err != nil || before == "" {
		return record, err
	}
	return func(t tx) error {
		if _, err := t.exec(ctx, `DELETE FROM rights WHERE id = $1`, before); err != nil {
			return err
		}
		return record(t)
	}, nil
}

// switchBefore is the request that one takes the place of, empty for none.
func (s *Store) switchBefore(ctx context.Context, user int64, kind RightKind, to Switch) (id string, err error) {
	all, err := collect(ctx, s.r, func(row scanner) (Right, error) { return s.scanRight(ctx, row) },
		`SELECT `+rightColumns+` FROM rights WHERE user_id = $1 AND kind = $2 AND origin = 'chat' AND created_at > $3 ORDER BY created_at DESC, id DESC LIMIT $4`,
		user, string(kind), s.now().Add(-24*time.Hour).UnixMicro(), switchesDay)
	if err != nil || len(all) < switchesDay {
		return "", err
	}
	for _, r := range all {
		if was := r.Switch(); was.Purpose == to.Purpose && was.Provider == to.Provider {
			return r.ID, nil
		}
	}
	return "", nil
}

// Restrict restricts what is done with a person's data, and records that they asked for it. It takes them out of the lobby, ends
// wishes for words that nobody was asked about, and cancels generations as CancelAll does. ErrConsumed says that it is so
// already.
func (s *Store) Restrict(ctx context.Context, e Effect, user int64, free, busy []string, final []Send) (Outbox, []Ref, error) {
	record, err := s.newSwitch(ctx, user, RightRestrict, Switch{On: true})
	if err != nil {
		return nil, nil, err
	}
	return s.cancelAll(ctx, e, user, free, busy, final, func(t tx) error {
		if err := t.change(ctx, ErrConsumed, `UPDATE users SET restricted_at = $2 WHERE id = $1 AND restricted_at IS NULL AND erasing_at IS NULL`, user, t.now); err != nil {
			return err
		}
		if err := record(t); err != nil {
			return err
		}
		return t.endWaits(ctx, user)
	})
}

// endWaits takes somebody out of the lobby, and ends their wishes for words that nobody was asked about.
func (t tx) endWaits(ctx context.Context, user int64) error {
	if _, err := t.exec(ctx, `DELETE FROM lobby WHERE user_id = $1`, user); err != nil {
		return err
	}
	_, err := t.exec(ctx, `UPDATE writings SET state = 'failed', err_class = 'restricted', fence = fence + 1, lease_until = 0, ended_at = $2, updated_at = $2
		WHERE user_id = $1 AND state = 'waiting'`, user, t.now)
	return err
}

// Unrestrict takes that back. ErrConsumed says that it is so already.
func (s *Store) Unrestrict(ctx context.Context, e Effect, user int64) (Outbox, error) {
	record, err := s.newSwitch(ctx, user, RightRestrict, Switch{})
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, e, func(t tx) error {
		if err := t.change(ctx, ErrConsumed, `UPDATE users SET restricted_at = NULL WHERE id = $1 AND restricted_at IS NOT NULL`, user); err != nil {
			return err
		}
		return record(t)
	})
}

// Switch is what a request turned on or off; zero for one that did neither.
func (r Right) Switch() (to Switch) {
	if json.Unmarshal(r.Body, &to) != nil {
		return Switch{}
	}
	return to
}
