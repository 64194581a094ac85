-- One text for SQLite and Postgres: BIGINT, TEXT, BOOLEAN, BYTEA; times are unix microseconds of the program, leases are
-- set and compared with the database's clock, now_us(). Ids are made in Go. Money is whole credits, provider costs are
-- micro-dollars. "Sealed" is AES-256-GCM under the person's key, with table|column|row id as additional data.

-- +goose Up

CREATE TABLE users (
  id             BIGINT  PRIMARY KEY,             -- ours, random; the only id in object names
  kind           TEXT    NOT NULL CHECK (kind IN ('person','operator')),
  lookup         BYTEA   UNIQUE,                  -- keyed hash of the Telegram id or operator name; NULL once erased
  profile        BYTEA,                           -- sealed: Telegram id; NULL once erased
  lang           TEXT    NOT NULL DEFAULT '',
  tier           TEXT    NOT NULL DEFAULT 'free',
  unreachable_at BIGINT,                          -- blocked the bot, deactivated
  restricted_at  BIGINT,                          -- right to restriction: store only
  objected_at    BIGINT,                          -- right to object: no statistics, no reminders
  erasing_at     BIGINT,                          -- checked in every transaction that adds something about the person
  erased_at      BIGINT,
  created_at     BIGINT  NOT NULL,
  CHECK (erased_at IS NULL OR (erasing_at IS NOT NULL AND lookup IS NULL AND profile IS NULL))
);

CREATE TABLE consents (                           -- append-only; the newest row of (user, document) counts
  id             TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  document       TEXT    NOT NULL CHECK (document IN ('policy','age')),
  version        TEXT    NOT NULL,
  locale         TEXT    NOT NULL,
  granted        BOOLEAN NOT NULL,                -- a withdrawal is another row
  update_key     TEXT    NOT NULL,                -- the update that proves it
  created_at     BIGINT  NOT NULL,
  UNIQUE (user_id, document, update_key)
);

CREATE TABLE accounts (                           -- people only; house accounts are codes, their balance a sum
  user_id        BIGINT  PRIMARY KEY,
  posted         BIGINT  NOT NULL DEFAULT 0,      -- final credits less final debits
  held           BIGINT  NOT NULL DEFAULT 0,      -- open holds; available = posted - held
  version        BIGINT  NOT NULL DEFAULT 0,
  CHECK (held >= 0 AND held <= posted AND posted <= 1000000000000000)
);

CREATE TABLE transfers (                          -- the journal, append-only: one row is one amount between two accounts
  id             TEXT    PRIMARY KEY,             -- the idempotency key; its form is checked below
  kind           TEXT    NOT NULL CHECK (kind IN ('purchase','grant','hold','capture','release','refund')),
  user_id        BIGINT  NOT NULL,                -- no foreign key, on purpose: it would share-lock a busy account's row
  counter        TEXT    NOT NULL CHECK (counter IN ('stars','promo','revenue','operations')),
  amount         BIGINT  NOT NULL CHECK (amount >= 0),
  posted         BIGINT  NOT NULL,                -- signed effect on accounts.posted
  held           BIGINT  NOT NULL,                -- signed effect on accounts.held
  ref            TEXT    NOT NULL,                -- generation id, charge id, or what the grant is for
  created_at     BIGINT  NOT NULL,
  CHECK (CASE kind WHEN 'purchase' THEN posted =  amount AND held = 0        AND amount > 0
                   WHEN 'grant'    THEN posted =  amount AND held = 0        AND amount > 0
                   WHEN 'hold'     THEN posted = 0       AND held = amount   AND amount > 0
                   WHEN 'capture'  THEN posted = -amount AND held <= -amount AND amount > 0
                   WHEN 'refund'   THEN posted = -amount AND held = 0
                   ELSE                 posted = 0       AND held < 0        AND amount = 0 END),
  CHECK (id = CASE kind WHEN 'purchase' THEN 'pay:' WHEN 'grant' THEN 'grant:' WHEN 'hold' THEN 'hold:'
                        WHEN 'refund' THEN 'refund:' ELSE 'settle:' END || ref)
);                                                -- settle:<generation>: capture and release share one key
CREATE INDEX transfers_user ON transfers (user_id, created_at, id);
CREATE INDEX transfers_ref ON transfers (ref);

CREATE TABLE open_holds (                         -- open work, derivable from transfers; DELETE … RETURNING is the claim
  generation_id  TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL,
  amount         BIGINT  NOT NULL CHECK (amount > 0),
  created_at     BIGINT  NOT NULL
);
CREATE INDEX open_holds_user ON open_holds (user_id);

