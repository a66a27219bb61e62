-- Which device's journal it is; NULL until the projector has seen the ledger's row.
ALTER TABLE journals ADD COLUMN device BLOB;

-- Whose capture under which key is projected as which event: a till that asks again may do so in another
-- journal of its device. Foreign documents are not in here: they have a business key.
CREATE TABLE captures(
  key     BLOB PRIMARY KEY,             -- first 16 bytes of SHA-256 over (device, caller, key)
  request BLOB NOT NULL,
  event   INTEGER NOT NULL
) WITHOUT ROWID;
