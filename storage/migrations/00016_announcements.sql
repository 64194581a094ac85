-- What operators do to many people or to whom they ask: announcements, who got them, who wants none; providers that are not asked.

-- +goose Up
ALTER TABLE users ADD COLUMN no_news_at BIGINT;   -- wants no announcements

CREATE TABLE announcements (
  id             TEXT    PRIMARY KEY,
  status         TEXT    NOT NULL CHECK (status IN ('draft','sending','paused','done','canceled','deleting','deleted')),
  texts          TEXT    NOT NULL,                -- JSON: the operators' words by language, nothing personal
  audience       TEXT    NOT NULL,                -- JSON: whom it is for
  loud           BOOLEAN NOT NULL,                -- with a sound
  pace           BIGINT  NOT NULL CHECK (pace > 0),  -- people a minute
  edition        BIGINT  NOT NULL DEFAULT 1,      -- raised by every change of the texts
  looked         BIGINT  NOT NULL DEFAULT 0,      -- the last person of whom is known whether it is for them
  gathered_at    BIGINT,                          -- when everybody was looked at
  summary        TEXT    NOT NULL DEFAULT '',     -- JSON: what came of it, once who got it is forgotten
  fence          BIGINT  NOT NULL DEFAULT 0,
  lease_until    BIGINT  NOT NULL DEFAULT 0,
  not_before     BIGINT  NOT NULL DEFAULT 0,      -- told to wait by Telegram
  epoch          BIGINT  NOT NULL DEFAULT 1,
  sweeps         BIGINT  NOT NULL DEFAULT 0,
  swept_at       BIGINT  NOT NULL DEFAULT 0,
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL,
  started_at     BIGINT,
  ended_at       BIGINT,
  CHECK (status IN ('draft','canceled') OR started_at IS NOT NULL)
);
CREATE INDEX announcements_open ON announcements (updated_at) WHERE status IN ('sending','deleting');

CREATE TABLE announcement_people (
  announcement_id TEXT   NOT NULL REFERENCES announcements(id),
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  status         TEXT    NOT NULL CHECK (status IN ('waiting','sending','sent','uncertain','blocked','failed','skipped','deleted','kept')),
  edition        BIGINT  NOT NULL DEFAULT 0,      -- the one they see
  message_id     BIGINT  NOT NULL DEFAULT 0,
  tries          BIGINT  NOT NULL DEFAULT 0,      -- that failed
  opted_out_at   BIGINT,                          -- by its button
  updated_at     BIGINT  NOT NULL,
  PRIMARY KEY (announcement_id, user_id)
);
CREATE INDEX announcement_people_turn ON announcement_people (announcement_id, status, edition, tries, user_id);
CREATE INDEX announcement_people_user ON announcement_people (user_id);

CREATE TABLE provider_holds (                     -- whom operators keep from being asked
  provider       TEXT    NOT NULL,
  model          TEXT    NOT NULL,                -- the provider's own name for it; empty is all of them
  until_at       BIGINT,                          -- NULL is until it is lifted
  created_at     BIGINT  NOT NULL,
  PRIMARY KEY (provider, model)
);

-- +goose Down
DROP TABLE provider_holds;
DROP TABLE announcement_people;
DROP TABLE announcements;
ALTER TABLE users DROP COLUMN no_news_at;
