package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// reachable is who can be told something at $1, and could at first.
const (
	somebody  = `kind = 'person' AND lookup IS NOT NULL AND erasing_at IS NULL AND created_at <= $1`
	reachable = somebody + ` AND unreachable_at IS NULL AND restricted_at IS NULL AND no_news_at IS NULL
		AND COALESCE(ban_until, 0) <= $1`
)

// reachable is who is told an announcement, in SQL: everybody of what they have to know, of news those who want them.
func (a Announcement) reachable() string {
	if a.Must() {
		return somebody + ` AND unreachable_at IS NULL`
	}
	return reachable
}

// where is the audience in SQL, and its parameters from $1 on, which is the time.
func (a Audience) where(at int64) (sql string, args []any) {
	args = []any{at}
	if a.Active > 0 {
		args = append(args, at-a.Active.Microseconds())
		sql += fmt.Sprintf(` AND EXISTS (SELECT 1 FROM generations g WHERE g.user_id = users.id AND g.created_at >= $%d)`, len(args))
	}
	if a.Bought {
		sql += ` AND EXISTS (SELECT 1 FROM payments p WHERE p.user_id = users.id AND p.status = 'paid')`
	}
	if len(a.Languages) > 0 {
		tags := []string{"NULL"}
		for _, tag := range a.Tags {
			args = append(args, tag)
			tags = append(tags, fmt.Sprintf("$%d", len(args)))
		}
		sql += ` AND lang IN (` + strings.Join(tags, ", ") + `)`
	}
	return sql, args
}

// Tags are the language tags that stand with people.
func (s *Store) Tags(ctx context.Context) ([]string, error) {
	return collect(ctx, s.r, func(row scanner) (tag string, err error) { return tag, row.Scan(&tag) }, `SELECT DISTINCT lang FROM users ORDER BY lang`)
}

// Reach is how many an announcement would reach now.
type Reach struct {
	Tags     map[string]int64 // people, by the tag that stands with them
	Blocked  int64            // the rest are not told: they blocked the bot,
	OptedOut int64            // want no announcements,
	Barred   int64            // or are banned, or had us stop using what we know of them
}

// Reach counts an audience.
func (s *Store) Reach(ctx context.Context, a Audience) (r Reach, err error) {
	where, args := a.where(s.now().UnixMicro())
	r.Tags = make(map[string]int64)
	_, err = collect(ctx, s.r, func(row scanner) (none struct{}, err error) {
		var tag string
		var n int64
		err = row.Scan(&tag, &n)
		r.Tags[tag] = n
		return none, err
	}, `SELECT lang, COUNT(*) FROM users WHERE `+Announcement{Audience: a}.reachable()+where+` GROUP BY lang`, args...)
	if err != nil {
		return r, err
	}
	err = s.r.QueryRowContext(ctx, `SELECT COALESCE(SUM(CASE WHEN unreachable_at IS NOT NULL THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN unreachable_at IS NULL AND no_news_at IS NOT NULL THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN unreachable_at IS NULL AND no_news_at IS NULL THEN 1 ELSE 0 END), 0)
		FROM users WHERE `+somebody+` AND NOT (`+Announcement{Audience: a}.reachable()+`)`+where, args...).Scan(&r.Blocked, &r.OptedOut, &r.Barred)
	return r, err
}

// Gather finds out, for the next of the people, whether an announcement is for them, and reports whether everybody has been
// looked at.
func (s *Store) Gather(ctx context.Context, a *Announcement, limit int) (all bool, err error) {
	where, args := a.Audience.where(a.Started.UnixMicro())
	ids, err := collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
		`SELECT id FROM users WHERE id > $1 ORDER BY id LIMIT $2`, a.looked, limit)
	if err != nil {
		return false, err
	}
	to := a.looked
	if len(ids) > 0 {
		to = ids[len(ids)-1]
	}
	all = len(ids) < limit
	n := len(args)
	err = s.write(ctx, func(t tx) error {
		if err := t.change(ctx, ErrFenced, `UPDATE announcements SET looked = $3, gathered_at = CASE WHEN $4 THEN CAST($5 AS BIGINT) ELSE NULL END
			WHERE id = $1 AND fence = $2 AND status = 'sending'`, a.ID, a.Fence, to, all, t.now); err != nil {
			return err
		}
		_, err := t.exec(ctx, fmt.Sprintf(`INSERT INTO announcement_people (announcement_id, user_id, status, updated_at)
			SELECT $%d, id, 'waiting', $%d FROM users WHERE id > $%d AND id <= $%d AND `, n+1, n+2, n+3, n+4)+a.reachable()+where+` ON CONFLICT DO NOTHING`,
			slices.Concat(args, []any{a.ID, t.now, a.looked, to})...)
		return err
	})
	if err == nil {
		a.looked, a.Gathered = to, all
	}
	return all, err
}

