-- What changed since, without an index on what changes: a flag that is set leaves every index of `entry` as it is, and
-- where the page has room for the new row, PostgreSQL writes that row alone (a HOT update).

-- The highest modseq that a change of flags gave to one of the messages with `uid >> 7` = block. No row: there was none.
-- A new message needs none: modseqs at birth ascend with UIDs, so mail_changed finds it from the end of the primary key.
CREATE TABLE changed_block (
  account_id bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  block      bigint NOT NULL,
  modseq     bigint NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, block)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- Nobody writes entries from here on until this is committed.
DROP INDEX entry_modseq;
INSERT INTO changed_block
  SELECT account_id, mailbox_id, uid >> 7, max(modseq) FROM entry GROUP BY 1, 2, 3;
-- Room on a page for every row of it once more, as when a whole mailbox is marked as read. Pages that are full already
-- stay so; their rows move when they are changed for the first time.
ALTER TABLE entry SET (fillfactor = 50);

-- Changes without telling changed_block would be lost to those who ask what changed. R__mail.sql, which runs next,
-- makes them anew; a program that is still running is told meanwhile that they are missing, and is asked again.
DROP FUNCTION mail_store_flags(
  bigint, bigint, bigint[], bigint[], integer, integer, integer, text[], bigint, integer);
DROP FUNCTION mail_store_flags_as(
  bigint, bigint, bigint[], bigint[], integer, integer, integer, text[], bigint, integer, bigint, integer, boolean);
DROP FUNCTION IF EXISTS mail_store_flags_together(
  bigint[], bigint[], bigint[], bigint[], integer[], integer[], bigint[]);
