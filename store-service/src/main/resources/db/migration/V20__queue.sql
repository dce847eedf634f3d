-- The outbound queue. A row's account is the one that answers for the message: it submitted or forwards it.
-- Times are milliseconds since 1970 in UTC.

CREATE TABLE queue_message (
  account_id         bigint NOT NULL,
  delivery_id        bytea NOT NULL,
  queue_id           text COLLATE "C" NOT NULL,   -- what the 250 reply said
  reverse_path       text COLLATE "C" NOT NULL,   -- in SMTP's grammar; empty for <>
  ret                integer NOT NULL,            -- RFC 3461: 0 not given, 1 FULL, 2 HDRS
  envelope_id        text COLLATE "C" NOT NULL,   -- decoded; empty for none
  smtp_utf8          boolean NOT NULL,
  require_tls        boolean NOT NULL,
  priority           integer NOT NULL,
  deliver_by         bigint NOT NULL,             -- 0: none
  deliver_by_mode    integer NOT NULL,            -- RFC 2852: 1 N, 2 R
  deliver_by_trace   boolean NOT NULL,
  content            integer NOT NULL,            -- 1 eight bits in the header, 2 in the body, 4 binary
  blob_id            uuid NOT NULL,
  size               bigint NOT NULL,
  first_chunk_octets integer NOT NULL,
  header_octets      bigint NOT NULL,
  origin             bytea NOT NULL,              -- mailwing.store.v1.ClientInfoForTrace
  created_at         bigint NOT NULL,
  expires_at         bigint NOT NULL,
  finished_at        bigint,                      -- set: nothing is left to do, and the body is gone
  PRIMARY KEY (account_id, delivery_id)
);
CREATE INDEX queue_message_queue_id ON queue_message (queue_id);
CREATE INDEX queue_message_finished ON queue_message (account_id, finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE queue_recipient (
  account_id    bigint NOT NULL,
  delivery_id   bytea NOT NULL,
  recipient_no  integer NOT NULL,
  domain        text COLLATE "C" NOT NULL,        -- lower case, A-labels; or an address literal
  path          text COLLATE "C" NOT NULL,        -- in SMTP's grammar
  sender        text COLLATE "C" NOT NULL,        -- the message's reverse_path
  notify        integer NOT NULL,                 -- RFC 3461: 1 NEVER, 2 SUCCESS, 4 FAILURE, 8 DELAY; 0 not given
  orcpt         text COLLATE "C" NOT NULL,
  state         integer NOT NULL,                 -- 1 waiting, 3 held, 4 suspended, 5 delivered, 6 failed, 7 deleted
  attempts      integer NOT NULL DEFAULT 0,
  -- When it is due; while a lease lasts, when that ends. Null: not to be tried.
  next_at       bigint,
  lease_id      uuid,
  worker        text COLLATE "C" NOT NULL DEFAULT '',
  status        text COLLATE "C" NOT NULL DEFAULT '',
  reply         text COLLATE "C" NOT NULL DEFAULT '',
  remote_host   text COLLATE "C" NOT NULL DEFAULT '',
  tried_at      bigint,
  delay_told    boolean NOT NULL DEFAULT false,
  -- What its sender is still to be told: 1 failed, 2 delayed, 3 relayed. dsn_id is the delivery id of the
  -- notification once one is being made.
  dsn_kind      integer NOT NULL DEFAULT 0,
  dsn_id        uuid,
  dsn_next      bigint,
  PRIMARY KEY (account_id, delivery_id, recipient_no)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX queue_recipient_due ON queue_recipient (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX queue_recipient_lease ON queue_recipient (lease_id) WHERE lease_id IS NOT NULL;
CREATE INDEX queue_recipient_open ON queue_recipient (domain, account_id) WHERE state < 5;
CREATE INDEX queue_recipient_dsn ON queue_recipient (dsn_next) WHERE dsn_next IS NOT NULL;

-- Each try, and what was answered: what became of a message can be told.
CREATE TABLE queue_attempt (
  account_id   bigint NOT NULL,
  delivery_id  bytea NOT NULL,
  recipient_no integer NOT NULL,
  attempt_no   integer NOT NULL,
  at           bigint NOT NULL,
  worker       text COLLATE "C" NOT NULL,
  result       bytea NOT NULL,                    -- mailwing.store.v1.QueueResult
  PRIMARY KEY (account_id, delivery_id, recipient_no, attempt_no)
);

-- What is not to be tried, shared by all accounts: 1 a domain, 2 a sender, 3 a recipient, 4 everything.
CREATE TABLE queue_suspension (
  kind  integer NOT NULL,
  value text COLLATE "C" NOT NULL,                -- lower case
  PRIMARY KEY (kind, value)
);

CREATE FUNCTION queue_suspended(p_domain text, p_sender text, p_recipient text) RETURNS boolean LANGUAGE sql STABLE
  AS $$
  SELECT EXISTS (
    SELECT 1 FROM queue_suspension s
    WHERE s.kind = 4 OR s.kind = 1 AND s.value = p_domain OR s.kind = 2 AND s.value = lower(p_sender)
      OR s.kind = 3 AND s.value = lower(p_recipient))
  $$;