// Recipients are the next of an announcement: who waits for it, then who has an older edition; or who has it, if it is to go.
func (s *Store) Recipients(ctx context.Context, a Announcement, limit int) ([]Recipient, error) {
	type turn struct {
		status RecipientStatus
		before int64 // edition
	}
	turns := []turn{{RecipientWaiting, 1}, {RecipientSent, a.Edition}}
	if a.Status == AnnouncementDeleting {
		turns = []turn{{RecipientSent, a.Edition + 1}}
	}
	for _, one := range turns {
		all, err := collect(ctx, s.r, func(row scanner) (r Recipient, err error) {
			return r, row.Scan(&r.User, &r.Status, &r.Edition, &r.Message, &r.Tries)
		}, `SELECT user_id, status, edition, message_id, tries FROM announcement_people
			WHERE announcement_id = $1 AND status = $2 AND edition < $3 ORDER BY edition, tries, user_id LIMIT $4`,
			a.ID, string(one.status), one.before, limit)
		if err != nil || len(all) > 0 {
			return all, err
		}
	}
	return nil, nil
}

// Announcing is called right before the call leaves that tells somebody. ErrFenced says that it must not, ErrRestricted that the
// person wants none.
func (s *Store) Announcing(ctx context.Context, a Announcement, user int64) error {
	return s.write(ctx, func(t tx) error {
		if !a.Must() {
			if err := t.allowed(ctx, user, `u.no_news_at IS NULL`); err != nil {
				return err
			}
		}
		return t.change(ctx, ErrFenced, `UPDATE announcement_people SET status = 'sending', updated_at = $4
			WHERE announcement_id = $1 AND user_id = $2 AND status = 'waiting'
			AND EXISTS (SELECT 1 FROM announcements WHERE id = $1 AND fence = $3 AND status = 'sending')`, a.ID, user, a.Fence, t.now)
	})
}

// Announced notes what became of it for somebody. ErrFenced says that the claim was lost meanwhile, and others decided.
func (s *Store) Announced(ctx context.Context, a Announcement, r Recipient) error {
	return s.alone(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE announcement_people SET status = $4, edition = $5, message_id = $6, tries = $7, updated_at = $8
			WHERE announcement_id = $1 AND user_id = $2 AND status IN ('waiting','sending','sent')
			AND EXISTS (SELECT 1 FROM announcements WHERE id = $1 AND fence = $3)`,
			a.ID, r.User, a.Fence, string(r.Status), r.Edition, r.Message, r.Tries, t.now)
	})
}

// AnnouncementLeft is how many people something is still to be done for.
func (s *Store) AnnouncementLeft(ctx context.Context, a Announcement) (n int64, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT COUNT(*) FROM announcement_people WHERE announcement_id = $1 AND (
		$2 IN ('sending','paused') AND (status IN ('waiting','sending') OR status = 'sent' AND edition < $3) OR $2 = 'deleting' AND status = 'sent')`,
		a.ID, string(a.Status), a.Edition).Scan(&n)
	return n, err
}

// AnnouncementCounts is how many people are in which status, and how many opted out by the button under it.
func (s *Store) AnnouncementCounts(ctx context.Context, id string) (by map[RecipientStatus]int64, optedOut int64, err error) {
	if by, err = announcementCounts(ctx, s.r, id); err != nil {
		return nil, 0, err
	}
	err = s.r.QueryRowContext(ctx, `SELECT COUNT(*) FROM announcement_people WHERE announcement_id = $1 AND opted_out_at IS NOT NULL`, id).Scan(&optedOut)
	return by, optedOut, err
}

func announcementCounts(ctx context.Context, q querier, id string) (map[RecipientStatus]int64, error) {
	by := make(map[RecipientStatus]int64)
	_, err := collect(ctx, q, func(row scanner) (none struct{}, err error) {
		var status RecipientStatus
		var n int64
		err = row.Scan(&status, &n)
		by[status] = n
		return none, err
	}, `SELECT status, COUNT(*) FROM announcement_people WHERE announcement_id = $1 GROUP BY status`, id)
	return by, err
}

// SetNews keeps whether a person wants announcements. Id is the one whose button said so, or empty. Nothing is kept of somebody
// who is being erased.
func (s *Store) SetNews(ctx context.Context, e Effect, user int64, wanted bool, id string) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		since := any(t.now)
		if wanted {
			since = nil
		}
		if _, err := t.exec(ctx, `UPDATE announcement_people SET opted_out_at = $3 WHERE announcement_id = $1 AND user_id = $2`, id, user, since); err != nil {
			return err
		}
		_, err := t.exec(ctx, `UPDATE users SET no_news_at = $2 WHERE id = $1 AND erasing_at IS NULL`, user, since)
		return err
	})
}

// announcementKept is how long is known who got an announcement; what remains are numbers.
const announcementKept = 30 * 24 * time.Hour
