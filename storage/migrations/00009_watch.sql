-- Watching: what the one status message shows, what providers tell while they work, and what people were told about when
-- it will be done, so that the next ones are told better.

-- +goose Up
ALTER TABLE generations ADD COLUMN status_media TEXT NOT NULL DEFAULT '';  -- preview the status message shows; empty: it is a text
ALTER TABLE generations ADD COLUMN status_busy BIGINT NOT NULL DEFAULT 0;  -- database clock; an edit is under way until then
ALTER TABLE generations ADD COLUMN look BIGINT NOT NULL DEFAULT 0;         -- first look of the chain that counts
ALTER TABLE generations ADD COLUMN looked_at BIGINT NOT NULL DEFAULT 0;    -- when the chain was last seen alive
ALTER TABLE generations ADD COLUMN guess_at BIGINT;                        -- when the person was told how long it will take
ALTER TABLE generations ADD COLUMN guess_base BIGINT NOT NULL DEFAULT 0;   -- µs, before experience corrects it
ALTER TABLE generations ADD COLUMN guess_wait BIGINT NOT NULL DEFAULT 0;   -- µs of that spent in line
ALTER TABLE generations ADD COLUMN guess_p90 BIGINT NOT NULL DEFAULT 0;    -- µs, the later end of what was said
ALTER TABLE attempts ADD COLUMN fraction BIGINT NOT NULL DEFAULT 0;        -- done of the picture, per mille; 0 is not known
ALTER TABLE attempts ADD COLUMN ahead BIGINT NOT NULL DEFAULT 0;           -- calls before it in the provider's own queue

-- +goose Down
ALTER TABLE attempts DROP COLUMN ahead;
ALTER TABLE attempts DROP COLUMN fraction;
ALTER TABLE generations DROP COLUMN guess_p90;
ALTER TABLE generations DROP COLUMN guess_wait;
ALTER TABLE generations DROP COLUMN guess_base;
ALTER TABLE generations DROP COLUMN guess_at;
ALTER TABLE generations DROP COLUMN looked_at;
ALTER TABLE generations DROP COLUMN look;
ALTER TABLE generations DROP COLUMN status_busy;
ALTER TABLE generations DROP COLUMN status_media;
