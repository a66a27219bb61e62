-- What was let go of: the events of a journal up to `seq`, of which the centre keeps its signed word.

CREATE TABLE checkpoints(
  journal INTEGER PRIMARY KEY REFERENCES journals(number),
  seq     INTEGER NOT NULL,             -- the last event gone; what follows is chained to its hash
  note    BLOB NOT NULL,                -- Note of frames.proto
  key     BLOB NOT NULL                 -- NoteKey of frames.proto
);
