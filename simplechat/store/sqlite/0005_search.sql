-- compat: 5
-- The index of words: full-text tables called words_0, words_1, ... are made as they are needed.

CREATE TABLE said (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- the row's number in the full-text tables; never used again
    target TEXT NOT NULL,                  -- target and id of the row in the log
    id INTEGER NOT NULL
);

CREATE INDEX said_by_id ON said (id);

CREATE TABLE shelf (
    number INTEGER PRIMARY KEY,            -- of a full-text table
    is_stained INTEGER NOT NULL DEFAULT 0  -- 1 while words that were taken out can still be in its pages
);

INSERT INTO meta (name, value) VALUES ('indexed', 0); -- numbers up to this one are in a full-text table

INSERT INTO said (target, id)
    SELECT target, id FROM log WHERE kind IN ('PRIVMSG', 'NOTICE') AND target NOT LIKE '*%' ORDER BY id;
