-- What asks for everything since a moment finds it, however long the history is.

-- +goose Up
CREATE INDEX generations_age ON generations (created_at);
CREATE INDEX attempts_age ON attempts (created_at);

-- +goose Down
DROP INDEX attempts_age;
DROP INDEX generations_age;
