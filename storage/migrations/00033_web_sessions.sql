-- Sessions of the Mini App and of its twin in a browser.

-- +goose Up
CREATE TABLE web_sessions (
  token_key      BYTEA   PRIMARY KEY,             -- keyed hash of the token, which is nowhere else than with its person
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  origin         TEXT    NOT NULL CHECK (origin IN ('telegram','oidc')),
  expires_at     BIGINT  NOT NULL,                -- moves on while it is used
  ends_at        BIGINT  NOT NULL,                -- but not beyond this
  created_at     BIGINT  NOT NULL,
  CHECK (expires_at <= ends_at)
);
CREATE INDEX web_sessions_user ON web_sessions (user_id, created_at);
CREATE INDEX web_sessions_age ON web_sessions (expires_at);

-- +goose Down
DROP TABLE web_sessions;
