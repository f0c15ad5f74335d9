-- compat: 8
-- A channel is known by its log, so that it can be called something else; profiles; messages found by place.

CREATE TABLE place (
    target TEXT PRIMARY KEY,              -- the log: the name that it began with, folded, or '# ' and an id
    folded TEXT NOT NULL,                 -- the channel's name, folded
    name TEXT NOT NULL,                   -- the channel's name as its first member, or who renamed it, spelled it
    created INTEGER NOT NULL,             -- the id that was current when it came to be
    founder TEXT NOT NULL,                -- the account that made it, '' for a guest
    era INTEGER NOT NULL,                 -- rows of the log below this id are nobody's any more
    topic TEXT NOT NULL,
    topic_by TEXT NOT NULL,               -- nick!user@host of who set the topic
    topic_at INTEGER NOT NULL,            -- when that was, seconds since 1970
    modes TEXT NOT NULL,                  -- letters of the modes without a parameter
    key TEXT NOT NULL,                    -- '' for none
    most INTEGER NOT NULL,                -- members there may be, 0 for any number
    lists TEXT NOT NULL,                  -- {"b": [[mask, set by, seconds since 1970], ...]}
    history TEXT NOT NULL,                -- who may read what was said before: all, joined, none
    retention INTEGER NOT NULL,           -- days that messages are kept, 0 for ever, -1 as the server does
    slow INTEGER NOT NULL,                -- seconds between two messages of one member
    filter TEXT NOT NULL,                 -- words that are not said there, as a JSON array
    formerly TEXT NOT NULL DEFAULT '[]',  -- names that it had before, folded, the latest last, as a JSON array
    profile TEXT NOT NULL DEFAULT '{}'    -- its metadata by key, as a JSON object
) WITHOUT ROWID;

INSERT INTO place (target, folded, name, created, founder, era, topic, topic_by, topic_at, modes, key, most, lists,
    history, retention, slow, filter)
    SELECT folded, folded, name, created, founder, era, topic, topic_by, topic_at, modes, key, most, lists,
    history, retention, slow, filter FROM room;

DROP TABLE room;

ALTER TABLE place RENAME TO room;

ALTER TABLE account ADD COLUMN profile TEXT NOT NULL DEFAULT '{}'; -- its owner's metadata by key, as a JSON object

-- What was said in words, by place: leads past any number of comings and goings.
CREATE INDEX log_said ON log (target, id) WHERE kind IN ('PRIVMSG', 'NOTICE');
