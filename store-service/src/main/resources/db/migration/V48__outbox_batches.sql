-- The changes of one commit are one row, which one relay reads and deletes, whatever their number; rows of their own
-- stay where a commit makes one change.

-- Changes of several accounts that were committed together and are not yet published.
CREATE TABLE outbox_batch (
  id      bigint PRIMARY KEY,
  at      bigint NOT NULL,
  -- Bits: in which ranges of accounts (account_id % 64) somebody is still to be told. Relays that share the ranges
  -- each publish what is in theirs.
  waiting bigint NOT NULL,
  -- Each with account_id, change_seq, mailbox_id, modseq, uid_next.
  changes bigint[] NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, toast_tuple_target = 8160);
ALTER TABLE outbox_batch ALTER changes SET STORAGE EXTERNAL;

-- Both are read in the order of their ids. Whoever writes has locked the account before: ids ascend as its change_seq.
CREATE SEQUENCE outbox_id;
ALTER TABLE outbox_batch ALTER id SET DEFAULT nextval('outbox_id');
ALTER TABLE outbox ADD COLUMN id bigint;
UPDATE outbox o SET id = n.id
  FROM (SELECT x.account_id, x.change_seq, row_number() OVER (ORDER BY x.account_id, x.change_seq) AS id
    FROM outbox x) n
  WHERE o.account_id = n.account_id AND o.change_seq = n.change_seq;
SELECT setval('outbox_id', (SELECT count(*) + 1 FROM outbox));
ALTER TABLE outbox ALTER id SET DEFAULT nextval('outbox_id');
ALTER TABLE outbox DROP CONSTRAINT outbox_pkey;
ALTER TABLE outbox ADD PRIMARY KEY (id);

-- Programs before this version do not know batches: what these hold of their ranges is published by those that do.
ALTER TABLE relay ADD COLUMN batches boolean NOT NULL DEFAULT false;
