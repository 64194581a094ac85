package storage

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"
)

// EraseRows deletes what the inventory lists as deleted, in many short transactions, so that nobody waits for somebody who has
// a hundred thousand rows.
func (s *Store) EraseRows(ctx context.Context, r Right) error {
	for _, table := range Inventory() {
		if table.Fate != FateDeleted {
			continue
		}
		for more := true; more; {
			err := s.write(ctx, func(t tx) error {
				n, err := t.exec(ctx, `DELETE FROM `+table.Name+` WHERE `+s.dialect.some(table.Name, table.Of), r.User)
				if more = n > 0; err != nil || n == 0 {
					return err
				}
				return t.change(ctx, ErrFenced, `UPDATE rights SET gone_rows = gone_rows + $3 WHERE id = $1 AND fence = $2 AND status = 'running'`, r.ID, r.Fence, n)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// ClearPerson makes of the row of a person the mark that somebody was here. What would make erasing a way to get credits again,
// or to be rid of a ban or a debt, is remembered for a while under a keyed hash, if there is any. From here on who comes back
// is somebody new. It may be repeated.
func (s *Store) ClearPerson(ctx context.Context, r Right, keep time.Duration) error {
	p, err := s.PersonByID(ctx, r.User)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t tx) error {
		if err := t.held(ctx, r); err != nil {
			return err
		}
		if p.TelegramID != 0 {
			if err := t.remember(ctx, r.User, s.rememberedKey(p.TelegramID), keep); err != nil {
				return err
			}
		}
		for _, q := range []string{
			`UPDATE rights SET body = NULL WHERE user_id = $1`,
			`UPDATE payments SET payer = NULL WHERE user_id = $1`,
			`DELETE FROM orders WHERE user_id = $1 AND status = 'open' AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = orders.id)`,
			`UPDATE orders SET quote_id = NULL, link = '' WHERE user_id = $1`,
		} {
			if _, err := t.exec(ctx, q, r.User); err != nil {
				return err
			}
		}
		return t.clear(ctx, r.User)
	})
}

// clear empties a person's row. What is not named here is not about them: their random id, that they were here, and when.
func (t tx) clear(ctx context.Context, user int64) error {
	_, err := t.exec(ctx, `UPDATE users SET lookup = NULL, profile = NULL, settings = NULL, lang = '', tier = 'free', unreachable_at = NULL, restricted_at = NULL,
		objected_at = NULL, no_news_at = NULL, no_reminders_at = NULL, ban_until = NULL, ban_case = NULL, debt = 0, frozen_at = NULL, welcomed_at = NULL,
		seen_at = NULL, warned_at = NULL,
		erased_at = COALESCE(erased_at, $2) WHERE id = $1`, user, t.now)
	return err
}

// rememberedKey is another hash than that which finds people: the two cannot be put together without the key store.
func (s *Store) rememberedKey(telegramID int64) []byte {
	return s.keys.Index("remembered", strconv.FormatInt(telegramID, 10))
}

// remember notes what outlives an erasure. Who had nothing, is not banned and owes nothing leaves no row.
func (t tx) remember(ctx context.Context, user int64, lookup []byte, keep time.Duration) error {
	_, err := t.exec(ctx, `INSERT INTO remembered (lookup, welcome, ban_until, debt, expires_at, created_at)
		SELECT $2, welcome, ban, debt, $4, $3 FROM (SELECT CASE WHEN ban_until > $3 THEN ban_until END AS ban, debt,
			welcomed_at IS NOT NULL OR EXISTS (SELECT 1 FROM transfers t WHERE t.user_id = u.id AND t.kind = 'grant' AND t.counter = 'promo') AS welcome
			FROM users u WHERE id = $1 AND erased_at IS NULL) p
		WHERE welcome OR ban IS NOT NULL OR debt > 0
		ON CONFLICT (lookup) DO UPDATE SET welcome = excluded.welcome OR remembered.welcome, ban_until = excluded.ban_until, debt = excluded.debt,
			expires_at = excluded.expires_at`, user, lookup, t.now, t.now+keep.Microseconds())
	return err
}

// recall makes somebody who comes back what they were as somebody who was erased, in the transaction that makes their row.
func (t tx) recall(ctx context.Context, user int64, lookup []byte) error {
	var welcome bool
	var ban sql.NullInt64
	var debt int64
	err := t.QueryRowContext(ctx, `DELETE FROM remembered WHERE lookup = $1 AND expires_at > $2 RETURNING welcome, ban_until, debt`, lookup, t.now).Scan(&welcome, &ban, &debt)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	var until, welcomed, frozen any
	if ban.Valid {
		until = ban.Int64
	}
	if welcome {
		welcomed = t.now
	}
	if debt > 0 {
		frozen = t.now
	}
	_, err = t.exec(ctx, `UPDATE users SET welcomed_at = $2, ban_until = $3, debt = $4, frozen_at = $5 WHERE id = $1`, user, welcomed, until, debt, frozen)
	return err
}

// Undead returns people who are in the database although their keys were destroyed: it is a backup of a time before they were
// erased. Those whose erasure goes on by itself are left out.
func (s *Store) Undead(ctx context.Context, limit int) (all []int64, err error) {
	var failed error
	err = s.keys.Destroyed(ctx, func(user int64) bool {
		var here bool
		failed = s.r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND u.erased_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM rights r WHERE r.user_id = u.id AND r.kind = 'erase' AND (r.status = 'running' OR r.status = 'asked' AND r.origin = 'operator')))`, user).Scan(&here)
		if here {
			all = append(all, user)
		}
		return failed == nil && len(all) < limit
	})
	return all, errors.Join(err, failed)
}
