-- A claim of a delivery says in one statement whether an earlier one was cut off.

-- +goose Up
ALTER TABLE deliveries ADD COLUMN interrupted BOOLEAN NOT NULL DEFAULT FALSE; -- the last claim found it in sending: it may have been out

-- +goose Down
ALTER TABLE deliveries DROP COLUMN interrupted;
