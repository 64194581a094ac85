-- Anonymous conversations: who looks for a partner, who talks with whom while they do, what is passed on between them, who
-- does not meet again, and what was reported.

-- +goose Up
CREATE TABLE lobby (                              -- who looks for a partner; a row is taken away by whoever matches it
  user_id        BIGINT  PRIMARY KEY REFERENCES users(id),
  lang           TEXT    NOT NULL,                -- to talk in, ISO 639
  wish           TEXT    NOT NULL DEFAULT '',     -- closed set; empty is whatever comes
  wide           BOOLEAN NOT NULL DEFAULT FALSE,  -- other languages too, by consent
  again          BOOLEAN NOT NULL DEFAULT FALSE,  -- former partners too
  search         TEXT    NOT NULL,                -- this time in the lobby: names the message that shows the wait
  asked_at       BIGINT,                          -- when they were asked about other languages
  shown          TEXT    NOT NULL DEFAULT '',     -- what the message shows, so that only changes are sent
  tried_at       BIGINT  NOT NULL DEFAULT 0,      -- when the sweeper last looked for a partner
  since          BIGINT  NOT NULL
);
CREATE INDEX lobby_lang ON lobby (lang, since);
CREATE INDEX lobby_wide ON lobby (since) WHERE wide;
CREATE INDEX lobby_tried ON lobby (tried_at);

CREATE TABLE conversations (                      -- says of nobody that they were in it, but for conversation_members
  id             TEXT    PRIMARY KEY,
  lang           TEXT    NOT NULL,                -- empty where two languages met
  reason         TEXT    NOT NULL DEFAULT '',     -- of the end; closed set, doubles as metric label
  waited         BIGINT  NOT NULL DEFAULT 0,      -- µs that the one who came first had waited
  opened_at      BIGINT  NOT NULL,
  active_at      BIGINT  NOT NULL,                -- last message, to within minutes
  closed_at      BIGINT,
  pair           BYTEA,                           -- sealed to the operators at the end: any two of them together open it
  pair_until     BIGINT,                          -- dropped then
  CHECK ((reason <> '') = (closed_at IS NOT NULL)),
  CHECK ((pair IS NULL) = (pair_until IS NULL))
);
CREATE INDEX conversations_live ON conversations (active_at) WHERE closed_at IS NULL;
CREATE INDEX conversations_opened ON conversations (lang, opened_at);
CREATE INDEX conversations_pair ON conversations (pair_until) WHERE pair_until IS NOT NULL;

CREATE TABLE conversation_members (               -- rows exist only while the conversation lives
  conversation_id TEXT   NOT NULL REFERENCES conversations(id),
  side           BIGINT  NOT NULL CHECK (side IN (0, 1)),
  user_id        BIGINT  NOT NULL UNIQUE REFERENCES users(id),  -- one conversation at a time
  last_seq       BIGINT  NOT NULL DEFAULT 0,      -- messages of this side so far
  fence          BIGINT  NOT NULL DEFAULT 0,      -- claims of the lane of what this side sends, as in generations
  lease_until    BIGINT  NOT NULL DEFAULT 0,
  epoch          BIGINT  NOT NULL DEFAULT 0,
  not_before     BIGINT  NOT NULL DEFAULT 0,      -- told to wait by Telegram
  sweeps         BIGINT  NOT NULL DEFAULT 0,
  swept_at       BIGINT  NOT NULL DEFAULT 0,
  PRIMARY KEY (conversation_id, side)
);

