-- Erasure: what it needs once the key of the person is gone, and what somebody who comes back does not get again.

-- +goose Up
ALTER TABLE rights ADD COLUMN farewell BYTEA;                     -- sealed under the key of nobody: whom an erasure tells that it is done; NULL once told
ALTER TABLE rights ADD COLUMN gone_rows BIGINT NOT NULL DEFAULT 0;    -- what an erasure deleted
ALTER TABLE rights ADD COLUMN gone_objects BIGINT NOT NULL DEFAULT 0; -- likewise, of the bucket
ALTER TABLE users ADD COLUMN welcomed_at BIGINT;                  -- had what newcomers get as somebody who was erased since

-- +goose Down
ALTER TABLE users DROP COLUMN welcomed_at;
ALTER TABLE rights DROP COLUMN gone_objects;
ALTER TABLE rights DROP COLUMN gone_rows;
ALTER TABLE rights DROP COLUMN farewell;
