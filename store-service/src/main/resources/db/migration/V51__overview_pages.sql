-- What lists and threads are made from, of messages that were stored one after the other, together: read for the first
-- time, a row of `message` is a kilobyte wide, of which they need a fourth. Made behind deliveries; what is in no page is
-- read from its row.

-- page_no = message_id >> 6. Both columns hold for each of its messages, ascending, message_id & 63 in two octets, a
-- length in four, and so many octets; large messages are left out.
CREATE TABLE overview_page (
  account_id bigint NOT NULL,
  page_no    bigint NOT NULL,
  -- Of each message its envelope, as it is kept.
  envelopes  bytea,
  -- What THREAD goes by: the sent date in eight octets (the least number for none), then the base subject, the
  -- Message-ID and the references, as array_send gives them, each behind its length in four octets (-1 for none).
  links      bytea,
  PRIMARY KEY (account_id, page_no)
) WITH (toast_tuple_target = 8160);
DO $$
BEGIN
  ALTER TABLE overview_page ALTER COLUMN envelopes SET COMPRESSION lz4;
  ALTER TABLE overview_page ALTER COLUMN links SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  -- A server built without lz4: pglz would cost more than the space is worth.
  ALTER TABLE overview_page ALTER COLUMN envelopes SET STORAGE EXTERNAL;
  ALTER TABLE overview_page ALTER COLUMN links SET STORAGE EXTERNAL;
END $$;

-- Have the pages been made that begin among its messages? Not of segments that are there already, and of none that is
-- made by merging: what was missing then is made.
ALTER TABLE text_segment ADD COLUMN paged boolean NOT NULL DEFAULT false;
CREATE INDEX text_segment_unpaged ON text_segment (account_id) WHERE NOT paged;

-- No page outlives a message that is in it, whoever removes that, a program that knows of no pages too. Who makes a page
-- holds the same lock: either it does not see the message any more, or the page is seen here.
CREATE FUNCTION overview_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM overview_lock(a.account_id)
    FROM (SELECT DISTINCT g.account_id FROM gone g ORDER BY g.account_id) a;
  DELETE FROM overview_page o USING (SELECT DISTINCT g.account_id, g.message_id >> 6 AS page_no FROM gone g) p
    WHERE o.account_id = p.account_id AND o.page_no = p.page_no;
  RETURN NULL;
END $$;

-- Until the transaction ends, and for nobody whom mail waits for.
CREATE FUNCTION overview_lock(p_account bigint) RETURNS void LANGUAGE sql AS
  'SELECT pg_advisory_xact_lock(1333147730, CAST(p_account & 2147483647 AS integer))';

CREATE TRIGGER overview_of_removed AFTER DELETE ON message
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION overview_forget();
CREATE TRIGGER overview_of_changed AFTER UPDATE ON message
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION overview_forget();
