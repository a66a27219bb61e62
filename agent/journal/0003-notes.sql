-- The newest signed note of each of the centre's stores that ever gave one, and the key it verifies with.
CREATE TABLE note(
  store_epoch BLOB PRIMARY KEY,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  last_hash BLOB NOT NULL,
  time INTEGER NOT NULL,
  key_id BLOB NOT NULL,
  signature BLOB NOT NULL,
  public_key BLOB NOT NULL,
  certified BLOB NOT NULL
) STRICT, WITHOUT ROWID;
