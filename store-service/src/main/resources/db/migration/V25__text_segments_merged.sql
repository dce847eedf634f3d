-- Segments of the text index are merged, so that slow growth leaves few of them, and compacted when messages go.

ALTER TABLE text_segment
  -- The messages in message_ids.
  ADD COLUMN messages integer NOT NULL DEFAULT 0,
  -- Of its postings; what the work of merging it goes by.
  ADD COLUMN octets bigint NOT NULL DEFAULT 0,
  -- Buckets of a row of its postings, a power of two: fewer where a bucket names more messages. The row of a bucket b
  -- is block_no 65536 / span + b / span, which no other span gives.
  ADD COLUMN span integer NOT NULL DEFAULT 64,
  -- Words that many of the messages hold, and which: what they name matches without a look.
  ADD COLUMN words bytea NOT NULL DEFAULT '';
-- Bits mostly: nothing to be compressed.
ALTER TABLE text_segment ALTER COLUMN words SET STORAGE EXTERNAL;

-- Who has claimed: what has run out may have been given to somebody else since.
ALTER TABLE text_claim ADD COLUMN holder uuid;

-- Accounts whose segments somebody should look at.
CREATE TABLE text_upkeep (
  account_id bigint PRIMARY KEY,
  -- Segments came since somebody looked.
  grown      boolean NOT NULL,
  -- Messages that were removed for good since.
  gone       bigint NOT NULL
);
