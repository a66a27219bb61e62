-- What the envelopes say, as tables. Everything here can be made again from the ledger, except
-- day_figures (frames, not events) and what a person did to an exception.
--
-- `event` is number * 2^40 + seq: which journal (of the table journals) and which of its events.

CREATE TABLE journals(
  number  INTEGER PRIMARY KEY,
  journal BLOB NOT NULL UNIQUE,
  cursor  INTEGER NOT NULL,             -- everything up to here is projected
  head    BLOB NOT NULL                 -- the chain's value at the cursor
);

CREATE TABLE days(
  id           INTEGER PRIMARY KEY,
  store        TEXT NOT NULL,
  workstation  TEXT NOT NULL,
  business_day TEXT NOT NULL,           -- YYYY-MM-DD
  closed       INTEGER NOT NULL DEFAULT 0,
  amendments   INTEGER NOT NULL DEFAULT 0,
  currency     TEXT NOT NULL DEFAULT '',  -- of its first transaction
  UNIQUE (business_day, store, workstation)
);

CREATE TABLE day_events(
  day     INTEGER NOT NULL,
  journal INTEGER NOT NULL,
  events  INTEGER NOT NULL,
  last    INTEGER NOT NULL,
  PRIMARY KEY (day, journal)
) WITHOUT ROWID;

CREATE TABLE transactions(
  event              INTEGER PRIMARY KEY,
  kind               INTEGER NOT NULL,  -- 100 retail transaction, 101 post-void
  day                INTEGER NOT NULL,
  source_system      TEXT NOT NULL,     -- empty: our own sale
  number             TEXT NOT NULL,     -- source's number, or our receipt number
  transaction_number INTEGER NOT NULL,
  fiscal_invoice     TEXT NOT NULL,
  status             INTEGER NOT NULL,
  training           INTEGER NOT NULL,
  only_returns       INTEGER NOT NULL,
  channel            INTEGER NOT NULL,
  fulfilment         INTEGER NOT NULL,
  order_id           TEXT NOT NULL,
  currency           TEXT NOT NULL,
  decimals           INTEGER NOT NULL,
  gross              INTEGER NOT NULL,
  net                INTEGER NOT NULL,
  tax                INTEGER NOT NULL,
  discount           INTEGER NOT NULL,
  begin_ms           INTEGER NOT NULL,
  end_ms             INTEGER NOT NULL,
  operator           TEXT NOT NULL,
  shift              INTEGER NOT NULL,
  customer           BLOB,
  trace              BLOB NOT NULL,
  corrected_ms       INTEGER NOT NULL,  -- wall time on the centre's clock
  error_ms           INTEGER NOT NULL,
  content            BLOB NOT NULL,     -- what a repetition is compared with
  amendment          INTEGER NOT NULL,  -- 0, or which late arrival of a closed day
  voids              INTEGER,           -- event that this post-void reverses
  voided_by          INTEGER,
  UNIQUE (day, source_system, number)
);
CREATE INDEX transactions_of_customer ON transactions(customer) WHERE customer IS NOT NULL;
CREATE INDEX receipts ON transactions(number);

CREATE TABLE lines(
  event INTEGER NOT NULL, position INTEGER NOT NULL, number INTEGER NOT NULL, kind INTEGER NOT NULL,
  gtin INTEGER NOT NULL, sku TEXT NOT NULL, description TEXT NOT NULL, item_class INTEGER NOT NULL,
  quantity INTEGER NOT NULL, quantity_scale INTEGER NOT NULL, unit TEXT NOT NULL,
  unit_price INTEGER NOT NULL, price_scale INTEGER NOT NULL,
  extended INTEGER NOT NULL, amount INTEGER NOT NULL, tax_code TEXT NOT NULL, tax INTEGER NOT NULL,
  reason TEXT NOT NULL, voided INTEGER NOT NULL, original TEXT,
  PRIMARY KEY (event, position)
) WITHOUT ROWID;
CREATE INDEX returned_lines ON lines(original) WHERE original IS NOT NULL;

CREATE TABLE tenders(
  event INTEGER NOT NULL, position INTEGER NOT NULL, type INTEGER NOT NULL, state INTEGER NOT NULL,
  tendered INTEGER NOT NULL, applied INTEGER NOT NULL, change INTEGER NOT NULL,
  foreign_currency TEXT NOT NULL, foreign_amount INTEGER NOT NULL, reference TEXT NOT NULL,
  card_scheme TEXT NOT NULL, card_last4 TEXT NOT NULL, authorisation TEXT NOT NULL,
  PRIMARY KEY (event, position)
) WITHOUT ROWID;

CREATE TABLE taxes(
  event INTEGER NOT NULL, position INTEGER NOT NULL, code TEXT NOT NULL,
  rate INTEGER NOT NULL, rate_scale INTEGER NOT NULL, taxable INTEGER NOT NULL, amount INTEGER NOT NULL,
  included INTEGER NOT NULL,
  PRIMARY KEY (event, position)
) WITHOUT ROWID;

CREATE TABLE tender_controls(
  event INTEGER PRIMARY KEY, day INTEGER NOT NULL, type INTEGER NOT NULL, currency TEXT NOT NULL,
  decimals INTEGER NOT NULL, amount INTEGER NOT NULL, tender INTEGER NOT NULL, reason TEXT NOT NULL,
  training INTEGER NOT NULL, corrected_ms INTEGER NOT NULL
);

