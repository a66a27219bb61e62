-- When the centre last answered; a copy may be of no more use after a time.
ALTER TABLE state ADD COLUMN heard_ms INTEGER NOT NULL DEFAULT 0;

-- Names a record is found by besides its key.
CREATE TABLE name (
  name BLOB NOT NULL,
  record INTEGER NOT NULL,
  PRIMARY KEY (name, record)
) WITHOUT ROWID, STRICT;
CREATE INDEX name_of_record ON name (record);
INSERT INTO name SELECT CAST(alias AS BLOB), id FROM record WHERE alias <> '';
DROP INDEX record_by_alias;
ALTER TABLE record DROP COLUMN alias;
