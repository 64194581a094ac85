-- E-mail: addresses that people linked, the codes that prove them, what is on its way out; and what providers are to delete.

-- +goose Up
CREATE TABLE emails (
  user_id        BIGINT  PRIMARY KEY REFERENCES users(id),
  lookup         BYTEA   NOT NULL,                -- keyed hash of the address: several people may share a mailbox
  address        BYTEA   NOT NULL,                -- sealed
  verified_at    BIGINT  NOT NULL
);
CREATE INDEX emails_lookup ON emails (lookup);

CREATE TABLE mail_codes (                         -- what proves that somebody reads the mail of an address
  id             TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  purpose        TEXT    NOT NULL CHECK (purpose IN ('link','port','verify')),
  right_id       TEXT    NOT NULL DEFAULT '',     -- the request that a letter is about
  lookup         BYTEA   NOT NULL,                -- keyed hash of the address: a mailbox gets few of them, whoever asks
  address        BYTEA   NOT NULL,                -- sealed
  code           BYTEA,                           -- keyed hash of id and code; NULL: none was sent yet
  tries          BIGINT  NOT NULL DEFAULT 0,
  sent_at        BIGINT,
  expires_at     BIGINT  NOT NULL,
  used_at        BIGINT,
  created_at     BIGINT  NOT NULL
);
CREATE INDEX mail_codes_user ON mail_codes (user_id, created_at);
CREATE INDEX mail_codes_lookup ON mail_codes (lookup, created_at);
CREATE INDEX mail_codes_age ON mail_codes (created_at);

CREATE TABLE mails (                              -- the outbox of e-mail
  id             TEXT    PRIMARY KEY,             -- and its Message-ID: sent twice, it is known as the same
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  kind           TEXT    NOT NULL CHECK (kind IN ('code','letter','export')),
  status         TEXT    NOT NULL CHECK (status IN ('pending','sent','failed')),
  reason         TEXT    NOT NULL DEFAULT '',     -- of a failure; closed set
  body           BYTEA,                           -- sealed; NULL once it is over
  tries          BIGINT  NOT NULL DEFAULT 0,
  fence          BIGINT  NOT NULL DEFAULT 0,
  lease_until    BIGINT  NOT NULL DEFAULT 0,      -- database clock; 0 is free
  not_before     BIGINT  NOT NULL DEFAULT 0,
  epoch          BIGINT  NOT NULL DEFAULT 1,      -- raised by the sweeper; mail:<id>:<epoch>
  sweeps         BIGINT  NOT NULL DEFAULT 0,
  swept_at       BIGINT  NOT NULL DEFAULT 0,
  expires_at     BIGINT  NOT NULL,                -- of no use after that
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL,
  ended_at       BIGINT,
  CHECK ((status = 'pending') = (ended_at IS NULL))
);
CREATE INDEX mails_open ON mails (updated_at) WHERE status = 'pending';
CREATE INDEX mails_user ON mails (user_id);

CREATE TABLE provider_deletions (                 -- the outbox of what providers are asked to delete; names nobody
  attempt_id     TEXT    PRIMARY KEY,             -- which may be gone with its person
  provider       TEXT    NOT NULL,
  external_id    TEXT    NOT NULL,
  tries          BIGINT  NOT NULL DEFAULT 0,
  epoch          BIGINT  NOT NULL DEFAULT 0,      -- delete:<attempt>:<epoch>
  not_before     BIGINT  NOT NULL,
  created_at     BIGINT  NOT NULL
);
CREATE INDEX provider_deletions_due ON provider_deletions (not_before);

ALTER TABLE attempts ADD COLUMN asked_deletion_at BIGINT; -- the provider was asked to delete what it has of it, and said yes

-- +goose Down
ALTER TABLE attempts DROP COLUMN asked_deletion_at;
DROP TABLE provider_deletions;
DROP TABLE mails;
DROP TABLE mail_codes;
DROP TABLE emails;
