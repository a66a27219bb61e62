-- Who is let in, shared by all gateways of a centre. Texts are bytea, as in the ledger.

CREATE TABLE code (
  secret_hash bytea PRIMARY KEY,
  store       bytea NOT NULL,
  workstation bytea NOT NULL,
  created_ms  bigint NOT NULL,
  expires_ms  bigint NOT NULL,
  used_ms     bigint
);

CREATE TABLE device (
  device           uuid PRIMARY KEY,
  store            bytea NOT NULL,
  workstation      bytea NOT NULL,
  certificate_pem  bytea NOT NULL,
  serial           bytea NOT NULL,
  key_sha256       bytea NOT NULL,
  enrolled_ms      bigint NOT NULL,
  not_after_ms     bigint NOT NULL,
  first_generation bigint NOT NULL,
  last_generation  bigint NOT NULL,
  revoked_ms       bigint,
  revoked_reason   bytea NOT NULL DEFAULT ''
);
CREATE INDEX revoked ON device(device) WHERE revoked_ms IS NOT NULL;

-- The next receipt generation of a workstation. It only grows, so receipt numbers cannot collide.
CREATE TABLE generation (
  store       bytea NOT NULL,
  workstation bytea NOT NULL,
  next        bigint NOT NULL,
  PRIMARY KEY (store, workstation)
);

-- Day figures that a gateway took in which does not project, until the one that does has kept them.
CREATE TABLE figures (
  number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  figures     bytea NOT NULL,
  signature   bytea NOT NULL,
  verified    bigint NOT NULL,
  received_ms bigint NOT NULL
);
