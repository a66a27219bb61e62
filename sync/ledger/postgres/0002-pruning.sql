-- What was let go of: the events of a journal up to `seq`, of which the centre keeps its signed word.

CREATE TABLE checkpoints(
  journal uuid PRIMARY KEY REFERENCES journals(journal),
  seq     bigint NOT NULL,              -- the last event gone; what follows is chained to its hash
  note    bytea NOT NULL,               -- Note of frames.proto
  key     bytea NOT NULL                -- NoteKey of frames.proto
);
