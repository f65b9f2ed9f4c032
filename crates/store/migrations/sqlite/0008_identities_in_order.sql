-- A user's identities with when they were proved and made, so that whoever reads them finds all of
-- that in one place: each exchange and each redemption does.

DROP INDEX identities_of_user;
CREATE INDEX identities_of_user ON identities (user_id, proved_at, created_at);
