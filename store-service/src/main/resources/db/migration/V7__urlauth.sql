-- Keys of URLs that carry their own authorization (RFC 4467 §2.2): one a user and mailbox.

CREATE TABLE url_key (
  account_id bigint NOT NULL,               -- whose key it is, in whose name its URLs are followed
  owner      bigint NOT NULL,               -- the mailbox's owner
  mailbox_id bigint NOT NULL,
  key        bytea NOT NULL,
  PRIMARY KEY (account_id, owner, mailbox_id)
);
