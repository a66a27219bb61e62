-- What the centre holds: raw envelopes and how far each journal goes. Names are bytea, because a
-- device may send text that PostgreSQL's text does not take.

CREATE TABLE store(
  one   bigint PRIMARY KEY CHECK (one = 1),
  epoch bytea NOT NULL                -- 16 random bytes, new after a restore
);

CREATE TABLE journals(
  journal      uuid PRIMARY KEY,
  number       bigint GENERATED ALWAYS AS IDENTITY,  -- in the order of their first hello
  device       uuid NOT NULL,
  predecessor  uuid,
  generation   bigint NOT NULL,
  store        bytea NOT NULL,
  workstation  bytea NOT NULL,
  mark_seq     bigint NOT NULL,       -- the authority: compared and set as one with mark_hash
  mark_hash    bytea NOT NULL,
  last_seen_ms bigint NOT NULL
) WITH (fillfactor = 50);             -- a mark moves within its page, and no index with it

CREATE TABLE envelopes(
  journal         uuid NOT NULL,
  seq             bigint NOT NULL,
  version         bigint NOT NULL,
  kind            bigint NOT NULL,
  wall_ms         bigint NOT NULL,
  since_boot_ms   bigint NOT NULL,
  boot            uuid NOT NULL,
  hash            bytea NOT NULL,     -- the chain's value after this envelope
  received_ms     bigint NOT NULL,
  clock_offset_ms bigint NOT NULL,
  clock_error_ms  bigint NOT NULL,
  body            bytea NOT NULL,
  sealed          bytea,              -- NULL: there is none, or it was erased
  erased_sealed   bytea,              -- SHA-256 of a sealed part that was erased
  PRIMARY KEY (journal, seq)
) PARTITION BY HASH (journal);

-- Bodies are small or do not compress; trying to would cost more than storing them.
ALTER TABLE envelopes ALTER body SET STORAGE EXTERNAL, ALTER sealed SET STORAGE EXTERNAL;

DO $$ BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE envelopes_%s PARTITION OF envelopes '
                   'FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
  END LOOP;
END $$;

-- Envelopes whose chain disagrees with what is stored (a cloned or restored disk). Never projected.
CREATE TABLE branches(
  journal     uuid NOT NULL REFERENCES journals(journal),
  number      bigint NOT NULL,        -- 1 is the journal's first branch
  fork_seq    bigint NOT NULL,
  fork_hash   bytea NOT NULL,
  last        bigint NOT NULL,
  received_ms bigint NOT NULL,
  PRIMARY KEY (journal, number)
);

CREATE TABLE branch_envelopes(
  journal       uuid NOT NULL,
  branch        bigint NOT NULL,
  seq           bigint NOT NULL,
  version       bigint NOT NULL,
  kind          bigint NOT NULL,
  wall_ms       bigint NOT NULL,
  since_boot_ms bigint NOT NULL,
  boot          uuid NOT NULL,
  hash          bytea NOT NULL,
  body          bytea NOT NULL,
  sealed        bytea,
  erased_sealed bytea,
  PRIMARY KEY (journal, branch, seq),
  FOREIGN KEY (journal, branch) REFERENCES branches(journal, number)
);
