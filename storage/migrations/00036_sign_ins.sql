-- Signing in by e-mail in a browser, and messages that Telegram prepares for people who share.

-- +goose Up
CREATE TABLE sign_ins (                           -- somebody in a browser named an address; it need not be anybody's
  id             TEXT    PRIMARY KEY,
  lookup         BYTEA   NOT NULL,                -- keyed hash of the address, which stands nowhere here
  holder         BYTEA   NOT NULL,                -- keyed hash of what their browser keeps
  tries          BIGINT  NOT NULL DEFAULT 0,
  handled_at     BIGINT,                          -- who linked the address, if anybody did, was sent a code
  used_at        BIGINT,
  epoch          BIGINT  NOT NULL DEFAULT 1,      -- raised by the sweeper; sign-in:<id>:<epoch>
  sweeps         BIGINT  NOT NULL DEFAULT 0,
  swept_at       BIGINT  NOT NULL DEFAULT 0,
  expires_at     BIGINT  NOT NULL,
  created_at     BIGINT  NOT NULL
);
CREATE INDEX sign_ins_lookup ON sign_ins (lookup, created_at);
CREATE INDEX sign_ins_holder ON sign_ins (holder, created_at);
CREATE INDEX sign_ins_age ON sign_ins (created_at);
CREATE INDEX sign_ins_open ON sign_ins (created_at) WHERE handled_at IS NULL;

CREATE TABLE prepared_messages (                  -- what a page waits for that wants to share an image
  id             TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  prepared       TEXT    NOT NULL,                -- Telegram's id of the message, which its person alone can send; empty: there is none
  created_at     BIGINT  NOT NULL
);
CREATE INDEX prepared_messages_user ON prepared_messages (user_id);
CREATE INDEX prepared_messages_age ON prepared_messages (created_at);

-- Checks become wider. SQLite cannot change one, so the tables are made anew.
CREATE TABLE mail_codes_wider (
  id             TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  purpose        TEXT    NOT NULL CHECK (purpose IN ('link','port','verify','enter')),
  right_id       TEXT    NOT NULL DEFAULT '',     -- the request that a letter is about, or the sign-in
  lookup         BYTEA   NOT NULL,                -- keyed hash of the address: a mailbox gets few of them, whoever asks
  address        BYTEA   NOT NULL,                -- sealed
  code           BYTEA,                           -- keyed hash of id (of the sign-in, where it is for one) and code; NULL: none was sent yet
  tries          BIGINT  NOT NULL DEFAULT 0,
  sent_at        BIGINT,
  expires_at     BIGINT  NOT NULL,
  used_at        BIGINT,
  created_at     BIGINT  NOT NULL
);
INSERT INTO mail_codes_wider SELECT id, user_id, purpose, right_id, lookup, address, code, tries, sent_at, expires_at, used_at, created_at FROM mail_codes;
DROP TABLE mail_codes;
ALTER TABLE mail_codes_wider RENAME TO mail_codes;
CREATE INDEX mail_codes_user ON mail_codes (user_id, created_at);
CREATE INDEX mail_codes_lookup ON mail_codes (lookup, created_at);
CREATE INDEX mail_codes_age ON mail_codes (created_at);
CREATE INDEX mail_codes_right ON mail_codes (right_id) WHERE right_id <> '';

CREATE TABLE web_sessions_wider (
  token_key      BYTEA   PRIMARY KEY,             -- keyed hash of the token, which is nowhere else than with its person
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  origin         TEXT    NOT NULL CHECK (origin IN ('telegram','oidc','mail')),
  expires_at     BIGINT  NOT NULL,                -- moves on while it is used
  ends_at        BIGINT  NOT NULL,                -- but not beyond this
  created_at     BIGINT  NOT NULL,
  CHECK (expires_at <= ends_at)
);
INSERT INTO web_sessions_wider SELECT token_key, user_id, origin, expires_at, ends_at, created_at FROM web_sessions;
DROP TABLE web_sessions;
ALTER TABLE web_sessions_wider RENAME TO web_sessions;
CREATE INDEX web_sessions_user ON web_sessions (user_id, created_at);
CREATE INDEX web_sessions_age ON web_sessions (expires_at);

-- +goose Down
DELETE FROM web_sessions WHERE origin = 'mail';
DELETE FROM mail_codes WHERE purpose = 'enter';
DROP TABLE prepared_messages;
DROP TABLE sign_ins;
