-- What the centre holds: raw envelopes and how far each journal goes.

CREATE TABLE store(
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  epoch BLOB NOT NULL                 -- 16 random bytes, new after a restore
);

CREATE TABLE journals(
  number       INTEGER PRIMARY KEY,   -- local; upper bits of envelopes.id
  journal      BLOB NOT NULL UNIQUE,
  device       BLOB NOT NULL,
  predecessor  BLOB,
  generation   INTEGER NOT NULL,
  store        TEXT NOT NULL,
  workstation  TEXT NOT NULL,
  mark_seq     INTEGER NOT NULL,      -- the authority: compared and set as one with mark_hash
  mark_hash    BLOB NOT NULL,
  last_seen_ms INTEGER NOT NULL
);

CREATE TABLE envelopes(
  id              INTEGER PRIMARY KEY,  -- number * 2^40 + seq
  version         INTEGER NOT NULL,
  kind            INTEGER NOT NULL,
  wall_ms         INTEGER NOT NULL,
  since_boot_ms   INTEGER NOT NULL,
  boot            BLOB NOT NULL,
  body            BLOB NOT NULL,
  sealed          BLOB,                 -- NULL: there is none, or it was erased
  erased_sealed   BLOB,                 -- SHA-256 of a sealed part that was erased
  hash            BLOB NOT NULL,        -- the chain's value after this envelope
  received_ms     INTEGER NOT NULL,
  clock_offset_ms INTEGER NOT NULL,
  clock_error_ms  INTEGER NOT NULL
);

-- Envelopes whose chain disagrees with what is stored (a cloned or restored disk). Never projected.
CREATE TABLE branches(
  id          INTEGER PRIMARY KEY,
  journal     INTEGER NOT NULL REFERENCES journals(number),
  number      INTEGER NOT NULL,       -- 1 is the journal's first branch
  fork_seq    INTEGER NOT NULL,
  fork_hash   BLOB NOT NULL,
  last        INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  UNIQUE (journal, number)
);

CREATE TABLE branch_envelopes(
  branch        INTEGER NOT NULL REFERENCES branches(id),
  seq           INTEGER NOT NULL,
  version       INTEGER NOT NULL,
  kind          INTEGER NOT NULL,
  wall_ms       INTEGER NOT NULL,
  since_boot_ms INTEGER NOT NULL,
  boot          BLOB NOT NULL,
  body          BLOB NOT NULL,
  sealed        BLOB,
  erased_sealed BLOB,
  hash          BLOB NOT NULL,
  PRIMARY KEY (branch, seq)
);
