-- Whom this customer turned out to be. The identifiers stay with the one they came to, so that it can be undone.
ALTER TABLE customers ADD COLUMN merged_into BLOB;
CREATE INDEX merged_customers ON customers(merged_into) WHERE merged_into IS NOT NULL;

-- When she was erased: her data key is gone then, the row stays.
ALTER TABLE customers ADD COLUMN erased_ms INTEGER;

-- A person said that these two are not one: no rule merges them again.
CREATE TABLE separated(
  one   BLOB NOT NULL,
  other BLOB NOT NULL,
  PRIMARY KEY (one, other)
) WITHOUT ROWID;

-- Tokens of those who were erased: what was captured before that and comes in later must not bring them back.
CREATE TABLE erased(
  token     BLOB PRIMARY KEY,
  erased_ms INTEGER NOT NULL
) WITHOUT ROWID;
