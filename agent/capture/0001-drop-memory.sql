-- What the file drop knows of earlier files. No customer is readable here: `who` is a keyed hash.
CREATE TABLE files(
    digest BLOB PRIMARY KEY,     -- SHA-256 of a file of which every row was captured.
    name TEXT NOT NULL,
    done_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sold(
    id INTEGER PRIMARY KEY,
    who BLOB NOT NULL,           -- 16 bytes of HMAC-SHA-256 over the customer.
    item TEXT NOT NULL,
    number TEXT NOT NULL,        -- The source's transaction number.
    line INTEGER NOT NULL,       -- Of the captured transaction, from 1.
    workstation TEXT NOT NULL,
    business_day TEXT NOT NULL,
    unit_price TEXT NOT NULL,
    at_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX sold_once ON sold(who, item, number, business_day, line);
