-- Of what is due, a message of higher priority goes before what came so many minutes earlier (RFC 6710).

ALTER TABLE queue_recipient ADD COLUMN priority integer NOT NULL DEFAULT 0;
UPDATE queue_recipient r SET priority = m.priority FROM queue_message m
  WHERE m.account_id = r.account_id AND m.delivery_id = r.delivery_id AND m.priority <> 0;
CREATE INDEX queue_recipient_rank ON queue_recipient ((next_at - priority * 60000::bigint)) WHERE next_at IS NOT NULL;
DROP INDEX queue_recipient_due;
