-- Policies: the versions of the privacy policy, what people were shown when they agreed, and who was too young.

-- +goose Up
CREATE TABLE policies (                           -- append-only: what was published is not changed
  version         TEXT    PRIMARY KEY,
  effective_at    BIGINT  NOT NULL,               -- in force from then on
  material        BOOLEAN NOT NULL,               -- people have to agree anew
  texts           TEXT    NOT NULL,               -- JSON: the document by language, as workers/policy reads it
  summary         TEXT    NOT NULL,               -- JSON: what changes, by language
  sha256          TEXT    NOT NULL,               -- hex, of the texts
  announcement_id TEXT    REFERENCES announcements(id), -- that told people before; NULL where nobody had to be
  published_at    BIGINT  NOT NULL
);
CREATE INDEX policies_effective ON policies (effective_at);
ALTER TABLE announcements ADD COLUMN policy TEXT NOT NULL DEFAULT ''; -- the version it is about: nobody can opt out of that
ALTER TABLE consents ADD COLUMN sha256 TEXT NOT NULL DEFAULT ''; -- hex, of the text that was shown
ALTER TABLE consents ADD COLUMN shown TEXT;       -- providers that were named, with spaces between; NULL where none had to be
ALTER TABLE consents ADD COLUMN outcome TEXT NOT NULL DEFAULT ''; -- of the question for the age: adult | minor who may agree

CREATE TABLE age_refusals (                       -- of somebody too young to agree; nothing else is kept of them
  lookup          BYTEA   PRIMARY KEY,            -- keyed hash of the Telegram id
  expires_at      BIGINT  NOT NULL,
  created_at      BIGINT  NOT NULL
);
CREATE INDEX age_refusals_age ON age_refusals (expires_at);

-- +goose Down
DROP TABLE age_refusals;
ALTER TABLE consents DROP COLUMN outcome;
ALTER TABLE consents DROP COLUMN shown;
ALTER TABLE consents DROP COLUMN sha256;
ALTER TABLE announcements DROP COLUMN policy;
DROP TABLE policies;
