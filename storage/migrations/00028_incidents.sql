-- Incidents: what operators, or the program itself, told the public was wrong. Written for everybody: nothing here is sealed.

-- +goose Up
CREATE TABLE incidents (
  id             TEXT    PRIMARY KEY,
  impact         TEXT    NOT NULL CHECK (impact IN ('notice','degraded','outage')),
  parts          TEXT    NOT NULL DEFAULT '',     -- what is affected, with spaces between
  titles         TEXT    NOT NULL,                -- JSON, by language
  watched        TEXT    NOT NULL DEFAULT '',     -- the model that the program itself found to be away; '' where an operator wrote it
  began_at       BIGINT  NOT NULL,                -- of planned work in the future
  resolved_at    BIGINT,
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL
);
CREATE INDEX incidents_open ON incidents (began_at) WHERE resolved_at IS NULL;
CREATE INDEX incidents_resolved ON incidents (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE UNIQUE INDEX incidents_watched ON incidents (watched) WHERE resolved_at IS NULL AND watched <> '';

CREATE TABLE incident_updates (                   -- append-only: what was said stays said
  id             TEXT    PRIMARY KEY,
  incident_id    TEXT    NOT NULL REFERENCES incidents(id),
  stage          TEXT    NOT NULL CHECK (stage IN ('investigating','identified','monitoring','resolved')),
  texts          TEXT    NOT NULL,                -- JSON, by language
  created_at     BIGINT  NOT NULL
);
CREATE INDEX incident_updates_of ON incident_updates (incident_id, created_at);

-- +goose Down
DROP TABLE incident_updates;
DROP TABLE incidents;