CREATE TABLE generations (
  id             TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL REFERENCES users(id),   -- owner and payer
  origin         TEXT    NOT NULL CHECK (origin IN ('chat','cli','web','api')),
  request_key    TEXT    NOT NULL UNIQUE,         -- update key or idempotency key: whatever asked makes it once
  form           TEXT    NOT NULL CHECK (form IN ('chat','pull')),
  parent_id      TEXT,                            -- again, variation
  parent_n       BIGINT,                          -- the image of the parent that is the reference
  status         TEXT    NOT NULL CHECK (status IN ('held','generating','stored','delivered','undeliverable',
                                                    'canceled','refused','failed')),
  reason         TEXT    NOT NULL DEFAULT '',     -- closed enum, doubles as metric label
  model          TEXT    NOT NULL,
  operation      TEXT    NOT NULL CHECK (operation IN ('generate','edit','vary','upscale')),
  request        BYTEA,                           -- sealed: prompt, chat, references; NULL once erased or deleted
  params         TEXT    NOT NULL DEFAULT '{}',   -- nothing personal: size, count, seed
  images_wanted  BIGINT  NOT NULL CHECK (images_wanted > 0),
  refs_missing   BIGINT  NOT NULL DEFAULT 0 CHECK (refs_missing >= 0), -- references still to be fetched
  price          BIGINT  NOT NULL CHECK (price >= 0),
  status_message BIGINT,                          -- the one status message, once it is sent
  status_shown   TEXT    NOT NULL DEFAULT '',     -- what it shows, so that only changes are sent
  status_at      BIGINT  NOT NULL DEFAULT 0,      -- when it was last edited
  promoted_at    BIGINT,                          -- NULL waits for its turn (fairness); only promoted rows are swept
  cancel_at      BIGINT,                          -- the person asked; the claimant decides whether it is still possible
  deleted_at     BIGINT,                          -- the person deleted the result
  fence          BIGINT  NOT NULL DEFAULT 0,      -- claims so far; every later write says AND fence = $n
  lease_until    BIGINT  NOT NULL DEFAULT 0,      -- database clock; 0 is free
  progress_fence BIGINT  NOT NULL DEFAULT 0,      -- fence of the last progress; too many claims since = quarantine
  epoch          BIGINT  NOT NULL DEFAULT 0,      -- raised by promotion and sweeper; generation:<id>:<epoch>
  sweeps         BIGINT  NOT NULL DEFAULT 0,
  swept_at       BIGINT  NOT NULL DEFAULT 0,
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL,
  started_at     BIGINT,                          -- first claim
  stored_at      BIGINT,
  done_at        BIGINT,
  CHECK ((status IN ('delivered','undeliverable','canceled','refused','failed')) = (done_at IS NOT NULL)),
  CHECK (progress_fence <= fence)
);
CREATE INDEX generations_history ON generations (user_id, created_at DESC, id DESC);
CREATE INDEX generations_open ON generations (lease_until, swept_at) WHERE status IN ('held','generating');
CREATE INDEX generations_line ON generations (promoted_at) WHERE status = 'held';
CREATE INDEX generations_turn ON generations (user_id, created_at) WHERE status IN ('held','generating');
CREATE INDEX generations_stored ON generations (model, stored_at) WHERE stored_at IS NOT NULL;

CREATE TABLE attempts (                           -- one paid call each; committed as sending before the call leaves
  id             TEXT    PRIMARY KEY,             -- the client id where a provider takes one
  generation_id  TEXT    NOT NULL REFERENCES generations(id),
  user_id        BIGINT  NOT NULL,
  seq            BIGINT  NOT NULL CHECK (seq > 0),
  fence          BIGINT  NOT NULL,                -- the claim that made the call
  provider       TEXT    NOT NULL,
  model          TEXT    NOT NULL,
  state          TEXT    NOT NULL CHECK (state IN ('sending','submitted','running',
                                                   'succeeded','refused','failed','canceled','unknown')),
  external_id    TEXT,
  handle         BYTEA,                           -- sealed: all that poll, fetch and cancel need
  polls          BIGINT  NOT NULL DEFAULT 0,
  next_poll_at   BIGINT,
  deadline_at    BIGINT,                          -- after it the person is not kept waiting: released, polled on for a late result
  result_expires_at BIGINT,
  est_cost       BIGINT  NOT NULL DEFAULT 0 CHECK (est_cost >= 0),
  actual_cost    BIGINT,
  billed         TEXT    NOT NULL DEFAULT 'no' CHECK (billed IN ('no','yes','maybe')),
  loss           BIGINT  NOT NULL DEFAULT 0 CHECK (loss >= 0),  -- micro-dollars paid for nothing
  late           BOOLEAN NOT NULL DEFAULT FALSE,  -- delivered after the release, free
  err_class      TEXT    NOT NULL DEFAULT '',
  created_at     BIGINT  NOT NULL,
  ended_at       BIGINT,
  UNIQUE (generation_id, seq),
  UNIQUE (provider, external_id),
  CHECK ((state IN ('succeeded','refused','failed','canceled','unknown')) = (ended_at IS NOT NULL)),
  CHECK (state <> 'unknown' OR billed = 'maybe')
);
CREATE UNIQUE INDEX attempts_one_open ON attempts (generation_id) WHERE state IN ('sending','submitted','running');
CREATE INDEX attempts_poll ON attempts (next_poll_at) WHERE state IN ('submitted','running');

