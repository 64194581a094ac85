-- Keeping: who comes no more, breaches and by when they have to be told, and how far long work has come.

-- +goose Up
ALTER TABLE users ADD COLUMN seen_at BIGINT;      -- the day they last used the bot, µs at its beginning
ALTER TABLE users ADD COLUMN warned_at BIGINT;    -- told that the account goes because nobody uses it; NULL once they are back
UPDATE users SET seen_at = now_us() / 86400000000 * 86400000000 WHERE kind = 'person' AND erased_at IS NULL;
CREATE INDEX users_seen ON users (seen_at) WHERE erasing_at IS NULL;
CREATE INDEX users_erased ON users (id) WHERE erased_at IS NOT NULL;
CREATE INDEX generations_unpainted ON generations (updated_at) WHERE status IN ('refused','failed','canceled') AND deleted_at IS NULL;
CREATE INDEX dead_letters_age ON dead_letters (created_at);
CREATE INDEX rights_age ON rights (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE breaches (                           -- every one that was found, whether it had to be told or not
  id             TEXT    PRIMARY KEY,
  body           BYTEA   NOT NULL,                -- sealed under nobody's key: facts, categories, effects, remedy
  people         BIGINT  NOT NULL DEFAULT 0,      -- about how many are affected
  discovered_at  BIGINT  NOT NULL,
  authority_at   BIGINT,                          -- when the authority was told: within 72 hours of the discovery
  people_at      BIGINT,                          -- when people were
  closed_at      BIGINT,                          -- nothing is left to tell anybody
  announcement_id TEXT   REFERENCES announcements(id), -- by which people are told
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL
);

CREATE TABLE chores (                             -- long work that goes on where it was, whoever does it
  name           TEXT    PRIMARY KEY,
  place          TEXT    NOT NULL DEFAULT '',     -- how far it has come; nothing personal
  started_at     BIGINT  NOT NULL,
  done_at        BIGINT                           -- when it was last finished
);

-- +goose Down
DROP TABLE chores;
DROP TABLE breaches;
DROP INDEX rights_age;
DROP INDEX dead_letters_age;
DROP INDEX generations_unpainted;
DROP INDEX users_erased;
DROP INDEX users_seen;
ALTER TABLE users DROP COLUMN warned_at;
ALTER TABLE users DROP COLUMN seen_at;
