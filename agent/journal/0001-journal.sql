-- One row: who this journal is. Written once.
CREATE TABLE identity (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  journal BLOB NOT NULL,
  device BLOB NOT NULL,
  predecessor BLOB,
  receipt_prefix TEXT NOT NULL,
  generation INTEGER NOT NULL
) STRICT;

-- One row: where the journal stands. Written with every commit, so it is kept small.
CREATE TABLE head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  transactions INTEGER NOT NULL,
  receipts INTEGER NOT NULL
) STRICT;

-- The owner's snapshot as of the head. Apart, so that a commit that leaves it alone does not write it.
CREATE TABLE owner_state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  state BLOB NOT NULL
) STRICT;

CREATE TABLE acknowledged (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  seq INTEGER NOT NULL,
  store_epoch BLOB NOT NULL
) STRICT;

-- key: the first 16 bytes of SHA-256 over (caller, key). The long columns come last, so that reading
-- the short ones touches no overflow page.
CREATE TABLE event (
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
  body BLOB NOT NULL
) STRICT;

-- How far what is derived from events goes; later events are looked at themselves (0020).
CREATE TABLE derived (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  keys_seq INTEGER NOT NULL,
  days_seq INTEGER NOT NULL
) STRICT;

CREATE TABLE key_index (
  key BLOB PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE day (
  business_day TEXT NOT NULL,
  store TEXT NOT NULL,
  workstation TEXT NOT NULL,
  events INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  last_hash BLOB NOT NULL,
  PRIMARY KEY (business_day, store, workstation)
) STRICT, WITHOUT ROWID;

CREATE TABLE day_figure (
  business_day TEXT NOT NULL,
  store TEXT NOT NULL,
  workstation TEXT NOT NULL,
  currency TEXT NOT NULL,
  measure INTEGER NOT NULL,
  type INTEGER NOT NULL,
  count INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (business_day, store, workstation, currency, measure, type)
) STRICT, WITHOUT ROWID;

INSERT INTO derived VALUES (1, 0, 0);
INSERT INTO owner_state VALUES (1, x'');
INSERT INTO acknowledged VALUES (1, 0, x'');
