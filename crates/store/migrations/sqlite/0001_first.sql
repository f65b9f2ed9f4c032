-- Times are microseconds since 1970, ids 16 bytes that grow with time.

CREATE TABLE installation (
    name  TEXT NOT NULL PRIMARY KEY, -- purpose
    value TEXT NOT NULL              -- development
) STRICT, WITHOUT ROWID;

CREATE TABLE partners (
    slug       TEXT    NOT NULL PRIMARY KEY,
    settings   TEXT    NOT NULL, -- JSON; what is absent holds by default
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO partners (slug, settings, created_at, updated_at)
VALUES ('default', '{}', unixepoch() * 1000000, unixepoch() * 1000000);

CREATE TABLE users (
    id            BLOB    NOT NULL PRIMARY KEY,
    partner       TEXT    NOT NULL,
    status        TEXT    NOT NULL, -- active, locked
    epoch         INTEGER NOT NULL, -- sessions with a lower one are refused
    password_hash TEXT,             -- PHC string
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE identities (
    partner    TEXT    NOT NULL,
    type       TEXT    NOT NULL, -- username, email, phone, user_id
    value      TEXT    NOT NULL, -- normalised
    user_id    BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    proved_at  INTEGER,          -- when a code sent there came back
    PRIMARY KEY (partner, type, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX identities_of_user ON identities (user_id);

CREATE TABLE devices (
    id           BLOB    NOT NULL PRIMARY KEY,
    user_id      BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    make         TEXT,
    model        TEXT,
    os_name      TEXT,
    os_version   TEXT,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX devices_of_user ON devices (user_id);

CREATE TABLE authentications (
    id               BLOB    NOT NULL PRIMARY KEY,
    user_id          BLOB    NOT NULL,
    device_id        BLOB    NOT NULL,
    authenticator    TEXT    NOT NULL,
    token_hash       BLOB    NOT NULL, -- SHA-256
    epoch            INTEGER NOT NULL, -- sessions with a lower one are refused
    pin_hash         BLOB,             -- HMAC-SHA-256 under pin_key
    pin_key          INTEGER,
    pin_required     INTEGER NOT NULL, -- 1: every exchange must carry the PIN
    pin_failures     INTEGER NOT NULL, -- in a row
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    revoked_at       INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX authentications_of_device ON authentications (device_id);
-- What is dead is swept from the front of this one.
CREATE INDEX authentications_by_end ON authentications (COALESCE(revoked_at, expires_at));
-- A key retires when nothing is left under it.
CREATE INDEX authentications_by_pin_key ON authentications (pin_key) WHERE pin_key IS NOT NULL;

CREATE TABLE challenges (
    id             BLOB    NOT NULL PRIMARY KEY, -- becomes the authentication's
    partner        TEXT    NOT NULL,
    identity_type  TEXT    NOT NULL,
    identity_value TEXT    NOT NULL,
    authenticator  TEXT    NOT NULL,
    candidate      TEXT    NOT NULL, -- known, unknown, decoy
    user_id        BLOB,             -- of a known candidate,
    user_epoch     INTEGER,          -- and its epoch then
    device_id      BLOB    NOT NULL,
    device_name    TEXT    NOT NULL,
    make           TEXT,
    model          TEXT,
    os_name        TEXT,
    os_version     TEXT,
    pin_hash       BLOB,
    pin_key        INTEGER,
    guesses        INTEGER NOT NULL,
    sends          INTEGER NOT NULL,
    sent_at        INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    redeemed_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE challenge_codes (
    challenge_id BLOB    NOT NULL,
    sent_at      INTEGER NOT NULL,
    hash         BLOB    NOT NULL, -- HMAC-SHA-256 under key
    key          INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (challenge_id, sent_at)
) STRICT, WITHOUT ROWID;

-- What every node must come to know, in the order in which it was committed.
CREATE TABLE feed (
    seq               INTEGER PRIMARY KEY AUTOINCREMENT,
    kind              TEXT    NOT NULL, -- user, authentication, session, sealing_keys, partners
    user_id           BLOB,
    authentication_id BLOB,
    session_id        BLOB,
    epoch             INTEGER,
    at                INTEGER NOT NULL
) STRICT;

CREATE INDEX feed_by_age ON feed (at);
CREATE INDEX feed_of_sessions ON feed (authentication_id) WHERE session_id IS NOT NULL;

CREATE TABLE sealing_keys (
    id      INTEGER NOT NULL PRIMARY KEY,
    status  TEXT    NOT NULL, -- next, current, retiring
    wrapped BLOB    NOT NULL, -- under the master key
    since   INTEGER NOT NULL  -- in this status
) STRICT;

CREATE UNIQUE INDEX sealing_keys_in_use ON sealing_keys (status) WHERE status <> 'retiring';
