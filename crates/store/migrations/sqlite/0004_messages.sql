-- Messages on their way to people, and the language that each person reads.

ALTER TABLE challenges ADD COLUMN locale TEXT;
