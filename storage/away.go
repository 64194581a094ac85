package storage

import (
	"context"
	"fmt"
)

// Blocked notes that a person cannot be written to, and stops everything for them: generations that nobody works on yet
// are canceled and their credits released, and nothing more is said in private. What is being painted is finished and
// kept. What the person asked for in groups goes on. It returns how many generations it canceled.
func (s *Store) Blocked(ctx context.Context, user int64) (canceled int, err error) {
	err = s.write(ctx, func(t tx) error {
		if _, err := t.exec(ctx, `UPDATE users SET unreachable_at = $2 WHERE id = $1 AND unreachable_at IS NULL`, user, t.now); err != nil {
			return err
		}
		if err := t.endPrivate(ctx, user); err != nil {
			return err
		}
		ids, err := collect(ctx, t, func(row scanner) (id string, err error) { return id, row.Scan(&id) },
			`UPDATE generations SET status = 'canceled', reason = 'blocked', fence = fence + 1, lease_until = 0, done_at = $2, updated_at = $2
			WHERE user_id = $1 AND status = 'held' AND form = 'chat' AND lease_until < now_us()
			AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.generation_id = generations.id AND NOT d.private) RETURNING id`, user, t.now)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.settle(ctx, id, 0); err != nil {
				return err
			}
		}
		canceled = len(ids)
		return nil
	})
	return canceled, err
}

// endPrivate ends what nobody is sending to the person's own chat.
func (t tx) endPrivate(ctx context.Context, user int64) error {
	results, err := collect(ctx, t, func(row scanner) (id string, err error) { return id, row.Scan(&id) },
		`UPDATE deliveries SET status = 'undeliverable', reason = 'blocked', body = NULL, updated_at = $2
			WHERE user_id = $1 AND private AND status = 'pending' AND lease_until < now_us() RETURNING CASE kind WHEN 'result' THEN COALESCE(generation_id, '') ELSE '' END`,
		user, t.now)
	if err != nil {
		return err
	}
	for _, generation := range results {
		if err := t.delivered(ctx, generation, StatusUndeliverable, ReasonBlocked); err != nil {
			return err
		}
	}
	return nil
}

// Back notes that a person can be written to again, and owes them a word about what was finished meanwhile. Of several
// who see it at once, one says it.
func (s *Store) Back(ctx context.Context, user int64, word []Send) (Outbox, error) {
	return s.finish(ctx, word, func(t tx) error {
		return t.change(ctx, ErrSeen, `UPDATE users SET unreachable_at = NULL WHERE id = $1 AND unreachable_at IS NOT NULL`, user)
	}, func(tx) error { return nil })
}

// Missed returns the person's generations that are finished, could not be shown and are not on their way now, oldest first,
// and how many there are beyond the limit.
func (s *Store) Missed(ctx context.Context, user int64, limit int) (ids []string, more int, err error) {
	const missed = ` FROM generations WHERE user_id = $1 AND status = 'undeliverable' AND reason = 'blocked' AND deleted_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.generation_id = generations.id AND d.kind = 'result' AND d.status IN ('pending','sending'))`
	ids, err = collect(ctx, s.r, func(row scanner) (id string, err error) { return id, row.Scan(&id) },
		`SELECT id`+missed+` ORDER BY created_at, id LIMIT $2`, user, limit)
	if err != nil || len(ids) < limit {
		return ids, 0, err
	}
	if err := s.r.QueryRowContext(ctx, `SELECT COUNT(*)`+missed, user).Scan(&more); err != nil {
		return nil, 0, fmt.Errorf("count missed results: %w", err)
	}
	return ids, more - len(ids), nil
}

// Stopped is what became of a person's generations while they were away.
type Stopped struct {
	Canceled int     // of those that waited
	Statuses []int64 // messages that still say they are waiting or painted
}

// Stopped says what the person finds in the chat when they are back, of at most limit generations.
func (s *Store) Stopped(ctx context.Context, user int64, limit int) (all Stopped, err error) {
	_, err = collect(ctx, s.r, func(row scanner) (none struct{}, err error) {
		var status Status
		var message int64
		if err := row.Scan(&status, &message); err != nil {
			return none, err
		}
		if status == StatusCanceled {
			all.Canceled++
		}
		if message != 0 {
			all.Statuses = append(all.Statuses, message)
		}
		return none, nil
	}, `SELECT g.status, COALESCE(g.status_message, 0) FROM generations g JOIN users u ON u.id = g.user_id
		WHERE g.user_id = $1 AND g.reason = 'blocked' AND g.done_at >= u.unreachable_at ORDER BY g.created_at, g.id LIMIT $2`, user, limit)
	return all, err
}
