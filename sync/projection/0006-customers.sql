-- Customers of whom something changed since the tills were told.
CREATE TABLE customer_news(
  customer BLOB PRIMARY KEY,
  change   INTEGER NOT NULL             -- grows with each change: what was told is deleted as it was read
) WITHOUT ROWID;

-- Events whose sealed part is of somebody who was erased, until it is gone from the ledger.
CREATE TABLE sealed_to_erase(
  event INTEGER PRIMARY KEY
);

-- Until when every store's tills know a customer, since she was seen lately; later only those where she bought.
CREATE TABLE customer_reach(
  customer BLOB PRIMARY KEY,
  until_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX reach_by_end ON customer_reach(until_ms);

-- Under which name of its own a CRM has a customer that it told of.
CREATE TABLE crm_records(
  source   TEXT NOT NULL,
  record   TEXT NOT NULL,
  customer BLOB NOT NULL,
  PRIMARY KEY (source, record)
) WITHOUT ROWID;
CREATE INDEX crm_records_of_customer ON crm_records(customer);
