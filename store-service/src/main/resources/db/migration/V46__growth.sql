-- What is done now and then looks for what is due by its time, and not into each account for it.

-- Expunged messages that may still be undeleted, and tombstones of others: every row is in one of the two.
CREATE INDEX expunged_held_at ON expunged (at) WHERE message_id IS NOT NULL;
CREATE INDEX expunged_gone_at ON expunged (at) WHERE message_id IS NULL;
CREATE INDEX queue_message_aged ON queue_message (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX text_upkeep_grown ON text_upkeep (account_id) WHERE grown;
CREATE INDEX text_upkeep_gone ON text_upkeep (gone);
