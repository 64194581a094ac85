-- Tokens of the public API, and what was asked for with them.

-- +goose Up
CREATE TABLE api_tokens (
  id             TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  lookup         BYTEA   NOT NULL UNIQUE,         -- keyed hash: the token itself is nowhere
  prefix         TEXT    NOT NULL,                -- how it begins, to know it by
  body           BYTEA   NOT NULL,                -- sealed: what it is called
  monthly        BIGINT  NOT NULL DEFAULT 0 CHECK (monthly >= 0), -- credits it may spend in a calendar month, UTC; 0 is no limit
  used_at        BIGINT,                          -- the day, UTC
  created_at     BIGINT  NOT NULL
);
CREATE INDEX api_tokens_user ON api_tokens (user_id, created_at);

ALTER TABLE generations ADD COLUMN token_id TEXT; -- that it was asked for with
CREATE INDEX generations_token ON generations (token_id, created_at) WHERE token_id IS NOT NULL;

-- +goose Down
DROP INDEX generations_token;
ALTER TABLE generations DROP COLUMN token_id;
DROP TABLE api_tokens;
