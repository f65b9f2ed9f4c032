-- API keys, and what is kept of one-time tokens.

CREATE TABLE api_keys (
    id           BLOB    NOT NULL PRIMARY KEY,
    partner      TEXT,             -- none: the operator's
    scopes       TEXT    NOT NULL, -- mint, links, redeem, revoke, admin; a space between
    name         TEXT    NOT NULL,
    hash         BLOB    NOT NULL, -- SHA-256
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE redemptions (
    id                BLOB    NOT NULL PRIMARY KEY, -- the one-time token's
    api_key_id        BLOB    NOT NULL,             -- that minted it
    authentication_id BLOB    NOT NULL,             -- that it was redeemed for
    redeemed_at       INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL              -- the one-time token's
) STRICT, WITHOUT ROWID;

CREATE INDEX redemptions_by_end ON redemptions (expires_at);

-- A one-time token that expires at or before the floor is refused: its redemption may have
-- been swept.
CREATE TABLE redemption_floor (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    floor INTEGER NOT NULL
) STRICT;

INSERT INTO redemption_floor (id, floor) VALUES (1, 0);

-- Whose one-time tokens have ended: those of this identity minted by somebody who had not
-- followed the feed up to this place.
CREATE TABLE ended_identities (
    partner  TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    place    INTEGER NOT NULL, -- in the feed
    ended_at INTEGER NOT NULL, -- to be swept by
    PRIMARY KEY (partner, type, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX ended_identities_by_age ON ended_identities (ended_at);

-- Which partner's pages an origin shows: those of one alone, since they share its cookies.
CREATE TABLE public_origins (
    origin  TEXT NOT NULL PRIMARY KEY,
    partner TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Where a user is signed in. What has ended is not in it, however much that is.
CREATE INDEX authentications_of_user ON authentications (user_id, expires_at)
WHERE revoked_at IS NULL;
