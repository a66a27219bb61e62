-- How far the beginning of this journal has been let go of, and the chain's hash there: what is left follows
-- from it. No row before the first time.
CREATE TABLE checkpoint(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;

-- Of each event that was let go of, what whoever asks again must be told. key and request: as in event.
-- answer: the few fields of its Event that an answer is made of.
CREATE TABLE pruned(
  seq INTEGER PRIMARY KEY,
  key BLOB NOT NULL,
  request BLOB NOT NULL,
  transaction_number INTEGER,
  receipt_counter INTEGER,
  kind INTEGER NOT NULL,
  answer BLOB NOT NULL
) STRICT;

-- How far the centre's notes had come, now and then: when it had confirmed an event at the latest. time: the
-- centre's, heard: the device's.
CREATE TABLE milestone(
  seq INTEGER PRIMARY KEY,
  store_epoch BLOB NOT NULL,
  time INTEGER NOT NULL,
  heard INTEGER NOT NULL
) STRICT;
