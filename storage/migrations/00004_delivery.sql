-- What is said in a chat is said in the order in which it was owed; files that Telegram has are not uploaded again;
-- groups move.

-- +goose Up
ALTER TABLE deliveries ADD COLUMN chat_key BYTEA;                          -- keyed hash of the chat
ALTER TABLE deliveries ADD COLUMN private BOOLEAN NOT NULL DEFAULT TRUE;   -- the chat is the person's own
ALTER TABLE deliveries ADD COLUMN aside BOOLEAN NOT NULL DEFAULT FALSE;    -- kept back by a fault of ours: others go first
CREATE INDEX deliveries_chat ON deliveries (chat_key, id) WHERE status IN ('pending','sending');

CREATE TABLE files (                              -- what Telegram has of a person's results; the object store is the truth
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  sha256         TEXT    NOT NULL,                -- of the image that was sent
  form           TEXT    NOT NULL CHECK (form IN ('photo','document')),
  file_id        BYTEA   NOT NULL,                -- sealed
  created_at     BIGINT  NOT NULL,
  PRIMARY KEY (user_id, sha256, form)
);

CREATE TABLE moved_chats (                        -- groups that became supergroups
  chat_key       BYTEA   PRIMARY KEY,             -- keyed hash of the old chat
  moved_to       BYTEA   NOT NULL,                -- sealed under the key of nobody: a group belongs to no person
  created_at     BIGINT  NOT NULL
);

-- +goose Down
DROP TABLE moved_chats;
DROP TABLE files;
DROP INDEX deliveries_chat;
ALTER TABLE deliveries DROP COLUMN aside;
ALTER TABLE deliveries DROP COLUMN private;
ALTER TABLE deliveries DROP COLUMN chat_key;
