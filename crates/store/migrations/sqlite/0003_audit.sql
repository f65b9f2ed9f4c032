-- What was decided, about whom, and why. Nothing in it leads to a person once its user is gone.
CREATE TABLE audit (
    id         BLOB    NOT NULL PRIMARY KEY,
    request_id BLOB    NOT NULL,
    at         INTEGER NOT NULL,
    action     TEXT    NOT NULL,
    outcome    TEXT    NOT NULL, -- done, refused
    reason     TEXT,
    actor      TEXT    NOT NULL, -- anyone, user, api_key, operator, server
    actor_id   BLOB,
    partner    TEXT,
    user_id    BLOB,
    subject    TEXT,             -- what subject_id is of
    subject_id BLOB,
    detail     TEXT,
    address    TEXT,             -- as much of it as is kept
    mac        BLOB    NOT NULL, -- HMAC-SHA-256 of all before it
    seal       INTEGER           -- the number of the seal that holds it; null until then
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_of_request ON audit (request_id);
CREATE INDEX audit_by_seal ON audit (seal, id);

-- Each seal holds on to its entries and to the seal before it.
CREATE TABLE audit_seals (
    number      INTEGER NOT NULL PRIMARY KEY, -- from 1, without a gap
    entries     INTEGER NOT NULL,
    previous    BLOB    NOT NULL, -- the digest of the one before; zeros before the first
    previous_at INTEGER,          -- when that was made
    digest      BLOB    NOT NULL, -- SHA-256 of previous and the macs of the entries, by id
    at          INTEGER NOT NULL,
    mac         BLOB    NOT NULL  -- HMAC-SHA-256 of all before it
) STRICT;
