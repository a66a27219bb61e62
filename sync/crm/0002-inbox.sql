-- Up to where each connector has read what changed in its CRM, in the connector's own terms.
CREATE TABLE inbox (
  connector TEXT PRIMARY KEY,
  since TEXT NOT NULL
) WITHOUT ROWID, STRICT;

-- On what of a customer a CRM and the centre last agreed: keyed hashes, no values. `customer` is her id, or, until
-- she has one, the CRM's name of its record.
CREATE TABLE agreed (
  connector TEXT NOT NULL,
  customer BLOB NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY (connector, customer)
) WITHOUT ROWID, STRICT;
