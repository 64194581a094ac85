-- Rights: what people ask about their data, and the one thing that outlives an erasure beside the books.

-- +goose Up
CREATE TABLE rights (
  id             TEXT    PRIMARY KEY,
  user_id        BIGINT  REFERENCES users(id),    -- NULL: a letter of somebody who is not known yet
  kind           TEXT    NOT NULL CHECK (kind IN ('access','rectify','export','port','erase','restrict','object','withdraw')),
  origin         TEXT    NOT NULL CHECK (origin IN ('chat','web','mail','operator')),
  status         TEXT    NOT NULL CHECK (status IN ('asked','running','done','refused','canceled')),
  reason         TEXT    NOT NULL DEFAULT '',     -- of an end that is not done; closed set, doubles as metric label
  step           TEXT    NOT NULL DEFAULT '',     -- the last one that is finished; closed set per kind
  body           BYTEA,                           -- sealed: what exactly was asked for, and what answers it; NULL once erased
  not_before     BIGINT  NOT NULL DEFAULT 0,      -- days of grace; waits
  due_at         BIGINT  NOT NULL,                -- 28 days after it came: answered by then whatever happens
  fence          BIGINT  NOT NULL DEFAULT 0,      -- claims, as in generations
  lease_until    BIGINT  NOT NULL DEFAULT 0,      -- database clock; 0 is free
  epoch          BIGINT  NOT NULL DEFAULT 1,      -- raised by the sweeper; right:<id>:<epoch>
  sweeps         BIGINT  NOT NULL DEFAULT 0,
  swept_at       BIGINT  NOT NULL DEFAULT 0,
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL,
  ended_at       BIGINT,
  CHECK ((status IN ('done','refused','canceled')) = (ended_at IS NOT NULL))
);
CREATE INDEX rights_user ON rights (user_id, created_at);
CREATE INDEX rights_open ON rights (due_at) WHERE status IN ('asked','running');
CREATE UNIQUE INDEX rights_one_erasure ON rights (user_id) WHERE kind = 'erase' AND status IN ('asked','running');

CREATE TABLE remembered (                         -- of somebody who was erased: it keeps erasing from being a way to farm or to be rid of a ban
  lookup         BYTEA   PRIMARY KEY,             -- keyed hash of the Telegram id, another one than that of users
  welcome        BOOLEAN NOT NULL,                -- had the welcome credits
  ban_until      BIGINT,                          -- µs; NULL is not banned
  debt           BIGINT  NOT NULL DEFAULT 0 CHECK (debt >= 0),
  expires_at     BIGINT  NOT NULL,
  created_at     BIGINT  NOT NULL
);
CREATE INDEX remembered_age ON remembered (expires_at);

-- +goose Down
DROP TABLE remembered;
DROP TABLE rights;
