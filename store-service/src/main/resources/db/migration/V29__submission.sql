-- What accounts ask of their submissions, messages that are held, and what senders hear of mail that stays here.

ALTER TABLE account ADD COLUMN undo_seconds integer NOT NULL DEFAULT 0;      -- submissions are held for so long
ALTER TABLE account ADD COLUMN copy_to_sent boolean NOT NULL DEFAULT false;  -- submissions are put into Sent too

ALTER TABLE queue_message ADD COLUMN hold_until bigint NOT NULL DEFAULT 0;   -- 0: it is not held
ALTER TABLE queue_message ADD COLUMN hold_request text COLLATE "C" NOT NULL DEFAULT '';  -- RFC 4865 section 5.1.2

-- The store delivers to it by itself, once it is due; workers do not see it.
ALTER TABLE queue_recipient ADD COLUMN local boolean NOT NULL DEFAULT false;

-- mailwing.store.v1.DeliveryEnvelope: who is to be told what became of this share, and of which recipients.
-- Null: nobody.
ALTER TABLE delivery_retry ADD COLUMN told bytea;
