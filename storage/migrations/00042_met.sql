-- Who met is kept from meeting again for 30 days.

-- +goose Up
UPDATE pair_bars SET until = created_at + 2592000000000 WHERE kind = 'met' AND until IS NULL;

-- +goose Down
SELECT 1;
