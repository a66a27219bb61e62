-- Personal data, apart from the projections. Every value is encrypted with its customer's data key,
-- which is wrapped by the master key: without the row's key nothing here can be read again.

CREATE TABLE customers(
  id          BLOB PRIMARY KEY,       -- random UUID, all that projections know
  wrapped_key BLOB NOT NULL,
  personal    BLOB,                   -- Personal without identifiers, encrypted
  as_of_ms    INTEGER NOT NULL        -- time of the newest event that `personal` contains
) WITHOUT ROWID;

CREATE TABLE identifiers(
  token    BLOB PRIMARY KEY,          -- HMAC-SHA-256(token key, type u32 big-endian || value)
  customer BLOB NOT NULL REFERENCES customers(id),
  type     INTEGER NOT NULL,
  value    BLOB NOT NULL              -- encrypted
) WITHOUT ROWID;
CREATE INDEX identifiers_of_customer ON identifiers(customer);

-- Two customers that one event named as one person. A human decides.
CREATE TABLE merge_suggestions(
  one     BLOB NOT NULL,
  other   BLOB NOT NULL,
  seen_ms INTEGER NOT NULL,
  PRIMARY KEY (one, other)
) WITHOUT ROWID;
