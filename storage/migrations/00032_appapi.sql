-- Invoices that are opened by a link, which a worker asks Telegram for.

-- +goose Up
ALTER TABLE orders ADD COLUMN link TEXT NOT NULL DEFAULT ''; -- to its invoice; empty: there is none, or not yet

-- +goose Down
ALTER TABLE orders DROP COLUMN link;
