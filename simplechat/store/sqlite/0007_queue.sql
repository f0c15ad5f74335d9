-- compat: 7
-- What is not in the index of words yet waits in a queue: one row for each commit, instead of one for each message.

CREATE TABLE queue (
    first INTEGER PRIMARY KEY, -- the number that the first of these messages will have in `said`
    many INTEGER NOT NULL,     -- how many they are
    places TEXT NOT NULL       -- target and id of each: a JSON array of arrays, null for one that is gone
);

INSERT INTO queue (first, many, places)
    SELECT min(seq), count(*), json_group_array(json_array(target, id))
    FROM (SELECT seq, target, id FROM said ORDER BY seq)
    WHERE seq > (SELECT value FROM meta WHERE name = 'indexed')
    GROUP BY seq / 100;

DELETE FROM said WHERE seq > (SELECT value FROM meta WHERE name = 'indexed');