CREATE TABLE images (                             -- what lies in S3; drives history, retention and erasure
  generation_id  TEXT    NOT NULL REFERENCES generations(id),
  role           TEXT    NOT NULL CHECK (role IN ('reference','result')),
  n              BIGINT  NOT NULL CHECK (n >= 0),
  attempt_id     TEXT    REFERENCES attempts(id), -- results only
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  object_key     TEXT    NOT NULL UNIQUE,         -- u/<user>/<generation>/<attempt>-<n>.<ext>, sealed in the bucket
  sha256         TEXT    NOT NULL,                -- of the plain bytes
  bytes          BIGINT  NOT NULL CHECK (bytes > 0),
  width          BIGINT  NOT NULL CHECK (width > 0),
  height         BIGINT  NOT NULL CHECK (height > 0),
  media_type     TEXT    NOT NULL,
  seed           BIGINT  NOT NULL DEFAULT 0,
  note           TEXT    NOT NULL DEFAULT '',     -- closed set of text keys
  created_at     BIGINT  NOT NULL,
  PRIMARY KEY (generation_id, role, n),
  CHECK ((role = 'result') = (attempt_id IS NOT NULL))
);
CREATE INDEX images_user ON images (user_id, created_at);

CREATE TABLE deliveries (                         -- the outbox: every call to Telegram that tells a person something
  id             TEXT    PRIMARY KEY,             -- ULID; order of a person's messages
  send_key       TEXT    NOT NULL UNIQUE,         -- whatever asked for it makes it once
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  generation_id  TEXT,
  kind           TEXT    NOT NULL CHECK (kind IN ('message','answer','edit','delete','status','result')),
  status         TEXT    NOT NULL CHECK (status IN ('pending','sending','sent','uncertain','undeliverable')),
  reason         TEXT    NOT NULL DEFAULT '',
  body           BYTEA,                           -- sealed; NULL once it is out and not needed again
  message_ids    TEXT    NOT NULL DEFAULT '',
  fence          BIGINT  NOT NULL DEFAULT 0,
  lease_until    BIGINT  NOT NULL DEFAULT 0,
  epoch          BIGINT  NOT NULL DEFAULT 0,
  not_before     BIGINT  NOT NULL DEFAULT 0,      -- told to wait by Telegram
  sweeps         BIGINT  NOT NULL DEFAULT 0,
  swept_at       BIGINT  NOT NULL DEFAULT 0,
  expires_at     BIGINT,                          -- answers to presses are worth nothing after a while
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL,
  sent_at        BIGINT,
  CHECK (status <> 'sent' OR sent_at IS NOT NULL)
);
CREATE INDEX deliveries_open ON deliveries (user_id, id) WHERE status IN ('pending','sending');
CREATE INDEX deliveries_due ON deliveries (updated_at) WHERE status IN ('pending','sending');
CREATE INDEX deliveries_generation ON deliveries (generation_id);
CREATE INDEX deliveries_age ON deliveries (created_at);

CREATE TABLE seen_updates (                       -- inserted in the transaction of the update's effect; kept 48 h
  update_key     TEXT    PRIMARY KEY,             -- keyed hash of bot and update id
  body_sha256    TEXT    NOT NULL,                -- same id with another body is an alarm, not a duplicate
  seen_at        BIGINT  NOT NULL
);
CREATE INDEX seen_updates_age ON seen_updates (seen_at);

CREATE TABLE consumed_actions (                   -- one-shot nonces of buttons: a press may return under a new update id
  nonce          TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL,
  consumed_at    BIGINT  NOT NULL
);
CREATE INDEX consumed_actions_age ON consumed_actions (consumed_at);

CREATE TABLE dead_letters (                       -- updates that failed too often; the lane went on
  update_key     TEXT    PRIMARY KEY,
  user_id        BIGINT,                          -- for erasure; the person may be unknown
  body           BYTEA,                           -- sealed, as it came; NULL once erased
  error          TEXT    NOT NULL,                -- redacted before it gets here
  failures       BIGINT  NOT NULL,
  created_at     BIGINT  NOT NULL
);

CREATE TABLE leases (                             -- one sweeper at a time: claimed like a generation
  name           TEXT    PRIMARY KEY,
  holder         TEXT    NOT NULL DEFAULT '',
  lease_until    BIGINT  NOT NULL DEFAULT 0
);

-- +goose Down
DROP TABLE leases;
DROP TABLE dead_letters;
DROP TABLE consumed_actions;
DROP TABLE seen_updates;
DROP TABLE deliveries;
DROP TABLE images;
DROP TABLE attempts;
DROP TABLE generations;
DROP TABLE open_holds;
DROP TABLE transfers;
DROP TABLE accounts;
DROP TABLE consents;
DROP TABLE users;