CREATE TABLE controls(
  event INTEGER PRIMARY KEY, day INTEGER NOT NULL, type INTEGER NOT NULL, operator TEXT NOT NULL,
  reason TEXT NOT NULL, shift INTEGER NOT NULL, corrected_ms INTEGER NOT NULL
);

CREATE TABLE stock_counts(
  event INTEGER NOT NULL, position INTEGER NOT NULL, store TEXT NOT NULL, session TEXT NOT NULL,
  location TEXT NOT NULL, scope TEXT NOT NULL, state INTEGER NOT NULL,
  gtin INTEGER NOT NULL, sku TEXT NOT NULL, description TEXT NOT NULL,
  quantity INTEGER NOT NULL, quantity_scale INTEGER NOT NULL, unit TEXT NOT NULL,
  counted_ms INTEGER NOT NULL, recount INTEGER NOT NULL, counter TEXT NOT NULL,
  PRIMARY KEY (event, position)
) WITHOUT ROWID;
CREATE INDEX counts_of_session ON stock_counts(store, session);

CREATE TABLE stock_adjustments(
  event INTEGER NOT NULL, position INTEGER NOT NULL, store TEXT NOT NULL,
  source_system TEXT NOT NULL, source_number TEXT NOT NULL,
  gtin INTEGER NOT NULL, sku TEXT NOT NULL, description TEXT NOT NULL,
  quantity INTEGER NOT NULL, quantity_scale INTEGER NOT NULL, unit TEXT NOT NULL,
  reason TEXT NOT NULL, at_ms INTEGER NOT NULL,
  PRIMARY KEY (event, position)
) WITHOUT ROWID;

-- A foreign document other than a sale, once, as sales are by (day, source_system, number).
CREATE TABLE foreign_documents(
  day INTEGER NOT NULL, source_system TEXT NOT NULL, number TEXT NOT NULL,
  event INTEGER NOT NULL, content BLOB NOT NULL,
  PRIMARY KEY (day, source_system, number)
) WITHOUT ROWID;

CREATE TABLE consents(
  event INTEGER NOT NULL, position INTEGER NOT NULL, customer BLOB, purpose INTEGER NOT NULL,
  channel INTEGER NOT NULL, granted INTEGER NOT NULL, text_version TEXT NOT NULL, proof TEXT NOT NULL,
  operator TEXT NOT NULL, at_ms INTEGER NOT NULL, error_ms INTEGER NOT NULL,
  PRIMARY KEY (event, position)
) WITHOUT ROWID;
CREATE INDEX consents_of_customer ON consents(customer);

-- Who a customer is, is the vault's to know.
CREATE TABLE customers(
  id BLOB PRIMARY KEY, first_seen_ms INTEGER NOT NULL, last_seen_ms INTEGER NOT NULL,
  enrolled_event INTEGER, business INTEGER NOT NULL DEFAULT 0,
  country TEXT NOT NULL DEFAULT '', language TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

CREATE TABLE customer_links(
  customer BLOB NOT NULL, event INTEGER NOT NULL, kind INTEGER NOT NULL, receipt TEXT NOT NULL,
  PRIMARY KEY (customer, event)
) WITHOUT ROWID;
CREATE INDEX claims ON customer_links(receipt) WHERE receipt <> '';

CREATE TABLE set_aside(
  event INTEGER NOT NULL, position INTEGER NOT NULL, source_system TEXT NOT NULL, file TEXT NOT NULL,
  file_sha256 BLOB NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (event, position)
) WITHOUT ROWID;

CREATE TABLE parked(event INTEGER PRIMARY KEY, kind INTEGER NOT NULL);

-- The same business key and content a second time: counted once, remembered here.
CREATE TABLE duplicates(event INTEGER PRIMARY KEY, day INTEGER NOT NULL, original INTEGER NOT NULL);

CREATE TABLE exceptions(
  id INTEGER PRIMARY KEY, event INTEGER NOT NULL, code TEXT NOT NULL, field TEXT NOT NULL,
  cause TEXT NOT NULL, held INTEGER NOT NULL,  -- held: the event is not in the tables above
  day INTEGER, state INTEGER NOT NULL DEFAULT 0,  -- 0 open, 1 fixed
  fixed_ms INTEGER, fixed_by TEXT, note TEXT,
  correction BLOB,                      -- a body that is projected in place of the original
  UNIQUE (event, code, field)
);
CREATE INDEX exceptions_by_state ON exceptions(state, id);
CREATE INDEX exceptions_by_day ON exceptions(day) WHERE day IS NOT NULL;

-- What a duplicate or a held event would have added to its day.
CREATE TABLE withheld(
  event INTEGER NOT NULL, day INTEGER NOT NULL, currency TEXT NOT NULL, measure TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (event, currency, measure)
) WITHOUT ROWID;
CREATE INDEX withheld_by_day ON withheld(day);

-- What devices say their days came to, verbatim as signed.
CREATE TABLE day_figures(
  day INTEGER NOT NULL, journal INTEGER NOT NULL, amendment INTEGER NOT NULL, upto INTEGER NOT NULL,
  figures BLOB NOT NULL, signature BLOB NOT NULL, verified INTEGER NOT NULL, received_ms INTEGER NOT NULL,
  PRIMARY KEY (day, journal, amendment, upto)
) WITHOUT ROWID;
