-- Which annotations were set or removed last, and when: for gateways that watch (RFC 5465).

CREATE TABLE annotation_change (
  account_id bigint NOT NULL,               -- as in annotation
  mailbox_id bigint NOT NULL,
  holder     bigint NOT NULL,
  name       text COLLATE "C" NOT NULL,
  change_seq bigint NOT NULL,               -- the account's; of account 0 the server's
  at         bigint NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, holder, name)
);

CREATE INDEX annotation_change_seq ON annotation_change (account_id, change_seq);

-- The server's change_seq: one row.
CREATE TABLE server_state (
  account_id bigint PRIMARY KEY CHECK (account_id = 0),
  change_seq bigint NOT NULL
);

INSERT INTO server_state VALUES (0, 0);
