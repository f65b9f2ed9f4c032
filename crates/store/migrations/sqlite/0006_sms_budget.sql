-- What was spent on SMS, and how many of the codes came back.

-- What a day's messages cost, in millionths of the operator's currency. A row for each country
-- of a partner; country * is the partner's sum. Partner * is the installation's, in stripes.
CREATE TABLE sms_spend (
    day     INTEGER NOT NULL, -- since 1970, in UTC
    partner TEXT    NOT NULL,
    country TEXT    NOT NULL,
    spent   INTEGER NOT NULL,
    sent    INTEGER NOT NULL,
    full_at INTEGER,          -- when a message was first refused for it
    PRIMARY KEY (day, partner, country)
) STRICT, WITHOUT ROWID;

-- How many codes were sent in each five minutes, and how many of those were used.
CREATE TABLE sms_codes (
    partner TEXT    NOT NULL,
    country TEXT    NOT NULL,
    bucket  INTEGER NOT NULL, -- when the five minutes began
    sent    INTEGER NOT NULL,
    used    INTEGER NOT NULL,
    PRIMARY KEY (partner, country, bucket)
) STRICT, WITHOUT ROWID;

CREATE INDEX sms_codes_by_bucket ON sms_codes (bucket);

CREATE TABLE sms_breakers (
    partner       TEXT    NOT NULL,
    country       TEXT    NOT NULL,
    opened_at     INTEGER,          -- null: closed again
    counted_from  INTEGER NOT NULL, -- codes sent before count no more
    next_probe_at INTEGER NOT NULL,
    PRIMARY KEY (partner, country)
) STRICT, WITHOUT ROWID;
