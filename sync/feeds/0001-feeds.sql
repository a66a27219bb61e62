-- Who this store is to the devices: another epoch says that versions may have gone back.
CREATE TABLE epoch (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch BLOB NOT NULL
) STRICT;

CREATE TABLE feed (
  feed TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- The newest state of each record. One that was removed stays, without a body, for devices that have it.
CREATE TABLE record (
  feed TEXT NOT NULL,
  key TEXT NOT NULL,
  store TEXT NOT NULL,
  alias TEXT NOT NULL,
  version INTEGER NOT NULL,
  body BLOB,
  PRIMARY KEY (feed, key, store)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX record_by_version ON record (feed, version, key, store);
