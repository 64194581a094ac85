-- What people ask with: albums that come as many updates, and what a message is about that somebody replies to.

-- +goose Up
CREATE TABLE message_notes (                      -- what a message in a chat is about, so that a reply to it is understood
  place          BYTEA   PRIMARY KEY,             -- keyed hash of chat and message
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  generation_id  TEXT,                            -- a result the message shows
  n              BIGINT  NOT NULL DEFAULT 0,      -- its image
  body           BYTEA,                           -- sealed: pictures that were sent, words
  created_at     BIGINT  NOT NULL
);
CREATE INDEX message_notes_user ON message_notes (user_id);
CREATE INDEX message_notes_generation ON message_notes (generation_id);
CREATE INDEX message_notes_age ON message_notes (created_at) WHERE generation_id IS NULL;

CREATE TABLE albums (                             -- several pictures in one message; each comes as an update of its own
  id             TEXT    PRIMARY KEY,
  lookup         BYTEA   NOT NULL UNIQUE,         -- keyed hash of chat and Telegram's id of the album
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  status         TEXT    NOT NULL CHECK (status IN ('open','asked','used')),
  body           BYTEA,                           -- sealed: chat and words
  epoch          BIGINT  NOT NULL DEFAULT 1,      -- raised by each item and by the sweeper; album:<id>:<epoch>
  closes_at      BIGINT  NOT NULL,                -- no item may be missing any more
  sweeps         BIGINT  NOT NULL DEFAULT 0,
  swept_at       BIGINT  NOT NULL DEFAULT 0,
  created_at     BIGINT  NOT NULL
);
CREATE INDEX albums_open ON albums (closes_at) WHERE status = 'open';
CREATE INDEX albums_user ON albums (user_id);
CREATE INDEX albums_age ON albums (created_at);

CREATE TABLE album_items (
  album_id       TEXT    NOT NULL REFERENCES albums(id),
  message_id     BIGINT  NOT NULL,                -- Telegram's; the order of the items
  body           BYTEA   NOT NULL,                -- sealed: the file's id and size
  PRIMARY KEY (album_id, message_id)
);

-- +goose Down
DROP TABLE album_items;
DROP TABLE albums;
DROP TABLE message_notes;
