-- Of a journal that was damaged and is made anew from what could be read: the events behind a hole, which
-- its chain does not reach. proved: the link to the event before holds.
CREATE TABLE loose(
  seq INTEGER PRIMARY KEY,
  version INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  wall INTEGER NOT NULL,
  since_boot INTEGER NOT NULL,
  boot BLOB NOT NULL,
  hash BLOB NOT NULL,
  key BLOB NOT NULL,
  request BLOB NOT NULL,
  transaction_number INTEGER,
  receipt_counter INTEGER,
  erased_sealed BLOB,
  sealed BLOB,
  body BLOB NOT NULL,
  proved INTEGER NOT NULL
) STRICT;

-- One row when this journal was made anew: a serialised JournalDamaged.
CREATE TABLE salvage(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  report BLOB NOT NULL
) STRICT;
