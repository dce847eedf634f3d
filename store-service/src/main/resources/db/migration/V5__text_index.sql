-- The index behind SEARCH's text keys: which messages may hold an n-gram. What it names is looked through; what it does
-- not cover yet is looked through too.
--
-- Segments are written once, a few thousand messages each, ascending by message_id and without gaps between them.

CREATE TABLE text_segment (
  account_id  bigint NOT NULL,
  segment_no  integer NOT NULL,
  -- All messages from first_id to last_id are covered.
  first_id    bigint NOT NULL,
  last_id     bigint NOT NULL,
  -- How text was normalised and hashed: another version's segments are of no use.
  version     integer NOT NULL,
  -- The messages by ordinal (varints, each less the one before), and the ordinals of those that may hold anything.
  message_ids bytea NOT NULL,
  unknown     bytea NOT NULL,
  PRIMARY KEY (account_id, segment_no)
);

-- A segment's postings, 64 buckets of hashes a row: (bucket, length, ordinals) in varints.
CREATE TABLE text_postings (
  account_id bigint NOT NULL,
  block_no   integer NOT NULL,
  segment_no integer NOT NULL,
  postings   bytea NOT NULL,
  PRIMARY KEY (account_id, block_no, segment_no)
) WITH (toast_tuple_target = 8160);

-- Accounts whose text some store is about to index: until then no other does.
CREATE TABLE text_claim (
  account_id bigint PRIMARY KEY,
  until      bigint NOT NULL
);
