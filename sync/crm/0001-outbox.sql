-- How far each connector has handed over each journal. `sending` is where a batch was under way to: after a
-- crash nobody knows what became of it.
CREATE TABLE cursor (
  connector TEXT NOT NULL,
  journal BLOB NOT NULL,
  seq INTEGER NOT NULL,
  sending INTEGER NOT NULL,
  PRIMARY KEY (connector, journal)
) WITHOUT ROWID, STRICT;

-- Events behind the cursor that did not count when it passed: held until a person corrects them, or of a kind
-- that this program did not know.
CREATE TABLE late (
  connector TEXT NOT NULL,
  journal BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (connector, journal, seq)
) WITHOUT ROWID, STRICT;

-- What the CRM will not have as it is.
CREATE TABLE refused (
  connector TEXT NOT NULL,
  journal BLOB NOT NULL,
  seq INTEGER NOT NULL,
  field TEXT NOT NULL,
  cause TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (connector, journal, seq)
) WITHOUT ROWID, STRICT;
