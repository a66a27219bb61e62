CREATE TABLE code (
  secret_hash BLOB PRIMARY KEY,
  store TEXT NOT NULL,
  workstation TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  used_ms INTEGER
) WITHOUT ROWID, STRICT;

CREATE TABLE device (
  device BLOB PRIMARY KEY,
  store TEXT NOT NULL,
  workstation TEXT NOT NULL,
  certificate_pem TEXT NOT NULL,
  serial TEXT NOT NULL,
  key_sha256 BLOB NOT NULL,
  enrolled_ms INTEGER NOT NULL,
  not_after_ms INTEGER NOT NULL,
  first_generation INTEGER NOT NULL,
  last_generation INTEGER NOT NULL,
  revoked_ms INTEGER,
  revoked_reason TEXT NOT NULL DEFAULT ''
) STRICT;

-- The next receipt generation of a workstation. It only grows, so receipt numbers cannot collide.
-- After a restore the row ('', '') is where lanes that have none yet begin.
CREATE TABLE generation (
  store TEXT NOT NULL,
  workstation TEXT NOT NULL,
  next INTEGER NOT NULL,
  PRIMARY KEY (store, workstation)
) WITHOUT ROWID, STRICT;
