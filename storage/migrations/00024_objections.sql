-- Objections: what people want not to be done with their data, one by one. objected_at is that to statistics, no_news_at that to
-- announcements.

-- +goose Up
ALTER TABLE users ADD COLUMN no_reminders_at BIGINT;   -- wants no reminders

-- +goose Down
ALTER TABLE users DROP COLUMN no_reminders_at;
