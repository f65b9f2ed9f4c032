-- How often something was asked for or guessed, and by whom.

-- When codes were sent to an identity. In identity stands a keyed hash, HMAC-SHA-256 under a
-- key that is not in the database.
CREATE TABLE sends (
    identity BLOB    NOT NULL,
    device   BLOB    NOT NULL, -- of a known device, which is counted by itself; empty otherwise
    sent     TEXT    NOT NULL, -- the moments, 18 digits each, the last first
    until    INTEGER NOT NULL, -- then nothing of it counts any more
    PRIMARY KEY (identity, device)
) STRICT, WITHOUT ROWID;

CREATE INDEX sends_by_end ON sends (until);

-- What was guessed of an identity since it was last right.
CREATE TABLE guesses (
    identity      BLOB    NOT NULL, -- as in sends
    authenticator TEXT    NOT NULL,
    device        BLOB    NOT NULL, -- as in sends
    full          INTEGER NOT NULL, -- when all guesses are allowed again that there are at once
    failures      INTEGER NOT NULL, -- in a row
    until         INTEGER NOT NULL, -- then nothing of it counts any more
    PRIMARY KEY (identity, authenticator, device)
) STRICT, WITHOUT ROWID;

CREATE INDEX guesses_by_end ON guesses (until);

-- When its user or the operator deleted a device: then no former token makes it known.
ALTER TABLE devices ADD COLUMN ended_at INTEGER;

-- 1: a device that its user logged in on before.
ALTER TABLE challenges ADD COLUMN known_device INTEGER NOT NULL DEFAULT 0;
