-- What a person set for themselves, sealed like the profile: one document, so that a new setting needs no migration.

-- +goose Up
ALTER TABLE users ADD COLUMN settings BYTEA;

-- +goose Down
ALTER TABLE users DROP COLUMN settings;
