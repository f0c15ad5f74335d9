-- compat: 6
-- Accounts, where their owners are, and what they have seen; and who is kept out.

CREATE TABLE account (
    folded TEXT PRIMARY KEY,      -- the name, folded; a nick that its owner alone may use
    name TEXT NOT NULL,           -- the name as it was chosen
    identity INTEGER NOT NULL,    -- what its owner said is kept under it; see log.sender
    created INTEGER NOT NULL,     -- seconds since 1970
    salt TEXT NOT NULL,           -- of the password's SCRAM-SHA-256 keys; base64
    iterations INTEGER NOT NULL,  -- of PBKDF2
    stored_key TEXT NOT NULL,     -- base64; '' where there is no password
    server_key TEXT NOT NULL,     -- base64
    fingerprints TEXT NOT NULL,   -- of certificates that stand for it; a JSON list
    is_admin INTEGER NOT NULL,    -- 1 for who may run the server
    is_disabled INTEGER NOT NULL, -- 1 where nobody can log in
    persistence TEXT NOT NULL     -- ON, OFF or '' for the server's way
) WITHOUT ROWID;

CREATE TABLE stay (
    folded TEXT PRIMARY KEY,      -- the nick, folded
    account TEXT NOT NULL,        -- the account's folded name; '' in a row that is to go
    about TEXT NOT NULL           -- nick, rooms, the time of the last connection's end ...: a JSON object
) WITHOUT ROWID;

CREATE TRIGGER stay_over AFTER INSERT ON stay WHEN NEW.account = ''
BEGIN
    DELETE FROM stay WHERE folded = NEW.folded;
END;

CREATE TABLE ban (
    kind TEXT NOT NULL,           -- ban: does not come in; mute: does not speak
    mask TEXT NOT NULL,           -- an address, a network, a mask of addresses, or an account behind a:
    by TEXT NOT NULL,             -- who said so
    at INTEGER NOT NULL,          -- when that was, seconds since 1970
    until INTEGER NOT NULL,       -- when it ends, seconds since 1970; 0 for never, -1 in a row that is to go
    reason TEXT NOT NULL,
    PRIMARY KEY (kind, mask)
) WITHOUT ROWID;

CREATE TRIGGER ban_over AFTER INSERT ON ban WHEN NEW.until = -1
BEGIN
    DELETE FROM ban WHERE kind = NEW.kind AND mask = NEW.mask;
END;

CREATE TABLE seen (
    account TEXT PRIMARY KEY,     -- the account's folded name
    left TEXT NOT NULL,           -- {room: the newest id that was shown to it}
    waiting TEXT NOT NULL         -- {conversation: the last id before what was not}
) WITHOUT ROWID;

-- For what must look random to others, and stay the same: the salts of accounts that there are not.
INSERT INTO meta (name, value) VALUES ('secret', randomblob(32));
