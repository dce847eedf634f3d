-- RESETKEY is told to those of the user's sessions that have the mailbox selected (RFC 4467 §7).

-- How often the user has reset its key of the mailbox. A row without a key tells of one that was removed.
ALTER TABLE url_key ALTER COLUMN key DROP NOT NULL;
ALTER TABLE url_key ADD COLUMN resets bigint NOT NULL DEFAULT 0;

-- How often anybody has: 0 for nearly all mailboxes, which then cost nothing more.
ALTER TABLE mailbox ADD COLUMN url_resets bigint NOT NULL DEFAULT 0;
