-- Indexes that serve only statements that ask by their last column. Such a question implies IS NOT NULL, so the
-- planner finds them; for `uid = ANY` only the primary key is left. Where a table had not been analyzed yet, or an
-- account was much larger than most, the planner took these instead and read a whole mailbox for each step.
DROP INDEX entry_modseq;
CREATE INDEX entry_modseq ON entry (account_id, mailbox_id, modseq) WHERE modseq IS NOT NULL;
DROP INDEX entry_message;
CREATE INDEX entry_message ON entry (account_id, message_id) WHERE message_id IS NOT NULL;
DROP INDEX expunged_modseq;
CREATE INDEX expunged_modseq ON expunged (account_id, mailbox_id, modseq) WHERE modseq IS NOT NULL;
DROP INDEX seen_modseq;
CREATE INDEX seen_modseq ON seen (account_id, mailbox_id, holder, modseq) WHERE modseq IS NOT NULL;
