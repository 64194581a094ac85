-- What people buy. An order is an offer to one person, its prices frozen; a payment is what Telegram says was paid, known by its
-- charge. Charge ids stand in clear: they are Telegram's names of payments, needed to give money back and to compare books.

-- +goose Up
CREATE TABLE orders (
  id             TEXT    PRIMARY KEY,             -- the payload of its invoice
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  pack           TEXT    NOT NULL,
  stars          BIGINT  NOT NULL CHECK (stars > 0),
  credits        BIGINT  NOT NULL CHECK (credits > 0), -- what one payment gives, bonus included
  period         BIGINT  NOT NULL DEFAULT 0 CHECK (period >= 0), -- seconds; 0 is a single payment, else a subscription
  status         TEXT    NOT NULL CHECK (status IN ('open','paid')),
  quote_id       TEXT,                            -- the wish that waits for it
  expires_at     BIGINT  NOT NULL,                -- of an open one: it can be paid until then
  created_at     BIGINT  NOT NULL,
  paid_at        BIGINT,
  until_at       BIGINT,                          -- of a subscription: it is paid until then
  canceled_at    BIGINT,                          -- of a subscription: it is not to renew
  ended_at       BIGINT,                          -- of a subscription: it is over, and its person knows
  CHECK ((status = 'paid') = (paid_at IS NOT NULL)),
  CHECK (until_at IS NULL OR status = 'paid')
);
CREATE INDEX orders_user ON orders (user_id, created_at);
CREATE INDEX orders_open ON orders (created_at) WHERE status = 'open';
CREATE INDEX orders_running ON orders (until_at) WHERE until_at IS NOT NULL AND ended_at IS NULL;

CREATE TABLE payments (
  charge_id      TEXT    PRIMARY KEY,             -- Telegram's telegram_payment_charge_id
  order_id       TEXT    REFERENCES orders(id),   -- NULL: nobody knows what for
  user_id        BIGINT  REFERENCES users(id),    -- who paid; NULL: nobody we know
  payer          BYTEA,                           -- sealed: Telegram id of who paid, where nothing was given for it
  stars          BIGINT  NOT NULL CHECK (stars > 0),
  credits        BIGINT  NOT NULL CHECK (credits >= 0), -- what it gave: that of transfer pay:<charge id>, which there is none of for 0
  status         TEXT    NOT NULL CHECK (status IN ('paid','refunding','refunded','clawed_back','unmatched')),
  problem        TEXT    NOT NULL DEFAULT '',     -- what was not as ordered; closed enum, doubles as metric label
  recurring      BOOLEAN NOT NULL DEFAULT FALSE,  -- one of a subscription
  first          BOOLEAN NOT NULL DEFAULT FALSE,  -- the first of a subscription
  until_at       BIGINT,                          -- of a subscription: what it is paid until
  paid_at        BIGINT  NOT NULL,                -- Telegram's time
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL,
  CHECK (credits = 0 OR user_id IS NOT NULL),
  CHECK (status <> 'unmatched' OR credits = 0)
);
CREATE INDEX payments_user ON payments (user_id, paid_at);
CREATE INDEX payments_order ON payments (order_id);
CREATE INDEX payments_open ON payments (updated_at) WHERE status IN ('refunding','unmatched');

-- +goose Down
DROP TABLE payments;
DROP TABLE orders;
