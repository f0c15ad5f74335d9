-- compat: 2
-- A channel's settings: topic, modes and lists.

ALTER TABLE room ADD COLUMN founder TEXT NOT NULL DEFAULT '';      -- the account that made it, '' for a guest's
ALTER TABLE room ADD COLUMN era INTEGER NOT NULL DEFAULT 0;        -- rows of the log below this id are nobody's any more
ALTER TABLE room ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE room ADD COLUMN topic_by TEXT NOT NULL DEFAULT '';     -- nick!user@host of who set the topic
ALTER TABLE room ADD COLUMN topic_at INTEGER NOT NULL DEFAULT 0;   -- when that was, seconds since 1970
ALTER TABLE room ADD COLUMN modes TEXT NOT NULL DEFAULT '';        -- letters of the modes without a parameter
ALTER TABLE room ADD COLUMN key TEXT NOT NULL DEFAULT '';          -- '' for none
ALTER TABLE room ADD COLUMN most INTEGER NOT NULL DEFAULT 0;       -- members there may be, 0 for any number
ALTER TABLE room ADD COLUMN lists TEXT NOT NULL DEFAULT '{}';      -- {"b": [[mask, set by, seconds since 1970], ...]}
