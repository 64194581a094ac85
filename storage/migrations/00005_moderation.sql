-- What was decided against people, and how they answered: cases, strikes, bans, reports; and what operators did about it.

-- +goose Up
ALTER TABLE users ADD COLUMN ban_until BIGINT;      -- µs; NULL or past is not banned
ALTER TABLE users ADD COLUMN ban_case TEXT;         -- why

CREATE TABLE cases (
  id             TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  kind           TEXT    NOT NULL CHECK (kind IN ('prompt','ban')),
  cause          TEXT    NOT NULL,                -- of a prompt the rule, of a ban one of a closed set
  category       TEXT    NOT NULL DEFAULT '',
  absolute       BOOLEAN NOT NULL DEFAULT FALSE,  -- a prompt that is not appealed
  status         TEXT    NOT NULL CHECK (status IN ('open','appealed','accepted','rejected')),
  prompt_key     BYTEA,                           -- keyed hash: what was accepted once is not refused again
  body           BYTEA,                           -- sealed: the prompt, the chat, an operator's words; NULL once erased
  created_at     BIGINT  NOT NULL,
  appealed_at    BIGINT,
  decided_at     BIGINT,
  CHECK ((status IN ('accepted','rejected')) = (decided_at IS NOT NULL))
);
CREATE INDEX cases_appealed ON cases (appealed_at) WHERE status = 'appealed';
CREATE INDEX cases_user ON cases (user_id, prompt_key);
CREATE INDEX cases_age ON cases (created_at);

CREATE TABLE strikes (                            -- they decay: one that is past counts for nothing
  id             TEXT    PRIMARY KEY,             -- its case, or generation:<id>
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  cause          TEXT    NOT NULL CHECK (cause IN ('rule','absolute','provider')),
  weight         BIGINT  NOT NULL CHECK (weight > 0),
  created_at     BIGINT  NOT NULL,
  expires_at     BIGINT  NOT NULL
);
CREATE INDEX strikes_user ON strikes (user_id, expires_at);
CREATE INDEX strikes_age ON strikes (expires_at);

CREATE TABLE reports (                            -- of results, by the people who got them
  generation_id  TEXT    NOT NULL REFERENCES generations(id),
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  reason         TEXT    NOT NULL,                -- closed set
  created_at     BIGINT  NOT NULL,
  PRIMARY KEY (generation_id, user_id)
);
CREATE INDEX reports_age ON reports (created_at);

CREATE TABLE audit (                              -- what operators did; nothing personal
  id             TEXT    PRIMARY KEY,
  who            TEXT    NOT NULL,                -- account of the operator
  what           TEXT    NOT NULL,
  object         TEXT    NOT NULL,                -- a case, or a hashed person
  created_at     BIGINT  NOT NULL
);

-- +goose Down
DROP TABLE audit;
DROP TABLE reports;
DROP TABLE strikes;
DROP TABLE cases;
ALTER TABLE users DROP COLUMN ban_case;
ALTER TABLE users DROP COLUMN ban_until;
