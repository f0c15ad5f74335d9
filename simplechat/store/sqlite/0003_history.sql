-- compat: 3
-- What asking for history needs: who has spoken with whom, what was read, and what rooms say of it.

CREATE TABLE talk (
    identity INTEGER NOT NULL, -- who is concerned
    other INTEGER NOT NULL,    -- the identity of who they have spoken with
    target TEXT NOT NULL,      -- the log of the two
    nick TEXT NOT NULL,        -- what the other was called then
    PRIMARY KEY (identity, other)
) WITHOUT ROWID;

CREATE TABLE mark (
    identity INTEGER NOT NULL, -- who has read
    target TEXT NOT NULL,      -- a channel's folded name, or a folded nick
    at INTEGER NOT NULL,       -- up to when, milliseconds since 1970
    PRIMARY KEY (identity, target)
) WITHOUT ROWID;

ALTER TABLE room ADD COLUMN history TEXT NOT NULL DEFAULT 'all';     -- who may read what was said before: all, joined, none
ALTER TABLE room ADD COLUMN retention INTEGER NOT NULL DEFAULT -1;   -- days that messages are kept, 0 for ever, -1 as the server does
ALTER TABLE room ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;         -- seconds between two messages of one member
ALTER TABLE room ADD COLUMN filter TEXT NOT NULL DEFAULT '[]';       -- words that are not said there, as a JSON array
