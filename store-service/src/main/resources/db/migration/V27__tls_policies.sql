-- What is known of other domains' TLS policies, and what their reports are made of; shared by all accounts.
-- Times are milliseconds since 1970 in UTC, days are days since 1970.

-- RFC 8689: sent whatever the receiving domain's policies say.
ALTER TABLE queue_message ADD COLUMN tls_optional boolean NOT NULL DEFAULT false;

CREATE TABLE sts_policy (
  domain     text COLLATE "C" PRIMARY KEY,         -- lower case, A-labels
  record_id  text COLLATE "C" NOT NULL,
  policy     text COLLATE "C" NOT NULL,            -- as it was fetched
  max_age    bigint NOT NULL,                      -- seconds
  expires_at bigint NOT NULL,
  used_at    bigint NOT NULL,
  refresh_at bigint NOT NULL
);
CREATE INDEX sts_policy_refresh ON sts_policy (refresh_at);

CREATE TABLE tls_report (
  day       integer NOT NULL,
  domain    text COLLATE "C" NOT NULL,
  report_id uuid NOT NULL,
  attempts  integer NOT NULL DEFAULT 0,
  next_at   bigint NOT NULL,
  PRIMARY KEY (day, domain)
);
CREATE INDEX tls_report_due ON tls_report (next_at);

CREATE TABLE tls_session (
  day      integer NOT NULL,
  domain   text COLLATE "C" NOT NULL,
  kind     bytea NOT NULL,                         -- SHA-256 of the next column
  sessions bytea NOT NULL,                         -- mailwing.store.v1.TlsSessions
  count    bigint NOT NULL,
  PRIMARY KEY (day, domain, kind)
);
