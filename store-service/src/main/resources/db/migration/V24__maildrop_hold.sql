-- Which POP3 session has an account's maildrop for itself (RFC 1939 section 4). Unlogged: if a crash of PostgreSQL
-- empties it, who speaks next holds the maildrop again, and a login costs no write to the log.

CREATE UNLOGGED TABLE maildrop_hold (
  account_id bigint PRIMARY KEY,
  hold_id    uuid NOT NULL,            -- the session's own choice
  opened_at  timestamptz NOT NULL,     -- when the session began
  until      timestamptz NOT NULL      -- when the hold ends unless it is kept
) WITH (fillfactor = 50);