CREATE TABLE relays (                             -- what is passed on: never what it says, only which messages
  conversation_id TEXT   NOT NULL,
  side           BIGINT  NOT NULL CHECK (side IN (0, 1)),  -- of the sender
  seq            BIGINT  NOT NULL CHECK (seq > 0),
  update_key     TEXT    NOT NULL UNIQUE,
  kind           TEXT    NOT NULL CHECK (kind IN ('copy','album','share','location','edit','react','unsend')),
  status         TEXT    NOT NULL CHECK (status IN ('waiting','pending','sending','sent','dropped','uncertain','asked')),
  sources        TEXT    NOT NULL DEFAULT '',     -- ids of messages in the sender's chat
  reply_to       BIGINT,                          -- likewise
  has_body       BOOLEAN NOT NULL DEFAULT FALSE,  -- what a copy does not carry waits sealed in Redis
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL,
  PRIMARY KEY (conversation_id, side, seq)
);
CREATE INDEX relays_next ON relays (conversation_id, side, status, seq);
CREATE INDEX relays_age ON relays (created_at);

CREATE TABLE relay_map (                          -- which message became which, so that replies and edits find it; 48 h
  conversation_id TEXT   NOT NULL,
  side           BIGINT  NOT NULL CHECK (side IN (0, 1)),
  source_message BIGINT  NOT NULL,
  target_message BIGINT  NOT NULL,
  created_at     BIGINT  NOT NULL,
  PRIMARY KEY (conversation_id, side, source_message)
);
CREATE INDEX relay_map_target ON relay_map (conversation_id, side, target_message);
CREATE INDEX relay_map_age ON relay_map (created_at);

CREATE TABLE pair_bars (                          -- who does not meet again: keyed hashes of pairs
  pair           BYTEA   NOT NULL,
  kind           TEXT    NOT NULL CHECK (kind IN ('met','block')),  -- met is lifted where both allow it
  until          BIGINT,                          -- NULL for ever
  created_at     BIGINT  NOT NULL,
  PRIMARY KEY (pair, kind)
);

CREATE TABLE chat_people (                        -- a person's standing in conversations; nobody else is named
  user_id        BIGINT  PRIMARY KEY REFERENCES users(id),
  met            BIGINT  NOT NULL DEFAULT 0,      -- conversations so far
  paused_until   BIGINT,                          -- kept out by the operators until then
  pause_case     TEXT,                            -- why
  pauses         BIGINT  NOT NULL DEFAULT 0,      -- so far: the next one is longer
  remind_lang    TEXT,                            -- wants a word when somebody looks for a partner in it
  remind_at      BIGINT,                          -- not before
  CHECK ((remind_lang IS NULL) = (remind_at IS NULL))
);
CREATE INDEX chat_people_remind ON chat_people (remind_lang, remind_at) WHERE remind_lang IS NOT NULL;

CREATE TABLE chat_reports (                       -- does not say who reported
  id             TEXT    PRIMARY KEY,
  conversation_id TEXT   NOT NULL,
  accused        BIGINT  NOT NULL REFERENCES users(id),
  reason         TEXT    NOT NULL,                -- closed set
  evidence       BYTEA,                           -- sealed under the key of the accused: what the reporter chose to send
  status         TEXT    NOT NULL CHECK (status IN ('open','dismissed','acted')),
  created_at     BIGINT  NOT NULL,
  decided_at     BIGINT,
  UNIQUE (conversation_id, accused),
  CHECK ((status = 'open') = (decided_at IS NULL))
);
CREATE INDEX chat_reports_open ON chat_reports (created_at) WHERE status = 'open';
CREATE INDEX chat_reports_accused ON chat_reports (accused);

CREATE TABLE chat_unseals (                       -- a pair that one operator has opened their part of
  conversation_id TEXT   PRIMARY KEY REFERENCES conversations(id),
  who            TEXT    NOT NULL,                -- account of that operator
  opened         BYTEA   NOT NULL,                -- still sealed to each of the others
  created_at     BIGINT  NOT NULL
);

-- +goose Down
DROP TABLE chat_unseals;
DROP TABLE chat_reports;
DROP TABLE chat_people;
DROP TABLE pair_bars;
DROP TABLE relay_map;
DROP TABLE relays;
DROP TABLE conversation_members;
DROP TABLE conversations;
DROP TABLE lobby;
