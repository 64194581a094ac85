package storage

import (
	"context"
	"time"
)

// That somebody uses the bot is known by the day, and no closer: it is there to find accounts that nobody uses.

// today is the beginning of the day, UTC.
func (s *Store) today() time.Time { return s.now().UTC().Truncate(24 * time.Hour) }

// noteUse notes, once a day, that a person uses the bot. Whoever was told that their account goes is back.
func (s *Store) noteUse(ctx context.Context, p *Person) error {
	today := s.today()
	if !p.Seen.Before(today) || p.Erasing {
		return nil
	}
	p.Seen = today
	return s.alone(ctx, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE users SET seen_at = $2, warned_at = NULL WHERE id = $1 AND erasing_at IS NULL AND COALESCE(seen_at, 0) < $2`,
			p.ID, today.UnixMicro())
		return err
	})
}

// unused are accounts that nobody uses and that may be deleted for it: nobody pays for them, and no right holds them.
const unused = `kind = 'person' AND erasing_at IS NULL AND restricted_at IS NULL
	AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = users.id AND o.until_at IS NOT NULL AND o.ended_at IS NULL)
	AND NOT EXISTS (SELECT 1 FROM generations g WHERE g.user_id = users.id AND g.status IN ('held','generating'))`

// Unused returns people who have not used the bot since a time and were not told yet what that leads to, longest first.
func (s *Store) Unused(ctx context.Context, since time.Time, limit int) ([]int64, error) {
	return collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
		`SELECT id FROM users WHERE seen_at < $1 AND warned_at IS NULL AND `+unused+` ORDER BY seen_at LIMIT $2`, since.UnixMicro(), limit)
}

// WarnUnused commits that somebody is told, with what they are told. ErrNotFound says that they are back.
func (s *Store) WarnUnused(ctx context.Context, e Effect, since time.Time) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE users SET warned_at = $2 WHERE id = $1 AND seen_at < $3 AND warned_at IS NULL AND erasing_at IS NULL`,
			e.User, t.now, since.UnixMicro())
	})
}

// Lapsed returns people who were told before a time, have not come back, and have no erasure under way.
func (s *Store) Lapsed(ctx context.Context, told time.Time, limit int) ([]int64, error) {
	return collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
		`SELECT id FROM users WHERE warned_at < $1 AND `+unused+` AND NOT EXISTS (SELECT 1 FROM rights r
			WHERE r.user_id = users.id AND r.kind = 'erase' AND r.status IN ('asked','running')) ORDER BY warned_at LIMIT $2`, told.UnixMicro(), limit)
}
