-- Visits: how often pages of the site were seen. Rows are sums, never somebody's; no column takes an address or what a browser
-- calls itself, whatever a program tries to write there: addresses have a colon, or dots and a digit at their end, and names of
-- browsers a slash or a space.

-- +goose Up
CREATE TABLE page_views (
  day            BIGINT  NOT NULL,                -- UTC, µs at its beginning
  page           TEXT    NOT NULL CHECK (length(page) BETWEEN 1 AND 32 AND page NOT LIKE '%.%' AND page NOT LIKE '%:%'
                           AND page NOT LIKE '%/%' AND page NOT LIKE '% %'), -- name of the route
  referrer_host  TEXT    NOT NULL CHECK (length(referrer_host) <= 100 AND referrer_host NOT LIKE '%:%' AND referrer_host NOT LIKE '%/%'
                           AND referrer_host NOT LIKE '% %' AND referrer_host NOT LIKE '%@%'
                           AND substr(referrer_host, length(referrer_host), 1) NOT IN ('0','1','2','3','4','5','6','7','8','9')),
                                                  -- of the page that led here, or a name of the operator's for a link; empty is none
  country        TEXT    NOT NULL CHECK (length(country) = 2 AND country NOT LIKE '%:%'), -- estimated; ZZ is unknown
  device         TEXT    NOT NULL CHECK (device IN ('phone','tablet','desktop','other')),
  views          BIGINT  NOT NULL CHECK (views > 0),
  visitors       BIGINT  NOT NULL CHECK (visitors >= 0 AND visitors <= views), -- of those views, how many were somebody's first that day
  PRIMARY KEY (day, page, referrer_host, country, device)
);

CREATE TABLE page_view_batches (                  -- what was added, so that it is added once
  process        TEXT    PRIMARY KEY,             -- random, of a process that counts
  n              BIGINT  NOT NULL,                -- its last batch
  added_at       BIGINT  NOT NULL
);
CREATE INDEX page_view_batches_age ON page_view_batches (added_at);

-- +goose Down
DROP TABLE page_view_batches;
DROP TABLE page_views;
