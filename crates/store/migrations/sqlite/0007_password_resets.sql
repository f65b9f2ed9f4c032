-- What sets a new password.

CREATE TABLE password_resets (
    id             BLOB    NOT NULL PRIMARY KEY,
    partner        TEXT    NOT NULL,
    identity_type  TEXT    NOT NULL,
    identity_value TEXT    NOT NULL, -- where the code was sent
    user_id        BLOB,             -- none: nobody's, and never redeemed
    user_epoch     INTEGER,          -- and its epoch then
    code_hash      BLOB    NOT NULL, -- SHA-256
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    redeemed_at    INTEGER
) STRICT, WITHOUT ROWID;
