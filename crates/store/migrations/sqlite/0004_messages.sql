-- Messages on their way to people, and the language that each person reads.

ALTER TABLE challenges ADD COLUMN locale TEXT;

CREATE TABLE messages (
    id         BLOB    NOT NULL PRIMARY KEY,
    partner    TEXT    NOT NULL,
    channel    TEXT    NOT NULL, -- sms, email
    key        INTEGER NOT NULL, -- the sealing key
    sealed     BLOB    NOT NULL, -- to whom, in which language, and what is in it
    attempts   INTEGER NOT NULL, -- begun; also says which of them a node is at
    due_at     INTEGER NOT NULL, -- when the next may begin: the end of the lease of this one
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX messages_by_due ON messages (channel, due_at);
CREATE INDEX messages_by_end ON messages (expires_at);
