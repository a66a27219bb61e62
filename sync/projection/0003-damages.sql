-- Journals that were found damaged on their devices, and what of them is missing (JournalDamaged).
CREATE TABLE damages(
  event        INTEGER PRIMARY KEY,
  journal      BLOB NOT NULL,           -- the damaged one
  store        TEXT NOT NULL,
  workstation  TEXT NOT NULL,
  head         INTEGER NOT NULL,        -- how far it is known to have gone
  chained      INTEGER NOT NULL,        -- handed over as a journal up to here
  lost         INTEGER NOT NULL,        -- how many events nobody has
  what         TEXT NOT NULL            -- in plain words
);
CREATE INDEX damages_of_journal ON damages(journal);
