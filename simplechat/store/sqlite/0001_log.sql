-- compat: 1
-- What was said and what happened, and the channels in which it did.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,   -- compat: the lowest schema a program must know to use this file; probe: seconds since 1970
    value NOT NULL
) WITHOUT ROWID;

CREATE TABLE log (
    target TEXT NOT NULL,    -- a channel's folded name, or the key of a conversation between two identities
    id INTEGER NOT NULL,     -- milliseconds since 2000-01-01 UTC << 22 | node << 14 | sequence
    kind TEXT NOT NULL,      -- the verb: PRIVMSG, NOTICE, JOIN, PART, QUIT, NICK
    sender INTEGER NOT NULL, -- the identity of who did it
    account TEXT NOT NULL,   -- the sender's account, '' for a guest
    source TEXT NOT NULL,    -- nick!user@host as it was then
    tags TEXT NOT NULL,      -- the client's own tags as a JSON object, '' for none
    text TEXT NOT NULL,      -- the message, the reason or the new nick
    status TEXT NOT NULL,    -- the membership prefix that the message was limited to, '' for none
    PRIMARY KEY (target, id)
) WITHOUT ROWID;

CREATE TABLE room (
    folded TEXT PRIMARY KEY, -- the channel's name, folded
    name TEXT NOT NULL,      -- the channel's name as its first member spelled it
    created INTEGER NOT NULL -- the id that was current when it came to be
) WITHOUT ROWID;
