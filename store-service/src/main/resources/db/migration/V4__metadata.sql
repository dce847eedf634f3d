-- Annotations of mailboxes and of the server (RFC 5464).

CREATE TABLE annotation (
  account_id bigint NOT NULL,               -- the mailbox's owner; 0: the server's shared entries
  mailbox_id bigint NOT NULL,               -- 0: the server's entries
  holder     bigint NOT NULL,               -- the account that a /private entry belongs to; 0: /shared
  name       text COLLATE "C" NOT NULL,     -- whole and in lower case
  value      bytea NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, holder, name)
);
