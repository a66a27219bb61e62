-- What of the feed is in use (generation, version), and how far the next version has come (next_generation
-- and the cursor). A generation is one epoch of the centre's store. What came, came for one shop.
CREATE TABLE state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  store TEXT,
  generation INTEGER NOT NULL,
  version INTEGER NOT NULL,
  applied_ms INTEGER NOT NULL,
  next_generation INTEGER NOT NULL,
  next_epoch BLOB NOT NULL,
  cursor_version INTEGER NOT NULL,
  cursor_key TEXT NOT NULL,
  cursor_store TEXT NOT NULL,
  staging INTEGER NOT NULL
) STRICT;
INSERT INTO state VALUES (1, NULL, 0, 0, 0, 0, x'', 0, '', '', 0);

-- In use is, of each key and store, the newest up to state.version in state.generation; without a body it
-- was removed. What is newer waits for its version to be complete.
CREATE TABLE record (
  id INTEGER PRIMARY KEY,
  generation INTEGER NOT NULL,
  key TEXT NOT NULL,
  store TEXT NOT NULL,
  version INTEGER NOT NULL,
  alias TEXT NOT NULL,
  body BLOB,
  UNIQUE (generation, key, store, version)
) STRICT;
CREATE INDEX record_by_alias ON record (alias) WHERE alias <> '';

-- Records that a newer one has taken the place of; deleted little by little once that one is in use.
CREATE TABLE superseded (
  record INTEGER PRIMARY KEY
) STRICT;
