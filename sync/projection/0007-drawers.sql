-- Every time a cash drawer was opened, or told to.
CREATE TABLE drawer_openings(
  event        INTEGER PRIMARY KEY,
  day          INTEGER NOT NULL,
  cause        INTEGER NOT NULL,        -- 1 ordered, 2 without order, 3 found open
  opened       INTEGER NOT NULL,        -- 0 not known, 1 sensed, 2 it stayed shut
  reason       TEXT NOT NULL,
  receipt      TEXT NOT NULL,
  operator     TEXT NOT NULL,
  drawer       TEXT NOT NULL,
  corrected_ms INTEGER NOT NULL
);
