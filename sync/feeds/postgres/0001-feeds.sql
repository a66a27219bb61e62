-- What is sent down, shared by all gateways of a centre. Texts are bytea: ordered by their bytes, as in SQLite.

CREATE TABLE epoch (
  one   integer PRIMARY KEY CHECK (one = 1),
  epoch bytea NOT NULL
);

CREATE TABLE feed (
  feed    bytea PRIMARY KEY,
  version bigint NOT NULL
);

CREATE TABLE record (
  feed    bytea NOT NULL,
  key     bytea NOT NULL,
  store   bytea NOT NULL,
  alias   bytea NOT NULL,
  version bigint NOT NULL,
  body    bytea,
  PRIMARY KEY (feed, key, store)
);
CREATE UNIQUE INDEX record_by_version ON record(feed, version, key, store);
