-- Words somebody asked for: a picture described, a prompt improved or translated. The rows say later which provider got what.

-- +goose Up
CREATE TABLE writings (
  id             TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  kind           TEXT    NOT NULL CHECK (kind IN ('describe','improve','translate')),
  state          TEXT    NOT NULL CHECK (state IN ('waiting','calling','ready','refused','failed','unknown')),
  request        BYTEA,                           -- sealed: words, picture, chat; NULL after an hour
  answer         BYTEA,                           -- sealed: the proposed prompt; likewise
  provider       TEXT    NOT NULL DEFAULT '',     -- who was asked last
  err_class      TEXT    NOT NULL DEFAULT '',
  cost           BIGINT,                          -- micro-dollars
  fence          BIGINT  NOT NULL DEFAULT 0,
  lease_until    BIGINT  NOT NULL DEFAULT 0,      -- database clock; 0 is free
  epoch          BIGINT  NOT NULL DEFAULT 1,      -- raised by the sweeper; write:<id>:<epoch>
  sweeps         BIGINT  NOT NULL DEFAULT 0,
  swept_at       BIGINT  NOT NULL DEFAULT 0,
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL,
  ended_at       BIGINT,
  CHECK ((state IN ('waiting','calling')) = (ended_at IS NULL))
);
CREATE INDEX writings_open ON writings (updated_at) WHERE state IN ('waiting','calling');
CREATE INDEX writings_user ON writings (user_id, created_at);
CREATE INDEX writings_age ON writings (created_at) WHERE request IS NOT NULL;

-- +goose Down
DROP TABLE writings;
