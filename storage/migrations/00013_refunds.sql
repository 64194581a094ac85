-- Stars that go back, credits that are owed, and people who need help with a payment.

-- +goose Up
ALTER TABLE users ADD COLUMN debt BIGINT NOT NULL DEFAULT 0;   -- credits that were spent although their payment was taken back
ALTER TABLE users ADD COLUMN frozen_at BIGINT;                 -- set exactly while there is a debt: nothing is painted meanwhile
CREATE INDEX users_debt ON users (id) WHERE debt > 0;

ALTER TABLE message_notes ADD COLUMN lasting BOOLEAN NOT NULL DEFAULT FALSE; -- about a ticket: a reply may come days later

CREATE TABLE refunds (                            -- the outbox of refunds: one row per payment that we give back
  id             TEXT    PRIMARY KEY,
  charge_id      TEXT    NOT NULL UNIQUE REFERENCES payments(charge_id),
  user_id        BIGINT  REFERENCES users(id),    -- NULL: nobody we know, the payment says who
  stars          BIGINT  NOT NULL CHECK (stars > 0),
  credits        BIGINT  NOT NULL CHECK (credits >= 0), -- that left the account when it was asked for
  why            TEXT    NOT NULL CHECK (why IN ('person','operator','reconcile')),
  status         TEXT    NOT NULL CHECK (status IN ('asked','done','refused')),
  reason         TEXT    NOT NULL DEFAULT '',     -- Telegram's, where it refused for good
  tries          BIGINT  NOT NULL DEFAULT 1,      -- how often it was asked for
  fence          BIGINT  NOT NULL DEFAULT 0,
  lease_until    BIGINT  NOT NULL DEFAULT 0,      -- database clock; 0 is free
  epoch          BIGINT  NOT NULL DEFAULT 1,      -- raised by the sweeper; refund:<id>:<epoch>
  sweeps         BIGINT  NOT NULL DEFAULT 0,
  swept_at       BIGINT  NOT NULL DEFAULT 0,
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL,
  ended_at       BIGINT,
  CHECK ((status = 'asked') = (ended_at IS NULL))
);
CREATE INDEX refunds_open ON refunds (updated_at) WHERE status = 'asked';
CREATE INDEX refunds_user ON refunds (user_id);

CREATE TABLE tickets (                            -- what a person asks operators about a payment; one open one at a time
  id             TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  charge_id      TEXT,                            -- the payment it is about, if they said so
  status         TEXT    NOT NULL CHECK (status IN ('open','closed')),
  waits_since    BIGINT,                          -- the person's first words without an answer; NULL: it is their turn
  created_at     BIGINT  NOT NULL,
  closed_at      BIGINT,
  CHECK ((status = 'closed') = (closed_at IS NOT NULL))
);
CREATE UNIQUE INDEX tickets_open ON tickets (user_id) WHERE status = 'open';
CREATE INDEX tickets_user ON tickets (user_id);
CREATE INDEX tickets_waiting ON tickets (waits_since) WHERE status = 'open';

CREATE TABLE ticket_words (
  id             TEXT    PRIMARY KEY,
  ticket_id      TEXT    NOT NULL REFERENCES tickets(id),
  user_id        BIGINT  NOT NULL REFERENCES users(id), -- whose ticket it is
  by_operator    BOOLEAN NOT NULL,
  body           BYTEA,                           -- sealed; NULL once erased
  created_at     BIGINT  NOT NULL
);
CREATE INDEX ticket_words_ticket ON ticket_words (ticket_id, id);
CREATE INDEX ticket_words_user ON ticket_words (user_id);

CREATE TABLE reconciliations (                    -- comparisons with Telegram's list of payments
  id             TEXT    PRIMARY KEY,
  status         TEXT    NOT NULL CHECK (status IN ('asked','done')),
  since_at       BIGINT  NOT NULL DEFAULT 0,      -- older transactions are left out; 0: none
  report         TEXT    NOT NULL DEFAULT '',     -- JSON; nothing personal but charge ids
  findings       BIGINT  NOT NULL DEFAULT 0,
  next_offset    BIGINT  NOT NULL DEFAULT 0,      -- where the next one of the sweeper's starts
  fence          BIGINT  NOT NULL DEFAULT 0,
  lease_until    BIGINT  NOT NULL DEFAULT 0,      -- database clock; 0 is free
  epoch          BIGINT  NOT NULL DEFAULT 1,      -- raised by the sweeper; reconcile:<id>:<epoch>
  sweeps         BIGINT  NOT NULL DEFAULT 0,
  swept_at       BIGINT  NOT NULL DEFAULT 0,
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL,
  ended_at       BIGINT,
  CHECK ((status = 'asked') = (ended_at IS NULL))
);
CREATE INDEX reconciliations_open ON reconciliations (updated_at) WHERE status = 'asked';

-- +goose Down
DROP TABLE reconciliations;
DROP TABLE ticket_words;
DROP TABLE tickets;
DROP TABLE refunds;
DROP INDEX users_debt;
ALTER TABLE message_notes DROP COLUMN lasting;
ALTER TABLE users DROP COLUMN frozen_at;
ALTER TABLE users DROP COLUMN debt;
