package storage

import (
	"context"
	"slices"
)

// Purpose is something done with data that nobody needs to be served, and that people can object to.
type Purpose string

// The purposes.
const (
	PurposeNews       Purpose = "news"       // announcements
	PurposeReminders  Purpose = "reminders"  // words that nobody asked for just then
	PurposeStatistics Purpose = "statistics" // being counted
)

// Purposes lists them.
func Purposes() []Purpose { return []Purpose{PurposeReminders, PurposeNews, PurposeStatistics} }

// column is where it stands since when a person objects.
func (p Purpose) column() string {
	return map[Purpose]string{PurposeNews: "no_news_at", PurposeReminders: "no_reminders_at", PurposeStatistics: "objected_at"}[p]
}

// Object keeps whether a person lets their data be used for a purpose, and records that they asked for it. Asked again, it
// changes nothing.
func (s *Store) Object(ctx context.Context, e Effect, user int64, p Purpose, allowed bool) (Outbox, error) {
	record, err := s.newSwitch(ctx, user, RightObject, Switch{Purpose: p, On: allowed})
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, e, func(t tx) error {
		since := any(t.now)
		if allowed {
			since = nil
		}
		n, err := t.exec(ctx, `UPDATE users SET `+p.column()+` = $2 WHERE id = $1 AND erasing_at IS NULL AND (`+p.column()+` IS NULL) <> $3`, user, since, allowed)
		if err != nil || n == 0 {
			return err
		}
		return record(t)
	})
}

// ObjectProvider keeps settings in which a provider was kept out or let in again, and records that the person asked for it. Asked
// again, it changes nothing.
func (s *Store) ObjectProvider(ctx context.Context, e Effect, user int64, settings Settings, provider string, allowed bool) (Outbox, error) {
	record, err := s.newSwitch(ctx, user, RightObject, Switch{Provider: provider, On: allowed})
	if err != nil {
		return nil, err
	}
	keep, err := s.settingsKeeper(ctx, user, settings)
	if err != nil {
		return nil, err
	}
	was, err := settings.before()
	if err != nil {
		return nil, err
	}
	changes := slices.Contains(was.Without, provider) == allowed
	return s.effect(ctx, e, func(t tx) error {
		if err := keep(t); err != nil || !changes {
			return err
		}
		return record(t)
	})
}
