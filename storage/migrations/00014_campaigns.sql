-- Credits that are given: day by day, for friends, by codes, from one person to another, by operators. The ledger has the
-- money; these rows say who may have it, and how often.

-- +goose Up
CREATE TABLE streaks (                            -- free credits of the day
  user_id        BIGINT  PRIMARY KEY REFERENCES users(id),
  day            BIGINT  NOT NULL,                -- the last one that was taken; days since 1970, UTC; never goes back
  length         BIGINT  NOT NULL CHECK (length > 0)
);

CREATE TABLE invites (                            -- who can invite others
  user_id        BIGINT  PRIMARY KEY REFERENCES users(id),
  code           TEXT    NOT NULL UNIQUE,         -- keyed hash of the person
  paid           BIGINT  NOT NULL DEFAULT 0,      -- friends they got credits for; locks the row too
  created_at     BIGINT  NOT NULL
);

CREATE TABLE referrals (
  friend_id      BIGINT  PRIMARY KEY REFERENCES users(id),  -- bound once, when they came
  inviter_id     BIGINT  NOT NULL REFERENCES users(id),     -- was here before them: so there are no rings
  status         TEXT    NOT NULL CHECK (status IN ('open','paid','void')),
  credits        BIGINT  NOT NULL DEFAULT 0 CHECK (credits >= 0),  -- the inviter got
  created_at     BIGINT  NOT NULL,
  closed_at      BIGINT,
  CHECK (friend_id <> inviter_id),
  CHECK ((status = 'open') = (closed_at IS NULL))
);
CREATE INDEX referrals_inviter ON referrals (inviter_id, closed_at);
CREATE INDEX referrals_open ON referrals (created_at) WHERE status = 'open';

CREATE TABLE promos (
  id             TEXT    PRIMARY KEY,
  code_key       BYTEA   NOT NULL UNIQUE,         -- keyed hash of the code, which nobody needs again
  label          TEXT    NOT NULL,                -- for operators
  credits        BIGINT  NOT NULL CHECK (credits > 0),
  uses           BIGINT  NOT NULL CHECK (uses >= 0),  -- in all; 0 is no limit
  used           BIGINT  NOT NULL DEFAULT 0,
  per_person     BIGINT  NOT NULL CHECK (per_person > 0),
  keep           BIGINT  NOT NULL DEFAULT 0,      -- µs the credits can be used; 0 is for ever
  expires_at     BIGINT,
  disabled_at    BIGINT,
  created_at     BIGINT  NOT NULL,
  CHECK (used >= 0 AND (uses = 0 OR used <= uses))
);

CREATE TABLE promo_uses (
  promo_id       TEXT    NOT NULL REFERENCES promos(id),
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  n              BIGINT  NOT NULL,                -- of this person, from 1
  created_at     BIGINT  NOT NULL,
  PRIMARY KEY (promo_id, user_id, n)
);
CREATE INDEX promo_uses_user ON promo_uses (user_id);

CREATE TABLE promo_misses (                       -- codes there are not: whoever guesses is slowed down
  user_id        BIGINT  PRIMARY KEY REFERENCES users(id),
  misses         BIGINT  NOT NULL,
  missed_at      BIGINT  NOT NULL
);

CREATE TABLE gifts (
  id             TEXT    PRIMARY KEY,             -- random, and a keyed code of it: who has it may take the gift
  user_id        BIGINT  NOT NULL REFERENCES users(id),  -- who gives
  credits        BIGINT  NOT NULL CHECK (credits > 0),
  status         TEXT    NOT NULL CHECK (status IN ('open','taken','returned')),
  expires_at     BIGINT  NOT NULL,
  created_at     BIGINT  NOT NULL,
  closed_at      BIGINT,
  CHECK ((status = 'open') = (closed_at IS NULL))
);
CREATE INDEX gifts_user ON gifts (user_id, created_at);
CREATE INDEX gifts_open ON gifts (expires_at) WHERE status = 'open';

CREATE TABLE credit_orders (                      -- what operators give and take; above a limit a second one agrees first
  id             TEXT    PRIMARY KEY,
  who            TEXT    NOT NULL,                -- account of the operator
  second         TEXT    NOT NULL DEFAULT '',     -- of the one who agreed
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  credits        BIGINT  NOT NULL CHECK (credits <> 0),  -- taken, if below zero
  status         TEXT    NOT NULL CHECK (status IN ('waiting','done','refused')),
  reason         BYTEA,                           -- sealed under the key of the person
  created_at     BIGINT  NOT NULL,
  closed_at      BIGINT,
  CHECK (second <> who),
  CHECK ((status = 'waiting') = (closed_at IS NULL))
);
CREATE INDEX credit_orders_waiting ON credit_orders (created_at) WHERE status = 'waiting';
CREATE INDEX credit_orders_user ON credit_orders (user_id);

CREATE TABLE receipts (                           -- finds the transfer of a receipt that somebody shows
  digest         BYTEA   PRIMARY KEY,             -- of the transfer as it was
  transfer_id    TEXT    NOT NULL,
  created_at     BIGINT  NOT NULL
);

-- +goose Down
DROP TABLE receipts;
DROP TABLE credit_orders;
DROP TABLE gifts;
DROP TABLE promo_misses;
DROP TABLE promo_uses;
DROP TABLE promos;
DROP TABLE referrals;
DROP TABLE invites;
DROP TABLE streaks;
