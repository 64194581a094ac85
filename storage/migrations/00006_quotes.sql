-- What a person asked for and has not started: with its price, until they start it, turn it down or let it lapse.

-- +goose Up
CREATE TABLE quotes (
  id             TEXT    PRIMARY KEY,
  user_id        BIGINT  NOT NULL REFERENCES users(id),
  body           BYTEA   NOT NULL,                -- sealed: the whole wish, and the others it was offered beside
  expires_at     BIGINT  NOT NULL,                -- until then the price holds
  used_at        BIGINT,                          -- started or turned down: each only once
  created_at     BIGINT  NOT NULL
);
CREATE INDEX quotes_age ON quotes (created_at);
CREATE INDEX quotes_user ON quotes (user_id);

-- +goose Down
DROP TABLE quotes;
